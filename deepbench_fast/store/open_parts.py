"""The parts of indexes that a process holds open, over all its indexes: each takes a descriptor, so they are few."""

from __future__ import annotations

import itertools
import os
import threading
from collections import OrderedDict, deque
from typing import Generic, TypeVar

MOST_OPEN = 256
SHARE_OF_DESCRIPTORS = 8

T = TypeVar("T")
_owners = itertools.count()


class OpenParts(Generic[T]):
    """Parts by owner and number, of which the one that was not used for longest is let go first."""

    def __init__(self) -> None:
        self._parts: OrderedDict[tuple[int, int], T] = OrderedDict()
        self._gone: deque[int] = deque()  # owners whose parts are let go when the lock is held next
        self.reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.reset)

    def reset(self) -> None:
        """A new lock: after a fork the old one may be held by a thread that isn't there."""
        self._lock = threading.Lock()

    def new_owner(self) -> int:
        """A number that no other owner has or had."""
        return next(_owners)

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
            while len(self._parts) > most_open():
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
