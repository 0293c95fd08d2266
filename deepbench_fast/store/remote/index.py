"""Opens files and indices at URLs; the parts of an index lie beside it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import FileError
from deepbench_fast.store.gate import check
from deepbench_fast.store.header import Header
from deepbench_fast.store.location import Url
from deepbench_fast.store.remote.content import Content, blocks_of
from deepbench_fast.store.remote.hdf5 import with_remote_hdf5
from deepbench_fast.store.remote.stored import RemoteFile, fetch_some
from deepbench_fast.store.remote.transport import Lost
from deepbench_fast.store.stored import Stored, StoredFile
from deepbench_fast.store.stored_index import StoredIndex

MOST_PARTS = 1024
"""Parts of a batch that are asked for at once."""


def open_remote(url: Url, *, missing: bool = False) -> Stored:
    """Open a file, or an index over parts, at a URL. Raises FileError where it can't be read or isn't what it says."""
    found = _open(url, Content(url))
    return found if isinstance(found, RemoteFile) else RemoteIndex(url, found, missing=missing)


def _open(url: Url, content: Content) -> RemoteFile | Header:
    return with_remote_hdf5(url, partial(_checked, url), content)


def _checked(url: Url, file: Any) -> RemoteFile | Header:
    header = check(file, url)
    return RemoteFile.of_hdf5(url, file, header) if header.shards is None else header


class RemoteIndex(StoredIndex):
    """The parts of an index at a URL, each looked at when it is first read, those of a batch side by side."""

    def __init__(self, url: Url, header: Header, *, missing: bool = False) -> None:
        self._contents: dict[int, Content] = {}
        super().__init__(url, header, missing=missing)

    def prefetch(self, names: Iterable[str], numbers: npt.NDArray[np.int64]) -> None:
        parts = dict(islice(self._by_part("samples", numbers), MOST_PARTS))
        unknown = [number for number in parts if self._kept(number) is None and self._offsets]
        with suppress(FileError):  # which opening the part raises again, with what is known of it
            fetch_some((self._content(number), self._blocks_of_chunks(number)) for number in unknown)
        edges, names = self._edges_of("samples"), tuple(names)
        fetch_some(
            wanted
            for number, chosen in parts.items()
            for wanted in self._part(number).wanted(names, numbers[chosen] - edges[number])
        )

    def _check_presence(self) -> None:
        """Parts are looked at when they are read: thousands of requests would take too long."""

    def _part(self, number: int) -> RemoteFile:
        part = super()._part(number)
        assert isinstance(part, RemoteFile)
        return part

    def _by_offsets(self, number: int, header: Header, at: int, offsets: dict[str, int]) -> StoredFile | None:
        content, chunks = self._content(number), header.chunks
        try:
            same = content.read_at(chunks.nbytes, at) == chunks.tobytes()
        except FileError as error:
            again = f"; {self._again(number)}" if isinstance(error, Lost) else ""
            raise FileError(f"{error}, a part of {self.path}{again}") from error
        return RemoteFile(content.url, header, content, offsets) if same else None

    def _blocks_of_chunks(self, number: int) -> list[int]:
        size = self._chunks_of(number).nbytes
        return blocks_of(self._offsets["chunks"][number : number + 1], size) if size else []

    def _open(self, number: int) -> tuple[StoredFile | Header, int]:
        content = self._content(number)
        return _open(content.url, content), content.size

    def _content(self, number: int) -> Content:
        """The object that holds a part, the same one from first to last."""
        content = self._contents.get(number)
        if content is None:
            place = self._path(number)
            assert isinstance(place, Url)
            content = self._contents.setdefault(number, Content(place, int(self._shards["bytes"][number])))
        return content
