"""Columns of the user's own tables."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from deepbench_fast.errors import UsageError
from deepbench_fast.kernels.random import codes
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions.distribution import MANY, Alone, Floats, Options, arguments_by_name
from deepbench_fast.values.distributions.listed import Listed
from deepbench_fast.values.schemas import Schema, mapping
from deepbench_fast.values.user_tables import IN_ORDER, ORDERS, Version, read_column

NOTHING = math.nan, math.nan
"""The support of what can't be drawn."""


@dataclass(frozen=True)
class Table(Listed):
    """A column of the user's own table: all columns that an entry takes of one file come from one row.

    `order` is "random" (rows drawn with replacement: another one for every object, entry and sample) or "rows" (member
    0 of the catalogue has the first row, and so on, from the start again after the last; of several objects each has
    the next one). `file` is a CSV with names in its first line, or an HDF5 file, whose `dataset` is a compound table or
    a group of columns. Values are in the parameter's unit. Neither the name nor the place of a file changes a draw.

    `hash` is that of the column's numbers. Where it is given, and the file isn't found or holds other numbers,
    `problem` says so and the column is `absent`: what was made from it can be read, nothing be drawn.
    """

    form = "table"
    as_given = ("table",)

    file: str
    column: str
    dataset: str = ""
    order: str = "random"
    hash: str = ""
    values: Floats = dataclasses.field(init=False, compare=False, repr=False)
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

    @classmethod
    def parse(cls, arguments: object) -> Table:
        wanted = "{file: FILE, column: NAME}"
        return cls(**arguments_by_name(arguments, ("file", "column"), ("dataset", "order", "hash"), wanted))

    @classmethod
    def schema(cls, number: Schema) -> Schema:
        texts: Schema = {name: {"type": "string"} for name in ("file", "column", "dataset", "hash")}
        return mapping({**texts, "order": {"enum": list(ORDERS)}}, ["file", "column"])

    @property
    def absent(self) -> bool:
        return self.values.size == 0

    @property
    def in_order(self) -> bool:
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

    @property
    def possible(self) -> Sequence[float] | None:
        options = set(self.values[:MANY].tolist())
        return sorted(options) if len(options) < MANY and set(self.values.tolist()) == options else None

    def __str__(self) -> str:
        dataset = f":{self.dataset}" if self.dataset else ""
        return f"table {self.file}{dataset}, column {self.column}{', in order' if self.in_order else ''}"

    def to_yaml_data(self) -> object:
        dataset = {"dataset": self.dataset} if self.dataset else {}
        return {"table": {"file": self.file, "column": self.column, **dataset, "order": self.order, "hash": self.hash}}

    def fill(self, row: Any, options: Options) -> None:
        if self.absent:
            raise UsageError(f"{self}: {self.problem}; nothing can be drawn without it")
        options.add(row, codes.TABLE_ROWS if self.in_order else codes.TABLE, self.values)

    def quantile(self, u: Floats) -> Floats:
        """The value of the row that is drawn: rows stand in their order, not in that of their values."""
        import numpy as np

        found: Floats = self.values[np.minimum((self.values.size * u).astype(int), self.values.size - 1)]
        return found

    def _shares(self) -> tuple[Floats, Floats]:
        import numpy as np

        return self.values, np.full(self.values.size, 1.0 / self.values.size)

    def narrowed(self, fraction: Fraction, *, whole: bool = False) -> Alone:
        raise Invalid("a column of a table can't be narrowed; draw it from a distribution")

    def scaled(self, factor: Fraction) -> Alone:
        raise Invalid("a level from a table can't be scaled; draw it from a distribution")

    def thinned(self, fraction: Fraction) -> Alone:
        raise Invalid("a count from a table can't be thinned; draw it from integers, a choice or a poisson")
