"""Grids to sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from deepbench_fast.kernels.random import codes
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions.choice import LIST
from deepbench_fast.values.distributions.distribution import Alone, Options, arguments_by_name
from deepbench_fast.values.distributions.exact import about, exact, way
from deepbench_fast.values.distributions.listed import Listed, numbers
from deepbench_fast.values.distributions.uniform import Uniform
from deepbench_fast.values.schemas import NUMBER, Schema, any_of, list_of, mapping
from deepbench_fast.values.schemas import whole as whole_schema

MOST_VALUES = 10_000
"""The most values of a grid: the recipe in every file lists them."""


@dataclass(frozen=True)
class Grid(Listed):
    """Values of a full factorial sweep: the members of a catalogue go through all combinations of its grids in order.

    The last grid varies fastest, the first slowest: entries as the recipe lists them, of each its count, then its
    parameters as `describe` lists the kind's, then noise, then PSF. All objects of an entry in a sample share a value.
    """

    form = "grid"
    as_given = ("steps",)

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        given = checks.sequence(self.values, LIST)
        if not 1 <= len(given) <= MOST_VALUES:
            raise Invalid(f"must hold from 1 to {MOST_VALUES} values, not {len(given)}")
        object.__setattr__(self, "values", numbers(given))
        if len(set(self.values)) < len(self.values):
            raise Invalid("must hold every value once")

    @classmethod
    def parse(cls, arguments: object) -> Grid:
        if not isinstance(arguments, dict):
            return cls(tuple(checks.sequence(arguments, LIST)))  # type: ignore[arg-type]
        given = arguments_by_name(arguments, ("low", "high", "steps"))
        bounds = Uniform(given["low"], given["high"])
        last = checks.whole_argument("steps", given["steps"], 2, MOST_VALUES) - 1
        span = bounds.high - bounds.low
        return cls((*(bounds.low + span * (i / last) for i in range(last)), bounds.high))

    @classmethod
    def schema(cls, number: Schema) -> Schema:
        by_name = {"low": NUMBER, "high": NUMBER, "steps": whole_schema(2, 10**6)}
        return any_of(list_of(NUMBER, 1), mapping(by_name, list(by_name)))

    def to_yaml_data(self) -> object:
        return {"grid": [checks.plain(value) for value in self.values]}

    @property
    def possible(self) -> Sequence[float]:
        return self.values

    def fill(self, row: Any, options: Options) -> None:
        options.add(row, codes.GRID, self.values)

    def _between(self, other: Grid, fraction: Fraction) -> Alone:
        if len(self.values) != len(other.values):
            return super()._between(other, fraction)
        return Grid(tuple(way(a, b, fraction) for a, b in zip(self.values, other.values, strict=True)))

    def narrowed(self, fraction: Fraction, *, whole: bool = False) -> Grid:
        if whole:
            raise Invalid("a grid of whole numbers can't be narrowed: it would lose steps; draw it from a choice")
        low, high = self.support
        return Grid(tuple(about((exact(low) + exact(high)) / 2, self.values, fraction)))

    def scaled(self, factor: Fraction) -> Alone:
        raise Invalid("a level on a grid can't be scaled down to none; draw it from a choice or a uniform")

    def thinned(self, fraction: Fraction) -> Alone:
        raise Invalid("a count on a grid can't be thinned: its steps would become equal; draw it from integers")
