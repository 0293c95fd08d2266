"""Columns of the user's own tables, from CSV and HDF5 files, known by the hash of their numbers."""

from __future__ import annotations

import csv
import os
import time
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.number_text import brief

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

IN_ORDER = "rows"
ORDERS = ("random", IN_ORDER)
HDF5_NAMES = (".h5", ".hdf5", ".hdf", ".he5")
MASK = ".mask"
"""Ends the name of the column that says where another one is missing, in HDF5 files as astropy writes them."""
MOST_BYTES = 2**33
MOST_COMPRESSED = 1100  # bytes that one stored byte may become: deflate gives up to 1,032
LARGEST_WHOLE = 2**53
ROUNDED = "whole numbers above 2^53, which float64 rounds"
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


Stored = Callable[[str], "npt.NDArray[np.float64] | None"]

_folder: ContextVar[Path] = ContextVar("folder", default=Path())
_stored: ContextVar[Stored | None] = ContextVar("stored", default=None)
_known: dict[str, Column] = {}
_read: dict[tuple[Version, str, str], Column] = {}


@contextmanager
def tables_beside(path: str | os.PathLike[str] | None) -> Iterator[None]:
    """Look for tables in the folder of the file at `path`, and not where the program runs, while the context lasts."""
    if path is None:
        yield
        return
    token = _folder.set(Path(path).absolute().parent)
    try:
        yield
    finally:
        _folder.reset(token)


@contextmanager
def tables_stored(stored: Stored) -> Iterator[None]:
    """Read no file while the context lasts: `stored` has the numbers of a column by its hash, None where it hasn't."""
    token = _stored.set(stored)
    try:
        yield
    finally:
        _stored.reset(token)


def known_columns(hashes: Iterable[str]) -> dict[str, npt.NDArray[np.float64]]:
    """Hash → numbers of the columns that this process has read."""
    return {known: _known[known].values for known in hashes if known in _known}


def read_column(file: str, column: str, dataset: str = "", known_hash: str = "") -> Column:
    """The numbers of a column, and their hash (BLAKE2b, 128 bits, over little-endian float64).

    Raises `Invalid` where the file can't be read, has no such column, or holds anything but finite numbers there. With
    a known hash a column that was read before is not read again, and instead of an error there is a `problem`.
    """
    if known_hash in _known:
        return _known[known_hash]
    stored = _stored.get()
    try:
        found = _column(file, column, dataset) if stored is None else _stored_column(stored, known_hash, file, column)
        if known_hash and known_hash != found.hash:
            raise Invalid(f"{column} of {file} holds other numbers than those of hash {known_hash}", ("hash",))
    except Invalid as invalid:
        if not known_hash:
            raise
        import numpy as np

        return Column(np.empty(0), known_hash, invalid.problem)
    _known[found.hash] = replace(found, read_from=None)
    return found


def _stored_column(stored: Stored, known_hash: str, file: str, column: str) -> Column:
    values = stored(known_hash)
    if values is None:
        raise Invalid(f"{column} of {file} is not stored in the file: make it again from its recipe file", ("file",))
    values = _checked(values, column, file)
    return Column(values, _hash(values))


def _hash(values: npt.NDArray[np.float64]) -> str:
    return blake2b(values.astype("<f8").tobytes(), digest_size=16).hexdigest()


def _column(file: str, column: str, dataset: str) -> Column:
    try:
        path = _find(file)
        version = _version(path)
        if version.size > MOST_BYTES:
            raise Invalid(f"{file} is larger than {brief(MOST_BYTES / 2**30)} GiB", ("file",))
        if (version, column, dataset) in _read:
            return _read[version, column, dataset]
        read = _read_hdf5 if path.suffix.lower() in HDF5_NAMES else _read_csv
        values = _checked(read(path, column, dataset), column, path.name)
        if _version(path) != version:
            raise Invalid(f"{file} changed while it was read", ("file",))
    except OSError as error:
        raise Invalid(f"{file} can't be read: {error.strerror or error}", ("file",)) from None
    found = Column(values, _hash(values), read_from=version)
    if time.time_ns() - version.modified_ns > SETTLED_NS:
        _read[version, column, dataset] = found
    return found


def _version(path: Path) -> Version:
    status = path.stat()
    return Version(status.st_dev, status.st_ino, str(path.absolute()), status.st_size, status.st_mtime_ns)


def _find(file: str) -> Path:
    place = _folder.get() / file
    if not place.is_file():
        kind = "is a directory" if place.is_dir() else "is no file" if place.exists() else "doesn't exist"
        raise Invalid(f"{checks.quote(file)} {kind}", ("file",))
    return place


