"""What is said, and done, when a kernel has to be compiled. Nothing here loads Numba."""

from __future__ import annotations

import logging
from collections.abc import Callable

LOGGER = logging.getLogger("deepbench_fast")

_listeners: list[Callable[[], None]] = []
_told = False


def begun(name: str) -> None:
    """A kernel that is kept on disk compiles now: say so once in a process, and let whoever waits for it know."""
    global _told
    if not _told:
        _told = True
        LOGGER.info("compiling kernels for this processor, once; later runs load them (first: %s)", name)
    while _listeners:
        _listeners.pop()()


def at_first(listener: Callable[[], None]) -> None:
    """Call `listener` when the next kernel compiles."""
    _listeners.append(listener)


def forget() -> None:
    """Call nobody any more."""
    _listeners.clear()
