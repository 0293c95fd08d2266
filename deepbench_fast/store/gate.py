"""The gate: a file's structure is compared with the recipe in it before anything else of it is read.

What is not part of a dataset (groups, datasets and attributes of the user's own) is left alone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import FileError, RecipeError, UsageError
from deepbench_fast.store import format as schema
from deepbench_fast.store.global_heap import has_sound_heaps
from deepbench_fast.store.hdf5 import readable

if TYPE_CHECKING:
    from deepbench_fast.recipe.recipe import Recipe

ROOT: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("name", "software", "recipe_hash"), (str,)),
    **dict.fromkeys(("samples", "first", "total"), (int,)),
    "seed": (int, str),
}
SHARDS = "shards"
ROWS = "rows_"
HEADER_DIGEST = "header_digest"
# Columns that files of the first release don't have.
LATER = ("position_error",)
COLUMNS = ("catalogue", "split", "member")


@dataclass(frozen=True)
class Header:
    """What a file says of itself, after it went through the gate.

    `attributes` are those of the file, `described` those of its arrays, tables and times.
    """

    attributes: dict[str, Any]
    recipe_text: str
    chunks: npt.NDArray[Any]
    kinds: tuple[str, ...]
    arrays: tuple[str, ...] = ()
    types: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = field(default_factory=dict)
    labels: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    described: dict[str, dict[str, Any]] = field(default_factory=dict)
    time: npt.NDArray[np.float64] | None = None
    shards: npt.NDArray[Any] | None = None

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables of samples and objects."""
        return ("samples", *(f"objects/{kind}" for kind in self.kinds))

    def rows(self, name: str) -> int:
        """Number of rows of an array or a table."""
        if name.startswith("objects/"):
            return int(self.chunks[ROWS + name.removeprefix("objects/")].sum())
        return int(self.attributes["samples"])

    @property
    def complete(self) -> bool:
        """Whether the chunks that are done hold all samples of the file."""
        return int(self.chunks["count"][self.chunks["done"] == 1].sum()) == int(self.attributes["samples"])


def check(file: Any, path: str | os.PathLike[str]) -> Header:
    """What the open HDF5 file says of itself. Raises FileError where it isn't a dataset, or isn't what it should be."""
    with readable(path):
        if not has_sound_heaps(file):
            raise FileError(f"{path}: damaged: its texts are lost")
        found = file.attrs.get("schema", "none")
        if found != schema.SCHEMA:
            raise FileError(f"{path}: not a dataset of schema {schema.SCHEMA} (found: {found})")
        try:
            return _check(file, path)
        except _Wrong as wrong:
            raise FileError(f"{path}: damaged: {wrong}") from None


class _Wrong(Exception):
    """What a file holds in the place of what it should."""


def _need(condition: bool, problem: str) -> None:
    if not condition:
        raise _Wrong(problem)


def _check(file: Any, path: str | os.PathLike[str]) -> Header:
    attributes = _attributes(file)
    text = file["recipe"].asstr()[()]
    _need(_recipe_hash(text) == attributes["recipe_hash"], "its recipe is not the one that its recipe_hash names")
    expected = _expected(text, os.fspath(path), () if HEADER_DIGEST in file.attrs else LATER)
    chunks = file["chunks"][:]
    header = Header(attributes, text, chunks, _kinds(chunks, attributes["first"], attributes["samples"]))
    if isinstance(file.get(SHARDS), h5py.Dataset):  # what else an index holds is for other readers
        header = replace(header, shards=_shards(file[SHARDS][:], header))
    else:
        known = file if expected is None else expected.types
        arrays = tuple(n for n in schema.ARRAYS if n in known and (n in file or n not in schema.LATER))
        header = _with_datasets(replace(header, arrays=arrays), file)
    if expected is not None:
        _compare(header, expected)
    said = (header.attributes, text, header.labels, header.described, header.time)
    found = file.attrs.get(HEADER_DIGEST)  # which files of the first release don't have
    same = found is None or int(found) == schema.header_digest(*said)
    _need(same, "what it says of itself is not what its header_digest names")
    return header


