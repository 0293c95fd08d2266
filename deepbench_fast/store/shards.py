"""Parts of a dataset in files of their own, and the virtual index that reads them as one."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from deepbench_fast.errors import UsageError
from deepbench_fast.plan import Plan
from deepbench_fast.store.create import write_description
from deepbench_fast.store.read import open_file


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
    """Write the index `whole` if all `count` shards are there and of this recipe; whether it was written."""
    shards = [Shard(k, count) for k in range(1, count + 1)]
    paths = [shard.path(whole) for shard in shards]
    if not all(path.exists() for path in paths):
        return False
    for path, shard in zip(paths, shards, strict=True):
        with open_file(path) as file:
            first, stop = shard.span(plan)
            same = file.attrs["recipe_hash"] == plan.recipe.hash()
            if not same or (file.attrs["first"], file.attrs["samples"]) != (first, stop - first):
                return False
    fresh = whole.with_name(f"{whole.name}.{os.getpid()}.new")
    try:
        _write_index(fresh, paths, plan)
        os.replace(fresh, whole)
    finally:
        fresh.unlink(missing_ok=True)
    return True


def _write_index(path: Path, shards: list[Path], plan: Plan) -> None:
    with h5py.File(path, "w", libver=("v110", "v110")) as index:
        files = [open_file(shard) for shard in shards]
        try:
            index.create_group("objects")
            for name in [*plan.arrays, "samples", *(f"objects/{kind.name}" for kind in plan.kinds)]:
                _join(index, name, [(shard.name, file[name]) for shard, file in zip(shards, files, strict=True)])
            index.create_dataset("chunks", data=np.concatenate([file["chunks"][:] for file in files]))
        finally:
            for file in files:
                file.close()
        write_description(index, plan, 0, plan.samples)


def _join(index: Any, name: str, sources: list[tuple[str, Any]]) -> None:
    """A virtual dataset over the sources, which are found beside the index by their file names."""
    rows = sum(len(source) for _, source in sources)
    dtype = sources[0][1].dtype
    layout = h5py.VirtualLayout((rows, *sources[0][1].shape[1:]), dtype)
    start = 0
    for file_name, source in sources:
        if len(source):
            stop = start + len(source)
            layout[start:stop] = h5py.VirtualSource(file_name, name, source.shape, dtype)
            start = stop
    index.create_virtual_dataset(name, layout)
