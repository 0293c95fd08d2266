"""All works on this machine in turns, and what they come to."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path

from deepbench_fast.errors import FileError
from deepbench_fast.run.benchmark.kernels import kernels
from deepbench_fast.run.benchmark.limits import limits
from deepbench_fast.run.benchmark.result import Measure, Result, machine
from deepbench_fast.run.benchmark.road import BATCH, Loader, making, reading, writing
from deepbench_fast.run.benchmark.timing import Effort, Rounds, Stopwatch, repeated
from deepbench_fast.run.benchmark.work import Work
from deepbench_fast.values.threads import threads_of

FULL = Effort(rounds=5, seconds=0.1, scale=1.0)
QUICK = Effort(rounds=3, seconds=0.01, scale=0.125)
FILE_BYTES = 64 * 2**20
SAMPLES = 80 * BATCH
SHARE_FILLED = 0.1  # of the room that is left
FILES = 4  # of FILE_BYTES at the same time, at most

Tell = Callable[[int, int], None]


def benchmark(
    folder: str | os.PathLike[str] | None = None,
    *,
    threads: int | None = None,
    loaders: Mapping[str, Loader] | None = None,
    quick: bool = False,
    tell: Tell = lambda done, total: None,
) -> Result:
    """Measure this machine: kernels, effects, draws, files written and read, batches, beside its own limits.

    Files lie in a new folder inside `folder` (by default the current one, or that for temporary files where it can't be
    written), which is deleted afterwards. All works take turns, round after round; a figure is the median over rounds.
    `loaders` give batches: a name, and what is called with a source and the size of a batch. `tell` hears how many
    turns are done, and of how many. Raises FileError where no file can be written.
    """
    effort, workers = QUICK if quick else FULL, threads_of(threads)
    with _folder(folder) as own, ThreadPoolExecutor(workers) as pool:
        size = min(int(FILE_BYTES * effort.scale), int(SHARE_FILLED * shutil.disk_usage(own).free) // FILES)
        counts = thread_counts(workers)
        samples = effort.samples(SAMPLES // BATCH) * BATCH
        works = list(
            chain(
                limits(own, max(1, size), pool, workers),
                kernels(),
                making(pool, counts),
                writing(own, size, counts),
                reading(own, samples, workers, loaders or {}),
            )
        )
        return _result(works, _rounds(works, effort, tell), workers)


def thread_counts(threads: int) -> list[int]:
    """1, 2, 4, … and `threads`."""
    return sorted({2**power for power in range(threads.bit_length()) if 2**power < threads} | {threads})


def _rounds(works: list[Work], effort: Effort, tell: Tell) -> Rounds:
    """Seconds of a call of each work in each round; what is compiled or read first comes before."""
    tell(0, total := len(works) * (effort.rounds + 1))
    stopwatches, seconds, done = {}, Rounds({work.name: [] for work in works}), 0
    for work in works:
        stopwatch = repeated(work.action, effort.seconds)
        stopwatches[work.name] = partial(_awake, stopwatch) if work.alone else stopwatch
        tell(done := done + 1, total)
    for _ in range(effort.rounds):
        for name, stopwatch in stopwatches.items():
            seconds[name].append(stopwatch())
            tell(done := done + 1, total)
    return seconds


def _awake(stopwatch: Stopwatch) -> float:
    """The second of two times: a CPU that had nothing to do takes a while until it is as fast as it can be."""
    stopwatch()
    return stopwatch()


def _result(works: list[Work], seconds: Rounds, threads: int) -> Result:
    amounts = {work.name: work.amount for work in works}
    measures = []
    for work in works:
        own = seconds[work.name]
        share = speedup = None
        if work.limit:
            least = [
                sum(amount * seconds[name][k] / amounts[name] for name, amount in work.limit.items())
                for k in range(len(own))
            ]
            share = statistics.median(a / b for a, b in zip(least, own, strict=True))
        if work.alone:
            pairs = zip(seconds[work.alone], own, strict=True)
            speedup = statistics.median(a / amounts[work.alone] / (b / work.amount) for a, b in pairs)
        rates = [work.amount / one for one in own]
        rate, low, high = statistics.median(rates), min(rates), max(rates)
        measures.append(Measure(work.group, work.name, work.unit, rate, low, high, work.limit_words, share, speedup))
    return Result(machine(), threads, len(next(iter(seconds.values()))), measures)


@contextmanager
def _folder(parent: str | os.PathLike[str] | None) -> Iterator[Path]:
    """A new folder, deleted afterwards. Raises FileError where there can't be one."""
    errors = []
    for place in (Path(), None) if parent is None else (Path(parent),):  # None: that for temporary files, if there is
        try:
            found = tempfile.TemporaryDirectory(
                prefix="deepbench-fast-benchmark-", dir=place, ignore_cleanup_errors=True
            )
        except OSError as error:
            errors.append(f"{place}: no files can be written there: {error.strerror or error}")
            continue
        with found as path:
            yield Path(path)
        return
    raise FileError(errors[0])
