"""How fast samples are made and written, measured on samples from all over a dataset."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from queue import SimpleQueue
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.plan import Plan, make_plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.kernels import stopping
from deepbench_fast.kernels.stopping import NEVER, Stop, Stopped
from deepbench_fast.recipe.series import Series
from deepbench_fast.render.renderer import Arrays, Renderer
from deepbench_fast.render.trajectories import samples_at_once
from deepbench_fast.run.engines.threads import BUFFERS
from deepbench_fast.run.engines.writing import Rendered, Writing
from deepbench_fast.store.direct import Writer
from deepbench_fast.store.format import bytes_of, chunk_digest

BLOCK_BYTES = 4 * 2**20
MOST_WRITTEN = 256 * 2**20
SHARE_FILLED = 0.1  # of the room that is left
# A block takes at least so long, in seconds, or has as many samples as fit. It grows on while twice the samples take
# less than so many times as long: kernels follow several systems side by side.
LEAST_TIMED = 0.15
SIDE_BY_SIDE = 1.6
# Measuring ends when the mean is known so well (its standard error), after so many seconds at the latest.
TOLERATED_ERROR = 0.05
LONGEST_MEASURED = 2.0
# Part of a series that is followed at first to see how long the whole takes.
FIRST_SHARE = 2.0**-20
LONGEST_LOOK = 2.0
"""Seconds after which a few samples are called slow, and are not waited for."""
# Multiples of it, modulo 1, are spread evenly however many there are.
GOLDEN_RATIO = (5**0.5 - 1) / 2


class Rate(NamedTuple):
    """Samples a second: with what the disk does, and as if it took everything at once."""

    written: float
    computed: float


def highest_rate(plan: Plan, threads: int, stop: Stop = NEVER) -> float | None:
    """The highest rate that there can be, where a few samples alone take longer than LONGEST_LOOK; else None.

    Compiles what the plan needs. Raises Stopped.
    """
    together = min(plan.samples, samples_at_once(plan))
    _make(Renderer(_until(plan, 0.0)), 0, 1, stop=stop)
    try:
        stopping.call(lambda own: _make(Renderer(plan), 0, together, stop=own), seconds=LONGEST_LOOK, outer=stop)
    except Stopped:
        stop.check()
        return threads * together / _least_seconds(plan, together, stop)
    return None


def _least_seconds(plan: Plan, together: int, stop: Stop) -> float:
    """Seconds that so many slow samples take at least: those of series in proportion to what their beginning takes."""
    share, taken = FIRST_SHARE, 0.0
    while plan.is_series and taken < LEAST_TIMED and share < 1.0:
        share *= 4
        renderer = Renderer(_until(plan, share * plan.recipe.time.end))
        began = time.perf_counter()
        _make(renderer, 0, together, stop=stop)
        taken = time.perf_counter() - began
    return max(LONGEST_LOOK, taken / share)


def _until(plan: Plan, end: float) -> Plan:
    """The same plan for images; for series, one whose only moment is `end`."""
    if not plan.is_series:
        return plan
    series = Series(times=(end,), outputs=plan.recipe.time.outputs)
    return make_plan(replace(plan.recipe, series=series))


def measured_rate(plan: Plan, threads: int, seconds: float, stop: Stop = NEVER) -> Rate:
    """Samples a second that so many threads draw, render, hash and write, or would write; compilation is left out.

    Blocks of samples from all over the dataset are made for so many seconds, or longer where their times differ much,
    and written to a temporary file without a name. What a disk does after MOST_WRITTEN bytes, or one elsewhere, is left
    out. Raises Stopped.
    """
    size = _block_size(plan, stop)
    places, turns = -(-plan.samples // size), itertools.count()
    times: list[list[float]] = [[] for _ in range(threads)]
    computing: list[list[float]] = [[] for _ in range(threads)]
    with _TestFile() as file:
        writing: Writing[list[npt.NDArray[Any]]] = Writing(file, lambda error: None)
        start = time.perf_counter()

        def work(own: list[float], computed: list[float]) -> None:
            renderer = Renderer(plan)
            free: SimpleQueue[Arrays] = SimpleQueue()
            for _ in range(BUFFERS):
                free.put(renderer.allocate(size))
            before = start
            while not own or not (file.is_full or _is_enough(own, threads, before - start, seconds)):
                if stop.is_set():
                    return
                buffers, began = free.get(), time.perf_counter()
                made = _make(renderer, place(next(turns), places) * size, size, buffers, stop)
                computed.append(time.perf_counter() - began)
                writing.put(Rendered(made, lambda: None, partial(free.put, buffers)))
                now = time.perf_counter()
                own.append(now - before)
                before = now

        _run_together(work, zip(times, computing, strict=True))
        stop.check()
        waiting = time.perf_counter()
        writing.wait()
        file.sync()
        waited = time.perf_counter() - waiting
    blocks = sum(map(len, times))
    return Rate(
        sum(size / (float(np.mean(own)) + threads * waited / blocks) for own in times),
        sum(size / float(np.mean(own)) for own in computing),
    )


def place(turn: int, places: int) -> int:
    """A number from 0 to `places - 1`; those of the first turns, however many, are spread over all of the range."""
    return int(turn * GOLDEN_RATIO % 1.0 * places)


def _block_size(plan: Plan, stop: Stop) -> int:
    """Samples that take long enough to be timed, and no more than are written at once. Compiles what they need."""
    renderer = Renderer(plan)
    _make(renderer, 0, 1, stop=stop)
    most = max(1, min(max(plan.chunk, BLOCK_BYTES // plan.sample_bytes), plan.samples))
    size, before, start = 1, 0.0, time.perf_counter()
    while size < most:
        began = time.perf_counter()
        _make(renderer, 0, size, stop=stop)
        now = time.perf_counter()
        taken, before = (now - began) / before if before else SIDE_BY_SIDE, now - began
        if now - start > LONGEST_MEASURED or (before > LEAST_TIMED and taken > SIDE_BY_SIDE):
            break
        size = min(2 * size, most)
    return size


def _is_enough(own: list[float], threads: int, elapsed: float, seconds: float) -> bool:
    """Whether the mean of a thread's times, with those of the others, is known well enough."""
    if elapsed < seconds or len(own) < 2:
        return elapsed >= max(seconds, LONGEST_MEASURED)
    error = float(np.std(own, ddof=1)) / float(np.mean(own)) / (len(own) * threads) ** 0.5
    return error < TOLERATED_ERROR or elapsed >= LONGEST_MEASURED