def _checked(values: npt.NDArray[np.float64], column: str, file: str) -> npt.NDArray[np.float64]:
    import numpy as np

    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise Invalid(f"{column} of {file} is no finite number in row {wrong[0] + 1}", ("column",))
    if not values.size:
        raise Invalid(f"{column} of {file} has no rows", ("column",))
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
            if column not in names:
                return _no_such_column(column, names, next(filter(None, rows), []), path)
            return _numbers(rows, names.index(column), len(names), f"{column} of {path.name}")
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
        text = row[number]
        try:
            numbers.append(_number(text))
        except ValueError:
            raise Invalid(f"{what}: line {rows.line_num} has no number there", ("column",)) from None
        if abs(numbers[-1]) >= LARGEST_WHOLE and _is_rounded(text):
            raise Invalid(f"{what}: line {rows.line_num} holds {ROUNDED}", ("column",))
    return np.array(numbers)


def _no_such_column(column: str, names: list[str], row: list[str], path: Path) -> NoReturn:
    """Raise `Invalid`, with the columns that there are if it is a table: what is none is not quoted."""
    if len(row) == len(names) and any(map(_is_number, row)) and not any(map(_is_number, names)):
        _named(column, names)
    raise Invalid(f"{path.name} has no column {checks.quote(column)} in its first line", ("column",))


def _number(text: str) -> float:
    """As CSV has them elsewhere; Python also takes 1_000, and digits of other scripts. Raises ValueError."""
    if "_" in text or not text.strip().isascii():
        raise ValueError(text)
    return float(text)


def _is_rounded(text: str) -> bool:
    """Whether it is a large whole number, written in digits alone, as names of objects are."""
    digits = text.strip().lstrip("+-")
    return digits.isdigit() and Decimal(digits) > LARGEST_WHOLE


def _is_number(text: str) -> bool:
    try:
        _number(text)
    except ValueError:
        return False
    return True


def _read_hdf5(path: Path, column: str, dataset: str) -> npt.NDArray[np.float64]:
    import h5py
    import numpy as np

    with path.open("rb"):
        pass  # the system's reason where it can't be read
    if not h5py.is_hdf5(path):
        raise Invalid(f"{path.name} is not an HDF5 file", ("file",))
    with h5py.File(path, "r") as file:
        found: Any = file
        for step in filter(None, dataset.split("/")):
            inside = isinstance(found, h5py.Group) and not _is_external(found, step)
            if not inside or (found := found.get(step)) is None:
                raise Invalid(f"{path.name} has no {checks.quote(dataset)}", ("dataset",))
        names = list(found) if isinstance(found, h5py.Group) else list(found.dtype.names or ())
        values = _stored_here(found, _named(column, names), f"{column} of {path.name}", path)
        mask = f"{column}{MASK}"
        masked = _stored_here(found, mask, f"{mask} of {path.name}", path) if mask in names else np.zeros(1, bool)
    if values.ndim != 1 or values.dtype.kind not in "iuf":
        raise Invalid(f"{column} of {path.name} is no list of numbers", ("column",))
    if masked.any():
        row = np.flatnonzero(masked)[0] + 1
        raise Invalid(f"{column} of {path.name} is masked, and so has no number, in row {row}", ("column",))
    if values.dtype.kind in "iu" and ((values > LARGEST_WHOLE) | (values < -LARGEST_WHOLE)).any():
        raise Invalid(f"{column} of {path.name} holds {ROUNDED}", ("column",))
    return values.astype(np.float64)


def _stored_here(found: Any, column: str, what: str, path: Path) -> npt.NDArray[Any]:
    """The rows of a column, if they are stored in the very file that the recipe names."""
    import h5py
    import numpy as np

    if _is_external(found, column):
        raise Invalid(f"{what} is a link to another file", ("column",))
    try:
        data = found[column] if isinstance(found, h5py.Group) else found
    except KeyError:
        raise Invalid(f"{what} is a link that leads nowhere", ("column",)) from None
    if not isinstance(data, h5py.Dataset) or not data.shape:
        raise Invalid(f"{what} is no list of numbers", ("column",))
    if data.is_virtual or data.external:
        raise Invalid(f"{what} lies in another file", ("column",))
    if data.id.get_storage_size() > path.stat().st_size or data.nbytes > MOST_COMPRESSED * data.id.get_storage_size():
        raise Invalid(f"{what} has more rows than are stored", ("column",))
    return np.asarray(data[:] if data is not found else found[column])


def _is_external(group: Any, name: str) -> bool:
    """Whether what a group calls so is in another file."""
    import h5py

    if not isinstance(group, h5py.Group):
        return False
    if isinstance(group.get(name, getlink=True), h5py.ExternalLink):
        return True
    found = group.get(name)  # a soft link may lead through an external one
    return found is not None and found.file.filename != group.file.filename


def _named(column: str, names: list[str]) -> str:
    with checks.within("column"):
        return checks.known(column, names, "column")
