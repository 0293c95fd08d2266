"""Samples in memory, with the tables that they were made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from deepbench_fast.store.schema import singular

if TYPE_CHECKING:
    from deepbench_fast.draw import Tables
    from deepbench_fast.recipe.model import Recipe

Item = dict[str, Any]
"""One sample: `image` or `series`, extras (`clean`, `mask`, `variance`), `target`, `label`, `index`; with noise on
targets also `target_true` and `target_sigma`."""


class Batch:
    """Some samples of a recipe: `len(batch)` of them.

    `batch["image"]` (or "series"), "target", extras ("clean", "mask", "variance"), "label" and "index" are arrays with
    one row a sample, with noise on targets also "target_true" and "target_sigma"; `dict(batch)` holds them all.
    `batch[i]` is one sample as `Dataset[i]` gives it, `batch[a:b]` a batch of some of them. The names of the file's
    arrays, `batch["images"]`, mean the same.

    `tables.samples` and `tables.objects[kind]` have the columns of `/samples` and `/objects/<kind>`; `catalogues` has
    the names of `labels`, `target_names` and `outputs` those of the columns of targets and series; `recipe` has every
    default filled in.
    """

    def __init__(
        self,
        recipe: Recipe,
        catalogues: tuple[str, ...],
        target_names: tuple[str, ...],
        outputs: tuple[str, ...],
        tables: Tables,
        arrays: Mapping[str, npt.NDArray[Any]],
        numbers: range | None = None,
    ) -> None:
        self.recipe = recipe
        self.catalogues = catalogues
        self.target_names = target_names
        self.outputs = outputs
        self.tables = tables
        self._arrays = arrays
        self._numbers = range(tables.first, tables.first + len(tables.samples)) if numbers is None else numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Item]:
        return (self[number] for number in range(len(self)))

    def keys(self) -> list[str]:
        """The names of what a sample has."""
        return [*(singular(name) for name in self._arrays), "label", "index"]

    @overload
    def __getitem__(self, key: str) -> npt.NDArray[Any]: ...
    @overload
    def __getitem__(self, key: slice) -> Batch: ...
    @overload
    def __getitem__(self, key: int) -> Item: ...
    def __getitem__(self, key: str | slice | int) -> npt.NDArray[Any] | Batch | Item:
        if isinstance(key, str):
            return self._array(key)
        if isinstance(key, slice):
            return self._part(key)
        number = range(len(self))[key]
        found: Item = {singular(name): array[number] for name, array in self._arrays.items()}
        found["label"] = int(self.tables.samples["catalogue"][number])
        found["index"] = self._numbers[number]
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """The array of this name, or `default` where the samples have none."""
        try:
            return self._array(name)
        except KeyError:
            return default

    def _array(self, name: str) -> npt.NDArray[Any]:
        for own, array in self._arrays.items():
            if name in (own, singular(own)):
                return array
        if name == "label":
            return self.labels
        if name == "index":
            return self.index
        raise KeyError(name)

    def _part(self, chosen: slice) -> Batch:
        numbers = self._numbers[chosen]
        objects = {kind: table[_rows(table, numbers)] for kind, table in self.tables.objects.items()}
        tables = type(self.tables)(numbers.start, self.tables.samples[chosen], objects)
        arrays = {name: array[chosen] for name, array in self._arrays.items()}
        return Batch(self.recipe, self.catalogues, self.target_names, self.outputs, tables, arrays, numbers)

    @property
    def first(self) -> int:
        """Number of the first sample in the dataset."""
        return self._numbers.start

    @property
    def index(self) -> npt.NDArray[np.int64]:
        """Number of each sample in the dataset."""
        return np.array(self._numbers, np.int64)

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """Number of each sample's catalogue in `catalogues`."""
        labels: npt.NDArray[np.int64] = self.tables.samples["catalogue"].astype(np.int64)
        return labels

    @property
    def members(self) -> npt.NDArray[np.int64]:
        """Number of each sample in its catalogue."""
        members: npt.NDArray[np.int64] = self.tables.samples["member"].copy()
        return members

    @property
    def split(self) -> npt.NDArray[np.int32]:
        """Number of each sample's split among the recipe's."""
        split: npt.NDArray[np.int32] = self.tables.samples["split"].copy()
        return split

    @property
    def targets(self) -> npt.NDArray[np.float64]:
        """What a model shall learn, shape (samples, targets)."""
        return self._array("targets")

    @property
    def targets_true(self) -> npt.NDArray[np.float64]:
        """The targets without their noise; raises KeyError where none has any."""
        return self._array("targets_true")

    @property
    def targets_sigma(self) -> npt.NDArray[np.float64]:
        """Standard deviation of the noise on each target, 0 for those without; KeyError where none has any."""
        return self._array("targets_sigma")


def _rows(table: npt.NDArray[Any], numbers: range) -> Any:
    """The rows of a table, sorted by sample, that belong to the samples of these numbers, in their order."""
    samples = np.array(numbers, np.int64)
    starts, stops = (np.searchsorted(table["sample"], samples, side) for side in ("left", "right"))
    if numbers.step == 1 and len(numbers):
        return slice(starts[0], stops[-1])
    return np.concatenate([np.zeros(0, np.int64), *map(np.arange, starts, stops)])
