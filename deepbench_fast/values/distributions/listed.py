"""Values that a recipe lists: grids to sweep, and columns of the user's own tables."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions.simple import Base, in_short
from deepbench_fast.values.user_tables import IN_ORDER, ORDERS, Version, read_column

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

NOTHING = math.nan, math.nan
"""The support of what can't be drawn."""

MOST_VALUES = 10_000
"""The most values of a grid: the recipe in every file lists them."""


@dataclass(frozen=True)
class Table(Base):
    """A column of the user's own table: all columns that an entry takes of one file come from one row.

    `order` is "random" (rows drawn with replacement: another one for every object, entry and sample) or "rows" (member
    0 of the catalogue has the first row, and so on, from the start again after the last; of several objects each has
    the next one). `file` is a CSV with names in its first line, or an HDF5 file, whose `dataset` is a compound table or
    a group of columns. Values are in the parameter's unit. Neither the name nor the place of a file changes a draw.

    `hash` is that of the column's numbers. Where it is given, and the file isn't found or holds other numbers,
    `problem` says so and the column is `absent`: what was made from it can be read, nothing be drawn.
    """

    file: str
    column: str
    dataset: str = ""
    order: str = "random"
    hash: str = ""
    values: npt.NDArray[np.float64] = dataclasses.field(init=False, compare=False, repr=False)
    problem: str = dataclasses.field(init=False, compare=False, repr=False, default="")
    read_from: Version | None = dataclasses.field(init=False, compare=False, repr=False, default=None)

    def __post_init__(self) -> None:
        for name in ("file", "column"):
            with within(name):
                checks.text(getattr(self, name))
        for name in ("dataset", "hash"):
            with within(name):
                object.__setattr__(self, name, getattr(self, name) and checks.text(getattr(self, name)))
        with within("order"):
            checks.known(checks.text(self.order), ORDERS, "order")
        column = read_column(self.file, self.column, self.dataset, self.hash)
        for name in ("values", "hash", "problem", "read_from"):
            object.__setattr__(self, name, getattr(column, name))

    @property
    def absent(self) -> bool:
        """Whether nothing can be drawn, because the numbers are not there."""
        return self.values.size == 0

    @property
    def in_order(self) -> bool:
        """Whether the rows are taken one after the other, and not drawn."""
        return self.order == IN_ORDER

    @property
    def support(self) -> tuple[float, float]:
        """NaN where the table is absent."""
        return NOTHING if self.absent else (float(self.values.min()), float(self.values.max()))

    @property
    def is_random(self) -> bool:
        return self.absent or super().is_random

    @property
    def is_integer(self) -> bool:
        return bool((self.values % 1.0 == 0).all())

    def __str__(self) -> str:
        dataset = f":{self.dataset}" if self.dataset else ""
        return f"table {self.file}{dataset}, column {self.column}{', in order' if self.in_order else ''}"

    def to_yaml_data(self) -> object:
        dataset = {"dataset": self.dataset} if self.dataset else {}
        return {"table": {"file": self.file, "column": self.column, **dataset, "order": self.order, "hash": self.hash}}


@dataclass(frozen=True)
class Grid(Base):
    """Values of a full factorial sweep: the members of a catalogue go through all combinations of its grids in order.

    The last grid varies fastest, the first slowest: entries as the recipe lists them, of each its count, then its
    parameters as `describe` lists the kind's, then noise, then PSF. All objects of an entry in a sample share a value.
    """

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        given = checks.sequence(self.values, "a list of numbers")
        if not 1 <= len(given) <= MOST_VALUES:
            raise Invalid(f"must hold from 1 to {MOST_VALUES} values, not {len(given)}")
        numbers: list[float] = []
        for position, value in enumerate(given):
            with within(position):
                numbers.append(checks.number(value))
        if len(set(numbers)) < len(numbers):
            raise Invalid("must hold every value once")
        object.__setattr__(self, "values", tuple(numbers))

    @property
    def support(self) -> tuple[float, float]:
        return min(self.values), max(self.values)

    @property
    def is_integer(self) -> bool:
        return all(value.is_integer() for value in self.values)

    def __str__(self) -> str:
        return in_short("grid", self.values, super().__str__())

    def to_yaml_data(self) -> object:
        return {"grid": [checks.plain(value) for value in self.values]}