def _attributes(file: Any) -> dict[str, Any]:
    attributes = {name: _plain(file.attrs[name]) for name in ("schema", *ROOT) if name in file.attrs}
    for name, kind in ROOT.items():
        _need(isinstance(attributes.get(name), kind), f"its attribute {name} is {attributes.get(name)!r}")
    samples, first, total = (attributes[name] for name in ("samples", "first", "total"))
    _need(samples >= 0 and first >= 0 and first + samples <= total, f"it has samples {first} + {samples} of {total}")
    return attributes


def _with_datasets(header: Header, file: Any) -> Header:
    """The header with what the file says of its arrays, tables and times, whose rows must be those of its chunks."""
    for name in (*header.arrays, *header.tables):
        _need(isinstance(file.get(name), h5py.Dataset), f"/{name} is missing")
        dataset = file[name]
        if dataset.is_virtual:
            raise FileError(
                f"{file.filename}: an index of the first release, which reads zeros for missing parts; remove it, "
                "and 'generate --shard K/N --resume' of any part makes a new one"
            )
        rows = header.rows(name)
        _need(dataset.shape[:1] == (rows,), f"/{name} has the shape {dataset.shape}, not {rows} rows")
        header.types[name] = (dataset.shape[1:], dataset.dtype)
        own = schema.own_attributes(name, "series" in header.arrays)
        header.described[name] = {key: _plain(dataset.attrs[key]) for key in own}
        if name in header.tables:
            header.labels[name] = _labels(dataset.dtype)
    _need((header.types["samples"][1].names or ())[:3] == COLUMNS, "/samples has other columns")
    _need(set(COLUMNS[:2]) <= set(header.labels["samples"]), "/samples has no labels")
    _need(sum(name in header.arrays for name in schema.DATA) == 1, "it has neither images nor series, or both")
    _need("targets" in header.arrays, "it has no targets")
    if "series" not in header.arrays:
        return header
    if HEADER_DIGEST in file.attrs:  # files of the first release have no such axis
        names = header.described["series"]["outputs"]
        _need(file["output"].asstr()[:].tolist() == names, "/output does not hold the names of its outputs")
    header.described["time"] = {"unit": str(file["time"].attrs["unit"])}
    return replace(header, time=file["time"][:].astype("<f8", copy=False))


def _kinds(chunks: npt.NDArray[Any], first: int, samples: int) -> tuple[str, ...]:
    """The kinds that the table of chunks counts, if its rows are those of the file's samples."""
    names = chunks.dtype.names or ()
    kinds = tuple(name.removeprefix(ROWS) for name in names[2:-2])
    _need(chunks.ndim == 1 and chunks.dtype == schema.chunks_dtype(kinds), "/chunks has other columns")
    counts = chunks["count"]
    _need(
        bool((counts > 0).all())
        and int(counts.sum()) == samples
        and np.array_equal(chunks["first"], first + np.concatenate(([0], np.cumsum(counts)))[:-1]),
        "/chunks does not hold the samples of the file",
    )
    _need(bool(np.isin(chunks["done"], (0, 1)).all()), "/chunks says neither done nor not")
    _need(all(bool((chunks[ROWS + kind] >= 0).all()) for kind in kinds), "/chunks has a negative number of rows")
    return kinds


