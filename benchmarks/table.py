"""Rows of the table of results: what was measured on both sides, their ratio, and the goal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One comparison. `goal` bounds `ratio` from below, or from above where `at_most`."""

    what: str
    ours: str
    peer: str = ""
    ratio: float | None = None
    goal: float | None = None
    at_most: bool = False
    unit: str = "×"

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        if self.ratio is None or self.goal is None:
            return None
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal

    def cells(self) -> list[str]:
        ratio = "" if self.ratio is None else number(self.ratio) + suffix(self.unit)
        goal = "" if self.goal is None else f"{'≤' if self.at_most else '≥'} {number(self.goal)}{suffix(self.unit)}"
        verdict = {None: "", True: " ✓", False: " ✗"}[self.reached]
        return [self.what, self.ours, self.peer, ratio, goal + verdict]


HEADINGS = ["what", "ours", "peer", "ratio", "goal"]


def markdown(rows: Iterable[Row]) -> str:
    lines = [HEADINGS, ["---"] * len(HEADINGS), *(row.cells() for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def suffix(unit: str) -> str:
    return unit if unit in ("×", "") else f" {unit}"


def number(value: float) -> str:
    """Three digits."""
    if value >= 99.95:
        return f"{value:,.0f}"
    return f"{value:#.3g}"


def rate(value: float, what: str = "") -> str:
    """A rate, as "437,000/s" or "1.20 Gpix/s"."""
    if what:
        return f"{number(value / 1e6)} M{what}/s" if value < 1e9 else f"{number(value / 1e9)} G{what}/s"
    digits = float(f"{value:.3g}")
    return f"{digits:,.0f}/s" if digits >= 100 else f"{digits:.3g}/s"


def duration(seconds: float) -> str:
    """A time, as "3.20 ms"."""
    for factor, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= factor:
            return f"{number(seconds / factor)} {unit}"
    return f"{number(seconds / 1e-9)} ns"


def unavailable(what: str, reason: Any) -> Row:
    """The row of a comparison that this machine can't make."""
    return Row(what, f"not measured: {reason}")
