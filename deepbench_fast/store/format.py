"""The file format: names, types, units and digests of `deepbench-fast/1`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xxhash

from deepbench_fast.recipe.extras import INFORMATION
from deepbench_fast.render.batch import TARGETS

if TYPE_CHECKING:
    from deepbench_fast.draw.plan import Plan

SCHEMA = "deepbench-fast/1"
UNFINISHED = ".part"
LATER = TARGETS[1:]
"""Arrays that files of the first release don't have."""

ARRAYS = ("images", "series", "clean", "masks", "variance", *INFORMATION, *TARGETS)
DATA = ("images", "series")
BYTES_OF_DIGEST = 16

Attribute = str | int | list[str] | list[bytes]


@dataclass(frozen=True)
class Description:
    """What a file of one recipe holds beside its numbers, whatever its range of the dataset.

    `root` are the file's own attributes that follow from the recipe, `types` the shapes of a row and the types of all
    arrays and tables, `labels` the columns of labels (table → column → label → number), `attributes` those of datasets.
    """

    root: Mapping[str, Attribute]
    types: Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]]
    labels: Mapping[str, Mapping[str, Mapping[str, int]]]
    attributes: Mapping[str, Mapping[str, Attribute]]
    kinds: tuple[str, ...]
    chunk: int
    time: npt.NDArray[np.float64] | None


def describe(plan: Plan, without: Sequence[str] = ()) -> Description:
    """What the files of a plan hold beside their numbers; `without` some columns of tables, as older files are."""
    tables = {name: _less(dtype, without) for name, dtype in table_dtypes(plan).items()}
    types = dict(plan.arrays) | {name: ((), dtype) for name, dtype in tables.items()}
    attributes: dict[str, dict[str, Attribute]] = {
        name: {"names": [t.name for t in plan.targets], "units": [t.unit for t in plan.targets]}
        for name in TARGETS
        if name in types
    }
    for name in INFORMATION:
        if name in types:
            attributes[name] = {"names": list(plan.information), "units": list(plan.information.values())}
    for name, units in table_units(plan).items():
        meta = column_meta(tables[name], units)
        left = [units[column] for column in tables[name].names or ()]
        attributes[name] = {"units": left, "__table_column_meta__": meta}
    for name in ("series", "clean") if plan.is_series else ():
        if name in types:
            columns = [column for column, _, _ in plan.output_columns]
            attributes[name] = {"outputs": columns, "units": [unit for _, unit, _ in plan.output_columns]}
    time = None
    if plan.is_series:
        attributes["time"] = {"unit": plan.time_unit}
        time = np.array(plan.recipe.time.moments, "<f8")
    kinds = tuple(kind.name for kind in plan.kinds)
    return Description(_root(plan), types, table_enums(plan), attributes, kinds, plan.chunk, time)


def _less(dtype: np.dtype[Any], without: Sequence[str]) -> np.dtype[Any]:
    return np.dtype([(name, dtype[name]) for name in dtype.names or () if name not in without])


def own_attributes(name: str, is_series: bool) -> tuple[str, ...]:
    """The attributes of an array or a table that are ours; it may have others, of the user's own."""
    if name not in ARRAYS:
        return "units", "__table_column_meta__"
    if name in (*TARGETS, *INFORMATION):
        return "names", "units"
    return ("outputs", "units") if is_series else ()


def root_attributes(plan: Plan, first: int, stop: int, software: str) -> dict[str, Attribute]:
    """Attributes of a file with the samples `first` to `stop - 1`."""
    span = {"samples": stop - first, "first": first}
    return {"schema": SCHEMA, **_root(plan), **span, "software": software, "recipe_hash": plan.recipe.hash()}


def _root(plan: Plan) -> dict[str, Attribute]:
    seed = plan.recipe.seed
    number_or_text = seed if isinstance(seed, int) and seed < 2**63 else str(seed)
    return {"name": plan.recipe.name, "seed": number_or_text, "total": plan.samples}


