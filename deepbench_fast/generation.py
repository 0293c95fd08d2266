"""Recipe → finished file: create, fill on threads, resume, shards."""

from __future__ import annotations

import itertools
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from deepbench_fast.cpus import usable_cpus
from deepbench_fast.draw import draw, rows_per_chunk
from deepbench_fast.drift import warn_of_drift
from deepbench_fast.errors import FileError, MismatchError, UsageError
from deepbench_fast.plan import Plan, make_plan
from deepbench_fast.recipe.model import Recipe
from deepbench_fast.render import Renderer
from deepbench_fast.store.create import SOFTWARE, check_space, create_file
from deepbench_fast.store.fill import Block, PartFile
from deepbench_fast.store.gate import Header
from deepbench_fast.store.limits import check_fits
from deepbench_fast.store.positioned import lock_file
from deepbench_fast.store.read import summarise
from deepbench_fast.store.schema import UNFINISHED
from deepbench_fast.store.shards import Shard, index_if_complete
from deepbench_fast.store.stored import Summary, open_header

TASK_BYTES = 4 * 2**20
BUFFERS = 2  # for each thread


class Interrupted(KeyboardInterrupt):
    """A signal stopped the work; the unfinished file can be resumed."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(signal_number).name}")
        self.signal_number = signal_number


class Progress(Protocol):
    """What `generate` tells of its progress."""

    def start(self, total: int, done: int) -> None:
        """`done` of `total` samples are there already."""

    def advance(self, samples: int) -> None:
        """So many samples more are in the file. Called from several threads, one at a time."""


def generate(
    recipe: Recipe,
    path: str | os.PathLike[str],
    *,
    threads: int | None = None,
    shard: str | Shard | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Generate the dataset that `recipe` describes into the HDF5 file `path`.

    The file is filled as `<path>.part` and renamed when it is complete. `threads` defaults to the CPUs that the process
    may use and changes no byte. `shard="K/N"` makes the K-th of N parts, as `<stem>.shard-K-of-N<suffix>`; whoever
    completes the last one writes `path` itself, an index that reads as the single file. `resume` starts an absent file,
    continues an unfinished one (chunks are hashed again first), and returns at once where it is finished.

    Raises FileError (output exists, no room, in use), MismatchError (the file to resume is of another recipe) and
    UsageError. On SIGINT or SIGTERM in the main thread it raises Interrupted and leaves a resumable file. Warns with
    AccuracyWarning where bodies did not keep their energy.
    """
    if threads is not None and threads < 1:
        raise UsageError(f"threads: {threads} is not a positive number")
    plan = make_plan(recipe)
    plan.check_tables()
    plan.check_grids()
    check_fits(plan)
    Renderer(plan)  # a kind whose kernel can't be compiled fails before there is a file
    part = Shard.parse(shard) if isinstance(shard, str) else shard
    target = Path(path) if part is None else part.path(Path(path))
    first, stop = (0, plan.samples) if part is None else part.span(plan)
    if part is not None and Path(path).exists() and not overwrite:
        _check_index(Path(path), plan)
    _generate_file(plan, target, first, stop, threads or usable_cpus(), resume, overwrite, progress)
    if part is not None:
        index_if_complete(Path(path), plan, part.count)
    warn_of_drift(target, plan)
    return summarise(target)


def _generate_file(
    plan: Plan,
    target: Path,
    first: int,
    stop: int,
    threads: int,
    resume: bool,
    overwrite: bool,
    progress: Progress | None,
) -> None:
    if not target.parent.is_dir():
        raise FileError(f"{target.parent}: no such directory")
    if target.is_dir():
        raise FileError(f"{target} is a directory")
    unfinished = target.with_name(target.name + UNFINISHED)
    if target.exists() and resume:
        check_same(target, plan, first, stop)
        return
    if target.exists() and not overwrite:
        raise FileError(f"{target} exists: --overwrite replaces it, --resume keeps it if it is the same dataset")
    if unfinished.exists() and not resume and not overwrite:
        raise FileError(f"{unfinished} exists: --resume continues it, --overwrite starts again")
    with _claimed(unfinished, plan, first, stop, threads, resume) as descriptor:
        file = PartFile(unfinished, plan, descriptor)
        _fill(file, plan, threads, progress)
        os.fsync(descriptor)
        os.replace(unfinished, target)


