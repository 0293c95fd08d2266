"""Everything that a file says of one sample."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.plan import NOMINAL
from deepbench_fast.errors import UsageError
from deepbench_fast.kinds.registry import kind
from deepbench_fast.pictures.colours import shapes_alone
from deepbench_fast.pictures.series_panels import Motion, motions
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.render.batch import TARGETS, singular
from deepbench_fast.run.dataset import open_dataset
from deepbench_fast.store.stored import Stored
from deepbench_fast.values import checks

IDENTITY = ("catalogue", "split", "member", "sample", "entry", "slot")


@dataclass(frozen=True)
class Value:
    """A number with its unit ("" where it has none)."""

    value: float | int
    unit: str


@dataclass(frozen=True)
class Placed:
    """One object of a sample, or one part of a system; `mask` is its number in the instance mask, if there is one."""

    kind: str
    entry: str
    slot: int
    parameters: dict[str, Value]
    mask: int | None = None
    is_part: bool = False


@dataclass(frozen=True)
class Record:
    """One sample: `index` in its file, `number` in the whole dataset.

    It is an `image`, of which `shapes_alone` says that it holds no light, or a series, with what is needed to show it
    in `motion`; the other one is None. `targets_true` and `targets_sigma` are empty where no target has noise.
    """

    index: int
    number: int
    catalogue: str
    split: str
    member: int
    levels: dict[str, Value]
    targets: dict[str, Value]
    targets_true: dict[str, Value]
    targets_sigma: dict[str, Value]
    objects: list[Placed]
    shapes_alone: bool
    image: npt.NDArray[Any] | None
    motion: Motion | None

    @property
    def series(self) -> npt.NDArray[np.float64] | None:
        """The values of a series, shape (steps, columns)."""
        return None if self.motion is None else self.motion.values

    @property
    def time(self) -> npt.NDArray[np.float64] | None:
        """The times of the steps of a series."""
        return None if self.motion is None else self.motion.time


def read_record(path: str | os.PathLike[str], index: int) -> Record:
    """The sample `index` of a finished file.

    Raises FileError where the file can't be read or is unfinished, UsageError where it has no such sample.
    """
    dataset, index = open_dataset(path), checks.integer("index", index)
    if not 0 <= index < len(dataset):
        raise UsageError(f"{path}: no sample {index}; it has {len(dataset)}, counted from 0")
    batch, stored = dataset[index : index + 1], dataset.stored
    one = batch[0]
    row = stored.read("samples", index, index + 1)[0]
    rows = [placed for kind in stored.header.kinds for placed in _objects(stored, kind, index, one["index"])]
    levels = _values(row, stored.units("samples"))
    declared = _declared(dataset.recipe)
    objects = [
        replace(
            placed,
            parameters={
                name: value
                for name, value in placed.parameters.items()
                if name.removesuffix(NOMINAL) in declared[placed.entry]
            },
            mask=number if "mask" in one else None,
            is_part=placed.entry.count("/") > 1,
        )
        for number, placed in enumerate(rows, 1)
    ]
    return Record(
        index=index,
        number=one["index"],
        catalogue=dataset.catalogues[int(row["catalogue"])],
        split=dataset.splits[int(row["split"])],
        member=int(row["member"]),
        levels=levels,
        **{name: _targets(stored.targets, one.get(singular(name))) for name in TARGETS},
        objects=sorted(objects, key=lambda placed: placed.is_part),
        shapes_alone=dataset.catalogues[int(row["catalogue"])] in shapes_alone(dataset.recipe),
        image=one.get("image"),
        motion=motions(batch)[0] if dataset.is_series else None,
    )


def _targets(units: Mapping[str, str], values: npt.NDArray[np.float64] | None) -> dict[str, Value]:
    if values is None:
        return {}
    return {name: Value(value, unit) for (name, unit), value in zip(units.items(), values.tolist(), strict=True)}


def _objects(stored: Stored, kind: str, index: int, number: int) -> list[Placed]:
    """Objects of one kind in a sample: only the rows of its chunk are read."""
    chunk = int(stored.edges.searchsorted(index, "right")) - 1
    name, offsets = f"objects/{kind}", stored.row_offsets[kind]
    rows = stored.read(name, int(offsets[chunk]), int(offsets[chunk + 1]))
    entries = {value: label for label, value in stored.header.labels[name]["entry"].items()}
    units = stored.units(name)
    return [
        Placed(kind, entries[int(row["entry"])], int(row["slot"]), _values(row, units))
        for row in rows[rows["sample"] == number]
    ]


def _declared(recipe: Recipe) -> dict[str, set[str]]:
    """Entry → the columns that objects of its form have; those of the parts of systems have entries of their own."""
    declared = {}
    for name, catalogue in recipe.catalogues.items():
        for entry in catalogue.objects:
            declared[f"{name}/{entry.name}"] = {p.name for p in kind(entry.kind).columns_of(entry.form)}
            dynamics = kind(entry.kind).dynamics
            if dynamics is not None and dynamics.parts is not None:
                flat = {"z", "vz"} if entry.dimensions == 2 else set()
                parts = {p.name for p in dynamics.parts.columns} - flat
                declared[f"{name}/{entry.name}/{dynamics.parts.name}"] = parts
    return declared


def _values(row: Any, units: Mapping[str, str]) -> dict[str, Value]:
    """The columns of a row that are neither names nor numbers of things, without those that are NaN."""
    columns = zip(units.items(), row.tolist(), strict=True)
    return {name: Value(value, unit) for (name, unit), value in columns if name not in IDENTITY and value == value}
