"""What a finished part says of itself in one line of JSON beside it: enough to index it, and to read it, unopened.

`sky.shard-2-of-3.json` has `file` (the part's plain name), `bytes`, `first`, `samples`, `rows_<kind>`, `digest`,
`recipe_hash`, `software` and `schema`; `chunks`, for each chunk its samples, its objects of each kind and its digest in
hexadecimal digits; and `datasets`, for each array and table its `shape`, its `dtype` as NumPy writes it and its
`offset` in the file, null where it is not stored in one run.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import FileError
from deepbench_fast.store import format as schema
from deepbench_fast.store.anywhere import with_hdf5
from deepbench_fast.store.gate import check
from deepbench_fast.store.hdf5 import opened, readable
from deepbench_fast.store.header import ROWS
from deepbench_fast.store.location import Location, Place
from deepbench_fast.store.places import contiguous_offset
from deepbench_fast.store.raw_file import RawFile
from deepbench_fast.store.stored import digest_of
from deepbench_fast.values.atomic import remove_stale, write_whole
from deepbench_fast.values.file_names import file_name

SUFFIX = ".json"
MOST_BYTES = 2**30
CHUNKS = "chunks"
SHARED = ("recipe_hash", "software", "schema", "rows", "offsets", "datasets")


@dataclass(frozen=True, eq=False, slots=True)
class Row:
    """A part: its file's plain name and size, the samples in it, and where their numbers lie in the file.

    `chunks` has the columns of `/chunks`; `offsets` has -1 where a dataset isn't stored in one run.
    """

    file: str
    bytes: int
    first: int
    samples: int
    rows: dict[str, int]
    digest: str
    recipe_hash: str
    software: str
    schema: str
    chunks: npt.NDArray[Any]
    offsets: dict[str, int]
    datasets: dict[str, Any]

    @property
    def stop(self) -> int:
        """One past the last sample."""
        return self.first + self.samples

    @property
    def of(self) -> tuple[str, str, str]:
        """What all parts of one dataset share."""
        return self.recipe_hash, self.software, self.schema

    def text(self) -> str:
        """One line of JSON."""
        own = ("file", "bytes", "first", "samples", "digest", "recipe_hash", "software", "schema")
        counted = ("count", *(ROWS + kind for kind in self.rows))
        digests = [f"{digest:016x}" for digest in self.chunks["digest"].tolist()]
        chunks = list(zip(*(self.chunks[name].tolist() for name in counted), digests, strict=True))
        rows = {ROWS + kind: count for kind, count in self.rows.items()}
        plain = {name: getattr(self, name) for name in own}
        return json.dumps({**plain, **rows, "datasets": self.datasets, CHUNKS: chunks}) + "\n"

    @classmethod
    def parse(cls, text: str, source: str | os.PathLike[str], like: Row | None = None) -> Row:
        """Read a line. Raises FileError, with `source`, where it is no such line.

        What is equal in the row `like` is held but once: an index may hold a million.
        """
        try:
            return cls._parse(json.loads(text), like)
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
            words = str(error) if isinstance(error, Wrong) else "it is no line that a finished part writes"
            raise FileError(f"{source}: damaged: {words}") from None

    @classmethod
    def _parse(cls, data: dict[str, Any], like: Row | None) -> Row:
        counted = {name.removeprefix(ROWS): _natural(data, name) for name in data if name.startswith(ROWS)}
        names = ("file", "digest", "recipe_hash", "software", "schema")
        texts = {name: data[name] for name in names}
        if not all(isinstance(text, str) and text.isprintable() for text in texts.values()):
            raise Wrong("one of its texts is none")
        try:
            file_name(texts["file"], portable=False)
        except FileError as error:
            raise Wrong(str(error)) from None
        numbers = {name: _natural(data, name) for name in ("bytes", "first", "samples")}
        chunks = _chunks(data[CHUNKS], numbers["first"], {"count": numbers["samples"], **counted})
        offsets = {name: -1 if d["offset"] is None else _natural(d, "offset") for name, d in data["datasets"].items()}
        found: dict[str, Any] = {**texts, **numbers, "rows": counted, "offsets": offsets, "datasets": data["datasets"]}
        if like is not None:
            found["datasets"] = _shared(found["datasets"], like.datasets)
            found |= {n: getattr(like, n) for n in SHARED if found[n] == getattr(like, n)}
        return cls(**found, chunks=chunks)


def _shared(datasets: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    """The same, with what is equal in `like` in the place of its own."""
    if list(datasets) != list(like):
        return datasets
    for (name, own), other in zip(like.items(), datasets.values(), strict=True):
        if own["dtype"] == other["dtype"]:
            other["dtype"] = own["dtype"]
        datasets[name] = own if own == other else other
    return datasets


class Wrong(ValueError):
    """What a row says that can't be so."""


