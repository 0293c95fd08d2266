"""Who compiles a kernel that several processes need at once: one of them, and the others wait for its file.

A lock file beside the kernel's own says that somebody is at it. The system frees it where its process ends, however
that is; and nobody waits for ever. Without locks (Windows, some network file systems) each process compiles for itself.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LONGEST_WAIT = 120.0
SECONDS_BETWEEN_LOOKS = 0.02

_held: dict[Path, tuple[Path, int]] = {}


def take(path: Path) -> bool:
    """Take the turn to make `path`, waiting while another process has it; False where it is there now.

    A turn that is taken must be given back by `done`. Raises OSError where nothing can be locked.
    """
    if fcntl is None or path in _held:
        return True
    lock = path.with_name(f"{path.name}.lock")
    until = time.monotonic() + LONGEST_WAIT
    while True:
        descriptor = _locked(lock)
        if descriptor is not None:
            _held[path] = lock, descriptor
            return not path.exists()
        if (made := path.exists()) or time.monotonic() > until:
            return not made
        time.sleep(SECONDS_BETWEEN_LOOKS)


def done(path: Path) -> None:
    """Give the turn back, if this process has it."""
    if path in _held:
        lock, descriptor = _held.pop(path)
        with contextlib.suppress(OSError):
            lock.unlink()
        os.close(descriptor)


def sweep(directory: Path) -> None:
    """Remove the lock files of processes that are gone, below a directory."""
    if fcntl is None:
        return
    for lock in directory.glob("*/*.lock"):
        with contextlib.suppress(OSError):
            descriptor = _locked(lock)
            if descriptor is not None:
                lock.unlink()
                os.close(descriptor)


def _locked(lock: Path) -> int | None:
    """An open descriptor that holds the lock; None where another has it. Raises OSError where there are no locks."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.stat(lock).st_ino == os.fstat(descriptor).st_ino:  # else its holder removed it meanwhile
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None
