"""Many parts: indexing, opening and reading them costs little, whatever their number.

Cases: index/N: N parts of one chunk of 4096 circles of 8x8 (0.67 MB each); the index is written in less than 5
seconds and 300 MB, opened in less than half a second, and gives 25,000 samples a second at random, the same as those
drawn anew; times are those of the processor. job/K/N: a job of N parts has no more work than one of 3.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence

from tests.campaigns.children import scratch
from tests.campaigns.harness import Campaign, Tried, check, main
from tests.campaigns.scale import apart

MAKE = """
# Each as `generate` makes it, but from the bytes of the first: laying out 10,000 files takes many minutes.
import os, sys
from dataclasses import replace
from pathlib import Path
import h5py
from deepbench_fast import Recipe, generate
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.render.renderer import Renderer
from deepbench_fast.store import format as schema
from deepbench_fast.store.create import SOFTWARE
from deepbench_fast.store.rows import row_of, row_path
from deepbench_fast.store.shards import Shard
from deepbench_fast.store.stored import _layout, open_header
whole, parts = Path(sys.argv[1]) / "p.h5", int(sys.argv[2])
recipe = Recipe.of_kind("circle").with_overrides(
    {"samples": 4096 * parts, "size": (8, 8), "image.dtype": "uint8", "noise": []}
)
generate(recipe, whole, shard=f"1/{parts}", threads=1, resume=True)
path = Shard(1, parts).path(whole)
plan, row, header, template = make_plan(recipe), row_of(path), open_header(path), path.read_bytes()
renderer, described = Renderer(plan), schema.describe(plan)
for number in range(2, parts + 1):
    path = Shard(number, parts).path(whole)
    if row_path(path).exists():
        continue
    first, stop = Shard(number, parts).span(plan)
    tables = draw(plan, first, stop)
    arrays = renderer.render(tables)
    data = {**arrays, "samples": tables.samples, **{f"objects/{k}": t for k, t in tables.objects.items()}}
    chunks = row.chunks.copy()
    chunks["first"], chunks["digest"] = first, schema.chunk_digest(data.values())
    made = bytearray(template)
    for name, values in {**data, "chunks": chunks}.items():
        made[row.offsets[name] : row.offsets[name] + values.nbytes] = schema.bytes_of(values)
    path.write_bytes(made)
    root = schema.root_attributes(plan, first, stop, SOFTWARE)
    said = schema.header_digest(root, header.recipe_text, described.labels, described.attributes, described.time)
    with h5py.File(path, "r+") as file:
        file.attrs.modify("first", first)
        file.attrs.modify("header_digest", said)
    digest = schema.file_digest(_layout(header), chunks["digest"], header.time)
    size = path.stat().st_size
    made_row = replace(row, file=path.name, bytes=size, first=first, digest=digest, chunks=chunks)
    row_path(path).write_text(made_row.text())
"""
INDEX = """
import sys, time
from deepbench_fast import index_parts
from deepbench_fast.run import recut
began = time.process_time()
index_parts(sys.argv[1] + "/p.h5")
print(time.process_time() - began)
"""
OPEN = """
import sys, time
import deepbench_fast.run.dataset, deepbench_fast.draw.plan
from deepbench_fast import open_dataset
began = time.process_time()
dataset = open_dataset(sys.argv[1] + "/p.h5")
print(time.process_time() - began)
"""
READ = (
    OPEN
    + """
import os
import numpy as np
from deepbench_fast import samples
numbers = np.random.default_rng(0).integers(0, len(dataset), 40_000).tolist()
for _ in range(2):  # the first time every part is opened and checked
    began = time.process_time()
    for number in numbers:
        dataset[number]
    print(len(numbers) / (time.process_time() - began))
recipe = dataset.recipe
for number in numbers[:100]:
    assert (dataset[number]["image"] == samples(recipe, number, number + 1)["images"][0]).all()
print(len(os.listdir("/proc/self/fd")))
"""
)
JOB = """
import sys, time
from deepbench_fast import Recipe, generate
recipe = Recipe.of_kind("circle").with_overrides({"samples": 10**12, "size": (8, 8), "image.dtype": "uint8"})
generate(recipe.with_overrides({"samples": 10}), sys.argv[1] + "/warm.h5", threads=1)
began = time.process_time()
generate(recipe, sys.argv[1] + "/j.h5", shard=sys.argv[2] + "/" + sys.argv[3], threads=1)
print(time.process_time() - began)
"""


def cases(seed: int, of: Sequence[str]) -> Iterator[str]:
    """All there are."""
    yield from (case for case in ("job/5/1000000000", "index/10000") if case.split("/")[0] in of)


def attempt(case: str) -> Tried:
    """Take one."""
    kind, *numbers = case.split("/")
    return _index(int(numbers[0])) if kind == "index" else _job(*numbers)


def _index(parts: int) -> Tried:
    with scratch() as folder:
        apart(MAKE, folder, parts)
        index, memory = map(float, apart(INDEX, folder))
        opened, _ = map(float, apart(OPEN, folder))
        _, first, again, descriptors, _ = map(float, apart(READ, folder))
        told = {"index": index, "bytes": memory, "open": opened, "first": first, "again": again}
        print(json.dumps(told | {"descriptors": descriptors}), file=sys.stderr)
        check(index < 5 and memory < 300e6, f"index: {index} s, {memory / 1e6:.0f} MB")
        check(opened < 0.5, f"open: {opened} s")
        check(min(first, again) >= 25_000, f"read: {first} a second the first time, then {again}")
        check(descriptors <= 200, f"{descriptors} descriptors")
    return Tried("read", told)


def _job(number: str, parts: str) -> Tried:
    with scratch() as folder:
        seconds, memory = map(float, apart(JOB, folder, number, parts))
        check(seconds < 0.5 and memory < 500e6, f"{seconds} s, {memory / 1e6:.0f} MB")
    return Tried("made", {"seconds": seconds, "bytes": memory})


if __name__ == "__main__":
    main(Campaign("parts", ["job", "index"], cases, attempt, tries=2))
