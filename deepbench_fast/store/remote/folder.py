"""Folders of object stores: what is in them, what is put there; an object is there whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path

from deepbench_fast.errors import FileError, UsageError
from deepbench_fast.store.location import Location, Url
from deepbench_fast.store.remote.transport import Lost, file_system, told
from deepbench_fast.store.rows import SUFFIX, Row, checked_row, parsed_row, row_of, row_path

WRITABLE = ("s3", "s3a", "gs", "gcs", "abfs", "abfss", "az")
"""Protocols of object stores, in which an upload shows when it is whole."""

ROWS_AT_ONCE = 256


class RemoteFolder:
    """A folder at a URL, as it is when it is first looked at."""

    def __init__(self, url: Url) -> None:
        self.url = url

    def holds(self, path: Location) -> bool:
        """Whether a URL is the folder, or that of an object in it."""
        return self.is_itself(path) or (isinstance(path, Url) and path.parent == self.url)

    def is_itself(self, path: Location) -> bool:
        """Whether a URL is the folder."""
        return isinstance(path, Url) and str(path).rstrip("/") == str(self.url)

    @cached_property
    def _sizes(self) -> dict[str, int]:
        return sizes_in(self.url)

    def names(self, start: str) -> set[str]:
        """Names of the objects that begin so."""
        return {name for name in self._sizes if name.startswith(start)}

    def rows(self, names: Sequence[str]) -> Iterator[Row]:
        """The rows in objects of rows, and those of parts, which are read themselves where they have none."""
        row = None
        for start in range(0, len(names), ROWS_AT_ONCE):
            some = [Url(f"{self.url}/{name}") for name in names[start : start + ROWS_AT_ONCE]]
            places = [url if url.suffix == SUFFIX else row_path(url) for url in some]
            there = list(dict.fromkeys(place for place in places if place.name in self._sizes))
            contents = dict(zip(there, read_all(there), strict=True))
            for url, place in zip(some, places, strict=True):
                known = place in contents
                row = checked_row(parsed_row(contents[place], place, row), place) if known else row_of(url)
                yield row

    def size(self, name: str) -> int:
        """Bytes of an object; raises FileNotFoundError where it isn't there."""
        if name not in self._sizes:
            raise FileNotFoundError(2, "no such object", f"{self.url}/{name}")
        return self._sizes[name]


def sizes_in(folder: Url) -> dict[str, int]:
    """Name → bytes of the objects in a folder. Raises FileError where it can't be listed."""
    files = file_system(folder)
    path = files._strip_protocol(str(folder))
    files.invalidate_cache()
    try:
        entries = told(folder, partial(files.ls, path, detail=True))
    except Lost:
        return {}
    return {str(one["name"]).rpartition("/")[2]: int(one["size"] or 0) for one in entries if one["type"] == "file"}


def read_all(urls: Sequence[Url]) -> list[bytes]:
    """The bytes of whole objects, asked for side by side. Raises FileError."""
    if not urls:
        return []
    files = file_system(urls[0])
    paths = {url: files._strip_protocol(str(url)) for url in urls}
    found = told(urls[0].parent, partial(files.cat, list(paths.values()), on_error="return"))
    for url, path in paths.items():
        if isinstance(found[path], Exception):
            told(url, partial(_raise, found[path]))
    return [found[path] for path in paths.values()]


def _raise(error: Exception) -> None:
    raise error


def exists(url: Url) -> bool:
    """Whether there is an object. Raises FileError where that can't be known."""
    files = file_system(url)
    files.invalidate_cache()
    try:  # fsspec's isfile says no where it can't know
        return bool(told(url, partial(files.info, files._strip_protocol(str(url))))["type"] == "file")
    except Lost:
        return False


def check_writable(url: Url) -> None:
    """Raise UsageError where objects can't be put there, or there is no such bucket."""
    if url.protocol not in WRITABLE:
        raise UsageError(f"{url}: nothing can be written there; object stores are {', '.join(WRITABLE)}")
    url.check_object()
    files = file_system(url)
    with suppress(FileError):  # who may write there need not be allowed to look at it
        try:
            told(url, partial(files.info, url.host))
        except Lost:
            raise UsageError(f"{url}: there is no bucket {url.host}") from None


def upload(path: Path, url: Url) -> None:
    """Put a file there. Raises FileError, after which there is what was there before."""
    files = file_system(url)
    place, size = files._strip_protocol(str(url)), path.stat().st_size
    told(url, partial(files.put_file, str(path), place))
    files.invalidate_cache()
    found = int(told(url, partial(files.info, place))["size"])
    if found != size:
        raise FileError(f"{url}: {found} bytes arrived of {size}")


def put(data: bytes, url: Url) -> None:
    """Put bytes there. Raises FileError."""
    files = file_system(url)
    told(url, partial(files.pipe_file, files._strip_protocol(str(url)), data))


def remove(url: Url) -> None:
    """Remove an object, if it is there. Raises FileError."""
    if exists(url):
        files = file_system(url)
        told(url, partial(files.rm_file, files._strip_protocol(str(url))))
