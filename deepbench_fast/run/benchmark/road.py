"""The road of whole datasets: draws, samples made, files written and read, batches for training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from deepbench_fast.draw.plan import Plan, make_plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.render.compiled import compile_kernels
from deepbench_fast.render.renderer import Renderer
from deepbench_fast.run.benchmark.kernels import PIXELS
from deepbench_fast.run.benchmark.limits import READ, copy_on
from deepbench_fast.run.benchmark.timing import timed
from deepbench_fast.run.benchmark.work import Work
from deepbench_fast.run.dataset import Dataset, open_dataset
from deepbench_fast.run.engines.threads import TASK_BYTES
from deepbench_fast.run.generate import generate

DRAWN = ("galaxies", "sky")
MADE = ("galaxies", "sky", "shapes", "pendulums")
WRITTEN = ("galaxies", "sky")
STORED = "galaxies"
STAGES = {"galaxies": ("galaxy", "Gaussian noise", "sums")}
"""Kernels that each pixel of a recipe's images goes through; together with the draws they are all of it."""

BATCH = 256
READS = 512
SECONDS_OF_FILE = 0.3
GATHER = "rows of an array gathered"

Loader = Callable[..., Iterable[Any]]
"""What gives batches: called with a source, the size of a batch, and threads=…; iterated once an epoch."""


def samples_in_task(plan: Plan) -> int:
    """Samples that a thread of `generate` makes at a time."""
    return max(1, TASK_BYTES // (plan.chunk * plan.sample_bytes)) * plan.chunk


def rendering(plan: Plan) -> Callable[[], object]:
    """What draws and renders all samples of a plan in one go, on one thread."""
    renderer = Renderer(plan)
    buffers = renderer.allocate(plan.samples)
    return lambda: renderer.render(draw(plan, 0, plan.samples), buffers)


def task_of(recipe: Recipe) -> Plan:
    """The plan of as many samples as a thread makes at a time."""
    return make_plan(recipe.set("samples", samples_in_task(make_plan(recipe))))


def making(pool: ThreadPoolExecutor, counts: list[int]) -> Iterator[Work]:
    """Draws alone, and samples drawn and rendered in memory, by one thread and by more."""
    for name in MADE:
        plan = task_of(Recipe.builtin(name))
        compile_kernels(plan)
        size = plan.samples
        if name in DRAWN:
            tables = draw(plan, 0, size)
            size_of_tables = tables.samples.nbytes + sum(table.nbytes for table in tables.objects.values())
            yield Work(
                "draws", f"{name} drawn", "samples", size, partial(draw, plan, 0, size), {copy_on(1): size_of_tables}
            )
        for count in counts if name in WRITTEN else [1]:
            actions = [rendering(plan) for _ in range(count)]
            action = actions[0] if count == 1 else partial(all_at_once, pool, actions)
            alone = made(name, 1) if count > 1 else ""
            limit = stages(name, size)
            words = "its kernels" if limit else ""
            yield Work("samples made", made(name, count), "samples", size * count, action, limit, words, alone)


def made(name: str, threads: int) -> str:
    """Name of the work that makes samples of a recipe."""
    return f"{name} made{on(threads)}"


def on(threads: int) -> str:
    """The threads in a name."""
    return "" if threads == 1 else f", {threads} threads"


def stages(name: str, samples: float) -> dict[str, float]:
    """What samples go through on the way, where all of it is measured alone."""
    if name not in STAGES:
        return {}
    return {f"{name} drawn": samples, **dict.fromkeys(STAGES[name], PIXELS * samples)}


def all_at_once(pool: ThreadPoolExecutor, actions: list[Callable[[], object]]) -> None:
    """Call each on a thread of its own."""
    list(pool.map(lambda action: action(), actions))


def writing(folder: Path, file_bytes: int, counts: list[int]) -> Iterator[Work]:
    """Whole files: as a floor, samples through their stages, and a copy of the bytes."""
    for name in WRITTEN:
        plan = task_of(Recipe.builtin(name))
        action = rendering(plan)
        action()
        rate = plan.samples / timed(action)
        for count in counts:
            most = max(1, file_bytes // plan.sample_bytes)
            samples = max(1, min(most, round(rate * count * SECONDS_OF_FILE)))
            recipe = Recipe.builtin(name).set("samples", samples)
            path = folder / f"{name}.h5"
            write = partial(generate, recipe, path, threads=count, overwrite=True)
            write()
            limit = stages(name, samples / count)
            words = f"{'its kernels' if limit else 'samples made'} and a copy"
            limit = limit or {made(name, 1): samples / count}
            copied = copy_on(count if count == counts[-1] else 1)
            limit[copied] = limit.get(copied, 0.0) + path.stat().st_size
            alone = f"{name} written" if count > 1 else ""
            yield Work("files written", f"{name} written{on(count)}", "samples", samples, write, limit, words, alone)


def reading(folder: Path, samples: int, threads: int, loaders: Mapping[str, Loader]) -> Iterator[Work]:
    """A file read at random and in order, and shuffled batches of it and of its recipe, for whole epochs."""
    path, recipe = folder / "stored.h5", Recipe.builtin(STORED).set("samples", samples)
    generate(recipe, path, overwrite=True)
    dataset: Dataset = open_dataset(path)
    array = np.array(dataset.images)
    order = np.random.default_rng(0).permutation(samples)
    few = order[: min(READS, samples)].tolist()
    out = np.empty((BATCH, *array.shape[1:]), array.dtype)
    starts = range(0, samples - BATCH + 1, BATCH)

    def gather() -> None:
        for start in starts:
            np.take(array, order[start : start + BATCH], 0, out, "clip")

    def in_order() -> None:
        for start in starts:
            dataset[start : start + BATCH]["images"]

    whole = len(starts) * BATCH
    yield Work("limits", GATHER, "samples", whole, gather)
    yield Work("reading", "one by one", "samples", len(few), lambda: [dataset[i] for i in few], {GATHER: len(few)})
    batches = [order[start : start + BATCH].tolist() for start in starts]

    def at_random() -> list[Any]:
        return [dataset.__getitems__(numbers) for numbers in batches]

    yield Work("reading", f"{BATCH} at random", "samples", whole, at_random, {GATHER: whole})
    yield Work("reading", f"{BATCH} in order", "samples", whole, in_order, {READ: whole * array[0].nbytes})
    for name, loader in loaders.items():
        for source, words, limit in (
            (path, "stored", {GATHER: whole}),
            (recipe, "made on the fly", {made(STORED, 1): whole / threads}),
        ):
            epoch = partial(one_epoch, loader(source, BATCH, threads=threads))
            yield Work("training batches", f"{words}, {name}", "samples", whole, epoch, limit)


def one_epoch(batches: Iterable[Any]) -> None:
    """Take every batch."""
    for _ in batches:
        pass
