"""Long runs of bytes to and from a file: through the system's copy of it, or past that copy where it is quicker.

The copy is as a rule: memory moves several GB/s, the disk follows. A virtual machine whose free memory goes back to its
host has to fetch each page first: that takes a processor 2 to 4 s a GB, and the disk itself takes 1 s of waiting. Which
way is quicker depends on machine, disk and moment, so that both are timed as they are used.
"""

from __future__ import annotations

import mmap
import os
import time
from math import inf

from deepbench_fast.store.file_bytes import NOT_DIRECT, can_be_direct, read_into, set_direct, start_writeback, write_at

LEAST_BYTES = 2**20
"""Shorter runs always go through the copy."""
BLOCK = max(4096, mmap.PAGESIZE)
"""What goes past the copy begins and ends at multiples of it: no disk needs more, and no page is shared."""
PIECE_BYTES = 2**20  # stays in a processor's cache, from which the disk takes it
READ_BYTES = 8 * 2**20
STALE = 0.98
"""By what the known cost of a way shrinks with each run that goes the other way: in the end it is tried again."""


class Ways:
    """What runs of bytes cost, in seconds a byte, through the copy and past it; 0 where that is not known."""

    def __init__(self) -> None:
        self._cost = self._direct_cost = 0.0

    @property
    def direct(self) -> bool:
        """Whether the next run should go past the copy."""
        return self._direct_cost < self._cost

    def forbid(self) -> None:
        """Nothing goes past the copy here."""
        self._direct_cost = inf

    def took(self, direct: bool, cost: float) -> None:
        """A run went this way and cost so much."""
        if not direct:
            self._cost = cost
            self._direct_cost *= STALE
        elif self._direct_cost < inf:
            self._direct_cost = cost
            self._cost *= STALE


class Writer:
    """Writes to an open file at offsets, for one thread at a time; what is written is the same either way."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._ways = Ways()
        if not can_be_direct(descriptor):
            self._ways.forbid()
        self._piece: mmap.mmap | None = None

    @property
    def waits(self) -> bool:
        """Whether the next long run goes past the copy, so that its thread waits for the disk and does nothing."""
        return self._ways.direct

    def write(self, data: memoryview, offset: int) -> None:
        """Write all of `data` at `offset`."""
        if len(data) < LEAST_BYTES:
            write_at(self._descriptor, data, offset)
            return
        began, direct = time.perf_counter(), self.waits
        if direct:
            self._write_direct(data, offset)
        else:
            write_at(self._descriptor, data, offset)
            start_writeback(self._descriptor, offset, len(data))
        self._ways.took(direct, (time.perf_counter() - began) / len(data))

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
            self._ways.forbid()
        finally:
            set_direct(self._descriptor, False)
        return done


class Reader:
    """Reads from open files at offsets, for one thread, into memory of its own that the next run takes."""

    def __init__(self) -> None:
        self._ways = Ways()
        self._buffer = memoryview(mmap.mmap(-1, READ_BYTES + 2 * BLOCK))

    def read(self, descriptor: int, size: int, offset: int) -> memoryview:
        """At most READ_BYTES bytes. Raises FileError where the file ends before."""
        began, direct = time.perf_counter(), size >= LEAST_BYTES and self._ways.direct
        data = self._read_direct(descriptor, size, offset) if direct else None
        if data is None:
            direct, data = False, self._buffer[:size]
            read_into(descriptor, data, offset)
        if size >= LEAST_BYTES:
            self._ways.took(direct, (time.perf_counter() - began) / size)
        return data

    def _read_direct(self, descriptor: int, size: int, offset: int) -> memoryview | None:
        """The whole blocks that hold these bytes, past the copy; None where the file system won't."""
        skipped = offset % BLOCK
        wanted = -(-(skipped + size) // BLOCK) * BLOCK
        try:
            set_direct(descriptor, True)
            try:
                there = os.preadv(descriptor, [self._buffer[:wanted]], offset - skipped)
            finally:
                set_direct(descriptor, False)
        except OSError as error:
            if error.errno not in NOT_DIRECT:
                raise
            self._ways.forbid()
            return None
        data = self._buffer[skipped : skipped + size]
        done = max(0, min(size, there - skipped))
        read_into(descriptor, data[done:], offset + done)
        return data
