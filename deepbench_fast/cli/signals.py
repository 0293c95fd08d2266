"""Ctrl-C and SIGTERM of a program whose process is its own: the first ends it in order, further ones break nothing."""

from __future__ import annotations

import _thread
import atexit
import os
import signal
import sys
import threading
from contextlib import suppress

from deepbench_fast.kernels import leaving

RAISED_AGAIN = 0.01
"""Seconds after which a signal that was dropped is raised again."""


def heed_signals() -> None:
    """From now on until the process ends, raise Interrupted on SIGINT and SIGTERM, once.

    While the program ends in order it needs its thread, and Python's own end would meet an exception with a traceback
    or another status: further signals raise nothing, and a late one ends the process at once. None is lost where Python
    drops what is raised while an object is deleted or a weak reference dies, as Numba's do in calls of kernels.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    leaving.at_once = _leave
    sys.unraisablehook = _raise_dropped
    # A job that was started so as to ignore a signal (nohup, a background job of a script) goes on ignoring it.
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _raise)
    atexit.register(_ignore)  # before all others, and so called after them


def _ignore() -> None:
    """Everything is done and closed, and Python, as it ends, leaves signals to the system: they'd change the status."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def interrupt_in(error: BaseException | None) -> KeyboardInterrupt | None:
    """The interrupt that an error is, or came from: one that arrives while a class is made Python wraps in another."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:  # libraries have made circles of them
        if isinstance(error, KeyboardInterrupt):
            return error
        seen.append(error)
        error = error.__cause__ or error.__context__
    return None


def _raise(number: int, frame: object) -> None:
    if leaving.ask(number):
        raise leaving.Interrupted(number)


def _raise_dropped(unraisable: sys.UnraisableHookArgs) -> None:
    if isinstance(unraisable.exc_value, KeyboardInterrupt):
        leaving.forget()
        number = leaving.number_of(unraisable.exc_value)
        threading.Timer(RAISED_AGAIN, _raise_in_main_thread, (number,)).start()
    else:
        sys.__unraisablehook__(unraisable)


def _raise_in_main_thread(number: signal.Signals) -> None:
    """Let a signal arrive, which also ends waiting for a system call, where there are signals of threads."""
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, number)
    else:
        _thread.interrupt_main(number)


def _leave(number: int) -> None:
    """What is filled is whole at any moment, so that threads may end in the midst of it."""
    name = signal.Signals(number).name
    with suppress(OSError):  # nobody reads it
        os.write(2, f"Error: stopped at once by {name}; what was written stays as it is\n".encode())
    os._exit(128 + number)
