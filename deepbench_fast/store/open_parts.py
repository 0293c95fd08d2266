"""The parts of indexes that a process holds open, over all its indexes: few of those that take a descriptor each, more
of those that are mapped without one."""

from __future__ import annotations

import itertools
import os
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Generic, TypeVar

from deepbench_fast.store.mapping import MOST_MAPS, WITHOUT_DESCRIPTORS

MOST_OPEN = 256
SHARE_OF_DESCRIPTORS = 8

T = TypeVar("T")
_owners = itertools.count()


def new_owner() -> int:
    """A number that no other owner has or had."""
    return next(_owners)


class OpenParts(Generic[T]):
    """At most `most()` parts by owner and number, of which the one that was not used for longest is let go first."""

    def __init__(self, most: Callable[[], int]) -> None:
        self._most = most
        self._parts: OrderedDict[tuple[int, int], T] = OrderedDict()
        self._gone: deque[int] = deque()  # owners whose parts are let go when the lock is held next
        self.reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.reset)

    def reset(self) -> None:
        """A new lock: after a fork the old one may be held by a thread that isn't there."""
        self._lock = threading.Lock()

    def get(self, owner: int, number: int) -> T | None:
        """The part, if it is open."""
        with self._lock:
            part = self._parts.get((owner, number))
            if part is not None:
                self._parts.move_to_end((owner, number))
            return part

    def put(self, owner: int, number: int, part: T) -> None:
        """Keep an open part."""
        with self._lock:
            while self._gone:
                gone = self._gone.popleft()
                for key in [key for key in self._parts if key[0] == gone]:
                    del self._parts[key]
            self._parts[owner, number] = part
            while len(self._parts) > self._most():
                self._parts.popitem(last=False)

    def forget(self, owner: int) -> None:
        """Let go of an owner's parts, sooner or later. It may be called while the lock is held, by a finaliser."""
        self._gone.append(owner)


def most_open() -> int:
    """How many parts may be open: an eighth of the descriptors that the process may have, at least eight."""
    try:
        import resource
    except ImportError:  # Windows
        return MOST_OPEN // 4
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_OPEN if limit == resource.RLIM_INFINITY else max(8, min(MOST_OPEN, limit // SHARE_OF_DESCRIPTORS))


def most_mapped() -> int:
    """How many parts may be mapped."""
    return MOST_MAPS if WITHOUT_DESCRIPTORS else most_open()
