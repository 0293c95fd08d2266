"""Everything that a file says of one sample."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import UsageError
from deepbench_fast.store.read import open_dataset, open_file

IDENTITY = ("catalogue", "split", "member", "sample", "entry", "slot")


@dataclass(frozen=True)
class Value:
    """A number with its unit ("" where it has none)."""

    value: float | int
    unit: str


@dataclass(frozen=True)
class Placed:
    """One object of a sample."""

    kind: str
    entry: str
    slot: int
    parameters: dict[str, Value]


@dataclass(frozen=True)
class Record:
    """One sample: `index` in its file, `number` in the whole dataset."""

    index: int
    number: int
    catalogue: str
    split: str
    member: int
    levels: dict[str, Value]
    targets: dict[str, Value]
    objects: list[Placed]
    image: npt.NDArray[Any]


def read_record(path: str | os.PathLike[str], index: int) -> Record:
    """The sample `index` of a finished file.

    Raises FileError where the file can't be read or is unfinished, UsageError where it has no such sample.
    """
    dataset = open_dataset(path)
    if not 0 <= index < len(dataset):
        raise UsageError(f"{path}: no sample {index}; it has {len(dataset)}, counted from 0")
    one = dataset[index]
    with open_file(path) as file:
        row = file["samples"][index]
        names = file["targets"].attrs["names"], file["targets"].attrs["units"]
        objects = [placed for kind in file["objects"] for placed in _objects(file, kind, index, one["index"])]
        levels = _values(row, file["samples"].attrs["units"])
    targets = {
        name: Value(float(value), str(unit)) for name, unit, value in zip(*names, one["target"].tolist(), strict=True)
    }
    return Record(
        index=index,
        number=one["index"],
        catalogue=dataset.catalogues[int(row["catalogue"])],
        split=dataset.splits[int(row["split"])],
        member=int(row["member"]),
        levels=levels,
        targets=targets,
        objects=objects,
        image=one["image"],
    )


def _objects(file: Any, kind: str, index: int, number: int) -> list[Placed]:
    """Objects of one kind in a sample: only the rows of its chunk are read."""
    chunks = file["chunks"].fields(["first", "count", f"rows_{kind}"])[:]
    chunk = int(np.searchsorted(np.cumsum(chunks["count"]), index, side="right"))
    start = int(chunks[f"rows_{kind}"][:chunk].sum())
    table = file[f"objects/{kind}"]
    rows = table[start : start + int(chunks[f"rows_{kind}"][chunk])]
    entries = {value: name for name, value in h5py.check_enum_dtype(table.dtype["entry"]).items()}
    return [
        Placed(kind, entries[int(row["entry"])], int(row["slot"]), _values(row, table.attrs["units"]))
        for row in rows[rows["sample"] == number]
    ]


def _values(row: Any, units: Any) -> dict[str, Value]:
    """The columns of a row that are neither names nor numbers of things, without those that are NaN."""
    columns = zip(row.dtype.names, row.tolist(), units, strict=True)
    return {name: Value(value, str(unit)) for name, value, unit in columns if name not in IDENTITY and value == value}
