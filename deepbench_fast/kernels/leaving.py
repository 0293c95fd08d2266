"""How a program ends whose threads don't: a kernel that runs a function of a user's may never come back."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

PATIENCE_S = 1.0
"""After a signal, that a launcher may send twice and a hand more often; a later one is somebody who doesn't want to
wait."""

at_once: Callable[[int], None] | None = None
"""What a program sets whose process is its own: it ends the process, whatever its threads do. Called with the number of
a signal that came while work went on that an earlier one had asked to end. What was written stays as it is."""

_asked: float | None = None


class Interrupted(KeyboardInterrupt):
    """A signal stopped the work; an unfinished file can be resumed.

    Also for SIGINT: where KeyboardInterrupt itself passes through `exec`, a program's exit status becomes another one.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.signal_number = number


def number_of(interrupt: BaseException) -> signal.Signals:
    """The signal that an interrupt stands for."""
    return signal.Signals(getattr(interrupt, "signal_number", signal.SIGINT))


def ask(number: int) -> bool:
    """A signal asks the program to end: whether it is the first, or has come again after it was forgotten.

    Others are not to raise anything: what is under way ends in order. A late one ends a process of its own at once.
    """
    global _asked
    if at_once is None:
        return True
    now = time.monotonic()
    if _asked is None:
        _asked = now
        return True
    if now - _asked > PATIENCE_S:
        at_once(number)
    return False


def forget() -> None:
    """No signal has asked yet."""
    global _asked
    _asked = None
