"""Puts finished tasks where they belong: bytes to known offsets, data first, then tables, then rows of `/chunks`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import FileError
from deepbench_fast.store import format as schema
from deepbench_fast.store.direct import Writer
from deepbench_fast.store.file_bytes import read_at
from deepbench_fast.store.gate import check
from deepbench_fast.store.hdf5 import open_hdf5
from deepbench_fast.store.places import find_places

if TYPE_CHECKING:
    from deepbench_fast.draw.layout import Tables
    from deepbench_fast.draw.plan import Plan


@dataclass(frozen=True, eq=False)
class Block:
    """A run of chunks that is ready to be written."""

    first_chunk: int
    chunks: npt.NDArray[Any]
    arrays: dict[str, npt.NDArray[Any]]
    tables: Tables


class PartFile:
    """A created file while it is filled, through an open descriptor; all methods may be called from several threads,
    those that write by one at a time.

    `chunks` is the table of chunks, kept up to date; `row_offsets[kind]` are the running sums of its rows.
    """

    def __init__(self, path: Path, plan: Plan, descriptor: int) -> None:
        self.path = path
        self.plan = plan
        self.descriptor = descriptor
        self.size = os.fstat(descriptor).st_size
        self._writer = Writer(descriptor)
        with open_hdf5(path, locking=False) as file:
            header = check(file, path)
            if set(header.arrays) < set(plan.arrays):
                raise FileError(f"{path}: begun by an older version, without {', '.join(schema.LATER)}: --overwrite it")
            self.places = find_places(file, (*header.arrays, *header.tables, "chunks"))
        self.chunks = header.chunks
        self.first = int(header.attributes["first"])
        self.row_offsets = {
            kind.name: np.concatenate(([0], np.cumsum(self.chunks[f"rows_{kind.name}"]))) for kind in plan.kinds
        }

    @property
    def waits(self) -> bool:
        """Whether `write` would wait for the disk now."""
        return self._writer.waits

    def hashed(self, first_chunk: int, stop_chunk: int, arrays: dict[str, npt.NDArray[Any]], tables: Tables) -> Block:
        """The contents of a run of chunks, and their rows of `/chunks` as they will be."""
        chunks = self.chunks[first_chunk:stop_chunk].copy()
        chunks["digest"] = [schema.chunk_digest(parts) for parts in self._parts(chunks, arrays, tables)]
        chunks["done"] = 1
        return Block(first_chunk, chunks, arrays, tables)

    def write(self, block: Block) -> None:
        """Write a run of chunks and mark them done. Raises FileError where the file was cut meanwhile."""
        start = int(block.chunks["first"][0]) - self.first
        for name, array in block.arrays.items():
            self._write(name, start, array)
        self._write("samples", start, block.tables.samples)
        for kind, table in block.tables.objects.items():
            self._write(f"objects/{kind}", int(self.row_offsets[kind][block.first_chunk]), table)
        self.mark(block.first_chunk, block.chunks)

    def mark(self, first_chunk: int, chunks: npt.NDArray[Any]) -> None:
        """Write rows of `/chunks`, after their data."""
        self._write("chunks", first_chunk, chunks)
        self.chunks[first_chunk : first_chunk + len(chunks)] = chunks

    def check_size(self) -> None:
        """Raise FileError where the file was cut while it was filled: written on, it would have its size again, with
        zeros in chunks that are marked done."""
        if os.fstat(self.descriptor).st_size != self.size:
            raise FileError(f"{self.path}: another process cut this file while it was filled; --overwrite starts again")

    def stored_digest(self, chunk: int) -> int:
        """Digest of a chunk's bytes as they are in the file now."""
        row = self.chunks[chunk]
        start, count = int(row["first"]) - self.first, int(row["count"])
        parts = [self._read(name, start, count) for name in self.plan.arrays]
        parts.append(self._read("samples", start, count))
        for kind, offsets in self.row_offsets.items():
            parts.append(self._read(f"objects/{kind}", int(offsets[chunk]), int(offsets[chunk + 1] - offsets[chunk])))
        return schema.chunk_digest(parts)

    def _parts(
        self, chunks: npt.NDArray[Any], arrays: dict[str, npt.NDArray[Any]], tables: Tables
    ) -> list[list[npt.NDArray[Any]]]:
        """Arrays and table rows of each chunk of a task, in digest order."""
        samples = np.concatenate(([0], np.cumsum(chunks["count"])))
        rows = {kind: np.concatenate(([0], np.cumsum(chunks[f"rows_{kind}"]))) for kind in tables.objects}
        return [
            [
                *(array[samples[k] : samples[k + 1]] for array in arrays.values()),
                tables.samples[samples[k] : samples[k + 1]],
                *(table[rows[kind][k] : rows[kind][k + 1]] for kind, table in tables.objects.items()),
            ]
            for k in range(len(chunks))
        ]

    def write_bytes(self, name: str, at: int, data: memoryview) -> None:
        """Write bytes of an array or a table, `at` bytes from its beginning."""
        self._writer.write(data, self.places[name].offset + at)

    def _write(self, name: str, row: int, data: npt.NDArray[Any]) -> None:
        if data.size:
            self.check_size()
            self.write_bytes(name, row * self.places[name].row, schema.bytes_of(data))

    def _read(self, name: str, row: int, count: int) -> npt.NDArray[np.uint8]:
        place = self.places[name]
        return np.frombuffer(read_at(self.descriptor, count * place.row, place.offset + row * place.row), np.uint8)