def _make(
    renderer: Renderer,
    first: int,
    size: int,
    buffers: dict[str, npt.NDArray[Any]] | None = None,
    stop: Stop = NEVER,
) -> list[npt.NDArray[Any]]:
    tables = draw(renderer.plan, first, first + size)
    made = [*renderer.render(tables, buffers, stop=stop).values(), tables.samples, *tables.objects.values()]
    chunk_digest(made)
    return made


def _run_together(work: Callable[..., None], arguments: Iterable[tuple[Any, ...]]) -> None:
    def guarded(*own: Any) -> None:
        with suppress(Stopped):
            work(*own)

    workers = [threading.Thread(target=guarded, args=own, daemon=True) for own in arguments]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


class _TestFile:
    """A temporary file without a name, written by one thread at a time as a dataset is; none where there is no room."""

    def __init__(self) -> None:
        self._written = self._most = 0
        self._file: IO[bytes] | None = None
        self._writer: Writer | None = None

    def __enter__(self) -> _TestFile:
        with suppress(OSError):
            self._most = min(MOST_WRITTEN, int(SHARE_FILLED * shutil.disk_usage(tempfile.gettempdir()).free))
            self._file = tempfile.TemporaryFile(buffering=0)
            self._writer = Writer(self._file.fileno())
        return self

    def __exit__(self, *_: object) -> None:
        self._forget()

    @property
    def is_full(self) -> bool:
        """Whether it has taken all that it is to take."""
        return self._file is not None and self._written >= self._most > BLOCK_BYTES

    @property
    def waits(self) -> bool:
        """Whether `write` would wait for the disk now."""
        return self._writer is not None and self._writer.waits

    def write(self, block: list[npt.NDArray[Any]], /) -> None:
        """Append these arrays."""
        try:
            for array in block:
                self._append(bytes_of(array))
        except OSError:
            self._forget()

    def sync(self) -> None:
        """Wait until the disk has everything."""
        if self._file is not None:
            with suppress(OSError):
                os.fsync(self._file.fileno())

    def _append(self, data: memoryview) -> None:
        if self._writer is not None and data and self._written < self._most:
            self._writer.write(data, self._written)
            self._written += data.nbytes

    def _forget(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = self._writer = None