def _shards(shards: npt.NDArray[Any], header: Header) -> npt.NDArray[Any]:
    """The table of parts, if it names plain files that hold the samples of the whole, one after the other."""
    columns = ("file", "bytes", "first", "samples", *(ROWS + kind for kind in header.kinds), "digest")
    _need(shards.ndim == 1 and shards.dtype.names == columns and len(shards) > 0, "/shards has other columns")
    for name in shards["file"].tolist():
        plain = name.decode("utf-8", "replace")
        _need(plain not in ("", ".", "..") and not set("/\\\0") & set(plain), f"/shards names {plain!r}, no plain name")
    before = np.concatenate(([0], np.cumsum(shards["samples"])))
    _need(
        bool((shards["samples"] >= 0).all())
        and before[-1] == header.attributes["total"] == header.attributes["samples"]
        and np.array_equal(shards["first"], before[:-1])
        and header.attributes["first"] == 0,
        "/shards does not hold the samples of the whole",
    )
    for kind in header.kinds:
        ends = np.searchsorted(header.chunks["first"], before)
        rows = np.concatenate(([0], np.cumsum(header.chunks[ROWS + kind])))[ends]
        _need(np.array_equal(np.diff(rows), shards[ROWS + kind]), f"/shards counts other objects of {kind}")
    _need(header.complete, "an index over parts that are not complete")
    return shards


def _compare(header: Header, expected: schema.Description) -> None:
    """Compare a file with what its recipe makes of one."""
    attributes, total = header.attributes, header.attributes["total"]
    _need(header.kinds == expected.kinds, f"it counts objects of {', '.join(header.kinds)}")
    for name, value in expected.root.items():
        _need(attributes[name] == value, f"its attribute {name} is {attributes[name]!r}, by its recipe {value!r}")
    first, stop = attributes["first"], attributes["first"] + attributes["samples"]
    _need(
        (first % expected.chunk == 0 or first == total) and (stop % expected.chunk == 0 or stop == total),
        "its range does not end at chunks",
    )
    _need(bool((header.chunks["count"][:-1] == expected.chunk).all()), "/chunks has chunks of another size")
    if header.shards is not None:
        return
    later = [name for name in schema.LATER if name not in header.types]  # if taken away: header_digest tells
    for name, (shape, dtype) in expected.types.items():
        if name in later:
            continue
        _need(name in header.types, f"/{name} is missing")
        _need(header.types[name] == (shape, dtype), f"/{name} has another type: {header.types[name]}")
        _need(header.labels.get(name, {}) == expected.labels.get(name, {}), f"the labels of /{name} are others")
    for name, described in expected.attributes.items():
        if name in later:
            continue
        for key, value in described.items():
            found = header.described.get(name, {}).get(key)
            _need(found == value, f"the attribute {key} of /{name} is {found!r}, by its recipe {value!r}")
    if expected.time is not None:
        same = header.time is not None and np.array_equal(header.time, expected.time)
        _need(same, "/time does not hold the times of its recipe")


@lru_cache(maxsize=64)
def _recipe_hash(text: str) -> str:
    """Hash of a recipe from its text alone, so that it needs none of its kinds."""
    from deepbench_fast.recipe.load import read_text
    from deepbench_fast.recipe.write import hash_of_data

    try:
        return hash_of_data(read_text(text, None).data)
    except (RecipeError, ValueError):
        raise _Wrong("its recipe can't be read") from None


def _expected(text: str, path: str, without: tuple[str, ...]) -> schema.Description | None:
    """What a file of this recipe holds; None where it needs kinds that aren't known here."""
    try:
        return _description(text, os.path.dirname(path), without)
    except UsageError:
        return None


@lru_cache(maxsize=64)
def _description(text: str, folder: str, without: tuple[str, ...]) -> schema.Description:
    from deepbench_fast.draw.plan import make_plan
    from deepbench_fast.recipe.recipe import Recipe

    recipe: Recipe = Recipe.from_yaml(text, source=os.path.join(folder, "the recipe in the file"))
    return schema.describe(make_plan(recipe), without)


def _labels(dtype: np.dtype[Any]) -> dict[str, dict[str, int]]:
    """Columns of labels: column → label → number, by number."""
    found = {column: h5py.check_enum_dtype(dtype[column]) for column in dtype.names or ()}
    return {
        column: dict(sorted(numbers.items(), key=lambda item: item[1]))
        for column, numbers in found.items()
        if numbers is not None
    }


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    return value.tolist() if isinstance(value, np.ndarray) else value
