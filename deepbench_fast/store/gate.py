"""The gate: a file's structure is compared with the recipe in it before anything else of it is read.

What is not part of a dataset (groups, datasets and attributes of the user's own) is left alone.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import FileError, RecipeError, UsageError
from deepbench_fast.recipe.load import MAX_BYTES
from deepbench_fast.store import format as schema
from deepbench_fast.store.hdf5 import readable
from deepbench_fast.store.header import OFFSET, ROWS, SHARDS, TABLE_DIGEST, Header, table_digest
from deepbench_fast.store.location import AnyPath
from deepbench_fast.store.raw_file import Damaged
from deepbench_fast.store.structure import MOST_OF_A_TEXT, Part, Structure, Virtual
from deepbench_fast.store.unknown import check_unknown
from deepbench_fast.values import checks
from deepbench_fast.values.file_names import file_name
from deepbench_fast.values.user_tables import tables_stored

if TYPE_CHECKING:
    from deepbench_fast.recipe.recipe import Recipe

ROOT: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("name", "software", "recipe_hash"), (str,)),
    **dict.fromkeys(("samples", "first", "total"), (int,)),
    "seed": (int, str),
}
HEADER_DIGEST = "header_digest"
# Columns that files of the first release don't have.
LATER = ("position_error",)


def check(file: Any, path: AnyPath) -> Header:
    """What the open HDF5 file says of itself. Raises FileError where it isn't a dataset, or isn't what it should be."""
    with readable(path):
        try:
            structure = Structure(file)
            found = structure.root.attribute("schema")
            if found != schema.SCHEMA:
                shown = "none" if found is None else checks.quote(found)
                raise FileError(f"{path}: not a dataset of schema {schema.SCHEMA} (found: {shown})")
            return _check(structure)
        except Virtual as virtual:
            raise FileError(
                f"{path}: {virtual}, as in an index of the first release, which reads zeros for missing parts; remove "
                f"it, and 'deepbench-fast index -o {path}' makes a new one"
            ) from None
        except Damaged as wrong:
            raise FileError(f"{path}: damaged: {wrong}") from None


def _need(condition: bool, problem: str) -> None:
    if not condition:
        raise Damaged(problem)


def _check(structure: Structure) -> Header:
    root = structure.root
    attributes = _attributes(root)
    text = structure.dataset("recipe").text(MAX_BYTES)
    _need(_recipe_hash(text) == attributes["recipe_hash"], "its recipe is not the one that its recipe_hash names")
    with_digest = root.has_attribute(HEADER_DIGEST)
    expected = _expected(text, () if with_digest else LATER)
    chunks, kinds = _chunks(structure.dataset("chunks"), attributes, expected)
    header = Header(attributes, text, chunks, kinds)
    if structure.is_dataset(SHARDS):  # what else an index holds is for other readers
        header = replace(header, shards=_shards(structure.dataset(SHARDS), header))
    else:
        known = structure if expected is None else expected.types
        arrays = tuple(n for n in schema.ARRAYS if n in known and (n in structure or n not in schema.LATER))
        header = _with_datasets(replace(header, arrays=arrays), structure, with_digest, expected)
    if expected is None:
        check_unknown(header)
    else:
        _compare(header, expected)
    said = (header.attributes, text, header.labels, header.described, header.time)
    same = not with_digest or root.attribute(HEADER_DIGEST) == schema.header_digest(*said)
    _need(same, "what it says of itself is not what its header_digest names")
    return header


def _attributes(root: Part) -> dict[str, Any]:
    attributes = {name: root.attribute(name) for name in ("schema", *ROOT) if root.has_attribute(name)}
    for name, kind in ROOT.items():
        value = attributes.get(name)
        _need(isinstance(value, kind), f"its attribute {name} is {checks.quote(value)}")
        _need(not isinstance(value, str) or value.isprintable(), f"its attribute {name} is {checks.quote(value)}")
    samples, first, total = (attributes[name] for name in ("samples", "first", "total"))
    _need(samples >= 0 and first >= 0 and first + samples <= total, f"it has samples {first} + {samples} of {total}")
    return attributes


def _with_datasets(
    header: Header, structure: Structure, with_digest: bool, expected: schema.Description | None
) -> Header:
    """The header with what the file says of its arrays, tables and times, whose rows must be those of its chunks."""
    for name in (*header.arrays, *header.tables):
        part, rows = structure.dataset(name), header.rows(name)
        _need(part.shape[:1] == (rows,), f"/{name} has the shape {part.shape}, not {rows} rows")
        header.types[name] = (part.shape[1:], part.dtype)
        if expected is not None and name in expected.types:
            same = header.types[name] == expected.types[name]
            _need(same, f"/{name} has another type: {checks.quote(header.types[name])}")
        if name in header.tables:
            header.labels[name] = _labels(part.dtype)
        own = schema.own_attributes(name, "series" in header.arrays)
        header.described[name] = {key: part.attribute(key) for key in own}
    _need(sum(name in header.arrays for name in schema.DATA) == 1, "it has neither images nor series, or both")
    _need("targets" in header.arrays, "it has no targets")
    if "series" not in header.arrays:
        return header
    if with_digest:  # files of the first release have no such axis
        output = structure.dataset("output")
        named = output.texts(MOST_OF_A_TEXT) == header.described["series"]["outputs"]
        _need(named, "/output does not hold the names of its outputs")
    part = structure.dataset("time")
    steps = header.types["series"][0][:1]
    _need(part.shape == steps and part.dtype.newbyteorder("<") == "<f8", "/time does not hold the times of its recipe")
    header.described["time"] = {"unit": str(part.attribute("unit"))}
    return replace(header, time=part.item[:].astype("<f8", copy=False))


def _chunks(
    part: Part, attributes: dict[str, Any], expected: schema.Description | None
) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    """`/chunks`, if its rows are those of the file's samples, and the kinds that it counts."""
    samples, first = attributes["samples"], attributes["first"]
    names = part.dtype.names or ()
    kinds = tuple(name.removeprefix(ROWS) for name in names[2:-2])
    _need(len(part.shape) == 1 and part.dtype == schema.chunks_dtype(kinds), "/chunks has other columns")
    if expected is not None:
        _need(kinds == expected.kinds, f"it counts objects of {', '.join(kinds)}")
        _need(part.shape[0] == -(-samples // expected.chunk), "/chunks does not hold the samples of the file")
    chunks: npt.NDArray[Any] = part.item[:]
    counts = chunks["count"]
    small = all(float(chunks[name].sum(dtype=float)) < 2.0**62 for name in names[1:-2])  # no sum of them wraps
    _need(
        bool((counts > 0).all())
        and small
        and int(counts.sum()) == samples
        and np.array_equal(chunks["first"], first + np.concatenate(([0], np.cumsum(counts)))[:-1]),
        "/chunks does not hold the samples of the file",
    )
    _need(bool(np.isin(chunks["done"], (0, 1)).all()), "/chunks says neither done nor not")
    _need(all(bool((chunks[ROWS + kind] >= 0).all()) for kind in kinds), "/chunks has a negative number of rows")
    return chunks, kinds


def _shards(part: Part, header: Header) -> npt.NDArray[Any]:
    """The table of parts, if it names plain files that hold the samples of the whole, one after the other."""
    numbers = ("bytes", "first", "samples", *(ROWS + kind for kind in header.kinds))
    dtype = part.dtype
    # indices of earlier versions have no offsets, and no digest of the table
    offsets = [name for name in dtype.names or () if name.startswith(OFFSET)]
    types = {"file": "S", **dict.fromkeys(numbers, "<i8"), "digest": "S32", **dict.fromkeys(offsets, "<i8")}
    same = dtype.names == tuple(types) and all(dtype[n] == t or dtype[n].kind == t for n, t in types.items())
    _need(same and len(part.shape) == 1 and part.shape[0] > 0, "/shards has other columns")
    shards: npt.NDArray[Any] = part.item[:]
    for name in shards["file"].tolist():
        try:
            file_name(name.decode(), portable=False)
        except (FileError, UnicodeDecodeError):
            raise Damaged(f"/shards names {checks.quote(name)}, no plain name") from None
    same = not offsets or part.attribute(TABLE_DIGEST) == table_digest(shards)
    _need(same, f"/shards is not the table that its {TABLE_DIGEST} names")
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
    for name in expected.types:
        if name in later:
            continue
        _need(name in header.types, f"/{name} is missing")
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
        raise Damaged("its recipe can't be read") from None


@lru_cache(maxsize=64)
def _expected(text: str, without: tuple[str, ...]) -> schema.Description | None:
    """What a file of this recipe holds; None where it needs kinds that aren't known here."""
    from deepbench_fast.draw.plan import make_plan
    from deepbench_fast.recipe.recipe import Recipe

    try:
        with tables_stored(lambda known_hash: None):  # it follows from no table's numbers
            recipe: Recipe = Recipe.from_yaml(text)
        return schema.describe(make_plan(recipe), without)
    except UsageError:
        return None


def _labels(dtype: np.dtype[Any]) -> dict[str, dict[str, int]]:
    """Columns of labels: column → label → number, by number."""
    found = {column: h5py.check_enum_dtype(dtype[column]) for column in dtype.names or ()}
    return {
        column: dict(sorted(numbers.items(), key=lambda item: item[1]))
        for column, numbers in found.items()
        if numbers is not None
    }
