"""Noise that depends on the sample: a law some of whose numbers are drawn, too."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions.constant import Constant
from deepbench_fast.values.distributions.distribution import Alone, Base, Distribution, Options
from deepbench_fast.values.distributions.grid import Grid
from deepbench_fast.values.distributions.numeric import Numeric
from deepbench_fast.values.distributions.registry import FORMS, named_problem, parse_distribution
from deepbench_fast.values.distributions.table import NOTHING
from deepbench_fast.values.model import FrozenDict


@dataclass(frozen=True)
class Varied(Base):
    """A law some of whose numbers are drawn anew for each sample: `{normal: [0, {uniform: [0.01, 0.2]}]}`.

    `numbers` has what each number of the law is drawn from, by the name of its field; those that aren't there are not
    given. Raises `Invalid` unless the law can have all of them together, whatever is drawn.
    """

    form: str
    numbers: Mapping[str, Alone]

    def __post_init__(self) -> None:
        law = self.law
        numbers = {}
        for field, drawn in self.numbers.items():
            with within(field):
                numbers[field] = _inner(drawn)
                if law.of_integers and not numbers[field].is_integer:
                    raise Invalid(f"must be a whole number, but {numbers[field]} gives other numbers too")
        object.__setattr__(self, "numbers", FrozenDict(numbers))
        _ = list(self._extremes())

    @property
    def law(self) -> type[Numeric]:
        """The law that has these numbers."""
        laws = varied_laws()
        return laws[checks.known(self.form, laws, "distribution")]

    @property
    def drawn(self) -> dict[str, Alone]:
        """The numbers that are drawn, by the names of their fields."""
        return {field: drawn for field, drawn in self.numbers.items() if not isinstance(drawn, Constant)}

    @property
    def absent(self) -> bool:
        return any(drawn.absent for drawn in self.numbers.values())

    def _extremes(self) -> Iterator[Alone]:
        """The law with the smallest and the largest of its numbers, in all combinations: its rules are linear."""
        supports = [] if self.absent else [sorted({*drawn.support}) for drawn in self.numbers.values()]
        for values in itertools.product(*supports) if supports else ():
            try:
                yield self.law(**dict(zip(self.numbers, values, strict=True)))
            except Invalid as invalid:
                drawn = ", ".join(f"{field} is {number}" for field, number in self.drawn.items())
                raise Invalid(f"{invalid.problem}, where {drawn}", invalid.path) from None

    @property
    def support(self) -> tuple[float, float]:
        """The smallest and the largest value of any sample; NaN where a table is absent."""
        if self.absent:
            return NOTHING
        lows, highs = zip(*(law.support for law in self._extremes()), strict=True)
        return min(lows), max(highs)

    @property
    def is_random(self) -> bool:
        return self.absent or super().is_random

    @property
    def is_integer(self) -> bool:
        return self.law.discrete

    def to_yaml_data(self) -> object:
        return self.law.written({field: drawn.to_yaml_data() for field, drawn in self.numbers.items()})

    def fill(self, row: Any, options: Options) -> None:
        """Write a row of a program, but for the numbers that come with each sample."""
        self.fill_drawn(row, dict.fromkeys(self.drawn, math.nan))

    def fill_drawn(self, rows: Any, drawn: Mapping[str, Any]) -> None:
        """Write rows of a program with what was drawn for each of them, by the names of the numbers."""
        fixed = {field: number.support[0] for field, number in self.numbers.items()}
        self.law.fill_numbers(rows, {**fixed, **drawn})

    def between(self, other: Base, fraction: Fraction) -> Varied:
        if not isinstance(other, Varied) or (self.form, *self.numbers) != (other.form, *other.numbers):
            return super().between(other, fraction)
        pairs = {name: (drawn, other.numbers[name]) for name, drawn in self.numbers.items()}
        return Varied(self.form, {name: one.between(another, fraction) for name, (one, another) in pairs.items()})

    def scaled(self, factor: Fraction) -> Alone | Varied:
        """The law of `factor` times the value; raises `Invalid` where there is none."""
        if not self.law.scale_family:
            raise Invalid(f"{self} has no scaled twin; draw it from a uniform, loguniform or normal")
        if factor == 0:
            return Constant(0.0)
        return Varied(self.form, {field: drawn.scaled(factor) for field, drawn in self.numbers.items()})


def varied_laws() -> dict[str, type[Numeric]]:
    """The laws that have numbers, by their forms."""
    return {form: law for form, law in FORMS.items() if issubclass(law, Numeric)}


def parse_noise(value: object) -> Alone | Varied:
    """What is added to a target, from the plain data of a recipe: a distribution whose numbers may be distributions.

    Raises `Invalid` for others, and for one that needs more than the sample.
    """
    if isinstance(value, Varied):
        return value
    form, numbers = _numbers(value)
    if not any(isinstance(number, Mapping | Distribution) for number in numbers.values()):
        return _inner(value)
    with within(form):
        try:
            return Varied(form, varied_laws()[form].arguments(numbers))
        except Invalid as invalid:
            raise Invalid(f"{form}: {named_problem(invalid)}", invalid.path) from None


def _inner(value: object) -> Alone:
    drawn = parse_distribution(value)
    if not isinstance(drawn, Alone) or isinstance(drawn, Grid):
        raise Invalid(f"can't be {drawn}: it is drawn alone, for each sample")
    return drawn


def _numbers(value: object) -> tuple[str, dict[str, object]]:
    """Form and numbers of a law, by name; none where it is no law with numbers of its own."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return "", {}
    ((form, arguments),) = value.items()
    law = varied_laws().get(form)
    if law is None:
        return "", {}
    names = law.required()
    if isinstance(arguments, Mapping) and not (len(names) == 1 and set(arguments) & set(FORMS)):
        return form, dict(arguments)
    given = arguments if isinstance(arguments, list | tuple) else [arguments]
    return form, dict(zip(names, given, strict=True)) if len(given) == len(names) else {}
