"""Reading and writing at byte offsets from many threads, and the lock that keeps a file to one process."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Any

from deepbench_fast.errors import FileError

SYNC_FILE_RANGE_WRITE = 2
_seek_lock = threading.Lock()


def write_at(descriptor: int, data: memoryview, offset: int) -> None:
    """Write all of `data` at `offset`."""
    while data:
        written = _write_some(descriptor, data, offset)
        data, offset = data[written:], offset + written


def read_at(descriptor: int, size: int, offset: int) -> bytes:
    """Read `size` bytes at `offset`. Raises FileError where the file ends before."""
    parts = []
    while size:
        part = _read_some(descriptor, size, offset)
        if not part:
            raise FileError("the file ends before its last dataset")
        parts.append(part)
        size, offset = size - len(part), offset + len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def start_writeback(descriptor: int, offset: int, size: int) -> None:
    """Let the system begin to write these bytes to the disk, without waiting, so that the final sync has little to do.

    A hint (Linux's `sync_file_range`); it does nothing elsewhere.
    """
    function = linux_function("sync_file_range")
    if function is not None:
        function(descriptor, ctypes.c_int64(offset), ctypes.c_int64(size), SYNC_FILE_RANGE_WRITE)


@cache
def linux_function(name: str) -> Any:
    """A function of Linux's C library that Python has no name for; None on other systems."""
    return getattr(ctypes.CDLL(None, use_errno=True), name, None) if sys.platform.startswith("linux") else None


def lock_file(path: Path) -> int:
    """Open (or make) `path` and lock it for this process until the descriptor is closed.

    Raises FileError where another process holds it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    try:
        _lock(descriptor)
    except OSError as error:
        os.close(descriptor)
        raise FileError(f"{path}: another process is filling this file") from error
    return descriptor


def _lock(descriptor: int) -> None:
    if os.name == "nt":
        import msvcrt

        locker: Any = msvcrt
        locker.locking(descriptor, locker.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _write_some(descriptor: int, data: memoryview, offset: int) -> int:
    if hasattr(os, "pwrite"):
        return os.pwrite(descriptor, data, offset)
    with _seek_lock:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.write(descriptor, data)


def _read_some(descriptor: int, size: int, offset: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(descriptor, size, offset)
    with _seek_lock:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.read(descriptor, size)
