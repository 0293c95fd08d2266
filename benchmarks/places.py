"""Where benchmarks put their files: in memory and on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")
PLACES = ("memory", "disk")


@contextmanager
def folder(place: str) -> Iterator[Path]:
    """A new folder, deleted afterwards; without a file system in memory "memory" is on disk too."""
    parent = MEMORY if place == "memory" and MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="deepbench-fast-benchmark-", dir=parent) as path:
        yield Path(path)
