"""What was rendered goes to its file, a block at a time: the system lets one thread write to a file, others spin."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

Block = TypeVar("Block")
Taken = TypeVar("Taken", contravariant=True)


class Target(Protocol[Taken]):
    """A file that takes blocks, one at a time."""

    @property
    def waits(self) -> bool:
        """Whether a thread that writes would wait for the disk now, and need no processor."""

    def write(self, block: Taken, /) -> None:
        """Write a block."""


@dataclass(frozen=True, eq=False)
class Rendered(Generic[Block]):
    """A block that waits to be written, whom to tell when it is, and what frees its buffers, written or not."""

    block: Block
    written: Callable[[], None]
    free: Callable[[], None]


class Writing(Generic[Block]):
    """Writes to a file what threads that render bring.

    The thread that brings a block writes it, and what others bring meanwhile. Where it would wait for the disk, a
    thread of its own does that, and all others render.
    """

    def __init__(self, file: Target[Block], failed: Callable[[BaseException], None]) -> None:
        self._file, self._failed = file, failed
        self._pending: deque[Rendered[Block]] = deque()
        self._lock = threading.Lock()
        self._writes = False
        self._waiter: threading.Thread | None = None

    def put(self, rendered: Rendered[Block]) -> None:
        """Write it, or leave it to the thread that writes at the moment."""
        with self._lock:
            self._pending.append(rendered)
            if self._writes:
                return
            self._writes = True
        self._write_all(waits=False)

    def wait(self) -> None:
        """Wait until all is written; nothing is brought any more."""
        if self._waiter is not None:
            self._waiter.join()

    def _write_all(self, waits: bool) -> None:
        """Write what is there; `waits` in the thread that does nothing else."""
        while (rendered := self._next()) is not None:
            if self._file.waits and not waits:
                waiter = threading.Thread(target=self._write_all, args=(True,), name="fill-waits")
                self._pending.appendleft(rendered)
                try:
                    waiter.start()
                except RuntimeError:  # no more threads may be started: this one waits
                    waits = True
                    continue
                self._waiter = waiter
                return
            self._write(rendered)

    def _next(self) -> Rendered[Block] | None:
        with self._lock:
            self._writes = bool(self._pending)
            return self._pending.popleft() if self._writes else None

    def _write(self, rendered: Rendered[Block]) -> None:
        try:
            self._file.write(rendered.block)
            rendered.written()
        except BaseException as error:
            self._failed(error)
        finally:
            rendered.free()
