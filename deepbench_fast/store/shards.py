"""Parts of a dataset in files of their own: which samples a part holds, and the index that names all parts.

The table `/shards` of an index has a row a part: `file` (a plain name beside the index), `bytes`, `first`, `samples`,
`rows_<kind>` and `digest`. Our readers go by it (`store/index.py`). For readers that know HDF5 alone an index of up to
`MOST_VIRTUAL` parts has virtual datasets, too; these show NaN, or numbers that no sample has, where a part is missing.
"""

from __future__ import annotations

import os
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from deepbench_fast.atomic import whole_file
from deepbench_fast.draw.plan import Plan
from deepbench_fast.errors import FileError, IndexWarning, UsageError
from deepbench_fast.store import format as schema
from deepbench_fast.store.create import with_enums, write_description
from deepbench_fast.store.file_image import FileImage, create_group, laid_out
from deepbench_fast.store.header import ROWS, SHARDS, Header
from deepbench_fast.store.stored import digest_of, open_header

MOST_VIRTUAL = 256


@dataclass(frozen=True)
class Shard:
    """The `number`-th (from 1) of `count` parts, cut at chunk boundaries of the whole."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read "K/N". Raises UsageError unless 1 <= K <= N."""
        match = re.fullmatch(r"(\d+)/(\d+)", text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise UsageError(f"shard: {text!r} is not K/N with K from 1 to N, such as 1/3")
        return cls(int(match[1]), int(match[2]))

    def path(self, whole: Path) -> Path:
        """File of this part: `sky.h5` → `sky.shard-2-of-3.h5`."""
        return whole.with_name(f"{whole.stem}.shard-{self.number}-of-{self.count}{whole.suffix}")

    def span(self, plan: Plan) -> tuple[int, int]:
        """First sample, and one past the last."""
        ends = [min(plan.samples, plan.chunks * k // self.count * plan.chunk) for k in (self.number - 1, self.number)]
        return ends[0], ends[1]


def index_if_complete(whole: Path, plan: Plan, count: int) -> bool:
    """Write the index `whole` if all `count` parts are there, of this recipe and this version; whether it was written.

    Warns, with an IndexWarning, where a part is there but can't stand in the index. An index of another recipe, one of
    whose parts was replaced, is removed.
    """
    if not all(Shard(k, count).path(whole).exists() for k in range(1, count + 1)):
        _remove_stale_index(whole, plan)
        return False
    shards = [Shard(k, count) for k in range(1, count + 1)]
    paths = [shard.path(whole) for shard in shards]
    headers: list[Header] = []
    for path, shard in zip(paths, shards, strict=True):
        try:
            headers.append(open_header(path))
            problem = _problem(headers, shard, plan)
        except FileError as error:
            problem = str(error)
        if problem:
            _remove_stale_index(whole, plan)
            warnings.warn(f"{whole}: no index is written: {problem}", IndexWarning, stacklevel=3)
            return False
    image = FileImage()
    with laid_out(image) as index:
        _write_index(index, paths, headers, plan)
    try:
        with whole_file(whole, overwrite=True) as place:
            descriptor = os.open(place, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
            try:
                image.write_to(descriptor)
            finally:
                os.close(descriptor)
    except OSError as error:
        raise FileError(f"{whole}: the index can't be written: {error.strerror or error}") from error
    return True


def _problem(headers: list[Header], shard: Shard, plan: Plan) -> str:
    """Why the last part can't stand in the index with those before it; "" where it can."""
    header, name = headers[-1], f"part {shard.number} of {shard.count}"
    first, stop = shard.span(plan)
    if header.attributes["recipe_hash"] != plan.recipe.hash():
        return f"{name} was made from another recipe"
    if (header.attributes["first"], header.attributes["samples"]) != (first, stop - first) or not header.complete:
        return f"{name} does not hold the samples {first} to {stop - 1}"
    if header.attributes["software"] != headers[0].attributes["software"]:
        both = f"{headers[0].attributes['software']}, {name} by {header.attributes['software']}"
        return f"parts of two versions don't mix: part 1 was made by {both}; make one of them again with --overwrite"
    return ""


def _remove_stale_index(whole: Path, plan: Plan) -> None:
    """Remove an index over the same parts of another recipe: it names a part that is no longer there."""
    try:
        header = open_header(whole)
    except FileError:
        return
    if header.shards is not None and header.attributes["recipe_hash"] != plan.recipe.hash():
        whole.unlink(missing_ok=True)


def _write_index(index: Any, paths: list[Path], headers: list[Header], plan: Plan) -> None:
    create_group(index, "objects")
    described = schema.describe(plan)
    if len(paths) <= MOST_VIRTUAL:
        for name, (shape, dtype) in described.types.items():
            labelled = with_enums(dtype, described.labels[name]) if name in described.labels else dtype
            parts = [(path.name, header.rows(name)) for path, header in zip(paths, headers, strict=True)]
            _join(index, name, shape, labelled, parts)
    index.create_dataset("chunks", data=np.concatenate([header.chunks for header in headers]), track_times=False)
    index.create_dataset(SHARDS, data=_rows(paths, headers), track_times=False)
    write_description(index, plan, 0, plan.samples, headers[0].attributes["software"])


def _rows(paths: list[Path], headers: list[Header]) -> npt.NDArray[Any]:
    names = [path.name.encode() for path in paths]
    kinds = headers[0].kinds
    text = h5py.string_dtype("utf-8", max(map(len, names)))
    numbers = [("bytes", "<i8"), ("first", "<i8"), ("samples", "<i8"), *((ROWS + kind, "<i8") for kind in kinds)]
    table = np.zeros(len(paths), [("file", text), *numbers, ("digest", "S32")])
    for row, path, name, header in zip(table, paths, names, headers, strict=True):
        row["file"], row["bytes"], row["digest"] = name, path.stat().st_size, digest_of(header)
        row["first"], row["samples"] = header.attributes["first"], header.attributes["samples"]
        for kind in kinds:
            row[ROWS + kind] = header.rows(f"objects/{kind}")
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
