"""Reads an index over parts: each part is checked, and none is ever read as what nobody wrote.

The index says where in each part the arrays begin, so a part is read through a map without asking HDF5; that it is the
part that was indexed is seen by its size and by its `/chunks`, which hold the digest of each chunk.
"""

from __future__ import annotations

import os
import re
import shlex
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import FileError
from deepbench_fast.store import open_parts
from deepbench_fast.store.file_bytes import read_at
from deepbench_fast.store.gate import check
from deepbench_fast.store.hdf5 import open_hdf5
from deepbench_fast.store.header import OFFSET, ROWS, Header
from deepbench_fast.store.location import AnyPath, Location, located, recipe_beside
from deepbench_fast.store.open_parts import OpenParts
from deepbench_fast.store.stored import Places, Stored, StoredFile, digest_of, identity

READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)
PROGRAM = "deepbench-fast"
MOST_OF_A_COMMAND = 350  # characters: a command that is cut is of no use

_files: OpenParts[StoredFile] = OpenParts(lambda: open_parts.most_open())
_maps: OpenParts[StoredFile] = OpenParts(lambda: open_parts.most_mapped())


def open_file(path: str | os.PathLike[str]) -> StoredFile | Header:
    """The file, or of an index its header."""
    file = open_hdf5(path)
    try:
        header = check(file, path)
        if header.shards is None:
            return StoredFile.of(path, file, header)
    except BaseException:
        file.close()
        raise
    file.close()
    return header


