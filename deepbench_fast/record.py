"""Everything that a file says of one sample."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from deepbench_fast.colours import shapes_alone
from deepbench_fast.errors import UsageError
from deepbench_fast.objects.registry import kind
from deepbench_fast.recipe.model import Recipe
from deepbench_fast.store.read import open_dataset, open_file

IDENTITY = ("catalogue", "split", "member", "sample", "entry", "slot")


@dataclass(frozen=True)
class Value:
    """A number with its unit ("" where it has none)."""

    value: float | int
    unit: str


@dataclass(frozen=True)
class Placed:
    """One object of a sample; `mask` is its number in the instance mask, where the file has masks."""

    kind: str
    entry: str
    slot: int
    parameters: dict[str, Value]
    mask: int | None = None


@dataclass(frozen=True)
class Record:
    """One sample: `index` in its file, `number` in the whole dataset; `shapes_alone` says that it holds no light."""

    index: int
    number: int
    catalogue: str
    split: str
    member: int
    levels: dict[str, Value]
    targets: dict[str, Value]
    objects: list[Placed]
    shapes_alone: bool
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
        objects = [placed for table in file["objects"] for placed in _objects(file, table, index, one["index"])]
        levels = _values(row, file["samples"].attrs["units"])
    declared = _declared(dataset.recipe)
    objects = [
        replace(
            placed,
            parameters={name: value for name, value in placed.parameters.items() if name in declared[placed.entry]},
            mask=number if "mask" in one else None,
        )
        for number, placed in enumerate(objects, 1)
    ]
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
        shapes_alone=dataset.catalogues[int(row["catalogue"])] in shapes_alone(dataset.recipe),
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


def _declared(recipe: Recipe) -> dict[str, set[str]]:
    """Entry → the parameters that objects of its form have."""
    return {
        f"{name}/{entry.name}": {parameter.name for parameter in kind(entry.kind).parameters_of(entry.form)}
        for name, catalogue in recipe.catalogues.items()
        for entry in catalogue.objects
    }


def _values(row: Any, units: Any) -> dict[str, Value]:
    """The columns of a row that are neither names nor numbers of things, without those that are NaN."""
    columns = zip(row.dtype.names, row.tolist(), units, strict=True)
    return {name: Value(value, str(unit)) for name, value, unit in columns if name not in IDENTITY and value == value}
