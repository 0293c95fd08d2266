"""Long runs of bytes into a file: through the system's copy of it, or past that copy where it is quicker.

The copy is as a rule: memory takes the bytes at several GB/s, the disk follows. A virtual machine whose free memory
goes back to its host has to fetch each page first: that takes a processor 2 to 4 s a GB, and the disk itself takes 1 s
of waiting. Which way is quicker depends on machine, disk and moment, so that both are timed as they are used.
"""

from __future__ import annotations

import mmap
import os
import time
from math import inf

from deepbench_fast.store.file_bytes import NOT_DIRECT, can_be_direct, set_direct, start_writeback, write_at

LEAST_BYTES = 2**20
"""Shorter runs always go through the copy."""
BLOCK = max(4096, mmap.PAGESIZE)
"""What is written past the copy begins and ends at multiples of it: no disk needs more, and no page is shared."""
PIECE_BYTES = 2**20  # stays in a processor's cache, from which the disk takes it
STALE = 0.98
"""By what the known cost of a way shrinks with each run that goes the other way: in the end it is tried again."""


class Writer:
    """Writes to an open file at offsets, for one thread at a time; what is written is the same either way."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._cost = 0.0  # seconds a byte, through the copy and past it; 0 where that is not known
        self._direct_cost = 0.0 if can_be_direct(descriptor) else inf
        self._piece: mmap.mmap | None = None

    @property
    def waits(self) -> bool:
        """Whether the next long run goes past the copy, so that its thread waits for the disk and does nothing."""
        return self._direct_cost < self._cost

    def write(self, data: memoryview, offset: int) -> None:
        """Write all of `data` at `offset`."""
        if len(data) < LEAST_BYTES:
            write_at(self._descriptor, data, offset)
            return
        began = time.perf_counter()
        if self.waits:
            self._write_direct(data, offset)
            if self._direct_cost < inf:
                self._direct_cost = (time.perf_counter() - began) / len(data)
            self._cost *= STALE
        else:
            write_at(self._descriptor, data, offset)
            start_writeback(self._descriptor, offset, len(data))
            self._cost = (time.perf_counter() - began) / len(data)
            self._direct_cost *= STALE

    def _write_direct(self, data: memoryview, offset: int) -> None:
        """Whole blocks past the copy, what is before and after them through it."""
        start = -offset % BLOCK
        stop = len(data) - (offset + len(data)) % BLOCK
        write_at(self._descriptor, data[:start], offset)
        done = start + self._write_blocks(data[start:stop], offset + start)
        write_at(self._descriptor, data[done:], offset + done)

    def _write_blocks(self, data: memoryview, offset: int) -> int:
        """How many bytes of some whole blocks are written: all, but where the file system won't go on."""
        if self._piece is None:
            self._piece = mmap.mmap(-1, PIECE_BYTES)
        done = 0
        set_direct(self._descriptor, True)
        try:
            with memoryview(self._piece) as piece:
                while done < len(data):
                    size = min(PIECE_BYTES, len(data) - done)
                    piece[:size] = data[done : done + size]
                    written = os.pwrite(self._descriptor, piece[:size], offset + done)
                    done += written
                    if not written or written % BLOCK:
                        break
        except OSError as error:
            if error.errno not in NOT_DIRECT:
                raise
            self._direct_cost = inf
        finally:
            set_direct(self._descriptor, False)
        return done
