"""Scale: many samples in flat memory, no two alike; a part of a huge dataset planned in seconds.

Cases: samples/N: N samples, by two threads and by one, with the same digest, in less than 500 MB, all different;
plan/K/N/M: what shard K of N holds of M samples, in less than 5 seconds and 500 MB, and its first sample.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import xxhash

from deepbench_fast import open_dataset
from tests.campaigns.children import scratch
from tests.campaigns.harness import Campaign, Tried, check, main

SECONDS, MEMORY = 5.0, 500e6
MANY = ("samples/10000000",)
PLANS = ("plan/1/1000000/1000000000000", "plan/777777/1000000/1000000000000", "plan/1000000/1000000/1000000000000")
GENERATE = """
import sys
from deepbench_fast import Recipe, generate
path, samples, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
recipe = Recipe.builtin("galaxies").with_overrides({"size": (8, 8), "samples": samples})
print(generate(recipe, path, threads=threads, overwrite=True).digest)
"""
PLAN = """
import sys, time
from deepbench_fast import Recipe, samples
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.tables import rows_per_chunk
from deepbench_fast.store.limits import check_fits
from deepbench_fast.store.shards import Shard
shard, count = sys.argv[1], int(sys.argv[2])
recipe = Recipe.builtin("galaxies").with_overrides({"size": (8, 8), "samples": count})
samples(recipe, 0, 1)  # what is compiled once
began = time.process_time()
plan = make_plan(recipe)
check_fits(plan)
first, stop = Shard.parse(shard).span(plan)
rows = rows_per_chunk(plan, first, stop, 1)
made = samples(recipe, first, first + 1)
print(first, stop, rows.sum(), made.index[0], time.process_time() - began)
"""
PEAK_MEMORY = """
status = open("/proc/self/status").read()
print(int(status.split("VmHWM:")[1].split()[0]) * 1024)
"""


def cases(seed: int, of: Sequence[str]) -> Iterator[str]:
    """All there are."""
    yield from (case for case in (*PLANS, *MANY) if case.split("/")[0] in of)


def attempt(case: str) -> Tried:
    """Take one."""
    kind, *numbers = case.split("/")
    return _many(int(numbers[0])) if kind == "samples" else _plan(*map(int, numbers))


def _many(samples: int) -> Tried:
    with scratch() as folder:
        path = folder / "many.h5"
        began = time.monotonic()
        digest, peak = apart(GENERATE, path, samples, 2)
        seconds = time.monotonic() - began
        check(int(peak) < MEMORY, f"{int(peak) / 1e6:.0f} MB")
        check(apart(GENERATE, path, samples, 1)[0] == digest, "one thread gives another digest")
        images = open_dataset(path).images
        hashes = np.fromiter((xxhash.xxh3_64_intdigest(image) for image in images), np.uint64, samples)
        check(len(np.unique(hashes)) == samples, "two samples are alike")
    return Tried("made", {"bytes": int(peak), "seconds": seconds})


def _plan(number: int, parts: int, samples: int) -> Tried:
    first, stop, rows, index, seconds, peak = apart(PLAN, f"{number}/{parts}", samples)
    ends = [samples * k / parts for k in (number - 1, number)]
    check(abs(int(first) - ends[0]) <= 2**14 and abs(int(stop) - ends[1]) <= 2**14, (first, stop))
    check(int(rows) == int(stop) - int(first), f"{rows} objects of samples {first} to {stop}")
    check(index == first, f"sample {first} says that it is {index}")
    check(float(seconds) < SECONDS and int(peak) < MEMORY, f"{seconds} s, {int(peak) / 1e6:.0f} MB")
    return Tried("planned", {"bytes": int(peak), "seconds": float(seconds)})


def apart(code: str, *arguments: object) -> list[str]:
    """What a process of its own prints, and its peak memory, where the system tells it."""
    told = PEAK_MEMORY if Path("/proc/self/status").exists() else "print(0)"
    command = [sys.executable, "-c", code + told, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


if __name__ == "__main__":
    main(Campaign("scale", ["plan", "samples"], cases, attempt, tries=10))
