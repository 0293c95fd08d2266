"""Work that can be asked to end: Python looks at the flag between kernels, slow kernels in their outermost loops."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

T = TypeVar("T")

SECONDS_BETWEEN_LOOKS = 0.1


class Stopped(Exception):
    """The work was asked to end, and what it made is not whole."""


class Stop:
    """Asks for an end. `flag` is the array of one number that kernels look at."""

    def __init__(self) -> None:
        self.flag = np.zeros(1, np.int64)

    def set(self) -> None:
        """Ask for an end."""
        self.flag[0] = 1

    def is_set(self) -> bool:
        """Whether it was asked for."""
        return bool(self.flag[0])

    def check(self) -> None:
        """Raise Stopped where it was asked for."""
        if self.flag[0]:
            raise Stopped


NEVER = Stop()
"""For work that nobody asks to end."""


def call(work: Callable[[Stop], T], *, seconds: float = math.inf, outer: Stop = NEVER) -> T:
    """The result of `work(stop)`.

    In the main thread of a process the work is done in another one: Python heeds signals in the main thread alone, and
    not while it runs a kernel. On an interrupt, after so many `seconds`, or where `outer` asks for it, the work is
    asked to end, and waited for; it then raises Stopped.
    """
    if seconds == math.inf and threading.current_thread() is not threading.main_thread():
        return work(outer)
    stop, results, errors = Stop(), list[T](), list[BaseException]()
    begun = threading.Event()

    def guarded() -> None:
        begun.set()
        try:
            stop.check()
            results.append(work(stop))
        except BaseException as error:
            errors.append(error)

    worker = threading.Thread(target=guarded, name="stoppable", daemon=True)
    try:
        worker.start()
        deadline = time.monotonic() + seconds
        while worker.is_alive() and time.monotonic() < deadline and not outer.is_set():
            worker.join(min(SECONDS_BETWEEN_LOOKS, max(0.0, deadline - time.monotonic())))
    finally:
        stop.set()
        if begun.is_set():  # an interrupt may come while the thread starts: one that begins later ends at once
            worker.join()
    if errors:
        raise errors[0]
    return results[0]
