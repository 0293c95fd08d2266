"""HDF5 files at URLs: h5py sees the bytes that are there; what it misses is fetched, and it starts again.

h5py holds a lock of the process while it reads, and would wait in it for the network's thread, which may need that lock
to throw away a dataset. So nothing is fetched while h5py reads.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, TypeVar

import h5py

from deepbench_fast.errors import DeepbenchFastError
from deepbench_fast.store.hdf5 import opening_error, readable
from deepbench_fast.store.location import Url
from deepbench_fast.store.remote.content import BLOCK, Content, Key, fetch

MORE = 2  # blocks after one that was missed

T = TypeVar("T")


class RemoteHDF5(h5py.File):  # type: ignore[misc]
    """An HDF5 file over the bytes of an object."""

    content: Content


class _Bytes(io.RawIOBase):
    """The file object that h5py reads: the blocks that were fetched; the ranges that it missed are kept."""

    def __init__(self, content: Content, blocks: dict[Key, bytes]) -> None:
        self.content, self.blocks, self.missed = content, blocks, set[int]()
        self._place = 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self.content.size}[whence]
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        start, stop = self._place, self._place + len(view)
        numbers = range(start // BLOCK, -(-min(stop, self.content.size) // BLOCK))
        missing = {number for number in numbers if Key(self.content.owner, number) not in self.blocks}
        if missing:
            self.missed |= missing
            raise OSError("not there yet")
        data = b"".join(self.blocks[Key(self.content.owner, number)] for number in numbers)
        part = data[start - numbers.start * BLOCK :][: len(view)]
        view[: len(part)] = part
        self._place += len(part)
        return len(part)


def with_remote_hdf5(url: Url, use: Callable[[Any], T], content: Content | None = None) -> T:
    """What `use` makes of the open HDF5 file at a URL. Raises FileError where it can't be read."""
    content = Content(url) if content is None else content
    blocks = fetch([(content, [0])]) if content.size else {}
    while True:
        source = _Bytes(content, blocks)
        try:
            found = _used(url, source, use)
        except DeepbenchFastError:
            if not source.missed:
                raise
        else:
            if not source.missed:
                return found
        blocks |= fetch([(content, _with_following(source.missed, content.size))])


def _used(url: Url, source: _Bytes, use: Callable[[Any], T]) -> T:
    try:
        file = RemoteHDF5(source, "r")
    except OSError as error:
        raise opening_error(error, url) from error
    with readable(url), file:
        file.content = source.content
        return use(file)


def _with_following(missed: set[int], size: int) -> list[int]:
    last = -(-size // BLOCK) - 1
    return sorted({min(number + more, last) for number in missed for more in range(MORE + 1)})
