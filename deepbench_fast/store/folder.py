"""The folder that an index and its parts lie in, on this machine or at a URL."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from deepbench_fast.errors import FileError
from deepbench_fast.store.location import Location, Url
from deepbench_fast.store.rows import SUFFIX, Row, checked_row, read_row, row_of, row_path


class Folder(Protocol):
    """The files of a folder, by their plain names."""

    def holds(self, path: Location) -> bool:
        """Whether a path is the folder, or that of a file in it."""

    def is_itself(self, path: Location) -> bool:
        """Whether a path is the folder."""

    def names(self, start: str) -> set[str]:
        """Names of the files that begin so."""

    def rows(self, names: Sequence[str]) -> Iterator[Row]:
        """The rows in files of rows, and those of parts, which are read themselves where they have none."""

    def size(self, name: str) -> int:
        """Bytes of a file; raises OSError where it isn't there."""


def folder_of(output: Location) -> Folder:
    """The folder of an index. Raises FileError where there is none."""
    if isinstance(output, Url):
        from deepbench_fast.store.remote.folder import RemoteFolder

        return RemoteFolder(output.parent)
    if not output.parent.is_dir():
        raise FileError(f"{output.parent}: no such directory")
    return LocalFolder(output.parent)


class LocalFolder:
    """A folder of this machine."""

    def __init__(self, path: Path) -> None:
        self.path, self._resolved = path, path.resolve()

    def holds(self, path: Location) -> bool:
        """Whether a path is the folder, or that of a file in it."""
        return isinstance(path, Path) and (path if path.is_dir() else path.parent).resolve() == self._resolved

    def is_itself(self, path: Location) -> bool:
        """Whether a path is the folder."""
        return isinstance(path, Path) and path.is_dir()

    def names(self, start: str) -> set[str]:
        """Names of the files that begin so."""
        return {entry.name for entry in os.scandir(self._resolved) if entry.name.startswith(start)}

    def rows(self, names: Sequence[str]) -> Iterator[Row]:
        """The rows in files of rows, and those of parts, which are read themselves where they have none."""
        row = None
        for name in names:
            path = self.path / name
            place = path if path.suffix == SUFFIX else row_path(path)
            is_row = place == path or place.exists()
            row = checked_row(read_row(place, row), place) if is_row else row_of(path)
            yield row

    def size(self, name: str) -> int:
        """Bytes of a file; raises OSError where it isn't there."""
        return os.stat(os.path.join(self._resolved, name)).st_size
