"""Two sides of a comparison, timed in turns: A B A B ..., after a warm-up of each."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Action = Callable[[], object]
Stopwatch = Callable[[], float]


@dataclass(frozen=True)
class Effort:
    """How much is measured: rounds, least seconds of a side in a round, and a factor to numbers of samples."""

    rounds: int
    seconds: float
    scale: float

    def samples(self, full: int) -> int:
        """Number of samples, of which a full run takes `full`."""
        return max(1, int(full * self.scale))


FULL = Effort(rounds=7, seconds=0.2, scale=1.0)
QUICK = Effort(rounds=2, seconds=0.005, scale=0.01)


class Rounds(dict[str, list[float]]):
    """Seconds of each side in each round."""

    def median(self, side: str) -> float:
        return statistics.median(self[side])

    def ratio(self, slow: str, fast: str) -> float:
        """How many times as long `slow` takes: the median over rounds, so that a drift of the machine cancels."""
        return statistics.median(a / b for a, b in zip(self[slow], self[fast], strict=True))


def interleave(sides: Mapping[str, Stopwatch], rounds: int) -> Rounds:
    """Call each side's stopwatch, which gives seconds, once for warm-up and then in turns."""
    for stopwatch in sides.values():
        stopwatch()
    seconds = Rounds({side: [] for side in sides})
    for _ in range(rounds):
        for side, stopwatch in sides.items():
            seconds[side].append(stopwatch())
    return seconds


def compare(sides: Mapping[str, Action], effort: Effort) -> Rounds:
    """Processor seconds of a call of each side: short calls are repeated until they add up to the effort's seconds.

    Sides work on one core, so that on a quiet machine these are the seconds on the wall.
    """
    stopwatches = {side: repeated(action, effort.seconds, time.process_time) for side, action in sides.items()}
    return interleave(stopwatches, effort.rounds)


def repeated(action: Action, seconds: float, clock: Callable[[], float] = time.perf_counter) -> Stopwatch:
    """Seconds of a call, of as many as take so long."""
    action()
    calls = max(1, round(seconds / max(timed(action), 1e-9)))

    def stopwatch() -> float:
        start = clock()
        for _ in range(calls):
            action()
        return (clock() - start) / calls

    return stopwatch


def each(action: Action, amount: float, seconds: float, clock: Callable[[], float] = time.perf_counter) -> Stopwatch:
    """Seconds for each of the `amount` things that one call makes, for sides whose calls make different numbers."""
    stopwatch = repeated(action, seconds, clock)
    return lambda: stopwatch() / amount


def timed(action: Action) -> float:
    """Seconds that one call takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
