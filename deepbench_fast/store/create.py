"""Writes the complete, closed file before the first sample: afterwards HDF5 metadata never change.

Every dataset has a fixed shape, is allocated early, never filled and carries no time stamp, so HDF5 lays the chunks out
side by side (its implicit index) and equal recipes give equal bytes. What was written is read back and compared.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
from h5py import h5d, h5p, h5s, h5t

from deepbench_fast import __version__
from deepbench_fast.draw.plan import Plan
from deepbench_fast.errors import FileError
from deepbench_fast.store import format as schema
from deepbench_fast.store.file_bytes import linux_function, sync_and_forget, write_at
from deepbench_fast.store.file_image import FileImage, create_group, laid_out
from deepbench_fast.store.gate import HEADER_DIGEST, check
from deepbench_fast.store.hdf5 import open_hdf5
from deepbench_fast.store.header import SHARDS, Header
from deepbench_fast.store.user_columns import columns_of, write_columns
from deepbench_fast.values.number_text import byte_size

SOFTWARE = f"deepbench_fast {__version__}"
SPARE_BYTES = 2**24
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_VARIABLE = "This is a netCDF dimension but not a netCDF variable."
"""What netCDF-4 calls a scale that has a length and no values; the length follows in ten places."""


def create_file(
    path: Path, plan: Plan, first: int, stop: int, rows: npt.NDArray[np.int64], software: str = SOFTWARE
) -> None:
    """Write the file for the samples `first` to `stop - 1`, whose chunks have `rows[chunk, kind]` objects and are made
    by `software`.

    Raises FileError where the disk has no room for it, where writing fails, and where the file does not read back.
    """
    check_space(path, plan, stop - first, rows.sum(axis=0))
    image = FileImage()
    with laid_out(image) as file:
        chunks_at = _lay_out(file, plan, first, stop, rows, software)
    chunks = chunk_table(plan, first, stop, rows)
    try:
        _write(path, image, chunks, chunks_at)
    except OSError as error:
        what = f"no room for {byte_size(image.size)}" if error.errno in NO_ROOM else "can't be laid out"
        raise FileError(f"{_finished(path)}: {what}: {error.strerror}") from error
    _check_created(path, schema.root_attributes(plan, first, stop, software), chunks)


def _lay_out(file: Any, plan: Plan, first: int, stop: int, rows: npt.NDArray[np.int64], software: str) -> int:
    """Make all datasets and their descriptions; the place of the rows of `/chunks`."""
    samples = stop - first
    create_group(file, "objects")
    for name, (shape, dtype) in plan.arrays.items():
        chunk = max(1, min(plan.chunk, samples))
        _create_dataset(file, name, (samples, *shape), h5t.py_create(dtype), (chunk, *shape))
    lengths = {f"objects/{kind.name}": int(n) for kind, n in zip(plan.kinds, rows.sum(axis=0), strict=True)}
    for name, dtype in schema.table_dtypes(plan).items():
        labelled = with_enums(dtype, schema.table_enums(plan)[name])
        _create_dataset(file, name, (lengths.get(name, samples),), h5t.py_create(labelled, logical=True))
    _create_dataset(file, "chunks", (len(rows),), h5t.py_create(schema.chunks_dtype(kind.name for kind in plan.kinds)))
    write_description(file, plan, first, stop, software)
    return int(file["chunks"].id.get_offset() or 0)


def _write(path: Path, image: FileImage, chunks: npt.NDArray[Any], chunks_at: int) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    try:
        os.ftruncate(descriptor, image.size)
        _reserve(descriptor, path, image.size)
        image.write_to(descriptor)
        if chunks.size:
            write_at(descriptor, schema.bytes_of(chunks), chunks_at)
        sync_and_forget(descriptor)
    finally:
        os.close(descriptor)


def _check_created(path: Path, planned: Mapping[str, schema.Attribute], chunks: npt.NDArray[Any]) -> None:
    """Raise FileError where the file that was just written is not the one that was planned."""
    with open_hdf5(path, locking=False) as file:
        header: Header = check(file, path)
    if header.attributes != planned or not np.array_equal(header.chunks, chunks):
        raise FileError(f"{_finished(path)}: what was written does not read back: the disk loses data")


def _finished(path: Path) -> Path:
    """What the file will be called, which has other names while it is made."""
    name, unfinished, _ = path.name.rpartition(schema.UNFINISHED)
    return path.with_name(name) if name and unfinished else path


def write_description(file: Any, plan: Plan, first: int, stop: int, software: str = SOFTWARE) -> None:
    """Recipe, units, times and root attributes: all that a file says of itself in words."""
    text, described = plan.recipe.to_yaml(), schema.describe(plan)
    file.create_dataset("recipe", data=text, track_times=False)
    if described.time is not None:
        file.create_dataset("time", data=described.time, track_times=False)
    for name, attributes in described.attributes.items():
        if name in file:
            file[name].attrs.update({key: _stored(value) for key, value in attributes.items()})
    _write_axes(file, plan)
    write_columns(file, plan.recipe)
    root = schema.root_attributes(plan, first, stop, software)
    said = ({}, {}, None) if SHARDS in file else (described.labels, described.attributes, described.time)
    file.attrs.update({**root, HEADER_DIGEST: schema.header_digest(root, text, *said)})


def _stored(value: schema.Attribute) -> Any:
    return np.array(value) if isinstance(value, list) and value and isinstance(value[0], bytes) else value


def _write_axes(file: Any, plan: Plan) -> None:
    """A dimension scale for each axis of a series, under names that netCDF readers take for its dimensions: `/time`,
    `/output` with the names of the columns, and `/sample`, of which nothing is stored (it reads as NaN)."""
    series = [file[name] for name in ("series", "clean") if plan.is_series and name in file]
    if not series:
        return
    names = [column for column, _, _ in plan.output_columns]
    output = file.create_dataset("output", data=names, dtype=h5py.string_dtype(), track_times=False)
    length = len(series[0])
    scales = {"sample": _unstored(file, "sample", length), "time": file["time"], "output": output}
    for label, scale in scales.items():
        scale.make_scale(f"{NO_VARIABLE}{length:10}" if label == "sample" else label)
    for data in series:
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


def file_size(plan: Plan, samples: int, rows: Sequence[int] | npt.NDArray[np.int64]) -> int:
    """Bytes of a file with so many samples and `rows[kind]` objects, but for the 10 kB or so that describe them.

    Arrays take whole chunks; `/chunks` and the columns of the user's tables are counted, too.
    """
    chunk = max(1, min(plan.chunk, samples))
    chunks = -(-samples // chunk)
    stored = bytes_needed(plan, samples, rows) | {
        name: size for name, size in bytes_needed(plan, chunks * chunk, rows).items() if name in plan.arrays
    }
    described = chunks * schema.chunks_dtype(kind.name for kind in plan.kinds).itemsize
    return sum(stored.values()) + described + sum(values.nbytes for values in columns_of(plan.recipe).values())


def check_space(path: Path, plan: Plan, samples: int, rows: npt.NDArray[np.int64] | None = None) -> None:
    """Raise FileError where the file system of `path` has no room for the file (for its arrays, without `rows`)."""
    needed = file_size(plan, samples, [0] * len(plan.kinds) if rows is None else rows) + SPARE_BYTES
    free = shutil.disk_usage(path.parent).free + (path.stat().st_blocks * 512 if path.exists() else 0)
    if needed > free:
        spare = f", {byte_size(SPARE_BYTES)} of them to spare," if needed - SPARE_BYTES <= free else ""
        raise FileError(f"{path.parent}: {byte_size(needed)} are needed{spare} and {byte_size(free)} are free")


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


def with_enums(dtype: np.dtype[Any], enums: Mapping[str, Mapping[str, int]]) -> np.dtype[Any]:
    """The columns of a table, with the names of its labels in the type."""
    fields = [
        (name, h5py.enum_dtype(enums[name], dtype[name].str) if name in enums else dtype[name].str)
        for name in dtype.names or ()
    ]
    return np.dtype(fields)


def chunk_table(plan: Plan, first: int, stop: int, rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """`/chunks` of a file in which nothing is done."""
    table = np.zeros(len(rows), schema.chunks_dtype(kind.name for kind in plan.kinds))
    table["first"] = first + plan.chunk * np.arange(len(rows))
    table["count"] = np.minimum(plan.chunk, stop - table["first"])
    for number, kind in enumerate(plan.kinds):
        table[f"rows_{kind.name}"] = rows[:, number]
    return table


def _reserve(descriptor: int, path: Path, size: int) -> None:
    """Ask the file system for the file's blocks, where it can give them without writing them.

    `os.posix_fallocate` won't do: glibc emulates it by touching every block. tmpfs would zero every page first.
    """
    fallocate = linux_function("fallocate")
    if fallocate is None or _is_in_memory(path):
        return
    if fallocate(descriptor, 0, ctypes.c_int64(0), ctypes.c_int64(size)) and ctypes.get_errno() in NO_ROOM:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _is_in_memory(path: Path) -> bool:
    best, kind = b"", b""
    try:
        mounts = Path("/proc/self/mounts").read_bytes().splitlines()
    except OSError:
        return False
    resolved = os.fsencode(path.resolve()) + b"/"
    for line in mounts:
        _, escaped, file_system, *_ = line.split(b" ")
        point = re.sub(rb"\\([0-7]{3})", lambda octal: bytes([int(octal[1], 8)]), escaped)
        if len(point) >= len(best) and resolved.startswith(point.rstrip(b"/") + b"/"):
            best, kind = point, file_system
    return kind in (b"tmpfs", b"ramfs")
