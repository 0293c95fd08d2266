"""The pipeline against its parts: kernels alone, writing alone, one thread, Python's share."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.places import MEMORY, PLACES, folder
from benchmarks.scenes import fields, galaxies
from benchmarks.table import Row, duration, rate
from deepbench_fast import Recipe, generate
from deepbench_fast.draw.plan import Plan, make_plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.kernels.image.grid import padded_length
from deepbench_fast.render.renderer import BLOCK_BYTES, Renderer
from deepbench_fast.run.benchmark.road import samples_in_task
from deepbench_fast.run.benchmark.timing import Effort, Stopwatch, compare, interleave
from deepbench_fast.run.engines.threads import TASK_BYTES
from deepbench_fast.store.create import create_file
from deepbench_fast.store.file_bytes import lock_file
from deepbench_fast.store.fill import PartFile

CASES: dict[str, Callable[[Effort], Recipe]] = {
    "galaxies 28×28": lambda effort: galaxies(effort.samples(500_000)),
    "galaxies 28×28 with PSF": lambda effort: galaxies(effort.samples(500_000), psf=True),
    "fields 256×256": lambda effort: fields(effort.samples(5_000)),
}


def measure(effort: Effort) -> Iterator[Row]:
    for what, recipe_for in CASES.items():
        recipe = recipe_for(effort)
        for place in PLACES:
            yield from against_its_parts(
                f"{what}, file {'on disk' if place == 'disk' else 'in memory'}", recipe, place, effort
            )
    yield python_share(effort)


def against_its_parts(what: str, recipe: Recipe, place: str, effort: Effort) -> Iterator[Row]:
    """`generate` against kernels and writing one after the other, and two threads against one."""
    with folder(place) as directory:
        generate_seconds(recipe, directory, 2, keep=True)
        size = (directory / "out.h5").stat().st_size
        sides: dict[str, Stopwatch] = {}
        for threads in (1, 2):
            sides[f"kernels {threads}"] = partial(kernel_seconds, recipe, threads)
            sides[f"write {threads}"] = partial(write_seconds, size, directory, threads)
            sides[f"generate {threads}"] = partial(generate_seconds, recipe, directory, threads)
        rounds = interleave(sides, effort.rounds)
    samples = recipe.samples
    for threads in (1, 2):
        parts = zip(rounds[f"kernels {threads}"], rounds[f"write {threads}"], strict=True)
        rounds["parts"] = [kernels + write for kernels, write in parts]
        yield Row(
            f"end to end vs 1/(1/kernel rate + 1/write rate), {threads} thread{'s' * (threads > 1)}: {what}",
            rate(samples / rounds.median(f"generate {threads}")),
            f"kernels {rate(samples / rounds.median(f'kernels {threads}'))}, "
            f"writing {rate(samples / rounds.median(f'write {threads}'))}",
            100 * rounds.ratio("parts", f"generate {threads}"),
            85,
            unit="%",
        )
    one, two = (rate(samples / rounds.median(f"generate {threads}")) for threads in (1, 2))
    goal = 1.85 if place == "memory" else None
    yield Row(f"2 threads vs 1: {what}", two, one, rounds.ratio("generate 1", "generate 2"), goal)


def generate_seconds(recipe: Recipe, directory: Path, threads: int, *, keep: bool = False) -> float:
    """Seconds of a whole `generate`, from the recipe to the renamed file."""
    path = directory / "out.h5"
    path.unlink(missing_ok=True)
    touch_memory(recipe.samples * make_plan(recipe).sample_bytes)
    start = time.perf_counter()
    generate(recipe, path, threads=threads)
    seconds = time.perf_counter() - start
    if not keep:
        path.unlink()
    return seconds


def kernel_seconds(recipe: Recipe, threads: int) -> float:
    """Seconds of drawing and rendering alone, in the pipeline's tasks."""
    plan = make_plan(recipe)
    size = samples_in_task(plan)

    def work(firsts: Iterator[int]) -> None:
        renderer = Renderer(plan)
        buffers = renderer.allocate(size)
        for first in firsts:
            renderer.render(draw(plan, first, min(first + size, plan.samples)), buffers)

    return seconds_on_threads(work, range(0, plan.samples, size), threads)


