"""References by which Zarr reads the arrays of all parts, without our code: the format of kerchunk, version 1.

Each chunk of an array of the whole is a range of bytes of one part, since parts are cut at chunks. The template `u` is
where the parts are: a folder, or an address that ends in "/". https://fsspec.github.io/kerchunk/spec.html
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from deepbench_fast.errors import UsageError
from deepbench_fast.recipe.extras import INFORMATION
from deepbench_fast.render.batch import TARGETS
from deepbench_fast.store.file_bytes import read_at
from deepbench_fast.store.format import ARRAYS
from deepbench_fast.store.location import Location, Url
from deepbench_fast.store.other_libraries import AXES
from deepbench_fast.store.parts import Survey
from deepbench_fast.store.rows import Row
from deepbench_fast.values.atomic import whole_file

FOLDER = "u"


def write_references(found: Survey, path: Path) -> None:
    """Write the references to the arrays of all parts; tables are not in them. Raises UsageError where a part's bytes
    don't lie as they do in memory, OSError where the file can't be written."""
    folder = found.output.parent
    where = f"{folder}/" if isinstance(folder, Url) else f"{os.path.abspath(folder)}{os.sep}"
    head = {"version": 1, "templates": {FOLDER: where}}
    with whole_file(path, overwrite=True) as place, open(place, "w", encoding="utf-8") as file:
        file.write(json.dumps(head)[:-1] + ', "refs": {')
        for number, (key, value) in enumerate(_references(found)):
            file.write(f"{',' if number else ''}\n{json.dumps(key)}: {json.dumps(value)}")
        file.write("\n}}\n")


def _references(found: Survey) -> Iterator[tuple[str, Any]]:
    yield ".zgroup", json.dumps({"zarr_format": 2})
    known = {"name": found.plan.recipe.name, "recipe_hash": found.rows[0].recipe_hash, "software": found.software}
    yield ".zattrs", json.dumps(known)
    for name, described in found.rows[0].datasets.items():
        if name in ARRAYS:
            yield from _array(found, name, np.dtype(described["dtype"]), tuple(described["shape"][1:]))


def _array(found: Survey, name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Iterator[tuple[str, Any]]:
    samples = found.plan.samples
    chunk = min(found.plan.chunk, samples)
    array = {
        "zarr_format": 2,
        "shape": [samples, *shape],
        "chunks": [chunk, *shape],
        "dtype": dtype.str,
        "order": "C",
        "compressor": None,
        "filters": None,
        "fill_value": None,
    }
    yield f"{name}/.zarray", json.dumps(array)
    yield f"{name}/.zattrs", json.dumps({"_ARRAY_DIMENSIONS": ["sample", *_axes(name, len(shape), found)]})
    row_bytes = dtype.itemsize * prod(shape)
    size = chunk * row_bytes
    for row in found.rows:
        if row.samples and row.offsets[name] < 0:
            raise UsageError(
                f"{row.file}: /{name} is stored compressed or in pieces: no range of bytes is a chunk of it"
            )
        own = max(1, min(chunk, row.samples))
        stored = -(-row.samples // own) * own * row_bytes  # HDF5 stores the last chunk of several in full
        for number in range(-(-row.samples // chunk)):
            key = ".".join(map(str, (row.first // chunk + number, *(0 for _ in shape))))
            start = number * size
            yield f"{name}/{key}", _chunk(found, row, row.offsets[name] + start, size, stored - start)


def _chunk(found: Survey, row: Row, offset: int, size: int, stored: int) -> Any:
    """A range of bytes; a last chunk that is not stored in full itself, with zeros after it, as Zarr reads it."""
    if stored >= size:
        return [f"{{{{{FOLDER}}}}}{row.file}", offset, size]
    data = _bytes_of(found.output.with_name(row.file), stored, offset)
    return "base64:" + base64.b64encode(data.ljust(size, b"\0")).decode()


def _bytes_of(place: Location, size: int, offset: int) -> bytes:
    if isinstance(place, Url):
        from deepbench_fast.store.remote.content import Content

        return Content(place).read_at(size, offset)
    with open(place, "rb", buffering=0) as file:
        return read_at(file.fileno(), size, offset)


def _axes(name: str, count: int, found: Survey) -> list[str]:
    if name in INFORMATION:
        return list(AXES[name])
    if found.plan.is_series and name not in TARGETS and count == 2:
        return ["time", "output"]
    if name in TARGETS:
        return ["target"]
    return [*(f"{name}_{axis}" for axis in range(1, count - 1)), "row", "column"][-count:]
