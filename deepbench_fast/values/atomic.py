"""A file is there whole or not at all: written under a name of its own beside its place, synced, and renamed."""

from __future__ import annotations

import errno
import os
import re
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from deepbench_fast.errors import FileError

ENDING = ".new"
HDF5 = b"\x89HDF\r\n\x1a\n"
MOST_LOOKED_AT = 10_000  # files beside it: a folder may hold a million parts of a dataset
STALE_AFTER_SECONDS = 86_400  # on another host, whose processes can't be looked up


@contextmanager
def whole_file(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """A path to write to: after the block its file is `path`, and if the block raises there is nothing.

    What isn't a file (a terminal, a pipe, /dev/null) is written to directly. Raises FileExistsError where `path`
    exists, before and after the block, unless `overwrite`, and also then where it is HDF5 and what was written isn't:
    no page, picture or list takes the place of a dataset. OSError where the folder can't be written.
    """
    place = Path(path)
    if _is_device(place):
        yield place
        return
    place = _free_place(path, overwrite)
    with _temporary(place, path) as temporary:
        yield temporary
        sync(temporary)
        if not _is_hdf5(temporary):
            _keep_hdf5(place, path)
        publish(temporary, place, overwrite=overwrite)


def check_place(path: str | os.PathLike[str], *, overwrite: bool = False, hdf5: bool = False) -> None:
    """Raise, before any work is done for it, what `whole_file` would raise for `path` as things are now.

    `hdf5`: whether it is HDF5 that will be written.
    """
    if _is_device(Path(path)):
        return
    place = _free_place(path, overwrite)
    if not hdf5:
        _keep_hdf5(place, path)
    with _temporary(place, path) as temporary:
        temporary.touch(exist_ok=False)


def write_whole(path: str | os.PathLike[str], data: bytes, *, overwrite: bool = False) -> None:
    """Write `data` as the file `path`: see `whole_file`."""
    with whole_file(path, overwrite=overwrite) as place:
        place.write_bytes(data)


@contextmanager
def write_errors(path: str | os.PathLike[str], exists: str = "exists") -> Iterator[None]:
    """Errors of `whole_file` and `check_place` as a FileError with `path`; `exists` says what is there already."""
    try:
        yield
    except FileExistsError as error:
        raise FileError(f"{path}: {error.strerror}" if error.strerror else f"{path} {exists}") from None
    except OSError as error:
        raise FileError(f"{path}: can't be written: {error.strerror or error}") from None


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def _free_place(path: str | os.PathLike[str], overwrite: bool) -> Path:
    """Where a file of this name is written."""
    place = Path(os.path.realpath(path))
    if place.is_dir():
        raise IsADirectoryError(f"{path} is a directory")
    if not overwrite and place.exists():
        raise FileExistsError(f"{path} exists")
    return place


def _keep_hdf5(place: Path, path: str | os.PathLike[str]) -> None:
    if _is_hdf5(place):
        raise FileExistsError(errno.EEXIST, "an HDF5 file stands there, and is not replaced", os.fspath(path))


@contextmanager
def _temporary(place: Path, path: str | os.PathLike[str]) -> Iterator[Path]:
    """A path beside `place`; errors name `path`, and nothing is left there."""
    temporary = temporary_beside(place)
    try:
        yield temporary
    except OSError as error:
        if error.filename is not None and os.fspath(error.filename) == str(temporary):  # a name that nobody knows
            error.filename = os.fspath(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def temporary_beside(path: Path) -> Path:
    """A name beside `path` that no other thread, process or host has; those that killed runs left are removed."""
    remove_stale(path)
    return path.with_name(f"{path.name}.{_host()}-{os.getpid()}-{secrets.token_hex(4)}{ENDING}")


def remove_stale(path: Path) -> None:
    """Remove the temporary files of `path` whose process has ended, among the first files of its folder."""
    name = re.compile(rf"{re.escape(path.name)}\.(.+)-(\d+)-[0-9a-f]{{8}}{re.escape(ENDING)}")
    with suppress(OSError):
        for entry in islice(os.scandir(path.parent), MOST_LOOKED_AT):
            match = name.fullmatch(entry.name)
            if match is not None and _is_stale(entry, match[1], int(match[2])):
                with suppress(OSError):
                    os.unlink(entry.path)


def publish(temporary: Path, path: Path, *, overwrite: bool = False) -> None:
    """Rename `temporary` to `path`. Raises FileExistsError where that exists, also at the last moment, unless
    `overwrite`; then `temporary` is still there."""
    if not overwrite:
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise FileExistsError(f"{path} exists") from None
        except OSError:  # a file system without links
            if path.exists():
                raise FileExistsError(f"{path} exists") from None
        else:
            temporary.unlink(missing_ok=True)
            return
    os.replace(temporary, path)


def sync(path: Path) -> None:
    """Wait until the file's bytes are on the disk; raises OSError where they can't be."""
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system can do that."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_hdf5(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(HDF5)) == HDF5
    except OSError:
        return False


def _is_stale(entry: os.DirEntry[str], host: str, process: int) -> bool:
    if host == _host() and sys.platform != "win32":  # there, signal 0 is Ctrl-C
        return not _is_running(process)
    return time.time() - entry.stat(follow_symlinks=False).st_mtime > STALE_AFTER_SECONDS


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _host() -> str:
    """Where a process number means something: the host and, as containers may share its name, their namespace."""
    host = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:63] or "host"
    try:
        return f"{host}.{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:  # not Linux
        return host