class StoredIndex(Stored):
    """The parts that the table `/shards` names, as one dataset.

    That each part is there, with its size, is seen at opening; that it is the one that was indexed when it is first
    read. Maps of parts take no descriptors; of parts that HDF5 must read only a few are open at a time.
    """

    def __init__(self, path: AnyPath, header: Header, *, missing: bool = False) -> None:
        self.path, self.header = located(path), header
        assert header.shards is not None
        self._shards = header.shards
        self._folder = os.path.dirname(str(self.path))
        ends = np.append(self._shards["first"], header.attributes["total"])
        self._chunk_edges = np.searchsorted(header.chunks["first"], ends)
        if not missing:
            self._check_presence()
        self._edges: dict[str, npt.NDArray[np.int64]] = {}
        self._places: dict[int, Places] = {}  # of parts that were checked
        self._owner = open_parts.new_owner()
        weakref.finalize(self, _forget, self._owner)
        first = self._first_part(missing).header
        self.header = replace(
            header,
            **{name: getattr(first, name) for name in ("arrays", "types", "labels", "described", "time")},
        )
        self._offsets = self._stored_offsets()

    def _first_part(self, missing: bool) -> StoredFile:
        """The first part that can be opened where some may be missing, else the first."""
        for number in range(len(self._shards) - 1):
            try:
                return self._opened(number)
            except FileError:
                if not missing:
                    raise
        return self._opened(len(self._shards) - 1)

    def _stored_offsets(self) -> dict[str, npt.NDArray[np.int64]]:
        """Name → where it begins in each part; nothing where the index is of an earlier version."""
        names = (*self.header.arrays, *self.header.tables, "chunks")
        known = self._shards.dtype.names or ()
        return {name: self._shards[OFFSET + name] for name in names} if all(OFFSET + n in known for n in names) else {}

    def unchecked(self, name: str, start: int, stop: int) -> npt.NDArray[Any]:
        shape, dtype = self.header.types[name]
        rows = np.empty((stop - start, *shape), dtype)
        place = 0
        for part, first, last in self._spans(name, start, stop):  # copied, since views would keep their files open
            rows[place : place + last - first] = part.unchecked(name, first, last)
            place += last - first
        return rows

    def _take(self, name: str, numbers: npt.NDArray[np.int64], out: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
        shape, dtype = self.header.types[name]
        taken = np.empty((len(numbers), *shape), dtype) if out is None else out
        edges = self._edges_of(name)
        for number, chosen in self._by_part(name, numbers):
            taken[chosen] = self._part(number)._take(name, numbers[chosen] - edges[number])
        return taken

    def _by_part(self, name: str, numbers: npt.NDArray[np.int64]) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
        """The parts that hold rows, each with the places of its own among `numbers`."""
        edges = self._edges_of(name)
        parts = np.searchsorted(edges, numbers, side="right") - 1
        order = np.argsort(parts, kind="stable")
        bounds = np.flatnonzero(np.diff(parts[order], prepend=-1, append=len(edges)))
        for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            chosen = order[start:stop]
            yield int(parts[chosen[0]]), chosen

    def prefetch(self, names: Iterable[str], numbers: npt.NDArray[np.int64]) -> None:
        """It is here."""

    def one(self, number: int) -> dict[str, Any]:
        edges = self._edges_of("samples")
        part = int(edges.searchsorted(number, "right")) - 1
        return self._part(part).one(number - int(edges[part]))

    def _release(self) -> None:
        _forget(self._owner)

    def files(self) -> Iterator[Path]:
        """The files of this machine that it is read from: the index and all parts."""
        paths = (self.path, *map(self._path, range(len(self._shards))))
        return (path for path in paths if isinstance(path, Path))

    def pieces(self, name: str, start: int, stop: int) -> Iterator[tuple[StoredFile, int, int]]:
        return self._spans(name, start, stop)

    def _edges_of(self, name: str) -> npt.NDArray[np.int64]:
        """First row of an array or a table in each part, and one past the last."""
        if name not in self._edges:
            column = ROWS + name.removeprefix("objects/") if name.startswith("objects/") else "samples"
            self._edges[name] = np.concatenate(([0], np.cumsum(self._shards[column]))).astype(np.int64)
        return self._edges[name]

    def _spans(self, name: str, start: int, stop: int) -> Iterator[tuple[StoredFile, int, int]]:
        """The parts that hold the rows `start` to `stop - 1`, each with its own rows."""
        edges = self._edges_of(name)
        for number in range(max(0, int(np.searchsorted(edges, start, side="right")) - 1), len(self._shards)):
            first, last = int(edges[number]), int(edges[number + 1])
            if first >= stop:
                break
            if max(start, first) < min(stop, last):
                yield self._part(number), max(start, first) - first, min(stop, last) - first

    def _part(self, number: int) -> StoredFile:
        """The part, opened and checked if it isn't open. Two threads may open it twice, no more."""
        part = self._kept(number)
        if part is None:
            part = self._mapped(number) or self._opened(number)
            self._keep(number, part)
        return part

    def _kept(self, number: int) -> StoredFile | None:
        return _maps.get(self._owner, number) or _files.get(self._owner, number)

    def _keep(self, number: int, part: StoredFile) -> None:
        (_files if part.is_open else _maps).put(self._owner, number, part)
        if part.places is not None:
            self._places[number] = part.places

    def _mapped(self, number: int) -> StoredFile | None:
        """The part through a map, if it is known to be the one that was indexed."""
        places = self._places.get(number)
        if places is not None:
            return places.open()
        offsets = {name: int(of[number]) for name, of in self._offsets.items()}
        if not offsets or min(offsets.values()) < 0:
            return None
        return self._by_offsets(number, self._header_of(number), offsets.pop("chunks"), offsets)

    def _header_of(self, number: int) -> Header:
        """What the index says of a part."""
        row = self._shards[number]
        return self.header.of_part(int(row["first"]), int(row["samples"]), self._chunks_of(number))

    def _by_offsets(self, number: int, header: Header, at: int, offsets: dict[str, int]) -> StoredFile | None:
        """The part, whose `/chunks` is at `at`; None where it is not what the index says."""
        path, expected = os.path.join(self._folder, self._shards["file"][number].decode()), header.chunks.tobytes()
        try:
            descriptor = os.open(path, READ)
        except OSError:
            return None
        try:
            status = os.fstat(descriptor)
            if status.st_size != self._shards["bytes"][number] or read_at(descriptor, len(expected), at) != expected:
                return None
            return Places(Path(path), header, offsets, identity(status)).mapped(descriptor, status.st_size)
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def _open(self, number: int) -> tuple[StoredFile | Header, int]:
        """A part that goes through the gate, and its size."""
        path = str(self._path(number))
        return open_file(path), os.stat(path).st_size

    def _opened(self, number: int) -> StoredFile:
        row, path = self._shards[number], self._path(number)
        try:
            part, size = self._open(number)
        except FileError as error:
            raise FileError(f"{error}; {self._again(number)}") from None
        if isinstance(part, Header):  # it may be this very index
            raise FileError(f"{path}: not the part that {self.path} names: it is an index itself")
        found, own = part.header.attributes, self.header.attributes
        chunks = self._chunks_of(number)
        for wrong, problem in (
            (size != row["bytes"], f"it has {size} bytes, not {row['bytes']}"),
            (found["software"] != own["software"], f"made by {found['software']}, the index by {own['software']}"),
            (found["recipe_hash"] != own["recipe_hash"], "made from another recipe"),
            ((found["first"], found["samples"]) != (row["first"], row["samples"]), "it holds other samples"),
            (digest_of(part.header) != row["digest"].decode(), "its digest is another one"),
            (not np.array_equal(part.header.chunks, chunks), "its chunks are not those that the index names"),
        ):
            if wrong:
                raise FileError(f"{path}: not the part that {self.path} names: {problem}; {self._again(number)}")
        return part

    def _chunks_of(self, number: int) -> npt.NDArray[Any]:
        return self.header.chunks[self._chunk_edges[number] : self._chunk_edges[number + 1]]

    def _check_presence(self) -> None:
        """Raise FileError for the first part that isn't there with its size."""
        named = self._shards["bytes"].tolist()
        for number, name in enumerate(self._shards["file"].tolist()):
            try:
                size = os.stat(os.path.join(self._folder, name.decode())).st_size
            except OSError as error:
                reason = "missing" if isinstance(error, FileNotFoundError) else str(error.strerror).lower()
                path = self._path(number)
                raise FileError(f"{path}: {reason}, a part of {self.path}; {self._again(number)}") from None
            if size != named[number]:
                problem = f"has {size} bytes, not the {named[number]} that {self.path} names"
                raise FileError(f"{self._path(number)}: {problem}; {self._again(number)}")

    def _path(self, number: int) -> Location:
        return self.path.with_name(self._shards["file"][number].decode())

    def _again(self, number: int) -> str:
        """The command that makes a part again."""
        recipe, index = shlex.quote(recipe_beside(self.path)), shlex.quote(str(self.path))
        named = re.search(r"\.shard-(\d+)-of-(\d+)\.", self._shards["file"][number].decode())
        if named is None:
            first, samples = (int(self._shards[name][number]) for name in ("first", "samples"))
            return f"it holds the samples {first} to {first + samples - 1}"
        shard = f"--shard {named[1]}/{named[2]} --overwrite"
        command = f"{PROGRAM} info {index} --recipe -o {recipe} && {PROGRAM} generate {recipe} {index} {shard}"
        return f"to make it again: {command if len(command) <= MOST_OF_A_COMMAND else f'generate with {shard}'}"


def _forget(owner: int) -> None:
    """Let go of all open parts of an index."""
    _files.forget(owner)
    _maps.forget(owner)