def write_seconds(size: int, directory: Path, threads: int) -> float:
    """Seconds of writing alone: as many bytes, in the pipeline's tasks, into a file allocated as the pipeline's."""
    path = directory / "written"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    os.ftruncate(descriptor, size)
    # In memory, allocating would already write.
    if hasattr(os, "posix_fallocate") and not directory.is_relative_to(MEMORY):
        os.posix_fallocate(descriptor, 0, size)

    def work(offsets: Iterator[int]) -> None:
        data = np.ones(TASK_BYTES, np.uint8).data
        for offset in offsets:
            os.pwrite(descriptor, data[: size - offset], offset)

    touch_memory(size)
    start = time.perf_counter()
    seconds_on_threads(work, range(0, size, TASK_BYTES), threads)
    os.fsync(descriptor)
    seconds = time.perf_counter() - start
    os.close(descriptor)
    path.unlink()
    return seconds


def touch_memory(size: int) -> None:
    """Use and free memory: a virtual machine that has given back what was free would wait for its host."""
    np.ones(size, np.uint8)


def seconds_on_threads(work: Callable[[Iterator[int]], None], tasks: range, threads: int) -> float:
    """Seconds that `threads` threads take for tasks that they take from one another's iterator."""
    lock, remaining = threading.Lock(), iter(tasks)

    def taken() -> Iterator[int]:
        while True:
            with lock:
                task = next(remaining, None)
            if task is None:
                return
            yield task

    workers = [threading.Thread(target=work, args=(taken(),)) for _ in range(threads)]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - start


def python_share(effort: Effort) -> Row:
    """Python's share of a thread's time: what the calls of a task take with next to no work, against the task.

    With one sample in each call of `draw`, in each block that is rendered and in each chunk that is hashed and written,
    what takes time is the calls. A little work is left in them, so the share is an upper bound.
    """
    recipe = galaxies(effort.samples(500_000))
    plan = make_plan(galaxies(samples_in_task(make_plan(recipe))))
    renderer = Renderer(plan)
    buffers, one = renderer.allocate(plan.chunks), draw(plan, 0, 1)
    blocks = -(-plan.samples // (BLOCK_BYTES // (4 * padded_length(plan.shape[0] * plan.shape[1]))))
    with folder("memory") as directory, small_chunks(plan, directory) as file:
        few = draw(plan, 0, plan.chunks)
        rendered = renderer.render(few)
        sides: dict[str, Callable[[], object]] = {
            "draw": lambda: draw(plan, 0, 1),
            "render": lambda: renderer.render(one, buffers),
            "write": lambda: file.write(file.hashed(0, plan.chunks, rendered, few)),
        }
        rounds = compare(sides, effort)
        task = interleave({"task": lambda: generate_seconds(recipe, directory, 1)}, effort.rounds).median("task")
    calls = rounds.median("draw") + blocks * rounds.median("render") + rounds.median("write")
    task *= plan.samples / recipe.samples
    what = "Python's share of a thread's time, galaxies 28×28: calls with one sample each vs a task"
    return Row(what, duration(calls), duration(task), 100 * calls / task, 2, at_most=True, unit="%")


@contextmanager
def small_chunks(plan: Plan, directory: Path) -> Iterator[PartFile]:
    """A file to fill, whose chunks are said to hold one sample and one object each."""
    path = directory / "small.h5"
    create_file(path, plan, 0, plan.samples, np.full((plan.chunks, len(plan.kinds)), plan.chunk))
    descriptor = lock_file(path)
    try:
        file = PartFile(path, plan, descriptor)
        file.chunks["first"] = np.arange(plan.chunks)
        for column in ("count", *(f"rows_{kind.name}" for kind in plan.kinds)):
            file.chunks[column] = 1
        yield file
    finally:
        os.close(descriptor)
