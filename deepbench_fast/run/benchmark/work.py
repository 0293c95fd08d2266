"""What is timed: an action, how much of what a call of it does, and what that takes at least."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Work:
    """An action to time.

    A call does `amount` of `unit`. `limit` says, by the names of other works, how much of their amounts a call takes at
    least, one after the other: so many operations, so many bytes copied; `floor` is what users read of it. `alone`
    names the same work on one thread.
    """

    group: str
    name: str
    unit: str
    amount: float
    action: Callable[[], object]
    limit: Mapping[str, float] = field(default_factory=dict)
    floor: str = ""
    alone: str = ""

    @property
    def limit_words(self) -> str:
        """What the limit is."""
        return self.floor or " + ".join(self.limit)
