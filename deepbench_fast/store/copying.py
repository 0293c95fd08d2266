"""Chunks of a dataset into another file of the same samples."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.plan import Plan
from deepbench_fast.errors import FileError, MismatchError, UsageError
from deepbench_fast.store import format as schema
from deepbench_fast.store.claim import Job
from deepbench_fast.store.direct import READ_BYTES, Reader
from deepbench_fast.store.fill import PartFile
from deepbench_fast.store.header import ROWS
from deepbench_fast.store.stored import Stored, StoredFile, identity

RUN_BYTES = 64 * 2**20

Progress = Callable[[int], None]


def check_copyable(source: Stored, plan: Plan) -> None:
    """Raise FileError where the source isn't finished, MismatchError where files of its recipe have other columns
    today."""
    if not source.header.complete:
        raise FileError(f"{source.path}: unfinished (--resume continues it)")
    types = schema.describe(plan).types
    if dict(source.header.types) != dict(types):
        raise MismatchError(
            f"{source.path}: {source.header.attributes['software']} made it with other columns than files have today: "
            "only that version can copy it"
        )


def copy_chunks(source: Stored, file: PartFile, job: Job, stop: int, told: Progress | None = None) -> None:
    """Copy all chunks before the sample `stop` that the file hasn't got yet; `told` is called with numbers of samples.

    Chunks that are marked done are hashed, and copied again where they differ.
    """
    chunks = source.header.chunks
    ahead = int(np.searchsorted(chunks["first"], job.first))  # chunks of the source before the file's first
    count = int(np.searchsorted(file.chunks["first"] + file.chunks["count"], stop, side="right"))
    for number in np.flatnonzero(file.chunks["done"][:count] == 1).tolist():
        if file.stored_digest(number) != int(chunks["digest"][ahead + number]):
            file.chunks["done"][number] = 0
    reader = Reader()
    at_once = max(1, RUN_BYTES // (job.plan.chunk * job.plan.sample_bytes))
    for start in range(0, count, at_once):
        end = min(start + at_once, count)
        if not (file.chunks["done"][start:end] == 1).all():
            _copy_run(source, file, start, end, ahead, reader)
        if told is not None:
            told(int(file.chunks["count"][start:end].sum()))


def _copy_run(source: Stored, file: PartFile, first_chunk: int, stop_chunk: int, ahead: int, reader: Reader) -> None:
    chunks = source.header.chunks[ahead + first_chunk : ahead + stop_chunk]
    counted = ("first", "count", *(ROWS + kind for kind in file.row_offsets))
    own = file.chunks[first_chunk:stop_chunk]
    if any(not np.array_equal(own[name], chunks[name]) for name in counted):
        raise MismatchError(f"{source.path}: its chunks hold other objects than those of {file.path}")
    file.check_size()
    for name in (*source.header.arrays, *source.header.tables):
        offsets = source.row_offsets.get(name.removeprefix("objects/")) if name.startswith("objects/") else source.edges
        assert offsets is not None
        own_offsets = file.row_offsets.get(name.removeprefix("objects/")) if name.startswith("objects/") else None
        first, stop = int(offsets[ahead + first_chunk]), int(offsets[ahead + stop_chunk])
        row = int(own["first"][0]) - file.first if own_offsets is None else int(own_offsets[first_chunk])
        for part, start, end in source.pieces(name, first, stop):
            row += _copy_rows(part, name, start, end, file, row, reader)
    file.mark(first_chunk, chunks)


def _copy_rows(part: StoredFile, name: str, start: int, stop: int, file: PartFile, row: int, reader: Reader) -> int:
    """Copy rows to the rows from `row` on; how many they are."""
    width = file.places[name].row
    if part.places is None:  # compressed by its user, say
        file.write_bytes(name, row * width, schema.bytes_of(part.unchecked(name, start, stop)))
        return stop - start
    with open(part.places.path, "rb", buffering=0) as source:
        if identity(os.fstat(source.fileno())) != part.places.identity:
            raise FileError(f"{part.path}: it was changed while it was copied")
        offset, size = part.places.offsets[name] + start * width, (stop - start) * width
        for at in range(0, size, READ_BYTES):
            data = reader.read(source.fileno(), min(READ_BYTES, size - at), offset + at)
            file.write_bytes(name, row * width + at, data)
    return stop - start


def chunk_rows(source: Stored, first: int, stop: int) -> npt.NDArray[np.int64]:
    """Numbers of objects, `[chunk, kind]`, of the source's chunks from the sample `first` to `stop - 1`."""
    chunks = source.header.chunks
    start, end = np.searchsorted(chunks["first"], (first, stop))
    rows = np.zeros((end - start, len(source.header.kinds)), np.int64)
    for number, kind in enumerate(source.header.kinds):
        rows[:, number] = chunks[ROWS + kind][start:end]
    return rows


def check_not_source(source: Stored, target: Path) -> None:
    """Raise UsageError where the file to write is one that is read."""
    if target.exists() and any(os.path.samefile(target, path) for path in source.files()):
        raise UsageError(f"{target}: it is what shall be copied; name another file")
