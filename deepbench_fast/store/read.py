"""Opens a dataset: slices and batches by memory map, tables with units, safe in other processes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import FileError, UsageError
from deepbench_fast.render.batch import Batch, Item, LazyTables, chosen, ranges, rows_of, singular, whole_numbers
from deepbench_fast.store.counts import counts, counts_of
from deepbench_fast.store.index import open_stored
from deepbench_fast.store.location import AnyPath, Url, located
from deepbench_fast.store.other_libraries import data_frame, labelled_arrays
from deepbench_fast.store.stored import Stored, Summary

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from astropy.table import QTable

    from deepbench_fast.recipe.recipe import Recipe


def summarise(path: AnyPath) -> Summary:
    """Summary of a file; its digest is None while chunks are missing."""
    with open_stored(path) as stored:
        return stored.summary()


class StoredDataset:
    """A dataset in a file: `len`, `[i]`, slices, batches, tables with units; no torch needed.

    `ds[i]` is `{"image" or "series", "target", "label", "index"}` (and `"clean"`, `"mask"`, `"variance"` where the file
    has them; with noise on targets `"target_true"` and `"target_sigma"`): arrays, the number of the catalogue in
    `catalogues`, and the sample's number in the whole dataset. `ds[2:9]`, `ds[[4, 1]]` and `ds[mask]` are a `Batch`, in
    memory, whose arrays stack the same; its tables are read when they are asked for.
    Everything comes from the file that was opened, also when its name is given to another one. It may be pickled and
    used after a fork: each process opens the file itself, and raises FileError if it has become another dataset. In a
    `with` statement it is closed at its end; it needs no closing.
    """

    def __init__(self, path: AnyPath, *, partial: bool = False) -> None:
        place = located(path)
        self.path = place if isinstance(place, Url) else place.absolute()
        self.partial = partial
        self._indices: npt.NDArray[np.int64] | None = None
        self._stored: Stored = open_stored(path)
        self._process = os.getpid()
        self._identity = _identity(self._stored)
        if not self._stored.header.complete and not partial:
            raise FileError(
                f"{path}: unfinished (--resume continues it; open_dataset(..., partial=True) reads what is there)"
            )

    def __len__(self) -> int:
        return self.stored.samples if self._indices is None else len(self._indices)

    def __repr__(self) -> str:
        data = self.summary.arrays["series" if self.is_series else "images"]
        return f"<Dataset {self.summary.name!r}: {len(self)} samples of {tuple(data['shape'][1:])}>"

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice | Sequence[int] | npt.NDArray[Any]) -> Batch: ...
    def __getitem__(self, index: Any) -> Item | Batch:
        if not isinstance(index, (int, np.integer)) or isinstance(index, bool):
            return self._batch(self._numbers(index))
        stored = self.stored
        size = stored.samples if self._indices is None else len(self._indices)
        if not -size <= index < size:
            raise IndexError(f"sample {index} of {size}")
        number = int(index) % size
        number = number if self._indices is None else int(self._indices[number])
        if self.partial:
            self._check_done(number)
        return stored.one(number)

    def __getitems__(self, indices: Iterable[int]) -> list[Item]:
        """A list of samples, read in one go: what PyTorch's loader asks of a dataset for a batch."""
        stored, numbers = self.stored, self._numbers(whole_numbers(list(indices), len(self)))
        read, index = self._read(numbers)
        label, index = stored.labels(index).tolist(), (stored.first + index).tolist()
        arrays = [(singular(name), values) for name, values in read.items()]
        return [
            {**{name: values[i] for name, values in arrays}, "label": label[i], "index": index[i]}
            for i in range(len(label))
        ]

    def fill(self, indices: npt.NDArray[np.int64], out: Mapping[str, npt.NDArray[Any]]) -> None:
        """Copy samples into arrays, by the names of an item ("image", "target", "label", ...): those named in `out`."""
        stored = self.stored
        numbers = indices if self._indices is None else self._indices[indices]
        self._check_done(numbers)
        names = [name for name in stored.header.arrays if singular(name) in out]
        stored.prefetch((*names, "samples") if "label" in out else names, numbers)
        if "index" in out:
            out["index"][:] = stored.first + numbers
        if "label" in out:
            out["label"][:] = stored.labels(numbers)
        for name in reversed(names):  # images last: they push all else out of the cache
            stored.take(name, numbers, out[singular(name)])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[i] for i in range(len(self)))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name in STATE} | {"_process": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    @property
    def stored(self) -> Stored:
        """The open file, or index, as this process sees it."""
        if self._process != os.getpid():
            stored = open_stored(self.path)
            found = _identity(stored)
            if found[:2] != self._identity[:2] or self._identity[2] not in (None, found[2]):
                raise FileError(f"{self.path}: it was replaced by another dataset since it was opened")
            self._stored, self._process = stored, os.getpid()
        if self._stored.closed:
            raise FileError(f"{self.path}: it was closed")
        return self._stored

    def close(self) -> None:
        """Let go of the file: reading from it, or from a split of it, is an error then.

        Arrays that were read stay. A batch's tables are read when they are first asked for: not afterwards.
        """
        if self._process == os.getpid():
            self._stored.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def _numbers(self, index: Any) -> slice | npt.NDArray[np.int64]:
        """Rows in the file, of a slice, a list of numbers or a mask."""
        numbers = chosen(index, len(self))
        return numbers if self._indices is None else self._indices[numbers]

    def _batch(self, numbers: slice | npt.NDArray[np.int64]) -> Batch:
        arrays, index = self._read(numbers)
        return Batch(*self._facts, self._tables(numbers, index), arrays, self.stored.first + index)

    def tables_of(self, places: Any) -> LazyTables:
        """The tables of samples, as a `Batch` of them has, without their data."""
        numbers = self._numbers(places)
        return self._tables(numbers, self._index(numbers))

    def _tables(self, numbers: slice | npt.NDArray[np.int64], index: npt.NDArray[np.int64]) -> LazyTables:
        stored = self.stored
        return LazyTables(
            stored.first + int(index[0]) if index.size else stored.first,
            lambda: self._take("samples", numbers, index),
            lambda: {kind: self._objects_of(kind, index) for kind in stored.header.kinds},
        )

    def _labels(self, places: slice) -> npt.NDArray[np.int64]:
        """Numbers of the classes of samples."""
        return self.stored.labels(self._index(self._numbers(places)))

    def _index(self, numbers: slice | npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The numbers of rows in the file, one by one; raises FileError for one that was not there."""
        index = _counted(numbers, self.stored.samples) if isinstance(numbers, slice) else numbers
        self._check_done(index)
        return index

    @cached_property
    def _facts(self) -> tuple[Recipe, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        return self.recipe, self.catalogues, self.target_names, self.outputs

    def _read(
        self, numbers: slice | npt.NDArray[np.int64]
    ) -> tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.int64]]:
        """Copies of the rows of all arrays, and their numbers in the file."""
        stored, index = self.stored, self._index(numbers)
        stored.prefetch(stored.header.arrays, index)
        return {name: self._take(name, numbers, index) for name in stored.header.arrays}, index

    def _take(
        self, name: str, numbers: slice | npt.NDArray[np.int64], index: npt.NDArray[np.int64]
    ) -> npt.NDArray[Any]:
        """A copy of rows; a slice forwards is read in one run."""
        if isinstance(numbers, slice) and index.size and (numbers.step or 1) > 0:
            return np.array(self.stored.read(name, int(index[0]), int(index[-1]) + 1)[:: numbers.step or 1])
        return self.stored.take(name, index)

    def _check_done(self, numbers: int | npt.NDArray[np.int64]) -> None:
        """Raise FileError for a sample that was not there when the file was opened."""
        if self.partial and not np.all(self.stored.done[numbers]):
            missing = np.atleast_1d(numbers)[~np.atleast_1d(self.stored.done[numbers])]
            raise FileError(
                f"{self.path}: sample {missing[0]} is not there yet; .done says which are, .finished holds these"
            )

    @property
    def done(self) -> npt.NDArray[np.bool_]:
        """Which samples were there when the file was opened: all, unless it is unfinished."""
        return self.stored.done if self._indices is None else self.stored.done[self._indices]

    @property
    def finished(self) -> Self:
        """The samples that were there when the file was opened, as a dataset of its own."""
        return self._part(np.flatnonzero(self.stored.done))

    @cached_property
    def summary(self) -> Summary:
        """What the file is: name, seed, samples, digest, arrays and tables."""
        return self.stored.summary()

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe, with every default filled in."""
        return self.stored.recipe

    @property
    def catalogues(self) -> tuple[str, ...]:
        """Names of the classes: `catalogues[label]`."""
        return tuple(self.stored.header.labels["samples"]["catalogue"])

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits."""
        return tuple(self.stored.header.labels["samples"]["split"])

    def class_counts(self) -> dict[str, dict[str, int]]:
        """How many samples each class has in each split: `{"stars": {"train": 60, "test": 40}, ...}`.

        Of an unfinished file, or of a split, those that are there.
        """
        stored = self.stored
        if self._indices is None and not self.partial:
            return counts(stored).as_json()
        numbers = np.flatnonzero(self.done) if self._indices is None else self._indices[self.done]
        return counts_of([stored.take("samples", numbers)], stored.header.labels["samples"]).as_json()

    @property
    def target_names(self) -> tuple[str, ...]:
        """Names of the columns of `targets`."""
        return tuple(self.stored.targets)

    @property
    def images(self) -> npt.NDArray[Any]:
        """All images, shape (samples, rows, columns), mapped, not read (copied for a split and of an index)."""
        return self._rows("images")

    @property
    def is_series(self) -> bool:
        """Whether the samples are series, not images."""
        return self.stored.is_series

    @property
    def series(self) -> npt.NDArray[np.float64]:
        """All series, shape (samples, steps, outputs), mapped, not read (copied for a split and of an index)."""
        return self._rows("series")

    @property
    def time(self) -> npt.NDArray[np.float64]:
        """The times of a series' steps, in the unit that the file's `/time` names."""
        if self.stored.header.time is None:
            raise UsageError(f"{self.path}: the samples are images, which have no times")
        return self.stored.header.time.copy()

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the columns of a series; none for images."""
        return tuple(self.stored.outputs)

    @property
    def targets(self) -> npt.NDArray[np.float64]:
        """What a model shall learn, shape (samples, targets)."""
        return self._rows("targets")

    @property
    def targets_true(self) -> npt.NDArray[np.float64]:
        """The targets without their noise; raises UsageError where none has any: then `targets` are the true ones."""
        return self._rows("targets_true")

    @property
    def targets_sigma(self) -> npt.NDArray[np.float64]:
        """Standard deviation of the noise on each target, 0 for those without; UsageError where none has any."""
        return self._rows("targets_sigma")

    def _rows(self, name: str) -> npt.NDArray[Any]:
        """All rows of an array, or of the table of samples."""
        stored = self.stored
        if name not in (*stored.header.arrays, "samples"):
            raise UsageError(f"{self.path}: no {name}; it has {', '.join(stored.header.arrays)}")
        self._check_done(np.arange(stored.samples) if self._indices is None else self._indices)
        return stored.whole(name) if self._indices is None else stored.take(name, self._indices)

    @property
    def samples(self) -> QTable:
        """One row a sample: catalogue, split, member, noise and PSF parameters, with units."""
        return self._table("samples", self._rows("samples"))

    def objects(self, kind: str) -> QTable:
        """Every object of a kind, one row each, with units; `sample` is the number in the whole dataset."""
        stored = self.stored
        if kind not in stored.header.kinds:
            raise UsageError(
                f"{self.path}: no objects of kind {kind!r}; it has {', '.join(stored.header.kinds) or 'none'}"
            )
        name = f"objects/{kind}"
        if self._indices is None:
            self._check_done(np.arange(stored.samples))
            return self._table(name, stored.whole(name))
        return self._table(name, self._objects_of(kind, self._indices))

    def _objects_of(self, kind: str, numbers: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """The rows of the objects of samples, which have these numbers in the file, in their order."""
        stored = self.stored
        offsets, chunks = stored.row_offsets[kind], np.unique(stored.edges.searchsorted(numbers, "right") - 1)
        rows = stored.take(f"objects/{kind}", ranges(offsets[chunks], offsets[chunks + 1]))
        found: npt.NDArray[Any] = rows[rows_of(rows, numbers + stored.first)]
        return found

    def _table(self, name: str, rows: npt.NDArray[Any]) -> QTable:
        from astropy.table import QTable

        units = self.stored.units(name)
        columns = [np.array(rows[column]) for column in units]
        return QTable(columns, names=tuple(units), units=[unit or None for unit in units.values()])

    def to_pandas(self, table: str = "samples") -> pd.DataFrame:
        """A table as pandas has them: "samples", or "objects/star"; names of classes, splits and entries for numbers.

        `attrs["units"]` has the units. Raises UsageError where pandas isn't installed or there is no such table.
        """
        if table == "samples":
            return data_frame(self.stored, table, self.samples)
        kind = table.removeprefix("objects/") if isinstance(table, str) else table
        return data_frame(self.stored, f"objects/{kind}", self.objects(kind))

    def to_xarray(self) -> xr.Dataset:
        """The dataset as xarray has them: arrays with named axes, the columns of `samples` along `sample`.

        Data are mapped, not read (copied for a split and of an index). Raises UsageError where xarray isn't installed.
        """
        return labelled_arrays(
            self.stored, {name: self._rows(name) for name in self.stored.header.arrays}, self.samples
        )

    def split(self, name: str) -> Self:
        """The samples of one split, as a dataset of its own; of an unfinished file those that are there."""
        if name not in self.splits:
            raise UsageError(f"{self.path}: no split {name!r}; it has {', '.join(self.splits)}")
        stored = self.stored
        members = stored.whole("samples")["split"] == self.splits.index(name)
        return self._part(np.flatnonzero(members & stored.done if self.partial else members))

    def _part(self, numbers: npt.NDArray[np.int64]) -> Self:
        """Those of the samples that have these numbers in the file."""
        part = type(self).__new__(type(self))
        part.__dict__.update(self.__dict__)
        part._indices = numbers if self._indices is None else np.intersect1d(numbers, self._indices)
        return part


STATE = ("path", "partial", "_indices", "_identity")
"""What a pickled dataset holds: each process opens the file itself."""


def _identity(stored: Stored) -> tuple[str, int, str | None]:
    """What tells a dataset from another one, whatever file holds it: recipe, range, and the data once all are there."""
    return stored.header.attributes["recipe_hash"], stored.first, stored.digest


def _counted(part: slice, size: int) -> npt.NDArray[np.int64]:
    """The numbers, of `size`, in a slice."""
    return np.arange(*part.indices(size), dtype=np.int64)
