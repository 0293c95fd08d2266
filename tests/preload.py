"""A library that makes the system's calls fail: preloaded, it stands before the C library."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_suffix(".c")
CALLS = "open write pwrite ftruncate fallocate fsync syncfs flock link rename unlink mkdir"
"""All calls that the library stands before, of those that change a file, a name or a lock."""


def compiler() -> str | None:
    """The C compiler, None where there is none or where the library would not work."""
    usable = sys.platform == "linux" and Path("/proc/self/fd").exists()
    return (shutil.which("cc") or shutil.which("gcc")) if usable else None


def compile_library(folder: Path) -> Path:
    """The compiled library. Environment, which may change while the process runs:

    FAIL_IN: part of a path, absolute; of a link or a new name the one that is there already counts.
    FAIL_CALLS: which of `CALLS`; by default pwrite. An open is one that may make or empty a file.
    FAIL_AT: the number of the call, from 1, counted anew after each change; "3+", from the third on; or "every".
    FAIL_WITH: the error's number, or 0: the call says that it worked, and didn't; "kill" or "stop": the process gets
    SIGKILL or SIGSTOP before the call; "half": a write does half of its work and says so; "torn": it does so and the
    process is killed; "pass": nothing happens.
    FAIL_NO_SYNC: set, where nothing is to wait for a disk: what asks for it is counted and may fail as ever.
    FAIL_LOG: a file to which the calls are appended: a line with the call, its path, another path, the number of the
    file, an offset and a size, with tabs between, then as many bytes where it is a write.
    """
    found = compiler()
    assert found is not None
    library = folder / "preload.so"
    subprocess.run([found, "-w", "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl", "-lpthread"], check=True)
    return library


def failing_calls(directory: Path) -> Path:
    """The compiled library, for a test, which is skipped where it can't be had."""
    if compiler() is None:
        pytest.skip("no C compiler here, or no /proc")
    return compile_library(directory)
