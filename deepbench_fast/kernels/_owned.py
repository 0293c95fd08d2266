"""Reads what runs as code: regular files that nobody else can have written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
ROOT = 0


class ForeignError(Exception):
    """A file, or its folder, that others can have written."""


def make_own_folder(path: Path) -> None:
    """Make a folder, and those above it where they lack; nobody else may write it, whatever the umask is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=0o755, exist_ok=True)


def write_own(path: Path, content: bytes) -> None:
    """Write a new file that nobody else may write, whatever the umask is."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o644)
    with open(descriptor, "wb") as file:
        file.write(content)


def read_own(path: Path) -> bytes:
    """The bytes of a file. Raises ForeignError unless it is a regular file that belongs to this user or to root, in a
    folder that does, too, both closed to writing by others; OSError where it can't be read.

    What is looked at is what is open, so a name that changes meanwhile changes nothing; a pipe is never waited for.
    """
    if os.name != "posix":  # no owners, no pipes in folders
        return path.read_bytes()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _check(os.fstat(folder), path.parent)
        descriptor = os.open(path.name, os.O_RDONLY | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(str(path))
        if not stat.S_ISREG(status.st_mode):
            raise ForeignError(f"{path} is not a regular file")
        _check(status, path)
        with open(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def _check(status: os.stat_result, path: Path) -> None:
    if status.st_uid not in (os.geteuid(), ROOT):
        raise ForeignError(f"{path} belongs to another user")
    if status.st_mode & OTHERS_MAY_WRITE:
        raise ForeignError(f"{path} may be written by others: chmod go-w would close it")
