"""The threads that fill a file: tasks, buffers, progress, and how they are stopped."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw import draw
from deepbench_fast.plan import Plan
from deepbench_fast.render import Renderer
from deepbench_fast.store.fill import Block, PartFile

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


def fill(file: PartFile, plan: Plan, threads: int, progress: Progress | None) -> None:
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
