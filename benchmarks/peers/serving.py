"""A side of a comparison in a process of its own: it prepares, says "ready", then times so many calls as it is asked.

Imports nothing but the standard library, so that any environment's interpreter can run what uses it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

# What it does in a call, and how many of them.
Action = tuple[Callable[[], object], float]


def use_cores(cores: int) -> None:
    """Keep this process, and what it starts, to so many CPUs; to be called before libraries start their threads."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[variable] = str(cores)


def serve(action: Callable[[], object], amount: float) -> None:
    """Answer each number of calls on standard input by their seconds: on the wall, and of all processors."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # libraries have their say elsewhere
    action()
    print("ready", amount, file=answers, flush=True)
    for line in sys.stdin:
        calls = int(line)
        wall, processor = time.perf_counter(), time.process_time()
        for _ in range(calls):
            action()
        print(time.perf_counter() - wall, time.process_time() - processor, file=answers, flush=True)