@contextmanager
def _claimed(unfinished: Path, plan: Plan, first: int, stop: int, threads: int, resume: bool) -> Iterator[int]:
    """A locked descriptor of the unfinished file, which is created (whole, then renamed) if it isn't to be resumed."""
    if resume and unfinished.exists():
        descriptor = lock_file(unfinished)
        try:
            _check_resumable(unfinished, plan, first, stop)
            yield descriptor
        finally:
            os.close(descriptor)
        return
    check_space(unfinished, plan, stop - first)
    fresh = unfinished.with_name(unfinished.name + ".new")
    held = lock_file(unfinished) if unfinished.exists() else None
    descriptor = lock_file(fresh)
    try:
        try:
            create_file(fresh, plan, first, stop, rows_per_chunk(plan, first, stop, threads))
            os.replace(fresh, unfinished)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        yield descriptor
    finally:
        os.close(descriptor)
        if held is not None:
            os.close(held)


def check_same(path: Path, plan: Plan, first: int, stop: int) -> Header:
    """Raise MismatchError, with the difference, where `path` holds another recipe or another range."""
    header = open_header(path)
    if header.attributes["recipe_hash"] != plan.recipe.hash():
        change = difference(header.recipe_text, plan.recipe.to_yaml())
        raise MismatchError(f"{path} was made from another recipe: {change}")
    if (header.attributes["first"], header.attributes["samples"]) != (first, stop - first):
        raise MismatchError(f"{path} holds another range of the dataset")
    return header


def _check_resumable(path: Path, plan: Plan, first: int, stop: int) -> None:
    """Raise MismatchError where the unfinished file `path` can't be gone on with, FileError where it is damaged."""
    try:
        header = check_same(path, plan, first, stop)
    except FileError as error:
        raise FileError(f"{error}; --overwrite starts again") from None
    if header.attributes["software"] != SOFTWARE:
        raise MismatchError(
            f"{path} was begun by {header.attributes['software']}, this is {SOFTWARE}: finish it with that version, or "
            "start again with --overwrite"
        )


def _check_index(path: Path, plan: Plan) -> None:
    """Raise where an index over shards would replace something else than an index over the same dataset."""
    if check_same(path, plan, 0, plan.samples).shards is None:
        raise FileError(f"{path} exists as one file: --overwrite replaces it by an index over shards")


def difference(old: str, new: str) -> str:
    """The first line in which two recipes differ."""
    for was, now in itertools.zip_longest(old.splitlines(), new.splitlines(), fillvalue=""):
        if was != now:
            return f"it says {was.strip()!r}, now it would be {now.strip()!r}"
    return "the texts are equal, the hashes are not"


@dataclass
class _Work:
    """Tasks still to do, handed out to threads."""

    lock: threading.Lock
    stop: threading.Event
    known: list[tuple[int, int]] = field(default_factory=list)
    taken: int = 0
    error: BaseException | None = None

    def take(self) -> tuple[int, int] | None:
        with self.lock:
            if self.stop.is_set() or self.taken == len(self.known):
                return None
            self.taken += 1
            return self.known[self.taken - 1]

    def fail(self, error: BaseException) -> None:
        with self.lock:
            self.error = self.error or error
        self.stop.set()


