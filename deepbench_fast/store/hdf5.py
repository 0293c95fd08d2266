"""Opening HDF5 files, with the system's reason where that fails, and one error for whatever damage makes h5py raise."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from deepbench_fast.errors import DeepbenchFastError, FileError
from deepbench_fast.store.format import UNFINISHED
from deepbench_fast.store.location import AnyPath
from deepbench_fast.store.shards import Shard

NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP}


def open_hdf5(path: str | os.PathLike[str], locking: bool | None = None) -> Any:
    """Open an HDF5 file for reading. Raises FileError, with the reason, where that can't be done.

    Without `locking` a file is opened as everybody does, since HDF5 refuses mixed ways; only one that is still filled,
    and so locked, isn't locked.
    """
    with opened(path):
        if not stat.S_ISREG(os.stat(path).st_mode) and not os.path.isdir(path):  # a pipe is waited for
            raise FileError(f"{path}: not a regular file")
        with open(path, "rb") as file:
            empty = not file.read(1)
    if empty:
        raise FileError(f"{path}: an empty file")
    locking = False if Path(path).suffix == UNFINISHED else locking
    try:
        return h5py.File(path, "r", locking=locking)
    except OSError as error:
        if _error_number(error) not in NO_LOCKS:
            raise opening_error(error, path) from error
    with readable(path):
        return h5py.File(path, "r", locking=False)


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[None]:
    """Raise FileError where a file isn't there, or the system doesn't let it be read inside."""
    try:
        yield
    except FileNotFoundError:
        raise FileError(f"{path}: no such file{_what_is_there(Path(path))}") from None
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"{path}: {(error.strerror or str(error)).lower()}") from None


def _what_is_there(path: Path) -> str:
    """What lies in place of a dataset that isn't there, and the command that makes the dataset of it."""
    if os.path.exists(f"{path}{UNFINISHED}"):
        return f", only the unfinished {path.name}{UNFINISHED}: 'generate --resume' goes on with it"
    parts = ((Shard.of_name(found.name), found) for found in path.parent.glob("*.shard-*"))
    if path.name and any(part is not None and part.path(path) == found for part, found in parts):
        return f", only parts of it: 'deepbench-fast index -o {path}' makes them one dataset"
    return ""


@contextmanager
def readable(path: AnyPath) -> Iterator[None]:
    """Raise FileError for whatever h5py raises inside: damaged metadata end in many kinds of errors."""
    try:
        yield
    except DeepbenchFastError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise FileError(f"{path}: {(error.strerror or str(error)).lower()}") from error
        words = " ".join(str(error).split()) or type(error).__name__
        raise FileError(f"{path}: damaged ({words[:200]})") from error


def _error_number(error: OSError) -> int | None:
    found = re.search(r"errno = (\d+)", str(error))
    return int(found[1]) if found else error.errno


def opening_error(error: OSError, path: AnyPath) -> FileError:
    """The error of one line for what h5py raised when it opened a file."""
    return FileError(f"{path}: {_reason(error)}")


def _reason(error: OSError) -> str:
    text = " ".join(str(error).split())
    if "unable to lock file" in text:
        return "locked by another program, which is writing it"
    if truncated := re.search(r"truncated file: eof = (\d+).*stored_eof = (\d+)", text):
        return f"truncated: {truncated[1]} of its {truncated[2]} bytes are there (half copied?)"
    if "file signature not found" in text:
        return "not an HDF5 file"
    number = _error_number(error)
    return os.strerror(number).lower() if number else f"damaged ({text[:200]})"
