"""The threads that fill a file: tasks, buffers, progress, and how they are stopped."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.layout import Tables
from deepbench_fast.draw.plan import Plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.kernels import leaving
from deepbench_fast.kernels.stopping import Stop, Stopped
from deepbench_fast.render.renderer import Arrays, Renderer
from deepbench_fast.render.trajectories import samples_at_once
from deepbench_fast.run.engines.writing import Rendered, Writing
from deepbench_fast.store.fill import Block, PartFile

# Bytes that a thread makes at a time: above 4 MiB NumPy asks for huge pages. More than ten threads make less, so that
# they need less memory.
TASK_BYTES, LEAST_TASK_BYTES, MOST_BYTES_AT_ONCE = 8 * 2**20, 4 * 2**20, 80 * 2**20
BUFFERS = 2  # for each thread
SECONDS_OF_PIECE = 0.25
SECONDS_UNTOLD = 0.1


class Progress(Protocol):
    """What `generate` tells of its progress."""

    def start(self, total: int, done: int) -> None:
        """`done` of `total` samples are there already."""

    def advance(self, samples: int) -> None:
        """So many samples more are made. Called from several threads, one at a time."""


@dataclass
class _Task:
    """A run of chunks that a thread has taken: its samples are rendered in pieces, with the help of idle threads."""

    tables: Tables
    arrays: Arrays
    taken: int = 0
    done: int = 0
    told: int = 0

    @property
    def count(self) -> int:
        """Number of samples."""
        return len(self.tables.samples)

    def part(self, start: int, stop: int) -> tuple[Tables, Arrays]:
        """Views of some of its samples."""
        first = self.tables.first
        objects = {
            kind: table[slice(*np.searchsorted(table["sample"], (first + start, first + stop)))]
            for kind, table in self.tables.objects.items()
        }
        tables = Tables(first + start, self.tables.samples[start:stop], objects)
        return tables, {name: array[start:stop] for name, array in self.arrays.items()}


@dataclass
class _Work:
    """Tasks still to do, handed out to threads, and those that are being rendered."""

    granule: int = 1
    progress: Progress | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)
    stop: Stop = field(default_factory=Stop)
    known: list[tuple[int, int]] = field(default_factory=list)
    taken: int = 0
    preparing: int = 0
    rendering: list[_Task] = field(default_factory=list)
    seconds_per_sample: float = 0.0
    error: BaseException | None = None

    def take(self) -> tuple[int, int] | None:
        """The next task, None where there is none, or an end was asked for."""
        with self.changed:
            if self.stop.is_set() or self.taken == len(self.known):
                return None
            self.taken += 1
            self.preparing += 1
            return self.known[self.taken - 1]

    def publish(self, task: _Task) -> None:
        """Let all threads see a task whose samples can be rendered."""
        with self.changed:
            self.preparing -= 1
            self.rendering.append(task)
            self.changed.notify_all()

    def piece(self, task: _Task) -> tuple[int, int] | None:
        """Samples of the task that the calling thread shall render, None where all are taken."""
        with self.changed:
            return self._piece(task)

    def help(self) -> tuple[_Task, tuple[int, int]] | None:
        """A piece of any task, waited for while there may be one; None where there will be none."""
        with self.changed:
            while not self.stop.is_set():
                for task in self.rendering:
                    piece = self._piece(task)
                    if piece is not None:
                        return task, piece
                if not (self.preparing or self.rendering):
                    return None
                self.changed.wait(SECONDS_OF_PIECE)
            return None

    def rendered(self, task: _Task, piece: tuple[int, int], seconds: float) -> None:
        """A piece is rendered: what it took says how large the next ones may be."""
        with self.changed:
            size = piece[1] - piece[0]
            self.seconds_per_sample = max(seconds / size, 0.5 * self.seconds_per_sample)
            task.done += size
            if seconds > SECONDS_UNTOLD:
                self._tell(task, task.done)
            self.changed.notify_all()

    def wait_for(self, task: _Task) -> None:
        """Wait for the threads that help with a task all of whose pieces are taken. Raises Stopped."""
        with self.changed:
            while task.done < task.count:
                self.stop.check()
                self.changed.wait(SECONDS_OF_PIECE)
            self.rendering.remove(task)

    def tell(self, task: _Task) -> None:
        """Tell of all samples of a task, as far as that was not done."""
        with self.changed:
            self._tell(task, task.count)

    def fail(self, error: BaseException) -> None:
        """Keep the first error, and ask all threads to end."""
        self.stop.set()
        with self.changed:
            if not isinstance(error, Stopped):
                self.error = self.error or error
            self.changed.notify_all()

    def check(self) -> None:
        """Raise the first error of a thread."""
        if self.error is not None:
            raise self.error

    def _piece(self, task: _Task) -> tuple[int, int] | None:
        if task.taken == task.count:
            return None
        size = self.granule
        if self.seconds_per_sample:
            size = max(size, int(min(SECONDS_OF_PIECE / self.seconds_per_sample, task.count)))
        start, task.taken = task.taken, min(task.taken + size, task.count)
        return start, task.taken

    def _tell(self, task: _Task, done: int) -> None:
        if self.progress is not None and done > task.told:
            self.progress.advance(done - task.told)
        task.told = done


def fill(file: PartFile, plan: Plan, threads: int, progress: Progress | None) -> None:
    """Make all chunks that aren't in the file yet.

    Raises Interrupted after a signal; what is in the file by then stays.
    """
    done = file.chunks["done"] == 1
    work = _Work(samples_at_once(plan), progress)
    with _stopped_by_signals(work.stop):
        if done.any():
            _run_threads(threads, _hash_again, work, _runs(done, 64), (file, done))
        if progress is not None:
            progress.start(int(file.chunks["count"].sum()), int(file.chunks["count"][done].sum()))
        size = max(1, task_bytes(threads) // (plan.chunk * plan.sample_bytes))
        tasks = _runs(~done, size)
        missing = int(file.chunks["count"][~done].sum())
        useful = max(len(tasks), -(-missing // work.granule))
        workers = min(threads, useful) or 1
        writing: Writing[Block] = Writing(file, work.fail)
        try:
            _run_threads(workers, _fill_tasks, work, tasks, (file, plan, threads // workers, writing))
        finally:
            writing.wait()
        work.check()


def task_bytes(threads: int) -> int:
    """How many bytes each of so many threads makes at a time."""
    return max(LEAST_TASK_BYTES, min(TASK_BYTES, MOST_BYTES_AT_ONCE // threads))


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
    work.known, work.taken, work.preparing = tasks, 0, 0

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
    work.check()


def _hash_again(work: _Work, file: PartFile, done: npt.NDArray[np.bool_]) -> None:
    """Unmark the chunks whose bytes are not those that were hashed when they were written."""
    while (task := work.take()) is not None:
        for chunk in range(*task):
            work.stop.check()
            done[chunk] = file.stored_digest(chunk) == int(file.chunks["digest"][chunk])


def _fill_tasks(work: _Work, file: PartFile, plan: Plan, threads: int, writing: Writing[Block]) -> None:
    """Render task after task and have each one written; then help others with theirs.

    As many as `threads` draw on one frame: where there are fewer samples than threads, none of these is idle. While
    something is written, the next task is rendered into a second set of buffers.
    """
    renderer = Renderer(plan, threads)
    size = max((int(file.chunks["count"][slice(*task)].sum()) for task in work.known), default=0)
    free: SimpleQueue[Arrays] = SimpleQueue()
    made = 0
    while (run := work.take()) is not None:
        if free.empty() and made < BUFFERS:
            free.put(renderer.allocate(size))
            made += 1
        buffers = free.get()
        task = _prepared(file, plan, run, buffers)
        work.publish(task)
        try:
            while (piece := work.piece(task)) is not None:
                _render(work, renderer, task, piece)
            work.wait_for(task)
        except Stopped:
            break
        block = file.hashed(*run, task.arrays, task.tables)
        writing.put(Rendered(block, partial(work.tell, task), partial(free.put, buffers)))
    while (needed := work.help()) is not None:
        _render(work, renderer, *needed)


def _prepared(file: PartFile, plan: Plan, run: tuple[int, int], buffers: Arrays) -> _Task:
    """The tables of a run of chunks, drawn, and the arrays that its samples will fill."""
    chunks = file.chunks[slice(*run)]
    first, count = int(chunks["first"][0]), int(chunks["count"].sum())
    tables = draw(plan, first, first + count)
    return _Task(tables, {name: array[:count] for name, array in buffers.items()})


def _render(work: _Work, renderer: Renderer, task: _Task, piece: tuple[int, int]) -> None:
    began = time.perf_counter()
    whole = piece == (0, task.count)
    tables, arrays = (task.tables, task.arrays) if whole else task.part(*piece)
    renderer.render(tables, arrays, stop=work.stop)
    work.rendered(task, piece, time.perf_counter() - began)


@contextmanager
def _stopped_by_signals(stop: Stop) -> Iterator[None]:
    """Set `stop` on SIGINT or SIGTERM instead of breaking off in the middle, and raise Interrupted at the end.

    Another one, some time later, ends a program whose process is its own: see `kernels.leaving`.
    """
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: object) -> None:
        leaving.ask(number)
        received.append(number)
        stop.set()

    # A job that was started so as to ignore a signal (nohup, a background job of a script) goes on ignoring it.
    heeded = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) is not signal.SIG_IGN]
    previous = {number: signal.signal(number, handle) for number in heeded}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    if received:  # up to the last moment
        raise leaving.Interrupted(received[0])
