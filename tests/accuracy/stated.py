"""The accuracies that docs/explain/accuracy/ states, and the worst case that a campaign finds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs" / "explain" / "accuracy"
COLUMNS = 7
STATED, TEST = 3, 6


@cache
def rows() -> dict[str, list[str]]:
    """The cells of each row of the pages' tables, by the quantity in its first cell."""
    found: dict[str, list[str]] = {}
    for page in sorted(PAGES.glob("*.md")):
        _, *tables = page.read_text("utf-8").split("| Quantity | ")
        for line in "".join(tables).splitlines() if tables else ():
            cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")] if line.startswith("| ") else []
            if cells:
                assert len(cells) == COLUMNS, line
                assert cells[0] not in found, f"{cells[0]} stands twice"
                found[cells[0]] = cells
    return found


def stated(quantity: str) -> float:
    """The error that the pages state for a quantity."""
    return float(rows()[quantity][STATED])


def campaign(few: int, many: int) -> pytest.MarkDecorator:
    """Run a test with `few` draws, and with `many` where long campaigns are asked for (`pytest -m slow`)."""
    return pytest.mark.parametrize("draws", [few, pytest.param(many, marks=pytest.mark.slow)])


class Worst:
    """The largest error of a quantity, and the parameters that gave it."""

    def __init__(self, quantity: str) -> None:
        self.quantity = quantity
        self.error = 0.0
        self.case: Mapping[str, object] = {}

    def see(self, error: float, **case: object) -> None:
        """Keep this error with its parameters where it is the largest so far; one that is not a number is."""
        if not error <= self.error:
            self.error, self.case = float(error), case

    def check(self) -> None:
        """Print the worst case, which must be within what the page states."""
        where = ", ".join(f"{name}={value}" for name, value in self.case.items())
        print(f"\n{self.quantity}: {self.error:.2g} of {stated(self.quantity):g} at {where}")
        assert self.error <= stated(self.quantity), where
