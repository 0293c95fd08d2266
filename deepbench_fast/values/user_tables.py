"""Columns of the user's own tables, from CSV and HDF5 files, known by the hash of their numbers."""

from __future__ import annotations

import csv
import os
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

IN_ORDER = "rows"
ORDERS = ("random", IN_ORDER)
HDF5_NAMES = (".h5", ".hdf5", ".hdf", ".he5")
MOST_BYTES = 2**33
LARGEST_WHOLE = 2**53
SETTLED_NS = 2 * 10**9
"""A file changed since then may change again without another size or time: its columns are read each time."""


class Version(NamedTuple):
    """A file as it was when a column was read from it."""

    device: int
    inode: int
    path: str
    size: int
    modified_ns: int


@dataclass(frozen=True, eq=False)
class Column:
    """The numbers of a column and their hash; none of them where there is a `problem`.

    `read_from` is None where the numbers are known by their hash, from whatever file they were read.
    """

    values: npt.NDArray[np.float64]
    hash: str
    problem: str = ""
    read_from: Version | None = None


_directories: ContextVar[tuple[Path, ...]] = ContextVar("directories", default=())
_known: dict[str, Column] = {}
_read: dict[tuple[Version, str, str], Column] = {}


@contextmanager
def tables_beside(path: str | os.PathLike[str] | None) -> Iterator[None]:
    """Look for tables in the directory of the file at `path`, too, while the context lasts."""
    if path is None:
        yield
        return
    token = _directories.set((Path(path).absolute().parent, *_directories.get()))
    try:
        yield
    finally:
        _directories.reset(token)


def read_column(file: str, column: str, dataset: str = "", known_hash: str = "") -> Column:
    """The numbers of a column, and their hash (BLAKE2b, 128 bits, over little-endian float64).

    Raises `Invalid` where the file can't be read, has no such column, or holds anything but finite numbers there. With
    a known hash a column that was read before is not read again, and instead of an error there is a `problem`.
    """
    if known_hash in _known:
        return _known[known_hash]
    try:
        found = _column(file, column, dataset)
        if known_hash and known_hash != found.hash:
            raise Invalid(f"{column} of {file} holds other numbers than those of hash {known_hash}", ("hash",))
    except Invalid as invalid:
        if not known_hash:
            raise
        import numpy as np

        return Column(np.empty(0), known_hash, invalid.problem)
    _known[found.hash] = replace(found, read_from=None)
    return found


def _column(file: str, column: str, dataset: str) -> Column:
    try:
        path = _find(file)
        version = _version(path)
        if version.size > MOST_BYTES:
            raise Invalid(f"{file} is larger than {MOST_BYTES / 2**30:g} GiB", ("file",))
        if (version, column, dataset) in _read:
            return _read[version, column, dataset]
        read = _read_hdf5 if path.suffix.lower() in HDF5_NAMES else _read_csv
        values = _checked(read(path, column, dataset), column, path)
        if _version(path) != version:
            raise Invalid(f"{file} changed while it was read", ("file",))
    except OSError as error:
        raise Invalid(f"{file} can't be read: {error.strerror or error}", ("file",)) from None
    found = Column(values, blake2b(values.astype("<f8").tobytes(), digest_size=16).hexdigest(), read_from=version)
    if time.time_ns() - version.modified_ns > SETTLED_NS:
        _read[version, column, dataset] = found
    return found


def _version(path: Path) -> Version:
    status = path.stat()
    return Version(status.st_dev, status.st_ino, str(path.absolute()), status.st_size, status.st_mtime_ns)


def _find(file: str) -> Path:
    places = [directory / file for directory in (*_directories.get(), Path())]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        kind = "is a directory" if any(place.is_dir() for place in places) else "doesn't exist"
        raise Invalid(f"{checks.quote(file)} {kind}", ("file",))
    return found


def _checked(values: npt.NDArray[np.float64], column: str, path: Path) -> npt.NDArray[np.float64]:
    import numpy as np

    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise Invalid(f"{column} of {path.name} is no finite number in row {wrong[0] + 1}", ("column",))
    if not values.size:
        raise Invalid(f"{column} of {path.name} has no rows", ("column",))
    values = values + 0.0
    values.setflags(write=False)  # they are known by their hash
    return values


def _read_csv(path: Path, column: str, dataset: str) -> npt.NDArray[np.float64]:
    if dataset:
        raise Invalid(f"{path.name} is no HDF5 file, and so has no datasets", ("dataset",))
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.reader(file)
            names = [name.lstrip("# ").rstrip() for name in next(rows, [])]
            if len(set(names)) < len(names):
                raise Invalid(f"{path.name} names a column twice in its first line", ("file",))
            number = names.index(_named(column, names))
            return _numbers(rows, number, len(names), f"{column} of {path.name}")
    except UnicodeDecodeError:
        raise Invalid(f"{path.name} is not UTF-8 text", ("file",)) from None
    except csv.Error as error:
        raise Invalid(f"{path.name} is not CSV: {error}", ("file",)) from None


def _numbers(rows: Any, number: int, names: int, what: str) -> npt.NDArray[np.float64]:
    """The numbers at one position of the rows of a CSV reader; empty lines are skipped."""
    import numpy as np

    numbers = array("d")
    for row in filter(None, rows):
        if len(row) != names:
            problem = f"{what}: line {rows.line_num} has {len(row)} values, and the first line {names} names"
            raise Invalid(problem, ("column",))
        try:
            numbers.append(float(row[number]))
        except ValueError:
            problem = f"{what}: line {rows.line_num} has {checks.quote(row[number])}, which is no number"
            raise Invalid(problem, ("column",)) from None
    return np.array(numbers)


def _read_hdf5(path: Path, column: str, dataset: str) -> npt.NDArray[np.float64]:
    import h5py
    import numpy as np

    with path.open("rb"):
        pass  # the system's reason where it can't be read
    if not h5py.is_hdf5(path):
        raise Invalid(f"{path.name} is not an HDF5 file", ("file",))
    with h5py.File(path, "r") as file:
        found: Any = file if not dataset else file.get(dataset)
        if found is None:
            raise Invalid(f"{path.name} has no {checks.quote(dataset)}", ("dataset",))
        names = list(found) if isinstance(found, h5py.Group) else list(found.dtype.names or ())
        try:
            values = np.asarray(found[_named(column, names)])
        except KeyError:
            raise Invalid(f"{column} of {path.name} is a link that leads nowhere", ("column",)) from None
    if values.ndim != 1 or values.dtype.kind not in "iuf":
        raise Invalid(f"{column} of {path.name} is no list of numbers", ("column",))
    if values.dtype.kind in "iu" and (np.abs(values.astype(np.float64)) > LARGEST_WHOLE).any():
        raise Invalid(f"{column} of {path.name} holds whole numbers above 2^53, which float64 rounds", ("column",))
    return values.astype(np.float64)


def _named(column: str, names: list[str]) -> str:
    with checks.within("column"):
        return checks.known(column, names, "column")
