"""Parts of a dataset in files of their own: which samples a part holds, and what it is called."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deepbench_fast.draw.plan import Plan
from deepbench_fast.errors import UsageError
from deepbench_fast.store.location import Place, check_named


@dataclass(frozen=True)
class Shard:
    """The `number`-th (from 1) of `count` parts, cut at chunk boundaries of the whole."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: object) -> Shard:
        """Read "K/N". Raises UsageError unless it is that, with 1 <= K <= N."""
        match = re.fullmatch(r"(\d{1,18})/(\d{1,18})", text) if isinstance(text, str) else None
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise UsageError(f"shard: {text!r} is not K/N with K from 1 to N, such as 1/3")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of_name(cls, name: str) -> Shard | None:
        """The part that a file's name says it is; None where it says nothing of the kind."""
        match = re.search(r"\.shard-(\d{1,18})-of-(\d{1,18})(?:\.[^.]*)?$", name)
        known = match is not None and 1 <= int(match[1]) <= int(match[2])
        return cls(int(match[1]), int(match[2])) if match is not None and known else None

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def path(self, whole: Place) -> Place:
        """File of this part: `sky.h5` → `sky.shard-2-of-3.h5`. Raises UsageError where `whole` names no file."""
        check_named(whole)
        return whole.with_name(f"{whole.stem}.shard-{self.number}-of-{self.count}{whole.suffix}")

    def span(self, plan: Plan) -> tuple[int, int]:
        """First sample, and one past the last."""
        ends = [min(plan.samples, plan.chunks * k // self.count * plan.chunk) for k in (self.number - 1, self.number)]
        return ends[0], ends[1]