def _fill(file: PartFile, plan: Plan, threads: int, progress: Progress | None) -> None:
    done = file.chunks["done"] == 1
    work = _Work(threading.Lock(), threading.Event())
    with _stopped_by_signals(work.stop) as received:
        if done.any():
            _run_threads(threads, _hash_again, work, _runs(done, 64), (file, done))
        if progress is not None:
            progress.start(int(file.chunks["count"].sum()), int(file.chunks["count"][done].sum()))
        size = max(1, TASK_BYTES // (plan.chunk * plan.sample_bytes))
        tasks = _runs(~done, size)
        _run_threads(min(threads, len(tasks)) or 1, _fill_tasks, work, tasks, (file, plan, progress))
        if received:
            raise Interrupted(received[0])


def _runs(wanted: npt.NDArray[np.bool_], longest: int) -> list[tuple[int, int]]:
    """Runs of consecutive wanted chunks, each of at most `longest`, as (first, stop)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], wanted.astype(np.int8), [0]))))
    return [
        (start, min(start + longest, int(stop)))
        for first, stop in edges.reshape(-1, 2)
        for start in range(int(first), int(stop), longest)
    ]


def _run_threads(
    threads: int, body: Callable[..., None], work: _Work, tasks: list[tuple[int, int]], arguments: tuple[Any, ...]
) -> None:
    work.known, work.taken = tasks, 0

    def guarded() -> None:
        try:
            body(work, *arguments)
        except BaseException as error:
            work.fail(error)

    workers = [threading.Thread(target=guarded, name=f"fill-{i}") for i in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if work.error is not None:
        raise work.error


def _hash_again(work: _Work, file: PartFile, done: npt.NDArray[np.bool_]) -> None:
    """Unmark the chunks whose bytes are not those that were hashed when they were written."""
    while (task := work.take()) is not None:
        for chunk in range(*task):
            done[chunk] = file.stored_digest(chunk) == int(file.chunks["digest"][chunk])


@dataclass
class _Rendered:
    """A task that waits to be written, in buffers that are free again afterwards."""

    block: Block
    count: int
    buffers: dict[str, npt.NDArray[Any]]


def _fill_tasks(work: _Work, file: PartFile, plan: Plan, progress: Progress | None) -> None:
    """Render task after task and write each one.

    The system lets one thread at a time write to a file, and others spin: while another thread writes, the next task is
    rendered into a second set of buffers.
    """
    renderer = Renderer(plan)
    size = max((int(file.chunks["count"][slice(*task)].sum()) for task in work.known), default=0)
    free = [renderer.allocate(size) for _ in range(BUFFERS)]
    waiting: list[_Rendered] = []
    while (task := work.take()) is not None:
        chunks = file.chunks[slice(*task)]
        first, count = int(chunks["first"][0]), int(chunks["count"].sum())
        tables = draw(plan, first, first + count)
        buffers = free.pop()
        waiting.append(_Rendered(file.hashed(*task, renderer.render(tables, buffers), tables), count, buffers))
        if file.writing.acquire(blocking=not free):
            free += _write(work, file, waiting, progress)
    if waiting:
        file.writing.acquire()
        _write(work, file, waiting, progress)


def _write(
    work: _Work, file: PartFile, waiting: list[_Rendered], progress: Progress | None
) -> list[dict[str, npt.NDArray[Any]]]:
    """Write all that waits and release the file; the buffers that are free now."""
    try:
        for rendered in waiting:
            file.write(rendered.block)
    finally:
        file.writing.release()
    if progress is not None:
        with work.lock:
            progress.advance(sum(rendered.count for rendered in waiting))
    free = [rendered.buffers for rendered in waiting]
    waiting.clear()
    return free


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[list[int]]:
    """Set `stop` on SIGINT or SIGTERM instead of breaking off in the middle; yields the signals received."""
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return

    def handle(number: int, frame: object) -> None:
        received.append(number)
        stop.set()

    # A job that was started so as to ignore a signal (nohup, a background job of a script) goes on ignoring it.
    heeded = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) is not signal.SIG_IGN]
    previous = {number: signal.signal(number, handle) for number in heeded}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
