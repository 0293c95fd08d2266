"""Reading and writing at byte offsets from many threads, and the lock that keeps a file to one process."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import threading
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from deepbench_fast.errors import FileError, InUseError, LockWarning

# Linux takes memory for a file in runs as long as a write. Runs of 2 MiB and more are those that a virtual machine has
# given back to its host, which has to find each page again: that costs five times the copy itself.
PIECE_BYTES = 2**18
SYNC_FILE_RANGE_WRITE = 2
NOT_DIRECT = {errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS}
BUSY = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}  # any other reason: there are no locks
TRIES = 100  # to lock a file that others rename at the same time
_seek_lock = threading.Lock()


def write_at(descriptor: int, data: memoryview, offset: int) -> None:
    """Write all of `data` at `offset`, piece by piece."""
    while data:
        written = _write_some(descriptor, data[:PIECE_BYTES], offset)
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


def read_into(descriptor: int, data: memoryview, offset: int) -> None:
    """Fill `data` with the bytes at `offset`. Raises FileError where the file ends before."""
    while data and hasattr(os, "preadv"):
        part = os.preadv(descriptor, [data[:PIECE_BYTES]], offset)
        if not part:
            raise FileError("the file ends before its last dataset")
        data, offset = data[part:], offset + part
    if data:
        data[:] = read_at(descriptor, len(data), offset)


def start_writeback(descriptor: int, offset: int, size: int) -> None:
    """Let the system begin to write these bytes to the disk, without waiting, so that the final sync has little to do.

    A hint (Linux's `sync_file_range`); it does nothing elsewhere.
    """
    function = linux_function("sync_file_range")
    if function is not None:
        function(descriptor, ctypes.c_int64(offset), ctypes.c_int64(size), SYNC_FILE_RANGE_WRITE)


def can_be_direct(descriptor: int) -> bool:
    """Whether this system and file system write whole blocks past the system's copy of a file."""
    try:
        set_direct(descriptor, True)
        set_direct(descriptor, False)
    except OSError:
        return False
    return True


def set_direct(descriptor: int, direct: bool) -> None:
    """Let what is written next go past the system's copy of the file, or through it. Raises OSError where it can't."""
    if not hasattr(os, "O_DIRECT"):
        raise OSError(errno.ENOTSUP, "no direct writing")
    import fcntl

    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_DIRECT if direct else flags & ~os.O_DIRECT)


def sync_and_forget(descriptor: int) -> None:
    """Wait until the file is on the disk, and let the system forget its copy, so that what is read comes from there."""
    os.fsync(descriptor)
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


@cache
def linux_function(name: str) -> Any:
    """A function of Linux's C library that Python has no name for; None on other systems."""
    return getattr(ctypes.CDLL(None, use_errno=True), name, None) if sys.platform.startswith("linux") else None


def lock_file(path: Path, *, create: bool = True) -> int:
    """Open `path`, made if it isn't there and `create`, and lock it for this process until the descriptor is closed.

    Raises FileError where another process holds it, OSError where it can't be opened. Where the file system has no
    locks it is open, not locked, and a LockWarning says so.
    """
    flags = os.O_RDWR | (os.O_CREAT if create else 0) | getattr(os, "O_BINARY", 0)
    for _ in range(TRIES):
        descriptor = os.open(path, flags, 0o666)
        try:
            _lock(descriptor, path)
            if is_named(path, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # it was renamed or replaced before it was locked
    raise InUseError(f"{path}: another process is filling this file")


def share_lock(descriptor: int) -> None:
    """Turn the lock of `lock_file` into one that others may have too, to read.

    Another process may take the file in between; then this waits until that one is done with it.
    """
    if os.name != "nt":
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        except OSError:  # no locks here, which was said when the file was opened
            return


def is_named(path: Path, descriptor: int) -> bool:
    """Whether `path` is the file that is open."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _lock(descriptor: int, path: Path) -> None:
    try:
        if os.name == "nt":
            import msvcrt

            locker: Any = msvcrt
            locker.locking(descriptor, locker.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in BUSY:
            raise InUseError(f"{path}: another process is filling this file") from error
        words = f"{path.parent}: files can't be locked there ({error.strerror}): let no two processes fill the same one"
        warnings.warn(words, LockWarning, stacklevel=3)


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
