"""Arrays and tables of an object at a URL, as readers see those of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import FileError
from deepbench_fast.store.header import Header
from deepbench_fast.store.location import Url
from deepbench_fast.store.places import contiguous_offset
from deepbench_fast.store.remote.content import BLOCK, CACHE, Content, blocks_of, fetch, gather
from deepbench_fast.store.remote.hdf5 import RemoteHDF5
from deepbench_fast.store.stored import StoredFile

Wanted = tuple[Content, list[int]]


class Rows:
    """The rows of an array or a table, or of one column of it: `size` bytes at every `step` bytes from `offset` on."""

    def __init__(self, content: Content, offset: int, shape: tuple[int, ...], dtype: np.dtype[Any], step: int) -> None:
        self.content, self.offset, self.shape, self.dtype, self.step = content, offset, shape, dtype, step
        self.size = dtype.itemsize * prod(shape[1:])

    def __getitem__(self, index: slice) -> npt.NDArray[Any]:
        """Rows that follow one another."""
        start, stop, _ = index.indices(self.shape[0])
        rows = np.empty((max(0, stop - start), *self.shape[1:]), self.dtype)
        if rows.nbytes:
            self.content.read_into(rows.reshape(-1).view(np.uint8), self.offset + start * self.step)
        return rows

    def column(self, name: str) -> Rows:
        """One column of a table."""
        fields = self.dtype.fields
        assert fields is not None
        dtype, at = fields[name][:2]
        return Rows(self.content, self.offset + at, self.shape, dtype, self.step)

    def take(self, numbers: npt.NDArray[np.int64], out: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
        """Copies of rows."""
        taken = np.empty((len(numbers), *self.shape[1:]), self.dtype)
        if taken.nbytes:
            gather(self.content, self.places(numbers), self.size, taken.view(np.uint8).reshape(len(numbers), self.size))
        if out is None:
            return taken
        out[...] = taken
        return out

    def places(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Where rows begin."""
        return self.offset + numbers * self.step


class RemoteFile(StoredFile):
    """A file at a URL, whose arrays and tables lie in one run of bytes each."""

    def __init__(self, url: Url, header: Header, content: Content, offsets: Mapping[str, int]) -> None:
        rows = {name: _rows(content, header, name, offset) for name, offset in offsets.items()}
        super().__init__(url, header, rows, None)
        self._rows, self._catalogue = rows, rows["samples"].column("catalogue")

    @classmethod
    def of_hdf5(cls, url: Url, file: RemoteHDF5, header: Header) -> RemoteFile:
        """The file that went through the gate. Raises FileError where its numbers aren't stored as they are."""
        found = {name: contiguous_offset(file[name]) for name in (*header.arrays, *header.tables)}
        offsets = {name: offset for name, offset in found.items() if offset is not None}
        if len(offsets) < len(found):
            raise FileError(f"{url}: it is stored compressed or in pieces: download it to read it")
        return cls(url, header, file.content, offsets)

    def _take(self, name: str, numbers: npt.NDArray[np.int64], out: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
        return self._rows[name].take(numbers, out)

    def labels(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        found = self._catalogue.take(numbers)
        self._check_labels("samples", "catalogue", found)
        return np.asarray(found, np.int64)

    def one(self, number: int) -> dict[str, Any]:
        numbers = np.array([number])
        self.prefetch((*self.header.arrays, "samples"), numbers)
        sample: dict[str, Any] = {name: rows.take(numbers)[0] for name, rows in self._singular}
        return {**sample, "label": int(self.labels(numbers)[0]), "index": self.first + number}

    def prefetch(self, names: Iterable[str], numbers: npt.NDArray[np.int64]) -> None:
        fetch_some(self.wanted(names, numbers))

    def wanted(self, names: Iterable[str], numbers: npt.NDArray[np.int64]) -> Iterator[Wanted]:
        """The blocks that hold rows of arrays and tables."""
        for rows in (self._rows[name] for name in names):
            if rows.size and len(numbers) and rows.size * len(numbers) < CACHE.most:
                yield self._of_all(rows, numbers)

    @staticmethod
    def _of_all(rows: Rows, numbers: npt.NDArray[np.int64]) -> Wanted:
        return rows.content, blocks_of(rows.places(numbers), rows.size)


def fetch_some(wanted: Iterable[Wanted]) -> None:
    """Fetch blocks side by side; of very many only those at the beginning, since the others would not be kept."""
    left, some = CACHE.most // BLOCK // 2, []
    for content, numbers in wanted:
        some.append((content, numbers[:left]))
        left -= len(numbers)
        if left <= 0:
            break
    fetch(some)


def _rows(content: Content, header: Header, name: str, offset: int) -> Rows:
    shape, dtype = header.types[name]
    return Rows(content, offset, (header.rows(name), *shape), dtype, dtype.itemsize * prod(shape))
