"""What many parts cost: `python -m benchmarks.parts [PARTS ...]` (by default 100 to 10,000: a minute or two).

Prints the table of docs/explain/scale.md and draws the curves beside it. Seconds are those of the processor, of the
whole process where nothing else is said; memory is the most that it held; reads are of one sample each, at random, four
a part, of bytes that are in memory. Each is measured in a new process.

A part is one chunk of 4,096 circles of 8×8 in uint8. The first is what `generate` makes. The others have its size, rows
and `/chunks` of their own, and holes in the place of samples, so that 10,000 take 0.1 GB: `index` reads rows alone, and
a reader sees by its size and its `/chunks` that a part is the one that was indexed.
`python -m tests.campaigns.parts` measures 10,000 real ones.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.measures.memory import most_held
from benchmarks.places import folder
from benchmarks.processes import in_fresh_process
from deepbench_fast import Recipe, generate, index_parts, open_dataset
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.store.rows import row_of, row_path
from deepbench_fast.store.shards import Shard

PICTURE = Path(__file__).parents[1] / "docs" / "explain" / "parts.png"
CHUNK = 4096
READS_OF_A_PART = 4
DOTS = 100


class Cost(NamedTuple):
    """What so many parts cost; reads are numbers a second."""

    parts: int
    index: float
    megabytes: float
    opening: float
    first: float
    again: float

    def line(self) -> str:
        """A row of the table."""
        return (
            f"| {self.parts:,} | {self.index:.2g} s | {self.megabytes:.0f} MB | {self.opening:.2g} s "
            f"| {self.first:,.0f}/s | {self.again:,.0f}/s |"
        )


def cost(parts: int) -> Cost:
    """Make them, index them, open them, read them."""
    with folder("disk") as place:
        make(place / "p.h5", parts)
        index, megabytes = in_fresh_process(indexing, place / "p.h5")
        in_fresh_process(reading, place / "p.h5")  # so that what is read is in memory, as after it was written
        return Cost(parts, index, megabytes, *in_fresh_process(reading, place / "p.h5"))


def make(whole: Path, parts: int) -> None:
    """A part, and others that have everything but samples."""
    recipe = Recipe.of_kind("circle").with_overrides(
        {"samples": CHUNK * parts, "size": (8, 8), "image.dtype": "uint8", "noise": []}
    )
    generate(recipe, whole, shard=f"1/{parts}", threads=1)
    plan, row = make_plan(recipe), row_of(Shard(1, parts).path(whole))
    for number in range(2, parts + 1):
        shard, chunks = Shard(number, parts), row.chunks.copy()
        path, (first, _) = shard.path(whole), shard.span(plan)
        chunks["first"], chunks["digest"] = first, number
        with open(path, "wb", buffering=0) as file:
            file.truncate(row.bytes)
            os.pwrite(file.fileno(), chunks.tobytes(), row.offsets["chunks"])
        own = replace(row, file=path.name, first=first, digest=f"{number:032x}", chunks=chunks)
        row_path(path).write_text(own.text())


def indexing(whole: Path) -> tuple[float, float]:
    """Seconds and megabytes of the process that writes the index."""
    index_parts(whole)
    return time.process_time(), most_held()


def reading(whole: Path) -> tuple[float, float, float]:
    """Seconds in which the index is opened; reads a second, when parts are touched for the first time, and again."""
    began = time.process_time()
    dataset = open_dataset(whole)
    opening = time.process_time() - began
    count = READS_OF_A_PART * len(dataset) // CHUNK
    numbers = np.random.default_rng(0).integers(0, len(dataset), count).tolist()
    rates = []
    for _ in range(2):
        began = time.process_time()
        for number in numbers:
            dataset[number]
        rates.append(count / (time.process_time() - began))
    return opening, rates[0], rates[1]


def draw(costs: list[Cost]) -> None:
    """Seconds and reads over the number of parts."""
    from matplotlib.figure import Figure  # not for the processes that are measured

    figure = Figure(figsize=(4.5, 5.6), layout="constrained")  # narrow: a phone shows its words, too
    seconds, reads = figure.subplots(2, 1)
    parts = [one.parts for one in costs]
    seconds.plot(parts, [one.index for one in costs], "o-", label="index, the whole process")
    seconds.plot(parts, [one.opening for one in costs], "o-", label="open")
    reads.plot(parts, [one.first for one in costs], "o-", label="first time")
    reads.plot(parts, [one.again for one in costs], "o-", label="again")
    seconds.set(xscale="log", yscale="log", xlabel="parts", ylabel="seconds of the processor")
    reads.set(xscale="log", ylim=(0, None), xlabel="parts", ylabel="samples at random a second")
    for axes in (seconds, reads):
        axes.legend()
        axes.grid(alpha=0.3)
    figure.savefig(PICTURE, dpi=DOTS)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parts", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", type=int, default=[100, 1000, 10_000], help="numbers of parts")
    costs = []
    for parts in parser.parse_args(arguments).parts:
        costs.append(cost(parts))
        print(costs[-1].line(), flush=True)
    draw(costs)


if __name__ == "__main__":
    main(sys.argv[1:])