def _natural(data: dict[str, Any], name: str) -> int:
    value = data[name]
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise Wrong(f"{name} is no whole number from 0")
    return value


def _chunks(rows: list[list[Any]], first: int, totals: dict[str, int]) -> npt.NDArray[Any]:
    """`/chunks` of a part whose chunks together have these `totals` of samples and of objects of each kind."""
    found, sums, place = [], [0] * len(totals), first
    for *counts, digest in rows:
        if len(counts) != len(totals) or not all(type(count) is int and count >= 0 for count in counts):
            raise Wrong("its chunks have other columns")
        found.append((place, *counts, int(digest, 16), 1))
        place += counts[0]
        sums = [total + count for total, count in zip(sums, counts, strict=True)]
    if sums != list(totals.values()):
        raise Wrong("its chunks don't hold its samples and objects")
    return np.array(found, _chunks_dtype(tuple(totals)[1:]))


@cache
def _chunks_dtype(kinds: tuple[str, ...]) -> np.dtype[Any]:
    return schema.chunks_dtype(kinds)


def row_path(part: Place) -> Place:
    """Where the row of a part is: `sky.shard-2-of-3.h5` → `sky.shard-2-of-3.json`."""
    return part.with_suffix(SUFFIX)


def row_of(path: Location) -> Row:
    """The row of a finished part, from the part itself. Raises FileError where it is none."""
    return with_hdf5(path, partial(_row, path))


def _row(path: Location, file: Any) -> Row:
    header = check(file, path)
    if header.shards is not None:
        raise FileError(f"{path}: an index, no part of one")
    digest = digest_of(header)
    if digest is None:
        raise FileError(f"{path}: unfinished (--resume continues it)")
    with readable(path):
        datasets = {name: _dataset(file[name]) for name in (*header.arrays, *header.tables, CHUNKS)}
    own = header.attributes
    return Row(
        file=path.name,
        bytes=RawFile(file).size,
        first=own["first"],
        samples=own["samples"],
        rows={kind: header.rows(f"objects/{kind}") for kind in header.kinds},
        digest=digest,
        recipe_hash=own["recipe_hash"],
        software=own["software"],
        schema=own["schema"],
        chunks=header.chunks,
        offsets={name: -1 if found["offset"] is None else found["offset"] for name, found in datasets.items()},
        datasets=datasets,
    )


def _dataset(dataset: Any) -> dict[str, Any]:
    dtype = dataset.dtype
    plain = dtype.str if dtype.names is None else [[name, dtype[name].str] for name in dtype.names]
    return {"dtype": plain, "shape": list(dataset.shape), "offset": contiguous_offset(dataset)}


def write_row(part: Path) -> Row:
    """Write the row of a finished part beside it, if it isn't there already."""
    row = row_of(part)
    text, path = row.text(), row_path(part)
    try:
        if path.exists() and path.read_text(encoding="utf-8") == text:
            remove_stale(path)  # of a process that was killed while another one wrote it
            return row
        write_whole(path, text.encode(), overwrite=True)
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: can't be written: {getattr(error, 'strerror', None) or error}") from error
    return row


def read_row(path: Path, like: Row | None = None) -> Row:
    """Read the file of a row. Raises FileError where it can't be read or is none."""
    with opened(path):
        if path.stat().st_size > MOST_BYTES:
            raise FileError(f"{path}: too long for what a finished part writes")
        content = path.read_bytes()
    return parsed_row(content, path, like)


def parsed_row(content: bytes, source: Location, like: Row | None = None) -> Row:
    """The row in the bytes of its file. Raises FileError where it is none."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise FileError(f"{source}: damaged: not UTF-8") from None
    return Row.parse(text, str(source), like)


def checked_row(row: Row, place: Location) -> Row:
    """The row. Raises FileError where its file has another name than the part that it tells of."""
    if Path(row.file).stem != place.stem:
        raise FileError(f"{place}: it is the row of {row.file}; remove it if that part was renamed")
    return row
