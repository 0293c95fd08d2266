"""Samples in memory, with the tables that they were made from."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, overload

import numpy as np
import numpy.typing as npt

from deepbench_fast.values import checks

if TYPE_CHECKING:
    from deepbench_fast.recipe.recipe import Recipe

Item = dict[str, Any]
"""One sample: `image` or `series`, extras (`clean`, `mask`, `variance`), `target`, `label`, `index`; with noise on
targets also `target_true` and `target_sigma`."""


TARGETS = ("targets", "targets_true", "targets_sigma")
SINGULAR = {"images": "image", "masks": "mask", **{name: name.replace("targets", "target") for name in TARGETS}}


def singular(name: str) -> str:
    """What one sample's part of an array is called: "image" of "images"."""
    return SINGULAR.get(name, name)


class Tables(Protocol):
    """The tables of samples: `samples` with the columns of `/samples`, `objects[kind]` with those of `/objects/<kind>`.

    Objects stand in the order of their samples; `first` is the number of the first sample in the whole dataset.
    """

    @property
    def first(self) -> int: ...
    @property
    def samples(self) -> npt.NDArray[Any]: ...
    @property
    def objects(self) -> Mapping[str, npt.NDArray[Any]]: ...


class LazyTables:
    """Tables that are read when they are first asked for."""

    def __init__(
        self, first: int, samples: Callable[[], npt.NDArray[Any]], objects: Callable[[], dict[str, npt.NDArray[Any]]]
    ) -> None:
        self.first = first
        self._read_samples, self._read_objects = samples, objects

    def __repr__(self) -> str:
        return f"<Tables: samples ({len(self.samples)} rows), objects {', '.join(self.objects) or 'none'}>"

    @cached_property
    def samples(self) -> npt.NDArray[Any]:
        """One row a sample."""
        return self._read_samples()

    @cached_property
    def objects(self) -> dict[str, npt.NDArray[Any]]:
        """One row an object, by kind."""
        return self._read_objects()

    def __getstate__(self) -> dict[str, Any]:
        return {"first": self.first, "samples": self.samples, "objects": self.objects}


class Batch:
    """Some samples of a recipe: `len(batch)` of them.

    `batch["image"]` (or "series"), "target", extras ("clean", "mask", "variance"), "label" and "index" are arrays with
    one row a sample, with noise on targets also "target_true" and "target_sigma"; `dict(batch)` holds them all.
    `batch[i]` is one sample as `Dataset[i]` gives it, `batch[a:b]` a batch of some of them; a batch runs through its
    samples. The names of the file's arrays, `batch["images"]`, mean the same.

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
        numbers: range | npt.NDArray[np.int64] | None = None,
    ) -> None:
        self.recipe = recipe
        self.catalogues = catalogues
        self.target_names = target_names
        self.outputs = outputs
        self.tables = tables
        self._arrays = arrays
        self._numbers = range(tables.first, tables.first + len(tables.samples)) if numbers is None else numbers

    def __repr__(self) -> str:
        shapes = ", ".join(f"{singular(name)} {array.shape[1:]}" for name, array in self._arrays.items())
        return f"<Batch of {self.recipe.name!r}: {len(self)} samples of {shapes}>"

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Item]:
        return (self[number] for number in range(len(self)))

    def keys(self) -> KeysView[str]:
        """The names of what a sample has."""
        return dict.fromkeys([*(singular(name) for name in self._arrays), "label", "index"]).keys()

    def items(self) -> ItemsView[str, npt.NDArray[Any]]:
        """The names of what a sample has, with the arrays."""
        return {name: self._array(name) for name in self.keys()}.items()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self.keys() or name in self._arrays)

    @overload
    def __getitem__(self, key: str) -> npt.NDArray[Any]: ...
    @overload
    def __getitem__(self, key: int) -> Item: ...
    @overload
    def __getitem__(self, key: slice | Sequence[int] | npt.NDArray[Any]) -> Batch: ...
    def __getitem__(self, key: Any) -> npt.NDArray[Any] | Batch | Item:
        if isinstance(key, str):
            return self._array(key)
        if not isinstance(key, (int, np.integer)) or isinstance(key, bool):
            return self._part(chosen(key, len(self)))
        number = range(len(self))[key]
        found: Item = {singular(name): array[number] for name, array in self._arrays.items()}
        found["label"] = int(self.tables.samples["catalogue"][number])
        found["index"] = int(self._numbers[number])
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

    def _part(self, rows: slice | npt.NDArray[np.int64]) -> Batch:
        numbers, tables = self.index, self.tables
        part = LazyTables(
            int(numbers[rows][0]) if len(numbers[rows]) else tables.first,
            lambda: tables.samples[rows],
            lambda: {kind: table[_rows_at(table, numbers, rows)] for kind, table in tables.objects.items()},
        )
        arrays = {name: array[rows] for name, array in self._arrays.items()}
        return Batch(self.recipe, self.catalogues, self.target_names, self.outputs, part, arrays, numbers[rows])

    @property
    def first(self) -> int:
        """Number of the first sample in the dataset."""
        return int(self._numbers[0]) if len(self._numbers) else self.tables.first

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


def chosen(index: Any, size: int) -> slice | npt.NDArray[np.int64]:
    """The rows, of `size`, that a slice, a list of numbers or a mask means. Raises IndexError for what means none."""
    if isinstance(index, slice):
        return index
    mask = np.asarray(index)
    if mask.ndim != 1 or mask.dtype != bool:
        return whole_numbers(index, size, "a number, a slice, a list of numbers or a mask")
    if len(mask) != size:
        raise IndexError(f"a mask of {len(mask)} for {size} samples")
    return np.flatnonzero(mask)


def whole_numbers(indices: npt.ArrayLike, size: int, wanted: str = "a list of whole numbers") -> npt.NDArray[np.int64]:
    """The rows, of `size`, that these numbers mean; those below 0 count from the end.

    Raises IndexError for what aren't such numbers: truncated fractions, masks and text would be other samples.
    """
    numbers = np.asarray(indices)
    if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "iu"):
        raise IndexError(f"samples are chosen by {wanted}, not {checks.quote(indices)}")
    if numbers.size and (numbers.min() < -size or numbers.max() >= size):
        raise IndexError(f"samples {numbers.min()} to {numbers.max()} of {size}")
    numbers = numbers.astype(np.int64)
    return np.where(numbers < 0, numbers + size, numbers)


def rows_of(table: npt.NDArray[Any], numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The rows of a table, sorted by sample, that belong to the samples of these numbers, in their order."""
    starts, stops = (np.searchsorted(table["sample"], numbers, side) for side in ("left", "right"))
    return ranges(starts, stops)


def ranges(starts: npt.NDArray[np.int64], stops: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The numbers of several ranges, one after the other."""
    lengths = stops - starts
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))


def _rows_at(
    table: npt.NDArray[Any], numbers: npt.NDArray[np.int64], rows: slice | npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """The rows of a table that belong to some of its samples, of which a number may stand there more than once."""
    known, which, times = np.unique(numbers, return_inverse=True, return_counts=True)
    of_known = np.bincount(np.searchsorted(known, table["sample"]), minlength=known.size)
    lengths = (of_known // times)[which]
    stops = np.cumsum(lengths)
    return ranges((stops - lengths)[rows], stops[rows])
