"""Where the time of a sample goes: each stage of the road beside its floor, on one thread. Prints a table:

    python -m benchmarks.measures.stages

Measured: processor time of the stage as `generate` runs it, on a task's arrays, which lie in memory. Floor: the same
kernel alone, on arrays that stay in the second-level cache; of copies and tables, the bytes moved once.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import scenes
from benchmarks.places import folder
from benchmarks.table import Row, duration
from deepbench_fast import Recipe, generate
from deepbench_fast.draw.plan import Plan, make_plan
from deepbench_fast.draw.tables import call_roll, draw
from deepbench_fast.render.noise import add_noise, find_levels
from deepbench_fast.render.renderer import BLOCK_BYTES, Images, Keys, Renderer
from deepbench_fast.render.targets import measure_targets
from deepbench_fast.run.benchmark.road import samples_in_task
from deepbench_fast.run.benchmark.timing import Effort, interleave
from deepbench_fast.store.file_bytes import PIECE_BYTES
from deepbench_fast.store.format import chunk_digest

ROUNDS = 9
CACHED = 128  # samples of 28×28 whose canvas and image stay in the second-level cache


class Stage(NamedTuple):
    """A stage, and its floor, as functions of nothing on so many samples each."""

    name: str
    measured: Callable[[], object]
    samples: int
    floor: Callable[[], object] | None
    floor_samples: int


def stages(plan: Plan) -> list[Stage]:
    """The stages that an image without masks goes through, in order."""
    task = samples_in_task(plan)
    return [*_rendering(plan, task), *_copying(plan, task)]


def _rendering(plan: Plan, task: int) -> list[Stage]:
    def at(count: int) -> dict[str, Callable[[], object]]:
        renderer = Renderer(plan)
        images = renderer.maker
        assert isinstance(images, Images)
        tables, out = draw(plan, 0, count), renderer.allocate(count)
        renderer.render(tables, out)
        flat = out["images"].reshape(count, -1)
        keys = Keys(plan.key, plan.key)
        levels = find_levels(plan, tables.samples, flat)
        block = max(1, BLOCK_BYTES // images.scratch_bytes)
        images.start(tables.samples)

        def scene() -> None:
            for start in range(0, count, block):
                end = min(start + block, count)
                objects = {name: t[(t["sample"] >= start) & (t["sample"] < end)] for name, t in tables.objects.items()}
                images.scene.draw(objects, start, tables.samples[start:end], images.pad, flat[start:end])

        return {
            "who is in a sample": lambda: call_roll(plan, 0, count),
            "all draws": lambda: draw(plan, 0, count),
            "light, PSF, crop": scene,
            "levels, SNR": lambda: find_levels(plan, tables.samples, flat),
            "targets": lambda: measure_targets(plan, tables, flat, out),
            "noise": lambda: add_noise(plan, tables.samples, levels, flat, keys.noise),
        }

    whole, cached = at(task), at(CACHED)
    return [Stage(name, whole[name], task, cached[name], CACHED) for name in whole]


def _copying(plan: Plan, task: int) -> list[Stage]:
    renderer = Renderer(plan)
    tables, out = draw(plan, 0, task), renderer.allocate(task)
    renderer.render(tables, out)
    parts = [*out.values(), tables.samples, *tables.objects.values()]
    copies = [np.empty_like(part) for part in parts]

    def copy() -> None:
        for new, old in zip(copies, parts, strict=True):
            new[...] = old

    return [
        Stage("digest", lambda: chunk_digest(parts), task, copy, task),
        Stage("render, whole", lambda: renderer.render(tables, out), task, None, task),
    ]


def measure(effort: Effort) -> Iterator[Row]:
    """The whole road of a sample, by one thread into a new file on disk, beside its stages on data in the cache, one
    after the other, and a copy of its bytes; and beside these stages and the writing of such a file, which is the
    system's work, and on a virtual machine the host's. Processor time."""
    for what, psf in (("", False), (" with PSF", True)):
        recipe = scenes.galaxies(effort.samples(400_000), psf=psf)
        found = [(s, seconds(s.floor, s.floor_samples)) for s in stages(make_plan(recipe)) if s.floor is not None]
        floor = sum(min(least, seconds(stage.measured, stage.samples)) for stage, least in found)
        with folder("disk") as disk:
            path = disk / "out.h5"
            generate(recipe, path, threads=1)
            sides = {
                "road": partial(road_seconds, recipe, path),
                "writing": partial(writing_seconds, disk / "bytes", path.stat().st_size),
            }
            rounds = interleave(sides, effort.rounds)
        whole, writing = (rounds.median(side) / recipe.samples for side in sides)
        name = f"galaxies 28×28{what} → file on disk, one thread"
        peer = f"stages in the cache and a copy {duration(floor)}"
        yield Row(f"whole road vs its floor, {name}", duration(whole), peer, 100 * floor / whole, 70, unit="%")
        peer = f"{duration(floor)} and {duration(writing)} to write a file"
        yield Row(f"of it, floor and writing, {name}", duration(whole), peer, 100 * (floor + writing) / whole, unit="%")


def road_seconds(recipe: Recipe, path: Path) -> float:
    """Processor time of a whole `generate` of a new file on one thread."""
    path.unlink(missing_ok=True)  # to free the pages of an old file is no part of the road
    began = time.process_time()
    generate(recipe, path, threads=1)
    return time.process_time() - began


def writing_seconds(path: Path, size: int) -> float:
    """Processor time of bringing so many bytes from the cache into a new file, and onto the disk."""
    path.unlink(missing_ok=True)
    piece = bytes(PIECE_BYTES)
    began = time.process_time()
    with open(path, "wb", buffering=0) as file:
        for _ in range(0, size, PIECE_BYTES):
            file.write(piece)
        os.fsync(file.fileno())
    return time.process_time() - began


def seconds(action: Callable[[], object], samples: int) -> float:
    """Median processor time a sample of this thread."""
    action()
    calls = max(1, 4096 // samples)
    found = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        for _ in range(calls):
            action()
        found.append((time.thread_time() - began) / (calls * samples))
    return statistics.median(found)


def table(recipe: Recipe) -> str:
    """A line a stage: microseconds a sample."""
    lines = [f"{'stage':24}{'measured':>10}{'floor':>8}{'gap':>8}   µs a sample"]
    for stage in stages(make_plan(recipe)):
        measured = 1e6 * seconds(stage.measured, stage.samples)
        floor: Any = None if stage.floor is None else 1e6 * seconds(stage.floor, stage.floor_samples)
        rest = "" if floor is None else f"{floor:8.2f}{measured - floor:8.2f}"
        lines.append(f"{stage.name:24}{measured:10.2f}{rest}")
    return "\n".join(lines)


if __name__ == "__main__":
    for name, recipe in {
        "galaxies 28×28": scenes.galaxies(100_000),
        "galaxies 28×28 with PSF": scenes.galaxies(100_000, psf=True),
        "the built-in galaxies, with targets": Recipe.builtin("galaxies"),
    }.items():
        print(f"{name}\n{table(recipe)}\n")
