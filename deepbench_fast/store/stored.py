"""What is stored, as readers see it: rows of arrays and tables of one file, or of an index over many."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import FileError
from deepbench_fast.recipe.extras import INFORMATION
from deepbench_fast.render.batch import singular
from deepbench_fast.store import format as schema
from deepbench_fast.store.anywhere import with_hdf5
from deepbench_fast.store.gate import check
from deepbench_fast.store.hdf5 import readable
from deepbench_fast.store.header import ROWS, Header
from deepbench_fast.store.location import AnyPath, Location
from deepbench_fast.store.mapping import map_file
from deepbench_fast.store.places import contiguous_offset
from deepbench_fast.values.user_tables import tables_stored

if TYPE_CHECKING:
    from deepbench_fast.recipe.recipe import Recipe


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


class Stored(ABC):
    """A dataset in a file or in the parts of an index; rows are counted from its first sample, 0.

    Everything comes from the files that were there when it was opened, or is an error. `header` is what went through
    the gate; of an index, it is that of the whole.
    """

    path: Location
    header: Header
    closed = False

    @abstractmethod
    def unchecked(self, name: str, start: int, stop: int) -> npt.NDArray[Any]:
        """The rows `start` to `stop - 1` of an array or a table, whatever they hold: for who checks them."""

    @abstractmethod
    def _take(self, name: str, numbers: npt.NDArray[np.int64], out: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
        """A copy of the rows with these numbers, whatever they hold, in `out` where it is given."""

    def read(self, name: str, start: int, stop: int) -> npt.NDArray[Any]:
        """The rows `start` to `stop - 1` of an array or a table; they may be mapped, and must not be changed.

        Raises FileError where a table has numbers of labels that are none.
        """
        return self._labelled(name, self.unchecked(name, start, stop))

    def take(self, name: str, numbers: npt.NDArray[np.int64], out: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
        """A copy of the rows with these numbers, in `out` where it is given; raises as `read` does."""
        return self._labelled(name, self._take(name, numbers, out))

    @abstractmethod
    def prefetch(self, names: Iterable[str], numbers: npt.NDArray[np.int64]) -> None:
        """Ask for what `take` of these arrays and tables of samples will read, all at once where that is far away."""

    def labels(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Numbers of the catalogues of samples; raises as `read` does."""
        return self.take("samples", numbers)["catalogue"].astype(np.int64)

    def _labelled(self, name: str, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
        for column in self.header.labels.get(name, {}):
            self._check_labels(name, column, rows[column])
        return rows

    def _check_labels(self, name: str, column: str, numbers: npt.NDArray[Any]) -> None:
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < len(self.header.labels[name][column]):
            raise FileError(f"{self.path}: damaged: /{name} holds numbers of a {column} that it has no name for")

    @abstractmethod
    def one(self, number: int) -> dict[str, Any]:
        """A copy of one sample."""

    @abstractmethod
    def _release(self) -> None:
        """Close what is open."""

    def close(self) -> None:
        """Close what is open; rows that were read and are still in use stay valid."""
        self.closed = True
        self._release()

    def files(self) -> Iterator[Path]:
        """The files of this machine that it is read from."""
        if isinstance(self.path, Path):
            yield self.path

    @abstractmethod
    def pieces(self, name: str, start: int, stop: int) -> Iterator[tuple[StoredFile, int, int]]:
        """The files that hold the rows `start` to `stop - 1`, each with its own rows, first and one past the last."""

    def __enter__(self) -> Stored:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    @cached_property
    def samples(self) -> int:
        """Number of samples."""
        return int(self.header.attributes["samples"])

    @cached_property
    def first(self) -> int:
        """Number of the first sample in the whole dataset."""
        return int(self.header.attributes["first"])

    @property
    def is_series(self) -> bool:
        """Whether the samples are series, not images."""
        return "series" in self.header.arrays

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe in the file, which reads no other one: the columns of tables that it draws from are in it, too.

        Raises RecipeError where it needs a kind that isn't known here.
        """
        from deepbench_fast.recipe.recipe import Recipe
        from deepbench_fast.store.user_columns import stored_column

        with tables_stored(partial(stored_column, self.path)):
            return Recipe.from_yaml(self.header.recipe_text, source=str(self.path))

    @cached_property
    def edges(self) -> npt.NDArray[np.int64]:
        """First row of each chunk, and one past the last."""
        return np.concatenate(([0], np.cumsum(self.header.chunks["count"]))).astype(np.int64)

    @cached_property
    def row_offsets(self) -> dict[str, npt.NDArray[np.int64]]:
        """Kind → first row of each chunk in its table, and one past the last."""
        chunks = self.header.chunks
        return {k: np.concatenate(([0], np.cumsum(chunks[ROWS + k]))).astype(np.int64) for k in self.header.kinds}

    @cached_property
    def done(self) -> npt.NDArray[np.bool_]:
        """Which samples were there when the file was opened."""
        return np.repeat(self.header.chunks["done"] == 1, self.header.chunks["count"])

    def whole(self, name: str) -> npt.NDArray[Any]:
        """All rows of an array or a table, mapped where the bytes lie in one run."""
        return self.read(name, 0, self.header.rows(name))

    def units(self, name: str) -> dict[str, str]:
        """Units of the columns of a table ("" where a column has none)."""
        columns = self.header.types[name][1].names or ()
        return dict(zip(columns, self.header.described[name]["units"], strict=True))

    @property
    def targets(self) -> dict[str, str]:
        """Names and units of the columns of `targets`."""
        described = self.header.described["targets"]
        return dict(zip(described["names"], described["units"], strict=True))

    @property
    def information(self) -> dict[str, str]:
        """Names and units of the parameters that `fisher` and `crlb` are of; none where the file has neither."""
        described = next((self.header.described[name] for name in INFORMATION if name in self.header.arrays), None)
        return {} if described is None else dict(zip(described["names"], described["units"], strict=True))

    @property
    def outputs(self) -> dict[str, str]:
        """Names and units of the columns of a series."""
        described = self.header.described.get("series", {"outputs": (), "units": ()})
        return dict(zip(described["outputs"], described["units"], strict=True))

    @cached_property
    def digest(self) -> str | None:
        """What names the data; None while chunks are missing."""
        return digest_of(self.header)

    def summary(self) -> Summary:
        """What the file is."""
        layout = _layout(self.header)
        arrays = {name: layout[name] for name in self.header.arrays}
        tables = {name: layout[name] for name in self.header.tables}
        return Summary(
            **self.header.attributes,
            complete=self.header.complete,
            digest=self.digest,
            arrays={name: {"shape": list(shape), "dtype": dtype.str} for name, (shape, dtype) in arrays.items()},
            tables={n: {"rows": shape[0], "columns": list(dtype.names or ())} for n, (shape, dtype) in tables.items()},
        )


class StoredFile(Stored):
    """One file, opened once: what is read later comes from it, whatever becomes of its name.

    Where the bytes of all arrays and tables lie in one run each, as `generate` writes them, they are read through a
    memory map, where the system can without a descriptor; else (after a compression, say) by HDF5. `places` says where
    they lie.
    """

    def __init__(
        self, path: Location, header: Header, datasets: Mapping[str, Any], places: Places | None, file: Any = None
    ) -> None:
        self.path, self.header, self.places = path, header, places
        self._datasets, self._file = datasets, file
        self._singular = [(singular(name), datasets[name]) for name in header.arrays]
        self._labels = None if places is None else datasets["samples"]["catalogue"]
        self._catalogues = len(header.labels["samples"]["catalogue"])

    @classmethod
    def of(cls, path: str | os.PathLike[str], file: Any, header: Header) -> StoredFile:
        """The file that was opened by HDF5 and has gone through the gate; HDF5's is closed where it isn't needed."""
        names = (*header.arrays, *header.tables)
        with readable(path):
            found = {name: contiguous_offset(file[name]) for name in names}
            offsets = {name: offset for name, offset in found.items() if offset is not None}
            if len(offsets) < len(names):
                return cls(Path(path), header, {name: file[name] for name in names}, None, file)
            descriptor = file.id.get_vfd_handle()
            status = os.fstat(descriptor)
            stored = Places(Path(path), header, offsets, identity(status)).mapped(descriptor, status.st_size)
        file.close()
        return stored

    @property
    def is_open(self) -> bool:
        """Whether HDF5 reads it, by a descriptor."""
        return self._file is not None

    def unchecked(self, name: str, start: int, stop: int) -> npt.NDArray[Any]:
        rows: npt.NDArray[Any] = self._datasets[name][start:stop]
        return rows

    def _take(self, name: str, numbers: npt.NDArray[np.int64], out: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
        rows = self._datasets[name]
        if self.places is not None:
            # The numbers are known to be rows: without `mode`, NumPy would fill a buffer first and copy it.
            taken: npt.NDArray[Any] = rows[numbers] if out is None else rows.take(numbers, 0, out, mode="clip")
            return taken
        unique, inverse = np.unique(numbers, return_inverse=True)  # HDF5 wants increasing numbers
        taken = np.asarray(rows[unique][inverse])
        if out is not None:
            out[...] = taken
        return taken

    def labels(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        if self._labels is None:
            return super().labels(numbers)
        found = self._labels[numbers]  # a column alone: rows are long
        self._check_labels("samples", "catalogue", found)
        return np.asarray(found, np.int64)

    def prefetch(self, names: Iterable[str], numbers: npt.NDArray[np.int64]) -> None:
        """It is here."""

    def one(self, number: int) -> dict[str, Any]:
        sample: dict[str, Any] = {name: np.array(rows[number]) for name, rows in self._singular}
        if self._labels is None:
            sample["label"] = int(self.labels(np.array([number]))[0])
        else:
            sample["label"] = self._label(int(self._labels[number]))
        sample["index"] = self.first + number
        return sample

    def _label(self, number: int) -> int:
        """The number of a catalogue."""
        if not 0 <= number < self._catalogues:
            self._check_labels("samples", "catalogue", np.array([number]))
        return number

    def _release(self) -> None:
        if self._file is not None:
            self._file.close()

    def pieces(self, name: str, start: int, stop: int) -> Iterator[tuple[StoredFile, int, int]]:
        if start < stop:
            yield self, start, stop


@dataclass(frozen=True, eq=False)
class Places:
    """Where the bytes of a file's arrays and tables lie: by it a file that went through the gate is opened again."""

    path: Path
    header: Header
    offsets: Mapping[str, int]
    identity: tuple[int, ...]

    def open(self) -> StoredFile | None:
        """The same file, opened anew; None where it can't be, its name was given to another one, or it was changed."""
        try:
            with open(self.path, "rb") as file:
                status = os.fstat(file.fileno())
                return self.mapped(file.fileno(), status.st_size) if identity(status) == self.identity else None
        except OSError:
            return None

    def mapped(self, descriptor: int, size: int) -> StoredFile:
        """All arrays and tables over one read-only map of the open file, which has `size` bytes."""
        found = map_file(descriptor, size)
        datasets = {}
        for name, offset in self.offsets.items():
            shape, dtype = self.header.types[name]
            shape = (self.header.rows(name), *shape)
            count = prod(shape)
            if offset + count * dtype.itemsize > size:
                raise FileError(f"{self.path}: damaged: it ends before the end of /{name}")
            datasets[name] = np.ndarray(shape, dtype, found, offset) if count else np.zeros(shape, dtype)
        return StoredFile(self.path, self.header, datasets, self)


def identity(status: os.stat_result) -> tuple[int, ...]:
    """What tells an open file from others, and from itself after a change."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def digest_of(header: Header) -> str | None:
    """The digest of a file's data; None while chunks are missing."""
    return schema.file_digest(_layout(header), header.chunks["digest"], header.time) if header.complete else None


def _layout(header: Header) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    """Shapes and types of all arrays and tables."""
    return {
        name: ((header.rows(name), *header.types[name][0]), header.types[name][1])
        for name in (*header.arrays, *header.tables)
    }


def open_header(path: AnyPath) -> Header:
    """What a file says of itself; raises FileError where it can't be read or isn't what it should be."""
    return with_hdf5(path, lambda file: check(file, path))
