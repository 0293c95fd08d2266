"""Small kernels, and what the cache did with them."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from deepbench_fast.kernels._jit import inline

OFFSET = 3.0


@inline
def shifted(x: float) -> float:
    return x + OFFSET


def double(x: float) -> float:
    return shifted(x) * 2.0


def halve(x: float) -> float:
    return shifted(x) / 2.0


def hits(dispatcher: Any) -> int:
    return sum(dispatcher.stats.cache_hits.values())


def kept_files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.glob("*/*") if path.is_file())


def run_script(script: str, cache: Path | str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    return subprocess.run(
        [sys.executable, "-c", script],
        env={**inherited, "DEEPBENCH_FAST_CACHE_DIR": str(cache), **environment},
        capture_output=True,
        text=True,
        check=True,
    )


SCRIPT = """
from deepbench_fast.kernels._jit import cache_directory, inline, kernel

@inline
def shifted(x):
    return x + 3.0

@kernel
def double(x):
    return shifted(x) * 2.0

@kernel
def halve(x):
    return shifted(x) / 2.0

print(double(1.0), halve(1.0), sum(sum(k.stats.cache_hits.values()) for k in (double, halve)), cache_directory())
"""


def load_module(path: Path, source: str) -> Any:
    path.write_text(source)
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    # Not from bytecode: edits within a second leave its time stamp as it is.
    exec(compile(source, str(path), "exec"), module.__dict__)
    return module
