"""What threads make ahead, handed on in order."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Lock
from typing import Generic, TypeVar

Of = TypeVar("Of")
Made = TypeVar("Made")

AHEAD = 3
"""Results a thread that are made, or being made, before they are asked for."""

QUICK_S = 1e-3
"""Who waits for a result that took less makes the next one in the meantime: to be woken costs a tenth of this. Where it
takes less than a quarter of it, who waits is one of the threads."""


class Ahead(Generic[Of, Made]):
    """`make` of each of `items`, in their order, a few ahead of who asks; in one run, by one caller.

    `threads` at once make them. Where that takes hardly longer than to hand a result from thread to thread, and `lend`
    allows it, the caller's thread makes some as well, rather than sleep, and is one of them.
    """

    def __init__(self, make: Callable[[Of], Made], items: Iterable[Of], threads: int, *, lend: bool = True) -> None:
        self._make, self._items, self._threads, self._lend = make, iter(items), threads, lend
        self._coming: deque[_Task[Of, Made]] = deque()  # not yet handed on, in order
        self._waiting: deque[_Task[Of, Made]] = deque()  # of these, the ones that nobody makes yet
        self._lock = Lock()
        self._running = 0  # threads
        self._seconds = math.inf  # that the last one took

    def __iter__(self) -> Iterator[Made]:
        pool = ThreadPoolExecutor(self._threads, "batches")
        try:
            while self._plan(pool):
                task = self._coming.popleft()
                self._wait(task)
                yield task.result()
        finally:
            self._waiting.clear()
            pool.shutdown(wait=False)  # nothing else: also at the interpreter's end, when modules are gone

    def _plan(self, pool: ThreadPoolExecutor) -> bool:
        """Put up what may be made ahead, once half of it is gone: to wake a thread costs the caller more than a result
        that is there. Whether anything is to come."""
        most = AHEAD * self._threads
        if len(self._coming) <= most // 2:
            for item in islice(self._items, most - len(self._coming)):
                task: _Task[Of, Made] = _Task(item)
                self._coming.append(task)
                self._waiting.append(task)
            for _ in range(self._asleep()):
                pool.submit(self._work)
        return bool(self._coming)

    def _asleep(self) -> int:
        """Threads that are wanted and don't run yet, counted as running from now on."""
        with self._lock:
            wanted = max(0, min(self._others() - self._running, len(self._waiting)))
            self._running += wanted
        return wanted

    def _others(self) -> int:
        """Threads beside the caller's: more than there are cores would take turns, and each turn costs."""
        return max(1, self._threads - (self._lend and self._seconds < QUICK_S / 4))

    def _work(self) -> None:
        """Make what waits, on a thread of the pool, until nothing does."""
        while True:
            with self._lock:
                if not self._waiting or self._running > self._others():
                    self._running -= 1
                    return
                task = self._waiting.popleft()
            self._do(task)

    def _wait(self, task: _Task[Of, Made]) -> None:
        """Until it is made; meanwhile quick ones are made here."""
        while self._lend and self._seconds < QUICK_S and not task.is_done():
            with self._lock:
                other = self._waiting.popleft() if self._waiting else None
            if other is None:
                break
            self._do(other)
        task.wait()

    def _do(self, task: _Task[Of, Made]) -> None:
        began = time.perf_counter()
        task.do(self._make)
        self._seconds = time.perf_counter() - began


class _Task(Generic[Of, Made]):
    """One of the items, and later what was made of it, which alone is kept then."""

    __slots__ = ("_error", "_item", "_made", "_undone")

    def __init__(self, item: Of) -> None:
        self._item = item
        self._error: BaseException | None = None
        self._undone = Lock()  # held until it is done
        self._undone.acquire()

    def do(self, make: Callable[[Of], Made]) -> None:
        try:
            self._made = make(self._item)
        except BaseException as error:
            self._error = error
            if not isinstance(error, Exception):
                raise  # an interrupt of the caller's thread
        finally:
            del self._item
            self._undone.release()

    def is_done(self) -> bool:
        return not self._undone.locked()

    def wait(self) -> None:
        with self._undone:
            pass

    def result(self) -> Made:
        if self._error is not None:
            raise self._error
        return self._made
