"""Where samples come from: a file, or a recipe by which they are made when they are asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import UsageError
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.render.batch import singular
from deepbench_fast.render.simulator import Simulator
from deepbench_fast.store.read import StoredDataset
from deepbench_fast.values import checks

Numbers = npt.NDArray[np.int64]
Fields = dict[str, tuple[tuple[int, ...], np.dtype[Any]]]

USUAL = ("image", "series", "label", "target", "index")
"""What a batch holds where nothing else is asked for."""


class Source(Protocol):
    """Samples by number; any thread may ask for some. It may be pickled."""

    is_endless: bool  # whether there are samples beyond the last

    @property
    def fields(self) -> Fields:
        """What a sample has: shape and type of each array, by the names of an item."""

    @property
    def catalogues(self) -> tuple[str, ...]:
        """Names of the labels."""

    @property
    def target_names(self) -> tuple[str, ...]:
        """Names of the targets."""

    def __len__(self) -> int: ...

    def fill(self, numbers: Numbers, out: Mapping[str, npt.NDArray[Any]]) -> None:
        """Put the samples with these numbers into arrays, in this order; of those named in `out` alone."""


class Stored:
    """A dataset in a file, or a split of it."""

    is_endless = False

    def __init__(self, dataset: StoredDataset) -> None:
        self._dataset = dataset
        self.catalogues, self.target_names = dataset.catalogues, dataset.target_names

    def __str__(self) -> str:
        return repr(self._dataset.summary.name)

    def __len__(self) -> int:
        return len(self._dataset)

    @cached_property
    def fields(self) -> Fields:
        header = self._dataset.stored.header
        return _with_numbers({singular(name): header.types[name] for name in header.arrays})

    def fill(self, numbers: Numbers, out: Mapping[str, npt.NDArray[Any]]) -> None:
        self._dataset.fill(numbers, out)


class Made:
    """Samples of a recipe, or of one of its splits: those of the file that it makes, and beyond its end fresh ones."""

    is_endless = True

    def __init__(self, recipe: Recipe) -> None:
        self._simulator = Simulator(recipe)
        plan = self._simulator.plan
        self.catalogues, self.target_names = plan.catalogues, tuple(t.name for t in plan.targets)
        self._names = {singular(name): name for name in plan.arrays}

    def __str__(self) -> str:
        return repr(self._simulator.plan.recipe.name)

    def __len__(self) -> int:
        return self._simulator.plan.samples

    @cached_property
    def fields(self) -> Fields:
        return _with_numbers({name: self._simulator.plan.arrays[array] for name, array in self._names.items()})

    def fill(self, numbers: Numbers, out: Mapping[str, npt.NDArray[Any]]) -> None:
        arrays = {array: out[name] for name, array in self._names.items() if name in out}
        made = self._simulator.some(numbers, arrays)
        if "label" in out:
            out["label"][:] = made.labels
        if "index" in out:
            out["index"][:] = numbers


def open_source(source: object, split: str | None = None) -> Source:
    """A file (by its path, or open), or a recipe, as a source; of a `split` alone where one is named.

    Raises FileError and RecipeError where the file or the split isn't one, UsageError for what is no source.
    """
    if isinstance(source, str | os.PathLike):
        source = StoredDataset(source)
    if isinstance(source, StoredDataset):
        return Stored(source if split is None else source.split(split))
    if isinstance(source, Recipe):
        return Made(source if split is None else source.of_split(split))
    if isinstance(source, Stored | Made) and split is None:
        return source
    raise UsageError(f"a source is the path of a dataset, an open one, or a Recipe, not {checks.quote(source)}")


def chosen_fields(source: Source, extras: Iterable[str]) -> Fields:
    """The usual fields and the extras, in the source's order; raises UsageError for those that it hasn't."""
    fields = source.fields
    possible = [name for name in fields if name not in USUAL]
    names = checks.names("extras", extras)
    with checks.within("extras"):
        wanted = {checks.known(name, possible, "extra of this source") for name in names}
    return {name: field for name, field in fields.items() if name in USUAL or name in wanted}


def _with_numbers(arrays: Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]]) -> Fields:
    whole: tuple[tuple[int, ...], np.dtype[Any]] = ((), np.dtype(np.int64))
    return {**arrays, "label": whole, "index": whole}
