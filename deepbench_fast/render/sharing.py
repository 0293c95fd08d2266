"""Work on one frame by several threads, where there are fewer frames than threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from deepbench_fast.kernels.stopping import Stop, Stopped

SECONDS_AT_ONCE = 0.1


def share(work: Callable[[tuple[int, int]], None], count: int, threads: int, stop: Stop) -> None:
    """Do `work` on the numbers from 0 to `count` - 1, as many at once as take a moment, each on one thread."""
    lock = threading.Lock()
    taken, size = 0, 1
    errors: list[BaseException] = []

    def take() -> tuple[int, int]:
        nonlocal taken
        with lock:
            stop.check()
            part = taken, min(taken + size, count)
            taken = part[1]
            return part

    def go_on() -> None:
        nonlocal size, taken
        try:
            while (part := take())[0] < part[1]:
                began = time.perf_counter()
                work(part)
                seconds = max(time.perf_counter() - began, 1e-9)
                wanted = int((part[1] - part[0]) * min(4.0, SECONDS_AT_ONCE / seconds))
                size = max(1, wanted if threads == 1 else min(wanted, (count - taken) // (2 * threads)))
        except BaseException as error:
            errors.append(error)
            taken = count

    helpers = [threading.Thread(target=go_on, name=f"frame-{i}") for i in range(min(threads, count) - 1)]
    for helper in helpers:
        helper.start()
    go_on()
    for helper in helpers:
        helper.join()
    if errors:
        raise next((error for error in errors if not isinstance(error, Stopped)), errors[0])
