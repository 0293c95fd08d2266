"""Opens a dataset: slices and batches by memory map, tables with units, safe in other processes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import FileError, UsageError
from deepbench_fast.store import schema
from deepbench_fast.store.fill import contiguous_offset

if TYPE_CHECKING:
    from astropy.table import QTable
    from matplotlib.figure import Figure

    from deepbench_fast.preview import Origin
    from deepbench_fast.recipe.model import Recipe


@dataclass(frozen=True)
class Summary:
    """What a file is."""

    schema: str
    name: str
    seed: int | str
    samples: int
    first: int
    total: int
    complete: bool
    digest: str | None
    recipe_hash: str
    software: str
    arrays: dict[str, dict[str, Any]]
    tables: dict[str, dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """Plain data, as `info --json` prints it."""
        return asdict(self)


def open_file(path: str | os.PathLike[str]) -> Any:
    """Open a dataset's HDF5 file for reading. Raises FileError where it isn't one."""
    if not Path(path).exists():
        raise FileError(f"{path}: no such file")
    # While a file is filled it is locked; a finished one is opened as everybody does, since HDF5 refuses mixed ways.
    locking = False if Path(path).suffix == schema.UNFINISHED else None
    try:
        file = h5py.File(path, "r", locking=locking)
    except OSError as error:
        raise FileError(f"{path}: not an HDF5 file") from error
    if file.attrs.get("schema") != schema.SCHEMA:
        found = file.attrs.get("schema", "none")
        file.close()
        raise FileError(f"{path}: not a dataset of schema {schema.SCHEMA} (found: {found})")
    return file


def summarise(path: str | os.PathLike[str]) -> Summary:
    """Summary of a file; its digest is None while chunks are missing."""
    with open_file(path) as file:
        chunks = file["chunks"][:]
        tables = ["samples", *(f"objects/{kind}" for kind in file["objects"])]
        arrays = [name for name in schema.ARRAYS if name in file]
        complete = bool((chunks["done"] == 1).all())
        layout = {name: (file[name].shape, file[name].dtype) for name in (*arrays, *tables)}
        attributes = {name: _plain(value) for name, value in file.attrs.items()}
        return Summary(
            **{name: attributes[name] for name in ("schema", "name", "seed", "samples", "first", "total")},
            complete=complete,
            digest=schema.file_digest(layout, chunks["digest"], _time(file)) if complete else None,
            recipe_hash=attributes["recipe_hash"],
            software=attributes["software"],
            arrays={name: {"shape": list(file[name].shape), "dtype": file[name].dtype.str} for name in arrays},
            tables={name: {"rows": len(file[name]), "columns": list(file[name].dtype.names)} for name in tables},
        )


def _time(file: Any) -> npt.NDArray[np.float64] | None:
    return file["time"][:] if "time" in file else None


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def open_dataset(path: str | os.PathLike[str], *, partial: bool = False) -> Dataset:
    """Open a dataset made by `generate`.

    Raises FileError where it isn't one, and where it is unfinished (unless `partial`: missing samples read as zeros).
    """
    return Dataset(path, partial=partial)


class Dataset:
    """A dataset in a file: `len`, `[i]`, slices, batches, tables with units; no torch needed.

    `ds[i]` is `{"image" or "series", "target", "label", "index"}` (and `"clean"`, `"mask"`, `"variance"` where the file
    has them): arrays, the number of the catalogue in `catalogues`, and the sample's number in the whole dataset.
    `ds[2:9]` and `ds[[4, 1]]` stack the same.
    It may be pickled and used after a fork: each process opens the file itself.
    """

    def __init__(self, path: str | os.PathLike[str], *, partial: bool = False) -> None:
        self.path = Path(path).absolute()
        self.partial = partial
        self._indices: npt.NDArray[np.int64] | None = None
        self._opened: _Opened | None = None
        summary = self.summary
        if not summary.complete and not partial:
            raise FileError(
                f"{path}: unfinished (--resume continues it; open_dataset(..., partial=True) reads what is there)"
            )

    def __len__(self) -> int:
        return self._file.samples if self._indices is None else len(self._indices)

    def __repr__(self) -> str:
        data = self.summary.arrays["series" if self.is_series else "images"]
        return f"<Dataset {self.summary.name!r}: {len(self)} samples of {data['shape'][1:]}>"

    def __getitem__(self, index: Any) -> dict[str, Any]:
        if isinstance(index, (int, np.integer)):
            number = self._number(int(index))
            return self._file.one(number)
        return self._file.many(self._numbers(index))

    def __getitems__(self, indices: Iterable[int]) -> list[dict[str, Any]]:
        """A list of samples, read in one go: what PyTorch's loader asks of a dataset for a batch."""
        batch = self[np.fromiter(indices, np.int64)]
        label, index = batch["label"].tolist(), batch["index"].tolist()
        arrays = [(name, values) for name, values in batch.items() if name not in ("label", "index")]
        return [
            {**{name: values[i] for name, values in arrays}, "label": label[i], "index": index[i]}
            for i in range(len(label))
        ]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[i] for i in range(len(self)))

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "partial": self.partial, "_indices": self._indices, "_opened": None}

    @property
    def _file(self) -> _Opened:
        if self._opened is None or self._opened.process != os.getpid():
            self._opened = _Opened(self.path)
        return self._opened

    def _number(self, index: int) -> int:
        size = len(self)
        if not -size <= index < size:
            raise IndexError(f"sample {index} of {size}")
        index %= size
        return index if self._indices is None else int(self._indices[index])

    def _numbers(self, index: Any) -> Any:
        if self._indices is not None:
            return self._indices[index]
        if isinstance(index, slice):
            return index
        numbers = np.asarray(index)
        if numbers.dtype == bool:
            return np.flatnonzero(numbers)
        size = len(self)
        if numbers.size and (numbers.min() < -size or numbers.max() >= size):
            raise IndexError(f"samples {numbers.min()} to {numbers.max()} of {size}")
        return np.where(numbers < 0, numbers + size, numbers)

    @cached_property
    def summary(self) -> Summary:
        """What the file is: name, seed, samples, digest, arrays and tables."""
        return summarise(self.path)

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe, with every default filled in."""
        from deepbench_fast.recipe.model import Recipe

        return Recipe.from_yaml(self._file.recipe_text, source=str(self.path))

    @property
    def catalogues(self) -> tuple[str, ...]:
        """Names of the classes: `catalogues[label]`."""
        return self._file.catalogues

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits."""
        return self._file.splits

    @property
    def target_names(self) -> tuple[str, ...]:
        """Names of the columns of `targets`."""
        return self._file.target_names

    @property
    def images(self) -> npt.NDArray[Any]:
        """All images, shape (samples, rows, columns), mapped, not read (copied for a split)."""
        images: npt.NDArray[Any] = self._rows("images")
        return images

    @property
    def is_series(self) -> bool:
        """Whether the samples are series, not images."""
        return "series" in self._file.arrays

    @property
    def series(self) -> npt.NDArray[np.float64]:
        """All series, shape (samples, steps, outputs), mapped, not read (copied for a split)."""
        series: npt.NDArray[np.float64] = self._rows("series")
        return series

    @property
    def time(self) -> npt.NDArray[np.float64]:
        """The times of a series' steps, in the unit that the file's `/time` names."""
        return np.array(self.recipe.time.moments)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the columns of a series; none for images."""
        return self._file.outputs

    @property
    def targets(self) -> npt.NDArray[np.float64]:
        """What a model shall learn, shape (samples, targets)."""
        targets: npt.NDArray[np.float64] = self._rows("targets")
        return targets

    def _rows(self, name: str) -> Any:
        if name not in self._file.arrays:
            raise UsageError(f"{self.path}: no {name}; it has {', '.join(self._file.arrays)}")
        array = self._file.arrays[name]
        return array[:] if self._indices is None else _take(array, self._indices)

    @property
    def samples(self) -> QTable:
        """One row a sample: catalogue, split, member, noise and PSF parameters, with units."""
        table = self._table("samples")
        return table if self._indices is None else table[self._indices]

    def objects(self, kind: str) -> QTable:
        """Every object of a kind, one row each, with units; `sample` is the number in the whole dataset."""
        if kind not in self._file.kinds:
            raise UsageError(
                f"{self.path}: no objects of kind {kind!r}; it has {', '.join(self._file.kinds) or 'none'}"
            )
        table = self._table(f"objects/{kind}")
        if self._indices is None:
            return table
        return table[np.isin(table["sample"], self._indices + self._file.first)]

    def _table(self, name: str) -> QTable:
        from astropy.table import QTable

        with open_file(self.path) as file:
            rows, units = file[name][:], file[name].attrs["units"]
        columns = [np.ascontiguousarray(rows[column]) for column in rows.dtype.names]
        return QTable(columns, names=rows.dtype.names, units=[unit or None for unit in units])

    def split(self, name: str) -> Dataset:
        """The samples of one split, as a dataset of its own."""
        if name not in self.splits:
            raise UsageError(f"{self.path}: no split {name!r}; it has {', '.join(self.splits)}")
        members = np.flatnonzero(self._file.split_numbers == self.splits.index(name))
        part = Dataset.__new__(Dataset)
        part.__setstate__(self.__getstate__())
        part._indices = members if self._indices is None else np.intersect1d(members, self._indices)
        return part

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def verify(self, regenerate: int | str = 0) -> None:
        """Hash every chunk, and render samples again: see `deepbench_fast.verification.verify`."""
        from deepbench_fast.verification import verify

        verify(self.path, regenerate).raise_if_different()

    def plot(
        self,
        count: int = 25,
        *,
        columns: int | None = None,
        show: str = "images",
        by_catalogue: bool = False,
        origin: Origin = "lower",
    ) -> Figure:
        """A contact sheet of the first samples, as a matplotlib figure: see `deepbench_fast.preview.contact_sheet`."""
        from deepbench_fast.preview import contact_sheet

        return contact_sheet(self, count, columns=columns, show=show, by_catalogue=by_catalogue, origin=origin)


class _Opened:
    """A file as one process sees it: arrays by memory map where the bytes lie in one run, else by HDF5."""

    def __init__(self, path: Path) -> None:
        self.process = os.getpid()
        file = open_file(path)
        self.samples, self.first = int(file.attrs["samples"]), int(file.attrs["first"])
        self.recipe_text = file["recipe"].asstr()[()]
        self.kinds = tuple(file["objects"])
        self.outputs = tuple(file["series"].attrs["outputs"]) if "series" in file else ()
        self.target_names = tuple(file["targets"].attrs["names"])
        self.catalogues = _labels(file["samples"].dtype["catalogue"])
        self.splits = _labels(file["samples"].dtype["split"])
        self.arrays = {name: _map(path, file[name]) for name in schema.ARRAYS if name in file}
        sample_rows = _map(path, file["samples"])[:]
        self.labels: npt.NDArray[np.int32] = sample_rows["catalogue"]
        self.split_numbers: npt.NDArray[np.int32] = sample_rows["split"]
        self._data = [(schema.singular(name), array) for name, array in self.arrays.items()]
        self._file = file
        if all(isinstance(array, np.ndarray) for array in self.arrays.values()):
            file.close()

    def one(self, number: int) -> dict[str, Any]:
        sample: dict[str, Any] = {name: np.array(array[number]) for name, array in self._data}
        sample["label"] = int(self.labels[number])
        sample["index"] = self.first + number
        return sample

    def many(self, numbers: Any) -> dict[str, Any]:
        """Samples by slice or by an array of numbers from 0, stacked."""
        batch = {name: _take(array, numbers) for name, array in self._data}
        batch["label"] = self.labels[numbers].astype(np.int64)
        batch["index"] = (
            self.first + np.arange(self.samples, dtype=np.int64)[numbers]
            if isinstance(numbers, slice)
            else (self.first + numbers)
        )
        return batch


def _take(array: Any, numbers: Any) -> npt.NDArray[Any]:
    if isinstance(array, np.ndarray) or isinstance(numbers, slice):
        return np.array(array[numbers])
    unique, inverse = np.unique(numbers, return_inverse=True)  # HDF5 wants increasing numbers
    taken: npt.NDArray[Any] = array[unique][inverse]
    return taken


def _map(path: Path, dataset: Any) -> Any:
    """The dataset as an array over a read-only memory map, or the HDF5 dataset where its bytes are not in one run."""
    offset = contiguous_offset(dataset)
    dtype = np.dtype(dataset.dtype)
    if dataset.size == 0:
        return np.zeros(dataset.shape, dtype)
    if offset is None:
        return dataset
    return np.asarray(np.memmap(path, dtype, "r", offset, dataset.shape))


def _labels(dtype: np.dtype[Any]) -> tuple[str, ...]:
    numbers = h5py.check_enum_dtype(dtype)
    return tuple(sorted(numbers, key=numbers.__getitem__))
