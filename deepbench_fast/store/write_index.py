"""Writes the index that names all parts of a dataset, from their rows alone.

The table `/shards` has a row a part: `file` (a plain name beside the index), `bytes`, `first`, `samples`,
`rows_<kind>`, `digest`, and `offset_<dataset>`: where in the file an array or a table begins, -1 where it isn't stored
in one run. Our readers go by it (`store/index.py`). For readers that know HDF5 alone an index of up to `MOST_VIRTUAL`
parts has virtual datasets, too; these show NaN, or numbers that no sample has, where a part is missing.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.plan import Plan
from deepbench_fast.errors import FileError
from deepbench_fast.store import format as schema
from deepbench_fast.store.claim import check_index
from deepbench_fast.store.create import with_enums, write_description
from deepbench_fast.store.file_image import FileImage, create_group, laid_out
from deepbench_fast.store.header import OFFSET, ROWS, SHARDS, TABLE_DIGEST, table_digest
from deepbench_fast.store.location import Location, Url
from deepbench_fast.store.parts import Survey
from deepbench_fast.store.rows import Row
from deepbench_fast.values.atomic import whole_file

MOST_VIRTUAL = 256


def write_index(found: Survey, *, overwrite: bool = False) -> None:
    """Write the index over all parts as `found.output`; an index of the same dataset is replaced.

    Raises MismatchError where the parts are not all there, or where another dataset is in the way, and FileError where
    one file is, or writing fails.
    """
    found.raise_unless_whole()
    kinds = tuple(kind.name for kind in found.plan.kinds)
    for row in found.rows:
        if tuple(row.rows) != kinds or list(row.offsets) != list(found.rows[0].offsets):
            raise FileError(f"{found.output.with_name(row.file)}: its row counts other objects, or names other arrays")
    if _exists(found.output) and not overwrite:
        check_index(found.output, found.plan)
    image = FileImage()
    with laid_out(image) as index:
        _lay_out(index, found.rows, found.plan, found.software)
    try:
        _write(image, found.output)
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"{found.output}: the index can't be written: {error.strerror or error}") from error


def _exists(output: Location) -> bool:
    if isinstance(output, Url):
        from deepbench_fast.store.remote.folder import check_writable, exists

        check_writable(output)
        return exists(output)
    return output.exists()


def _write(image: FileImage, output: Location) -> None:
    """Write the image as a file, or put it there as an object."""
    if isinstance(output, Url):
        from deepbench_fast.store.remote.folder import upload

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "index.h5"
            _write(image, path)
            upload(path, output)
        return
    with whole_file(output, overwrite=True) as place:
        descriptor = os.open(place, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            image.write_to(descriptor)
        finally:
            os.close(descriptor)


def write_manifest(found: Survey, path: Path) -> None:
    """Write the rows of all parts, in order, as JSON Lines."""
    with whole_file(path, overwrite=True) as place, open(place, "w", encoding="utf-8") as file:
        file.writelines(row.text() for row in found.rows)


def _lay_out(index: Any, rows: Sequence[Row], plan: Plan, software: str) -> None:
    create_group(index, "objects")
    described = schema.describe(plan)
    if len(rows) <= MOST_VIRTUAL:
        for name, (shape, dtype) in described.types.items():
            labelled = with_enums(dtype, described.labels[name]) if name in described.labels else dtype
            kind = name.removeprefix("objects/")
            parts = [(row.file, row.samples if kind == name else row.rows[kind]) for row in rows]
            _join(index, name, shape, labelled, parts)
    index.create_dataset("chunks", data=np.concatenate([row.chunks for row in rows]), track_times=False)
    table = _table(rows)
    shards = index.create_dataset(SHARDS, data=table, track_times=False)
    shards.attrs[TABLE_DIGEST] = table_digest(table)
    write_description(index, plan, 0, plan.samples, software)


def _table(rows: Sequence[Row]) -> npt.NDArray[Any]:
    names = [row.file.encode("utf-8", "surrogateescape") for row in rows]
    counts, offsets = list(rows[0].rows), list(rows[0].offsets)
    text = h5py.string_dtype("utf-8", max(map(len, names)))
    columns = ("bytes", "first", "samples", *(ROWS + kind for kind in counts))
    offset_columns = [(OFFSET + name, "<i8") for name in offsets]
    table = np.zeros(
        len(rows), [("file", text), *((name, "<i8") for name in columns), ("digest", "S32"), *offset_columns]
    )
    table["file"], table["digest"] = names, [row.digest.encode() for row in rows]
    for name in ("bytes", "first", "samples"):
        table[name] = [getattr(row, name) for row in rows]
    for kind in counts:
        table[ROWS + kind] = [row.rows[kind] for row in rows]
    for name in offsets:
        table[OFFSET + name] = [row.offsets[name] for row in rows]
    return table


def _join(index: Any, name: str, shape: tuple[int, ...], dtype: np.dtype[Any], parts: list[tuple[str, int]]) -> None:
    """A virtual dataset over the parts, which HDF5 finds beside the index by their names; in these, % is a pattern."""
    layout = h5py.VirtualLayout((sum(rows for _, rows in parts), *shape), dtype)
    layout.dcpl.set_obj_track_times(False)  # equal parts have equal indices
    start = 0
    for file_name, rows in parts:
        if rows:
            source = h5py.VirtualSource(file_name.replace("%", "%%"), name, (rows, *shape), dtype)
            layout[start : start + rows] = source
            start += rows
    index.create_virtual_dataset(name, layout, fillvalue=_nothing(dtype))


def _nothing(dtype: np.dtype[Any]) -> Any:
    """What no sample is: NaN, or -1."""
    if dtype.names is not None:
        return np.array([tuple(_nothing(dtype[name]) for name in dtype.names)], dtype)
    return np.nan if dtype.kind == "f" else dtype.type(-1) if dtype.kind == "i" else dtype.type(255)