def header_digest(
    root: Mapping[str, Attribute],
    recipe_text: str,
    labels: Mapping[str, Mapping[str, Mapping[str, int]]],
    attributes: Mapping[str, Mapping[str, Attribute]],
    time: npt.NDArray[np.float64] | None,
) -> int:
    """XXH3-63 of all that a file says of itself in words (an index: of its root attributes and its recipe).

    HDF5 keeps no checksum of texts; this number lies where it keeps one.
    """
    described = {name: own for name, own in attributes.items() if own}
    said = (dict(root), recipe_text, dict(labels), described, None if time is None else time.tobytes())
    text = json.dumps(said, sort_keys=True, default=bytes.hex)
    return xxhash.xxh3_64_intdigest(text.encode()) >> 1


def column_meta(dtype: np.dtype[Any], units: Mapping[str, str]) -> list[bytes]:
    """The header, one YAML line an element, in which astropy's HDF5 tables keep their units."""
    lines = ["datatype:"]
    for name in dtype.names or ():
        unit = f", unit: {units[name]!r}" if units[name] else ""
        lines.append(f"- {{name: {name!r}{unit}, datatype: {dtype[name].name}}}")
    return [line.encode() for line in lines]


def chunks_dtype(kinds: Iterable[str]) -> np.dtype[Any]:
    """Columns of `/chunks`."""
    rows = [(f"rows_{kind}", "<i8") for kind in kinds]
    return np.dtype([("first", "<i8"), ("count", "<i8"), *rows, ("digest", "<u8"), ("done", "<u8")])


def table_dtypes(plan: Plan) -> dict[str, np.dtype[Any]]:
    """Tables of samples and objects: dataset name → columns."""
    return {"samples": plan.samples_dtype, **{f"objects/{kind.name}": plan.table_dtype(kind) for kind in plan.kinds}}


def table_units(plan: Plan) -> dict[str, dict[str, str]]:
    """Units of the tables' columns ("" where a column has none)."""
    units = {"samples": plan.sample_units}
    for kind in plan.kinds:
        units[f"objects/{kind.name}"] = plan.table_units(kind)
    return {name: {c: units[name].get(c, "") for c in dtype.names or ()} for name, dtype in table_dtypes(plan).items()}


def table_enums(plan: Plan) -> dict[str, dict[str, dict[str, int]]]:
    """Columns of labels: table → column → label → number."""
    labels = {
        "samples": {
            "catalogue": {name: i for i, name in enumerate(plan.catalogues)},
            "split": {name: i for i, name in enumerate(plan.splits)},
        }
    }
    entries = {e.label: e.number for e in plan.entries}
    return {**labels, **{f"objects/{kind.name}": {"entry": entries} for kind in plan.kinds}}


def bytes_of(array: npt.NDArray[Any]) -> memoryview:
    """The bytes of an array, copied only if it is not contiguous."""
    return np.ascontiguousarray(array).view(np.uint8).reshape(-1).data


def chunk_digest(parts: Iterable[npt.NDArray[Any]]) -> int:
    """XXH3-64 of a chunk: its data, extras, targets and table rows, in the order in which the schema names them."""
    state = xxhash.xxh3_64()
    for part in parts:
        data: Any = np.ascontiguousarray(part)  # its buffer: a memoryview would first describe all columns
        state.update(data)
    return int(state.intdigest())


def file_digest(
    datasets: Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]],
    chunks: npt.NDArray[np.uint64],
    time: npt.NDArray[np.float64] | None = None,
) -> str:
    """BLAKE2b over the schema, the names, types and shapes of all arrays and tables, the chunks' digests, and the time
    axis of series."""
    state = blake2b(f"{SCHEMA}\n".encode(), digest_size=BYTES_OF_DIGEST)
    for name, (shape, dtype) in datasets.items():
        state.update(f"{name} {_type_text(dtype)} {shape}\n".encode())
    state.update(np.ascontiguousarray(chunks, dtype="<u8").tobytes())
    if time is not None:
        state.update(np.ascontiguousarray(time, dtype="<f8").tobytes())
    return state.hexdigest()


def _type_text(dtype: np.dtype[Any]) -> str:
    if dtype.names is None:
        return dtype.newbyteorder("<").str
    return ",".join(f"{name}:{_type_text(dtype[name])}" for name in dtype.names)
