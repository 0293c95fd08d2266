"""The machine's own limits: copies in memory, arithmetic, a file written and read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels.limits import OPERATIONS, multiply_add
from deepbench_fast.run.benchmark.work import Work
from deepbench_fast.store.direct import Writer
from deepbench_fast.store.file_bytes import read_at

GROUP = "limits"
ARITHMETIC, CACHE, WRITE, READ = "arithmetic", "copy in cache", "file written", "file read"
PIECE_BYTES = 4 * 2**20
COPIED_BYTES = 32 * 2**20
MOST_COPIED = 512 * 2**20
CACHED_BYTES = 2**17
NUMBERS = 8192

Bytes = npt.NDArray[np.uint8]


def copy_on(threads: int) -> str:
    """Name of the copy in memory by so many threads."""
    return "copy in memory" if threads == 1 else f"copy in memory, {threads} threads"


def limits(folder: Path, file_bytes: int, pool: ThreadPoolExecutor, threads: int) -> Iterator[Work]:
    """The works that others are set beside; the file in `folder` has so many bytes."""
    yield Work(GROUP, ARITHMETIC, "op", OPERATIONS * NUMBERS, partial(multiply_add, np.ones(NUMBERS, np.float32)))
    small = [np.ones(CACHED_BYTES, np.uint8) for _ in range(2)]
    yield Work(GROUP, CACHE, "B", CACHED_BYTES, partial(copy, *small))
    size = min(COPIED_BYTES, MOST_COPIED // threads)
    pairs = [[np.ones(size, np.uint8) for _ in range(2)] for _ in range(threads)]
    for count in sorted({1, threads}):
        together = partial(copy_all, pool, pairs[:count])
        yield Work(GROUP, copy_on(count), "B", size * count, together, alone=copy_on(1) if count > 1 else "")
    path, data = folder / "limits", np.ones(PIECE_BYTES, np.uint8)
    write_file(path, data, file_bytes)
    yield Work(GROUP, WRITE, "B", file_bytes, partial(write_file, path, data, file_bytes))
    yield Work(GROUP, READ, "B", file_bytes, partial(read_file, path, file_bytes))


def copy(to: Bytes, source: Bytes) -> None:
    """All bytes of one array into another."""
    np.copyto(to, source)


def copy_all(pool: ThreadPoolExecutor, pairs: list[list[Bytes]]) -> None:
    """Copy the second array of each pair into the first, each on a thread of its own."""
    if len(pairs) == 1:
        copy(*pairs[0])
    else:
        list(pool.map(lambda pair: copy(*pair), pairs))


def write_file(path: Path, data: Bytes, size: int) -> None:
    """Write a new file as `generate` does, in large pieces, until the disk has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    try:
        writer = Writer(descriptor)
        for offset in range(0, size, data.size):
            writer.write(data.data[: size - offset], offset)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_file(path: Path, size: int) -> None:
    """Read it once, in large pieces, mostly from the system's own copy."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        for offset in range(0, size, PIECE_BYTES):
            read_at(descriptor, min(PIECE_BYTES, size - offset), offset)
    finally:
        os.close(descriptor)
