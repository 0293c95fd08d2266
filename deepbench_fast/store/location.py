"""Where a dataset is: the path of a file, or a URL."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self, TypeVar

from deepbench_fast.errors import UsageError
from deepbench_fast.values.file_names import check_path

SEPARATOR = "://"


@dataclass(frozen=True)
class Url:
    """The address of an object, with the parts of a name that a `Path` has; what stands after "?" is no part of it."""

    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def _address(self) -> str:
        return self.text.partition("?")[0].rstrip("/")

    @property
    def protocol(self) -> str:
        """What stands before "://"."""
        return self.text.partition(SEPARATOR)[0].lower()

    @property
    def host(self) -> str:
        """The host, or the bucket."""
        return self._address.partition(SEPARATOR)[2].partition("/")[0]

    @property
    def name(self) -> str:
        """What stands after the last slash."""
        return self._address.rpartition("/")[2]

    def check_object(self) -> None:
        """Raise UsageError where a host or a bucket is named, and nothing in it."""
        if not (self.host and self._address.partition(SEPARATOR)[2].partition("/")[2]):
            raise UsageError(f"{self}: it names no object, as {self.protocol}://{self.host or 'bucket'}/name.h5 does")

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """What the name ends with, from its last dot on."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> Self:
        """The folder."""
        return type(self)(self._address.rpartition("/")[0])

    def with_name(self, name: str) -> Self:
        """Another object in the same folder."""
        return type(self)(f"{self.parent}/{name}")

    def with_suffix(self, suffix: str) -> Self:
        """The object of this name with another suffix."""
        return self.with_name(self.stem + suffix)


Location = Path | Url
Place = TypeVar("Place", Path, Url, Location)
AnyPath = str | os.PathLike[str] | Url


def is_url(path: AnyPath) -> bool:
    """Whether a path is a URL."""
    return isinstance(path, Url) or (isinstance(path, str) and SEPARATOR in path)


def located(path: AnyPath) -> Location:
    """The path, or the URL, that is meant. Raises UsageError for what is neither."""
    if isinstance(path, Url):
        return path
    check_path(path, "a file")
    return Url(str(path)) if is_url(path) else Path(path)


def local_path(path: AnyPath) -> Path:
    """The path of a file of this machine. Raises UsageError for a URL."""
    found = located(path)
    if isinstance(found, Url):
        raise UsageError(
            f"{path}: only datasets are written to object stores, by 'generate' and 'index': name a file, and copy that"
        )
    return found


def check_named(place: Location) -> None:
    """Raise UsageError where a file that is to be written has no name, as "." has none."""
    if place.name in ("", "..") and not isinstance(place, Url):  # of a URL the store is asked
        raise UsageError(f"{str(place)!r}: it names no file, as {place / 'name.h5'} does")


def recipe_beside(dataset: Location) -> str:
    """Where to write the recipe of a dataset: beside it, or here where it is far away."""
    name = dataset.with_suffix(".recipe.yaml")
    return name.name if isinstance(name, Url) else str(name)
