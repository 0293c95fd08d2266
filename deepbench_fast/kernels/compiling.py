"""What is said, and done, when a kernel has to be compiled. Nothing here loads Numba."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOGGER = logging.getLogger("deepbench_fast")

_listeners: list[Callable[[], None]] = []
_told = False
_here = threading.local()


class NotCompiledError(Exception):
    """A kernel would have to be compiled where none shall be."""


@contextmanager
def refused() -> Iterator[None]:
    """Raise NotCompiledError in this thread, inside, where a kernel that is kept on disk would have to be compiled."""
    _here.refused = True
    try:
        yield
    finally:
        _here.refused = False


def is_refused() -> bool:
    """Whether this thread takes only what is compiled already."""
    return getattr(_here, "refused", False)


def begun(name: str) -> None:
    """A kernel that is kept on disk compiles now: say so once in a process, and let whoever waits for it know."""
    global _told
    if is_refused():
        raise NotCompiledError(name)
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
