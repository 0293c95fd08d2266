"""The bytes of objects in blocks, of which a process keeps so many; what isn't there is asked for in few ranges.

Every answer must be of the object that was first asked: of its size, and of the version that its server names.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import FileError
from deepbench_fast.store.location import Url
from deepbench_fast.store.remote.transport import Answer, Lost, Range, get

BLOCK = 2**17
"""Bytes of a block: what 5 ms bring at 25 MB/s, less than the time until a far server answers."""

CACHE_BYTES = 2**28
WINDOW = 2**25
"""Bytes that one thread asks for at a time."""

RUN = 64  # blocks of one range, at most
GAP = 2  # blocks between others that are asked for with them, since a range more would take longer
AHEAD = 16  # blocks that are asked for where the one before was read

_owners = itertools.count()


class Key(NamedTuple):
    """A block of an object."""

    owner: int
    number: int


class Blocks:
    """The blocks that were used last, at most `most` bytes of them; any thread may ask."""

    def __init__(self, most: int) -> None:
        self.most, self.bytes = most, 0
        self._blocks: OrderedDict[Key, bytes] = OrderedDict()
        self.reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.reset)

    def reset(self) -> None:
        """A new lock: after a fork the old one may be held by a thread that isn't there."""
        self._lock = threading.Lock()

    def get(self, key: Key) -> bytes | None:
        """The block, if it is kept."""
        with self._lock:
            block = self._blocks.get(key)
            if block is not None:
                self._blocks.move_to_end(key)
            return block

    def __contains__(self, key: Key) -> bool:
        return key in self._blocks

    def put(self, key: Key, block: bytes) -> None:
        """Keep a block, and let go of those that were not used for longest."""
        with self._lock:
            self.bytes += len(block) - len(self._blocks.pop(key, b""))
            self._blocks[key] = block
            while self.bytes > self.most:
                self.bytes -= len(self._blocks.popitem(last=False)[1])


CACHE = Blocks(CACHE_BYTES)


class Content:
    """The bytes of the object at a URL, whose size may be known before it is asked."""

    def __init__(self, url: Url, size: int | None = None) -> None:
        self.url, self.owner = url, next(_owners)
        self._size, self._version = size, None if size is None else ""
        self._is_seen = False

    @property
    def size(self) -> int:
        """Bytes of the object."""
        if self._size is None:
            self.take(get([Range(self.url, 0, BLOCK)])[0], 0, BLOCK)
            assert self._size is not None
        return self._size

    def take(self, answer: Answer, start: int, stop: int) -> dict[Key, bytes]:
        """Keep the blocks of an answer. Raises Lost where it is of another object, FileError where it is short."""
        if not self._is_seen:
            if self._size is not None and answer.size != self._size:
                raise Lost(f"{self.url}: has {answer.size} bytes, not {self._size}")
            self._size, self._version, self._is_seen = answer.size, answer.version, True
        if (answer.size, answer.version) != (self._size, self._version):
            raise Lost(f"{self.url}: it was replaced by another object since it was opened")
        expected = min(stop, answer.size) - start
        if len(answer.data) != expected:
            raise FileError(f"{self.url}: truncated: {len(answer.data)} bytes came instead of {expected}")
        blocks = {
            Key(self.owner, (start + place) // BLOCK): answer.data[place : place + BLOCK]
            for place in range(0, expected, BLOCK)
        }
        for key, block in blocks.items():
            CACHE.put(key, block)
        return blocks

    def read_at(self, size: int, offset: int) -> bytes:
        """Bytes at an offset. Raises FileError where the object ends before."""
        out = np.empty(size, np.uint8)
        self.read_into(out, offset)
        return out.tobytes()

    def read_into(self, out: npt.NDArray[np.uint8], offset: int) -> None:
        """Fill `out` with the bytes at an offset; little more than `WINDOW` of them are held besides."""
        self.check_within(offset, offset + len(out))
        for start in range(0, len(out), WINDOW):
            part, at = out[start : start + WINDOW], offset + start
            _copy(fetch([(self, range(at // BLOCK, -(-(at + len(part)) // BLOCK)))]), self.owner, at, part)

    def check_within(self, start: int, stop: int) -> None:
        """Raise FileError where the object ends before."""
        if start < 0 or stop > self.size:
            raise FileError(f"{self.url}: it ends before its last dataset")


def fetch(wanted: Iterable[tuple[Content, Sequence[int]]]) -> dict[Key, bytes]:
    """Blocks of objects, by rising numbers; those that are not kept are asked for side by side."""
    found: dict[Key, bytes] = {}
    runs: list[tuple[Content, int, int]] = []
    for content, numbers in wanted:
        missing = []
        for number in numbers:
            block = CACHE.get(Key(content.owner, number))
            if block is None:
                missing.append(number)
            else:
                found[Key(content.owner, number)] = block
        runs += [(content, start, stop) for start, stop in _runs(missing)]
    if len(runs) == 1:
        runs = [_with_more(*runs[0])]
    answers = get([Range(content.url, start * BLOCK, stop * BLOCK) for content, start, stop in runs])
    for (content, start, stop), answer in zip(runs, answers, strict=True):
        found |= content.take(answer, start * BLOCK, stop * BLOCK)
    return found


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Rising numbers as few runs (first, one past the last)."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number - runs[-1][1] <= GAP and number < runs[-1][0] + RUN:
            runs[-1] = runs[-1][0], number + 1
        else:
            runs.append((number, number + 1))
    return runs


def _with_more(content: Content, start: int, stop: int) -> tuple[Content, int, int]:
    """A run, longer where the block before it was read, so that who reads on in small steps need not wait at each."""
    if Key(content.owner, start - 1) not in CACHE:
        return content, start, stop
    return content, start, max(stop, min(start + AHEAD, -(-content.size // BLOCK)))


def gather(content: Content, offsets: npt.NDArray[np.int64], size: int, out: npt.NDArray[np.uint8]) -> None:
    """Fill `out[i]` with the `size` bytes at `offsets[i]` of an object, in windows of few blocks."""
    order = np.argsort(offsets, kind="stable")
    ordered = offsets[order]
    if len(order):
        content.check_within(int(ordered[0]), int(ordered[-1]) + size)
    step = max(1, (WINDOW // BLOCK) // (size // BLOCK + 2))
    for start in range(0, len(order), step):
        part = ordered[start : start + step]
        found = fetch([(content, blocks_of(part, size))])
        for place, at in zip(order[start : start + step].tolist(), part.tolist(), strict=True):
            _copy(found, content.owner, at, out[place])


def blocks_of(offsets: npt.NDArray[np.int64], size: int) -> list[int]:
    """The blocks that hold the `size` bytes at each offset, rising."""
    first, last = offsets // BLOCK, (offsets + size - 1) // BLOCK
    every = first[:, None] + np.arange(size // BLOCK + 2)
    numbers: list[int] = np.unique(every[every <= last[:, None]]).tolist()
    return numbers


def _copy(found: Mapping[Key, bytes], owner: int, at: int, out: npt.NDArray[np.uint8]) -> None:
    """The bytes at an offset, of one block or of several that follow one another."""
    done = 0
    while done < len(out):
        number, within = divmod(at + done, BLOCK)
        block = found[Key(owner, number)]
        size = min(len(out) - done, BLOCK - within)
        out[done : done + size] = np.frombuffer(block, np.uint8, size, within)
        done += size
