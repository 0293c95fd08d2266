"""Writes the complete, closed file before the first sample: afterwards HDF5 metadata never change.

Every dataset has a fixed shape, is allocated early, never filled and carries no time stamp, so HDF5 lays the chunks out
side by side (its implicit index) and equal recipes give equal bytes.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
from h5py import h5d, h5f, h5g, h5p, h5s, h5t

from deepbench_fast import __version__
from deepbench_fast.errors import FileError
from deepbench_fast.plan import Plan
from deepbench_fast.store import schema
from deepbench_fast.store.positioned import linux_function

CHUNK_ROWS_AT_ONCE = 2**16
SPARE_BYTES = 2**24
NO_VARIABLE = "This is a netCDF dimension but not a netCDF variable."
"""What netCDF-4 calls a scale that has a length and no values; the length follows in ten places."""


def create_file(path: Path, plan: Plan, first: int, stop: int, rows: npt.NDArray[np.int64]) -> None:
    """Write the file for the samples `first` to `stop - 1`, whose chunks have `rows[chunk, kind]` objects.

    Raises FileError where the disk has no room for it.
    """
    samples = stop - first
    check_space(path, plan, samples, rows.sum(axis=0))
    file = _new_file(path)
    try:
        for name, (shape, dtype) in plan.arrays.items():
            chunk = max(1, min(plan.chunk, samples))
            _create_dataset(file, name, (samples, *shape), h5t.py_create(dtype), (chunk, *shape))
        lengths = {f"objects/{kind.name}": int(n) for kind, n in zip(plan.kinds, rows.sum(axis=0), strict=True)}
        for name, dtype in schema.table_dtypes(plan).items():
            labelled = _with_enums(dtype, schema.table_enums(plan)[name])
            _create_dataset(file, name, (lengths.get(name, samples),), h5t.py_create(labelled, logical=True))
        chunks = schema.chunks_dtype(kind.name for kind in plan.kinds)
        _create_dataset(file, "chunks", (len(rows),), h5t.py_create(chunks))
        _write_chunk_rows(file, plan, first, stop, rows)
        write_description(file, plan, first, stop)
    finally:
        file.close()
    _reserve(path)


def write_description(file: Any, plan: Plan, first: int, stop: int) -> None:
    """Recipe, units and root attributes: all that a file says of itself in words."""
    file.create_dataset("recipe", data=plan.recipe.to_yaml(), track_times=False)
    file["targets"].attrs["names"] = [t.name for t in plan.targets]
    file["targets"].attrs["units"] = [t.unit for t in plan.targets]
    for name, units in schema.table_units(plan).items():
        file[name].attrs["units"] = list(units.values())
        file[name].attrs["__table_column_meta__"] = _column_meta(schema.table_dtypes(plan)[name], units)
    if plan.is_series:
        _write_axes(file, plan)
    seed = plan.recipe.seed
    file.attrs.update(
        {
            "schema": schema.SCHEMA,
            "name": plan.recipe.name,
            "seed": seed if isinstance(seed, int) and seed < 2**63 else str(seed),
            "samples": stop - first,
            "first": first,
            "total": plan.samples,
            "software": f"deepbench_fast {__version__}",
            "recipe_hash": plan.recipe.hash(),
        }
    )


def _write_axes(file: Any, plan: Plan) -> None:
    """A dimension scale for each axis of a series, under names that netCDF readers take for its dimensions: `/time`,
    `/output` with the names of the columns, and `/sample`, of which nothing is stored (it reads as NaN)."""
    series = [file[name] for name in ("series", "clean") if name in plan.arrays]
    names = [column for column, _, _ in plan.output_columns]
    time = file.create_dataset("time", data=np.array(plan.recipe.time.moments, "<f8"), track_times=False)
    time.attrs["unit"] = plan.time_unit
    output = file.create_dataset("output", data=names, dtype=h5py.string_dtype(), track_times=False)
    length = len(series[0])
    scales = {"sample": _unstored(file, "sample", length), "time": time, "output": output}
    for label, scale in scales.items():
        scale.make_scale(f"{NO_VARIABLE}{length:10}" if label == "sample" else label)
    for data in series:
        data.attrs["outputs"] = names
        data.attrs["units"] = [unit for _, unit, _ in plan.output_columns]
        for axis, (label, scale) in enumerate(scales.items()):
            data.dims[axis].label = label
            data.dims[axis].attach_scale(scale)
    for scale in scales.values():
        del scale.attrs["REFERENCE_LIST"]  # only for detaching a scale, and PyTables can list no file that has it


def _unstored(file: Any, name: str, length: int) -> Any:
    """A dataset that takes no room whatever its length."""
    creation = h5p.create(h5p.DATASET_CREATE)
    creation.set_obj_track_times(False)
    creation.set_layout(h5d.CONTIGUOUS)
    creation.set_alloc_time(h5d.ALLOC_TIME_LATE)
    creation.set_fill_value(np.array(np.nan, "<f4"))
    h5d.create(file.id, name.encode(), h5t.IEEE_F32LE, h5s.create_simple((length,)), creation)
    return file[name]


def bytes_needed(plan: Plan, samples: int, rows: Sequence[int] | npt.NDArray[np.int64]) -> dict[str, int]:
    """Bytes of each dataset for so many samples and `rows[kind]` objects."""
    sizes = {name: samples * dtype.itemsize * int(np.prod(shape)) for name, (shape, dtype) in plan.arrays.items()}
    sizes["samples"] = samples * plan.samples_dtype.itemsize
    for kind, count in zip(plan.kinds, rows, strict=True):
        sizes[f"objects/{kind.name}"] = int(count) * plan.table_dtype(kind).itemsize
    return sizes


def check_space(path: Path, plan: Plan, samples: int, rows: npt.NDArray[np.int64] | None = None) -> None:
    """Raise FileError where the file system of `path` has no room for the file (for its arrays, without `rows`)."""
    counted = [0] * len(plan.kinds) if rows is None else rows
    needed = sum(bytes_needed(plan, samples, counted).values()) + SPARE_BYTES
    free = shutil.disk_usage(path.parent).free + (path.stat().st_blocks * 512 if path.exists() else 0)
    if needed > free:
        raise FileError(f"{path.parent}: {needed / 1e9:.2f} GB are needed and {free / 1e9:.2f} GB are free")


def _new_file(path: Path) -> Any:
    creation = h5p.create(h5p.FILE_CREATE)
    creation.set_obj_track_times(False)
    access = h5p.create(h5p.FILE_ACCESS)
    access.set_libver_bounds(h5f.LIBVER_V110, h5f.LIBVER_V110)
    access.set_file_locking(False, True)
    file = h5f.create(os.fsencode(path), h5f.ACC_TRUNC, creation, access)
    groups = h5p.create(h5p.GROUP_CREATE)
    groups.set_obj_track_times(False)
    h5g.create(file, b"objects", gcpl=groups)
    return h5py.File(file)


def _create_dataset(
    file: Any, name: str, shape: tuple[int, ...], datatype: Any, chunk: tuple[int, ...] | None = None
) -> None:
    creation = h5p.create(h5p.DATASET_CREATE)
    creation.set_obj_track_times(False)
    creation.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    creation.set_fill_time(h5d.FILL_TIME_NEVER)
    if chunk is None or 0 in shape:
        creation.set_layout(h5d.CONTIGUOUS)
    else:
        creation.set_chunk(chunk)
    h5d.create(file.id, name.encode(), datatype, h5s.create_simple(shape), creation)


def _with_enums(dtype: np.dtype[Any], enums: dict[str, dict[str, int]]) -> np.dtype[Any]:
    fields = [
        (name, h5py.enum_dtype(enums[name], dtype[name].str) if name in enums else dtype[name].str)
        for name in dtype.names or ()
    ]
    return np.dtype(fields)


def _write_chunk_rows(file: Any, plan: Plan, first: int, stop: int, rows: npt.NDArray[np.int64]) -> None:
    for start in range(0, len(rows), CHUNK_ROWS_AT_ONCE):
        part = rows[start : start + CHUNK_ROWS_AT_ONCE]
        table = np.zeros(len(part), file["chunks"].dtype)
        table["first"] = first + plan.chunk * np.arange(start, start + len(part))
        table["count"] = np.minimum(plan.chunk, stop - table["first"])
        for number, kind in enumerate(plan.kinds):
            table[f"rows_{kind.name}"] = part[:, number]
        file["chunks"][start : start + len(part)] = table


def _column_meta(dtype: np.dtype[Any], units: dict[str, str]) -> npt.NDArray[np.bytes_]:
    """The header, one YAML line an element, in which astropy's HDF5 tables keep their units."""
    lines = ["datatype:"]
    for name in dtype.names or ():
        unit = f", unit: {units[name]!r}" if units[name] else ""
        lines.append(f"- {{name: {name!r}{unit}, datatype: {dtype[name].name}}}")
    return np.array([line.encode() for line in lines])


def _reserve(path: Path) -> None:
    """Ask the file system for the file's blocks, where it can give them without writing them.

    `os.posix_fallocate` won't do: glibc emulates it by touching every block. tmpfs would zero every page first.
    """
    fallocate = linux_function("fallocate")
    if fallocate is None or _is_in_memory(path):
        return
    descriptor = os.open(path, os.O_RDWR)
    try:
        size = os.fstat(descriptor).st_size
        failed = fallocate(descriptor, 0, ctypes.c_int64(0), ctypes.c_int64(size))
        if failed and ctypes.get_errno() in (28, 122):  # no space, over quota
            raise FileError(f"{path.parent}: no room for {size / 1e9:.2f} GB")
    finally:
        os.close(descriptor)


def _is_in_memory(path: Path) -> bool:
    best, kind = "", ""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    resolved = str(path.resolve())
    for line in mounts:
        _, point, file_system, *_ = line.split(" ")
        if len(point) > len(best) and (resolved + "/").startswith(point.rstrip("/") + "/"):
            best, kind = point, file_system
    return kind in ("tmpfs", "ramfs")
