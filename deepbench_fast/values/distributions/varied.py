"""Noise that depends on the sample: a law some of whose numbers are drawn, too."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions.distribution import (
    FORMS,
    Alone,
    Constant,
    Distribution,
    Grid,
    Integers,
    LogUniform,
    Normal,
    Offset,
    Poisson,
    Scaled,
    Table,
    Uniform,
    named_problem,
    parse_distribution,
)
from deepbench_fast.values.distributions.listed import NOTHING
from deepbench_fast.values.distributions.simple import Base
from deepbench_fast.values.model import FrozenDict

LAWS: dict[str, type[Any]] = {
    "uniform": Uniform,
    "loguniform": LogUniform,
    "normal": Normal,
    "integers": Integers,
    "poisson": Poisson,
}
POSITIONAL = {"normal": ("mean", "sigma"), "poisson": ("mean",)}
"""The numbers that every one of a law has, in the order in which a list gives them; of others low and high."""


@dataclass(frozen=True)
class Varied(Base):
    """A law some of whose numbers are drawn anew for each sample: `{normal: [0, {uniform: [0.01, 0.2]}]}`.

    `numbers` has what each number of the law is drawn from, by the name of its field; those that aren't there are not
    given. Raises `Invalid` unless the law can have all of them together, whatever is drawn.
    """

    form: str
    numbers: Mapping[str, Alone]

    def __post_init__(self) -> None:
        checks.known(self.form, LAWS, "distribution")
        numbers = {}
        for field, drawn in self.numbers.items():
            with within(field):
                numbers[field] = _inner(drawn)
                if LAWS[self.form] is Integers and not numbers[field].is_integer:
                    raise Invalid(f"must be a whole number, but {numbers[field]} gives other numbers too")
        object.__setattr__(self, "numbers", FrozenDict(numbers))
        _ = list(self._extremes())

    @property
    def drawn(self) -> dict[str, Alone]:
        """The numbers that are drawn, by the names of their fields."""
        return {field: drawn for field, drawn in self.numbers.items() if not isinstance(drawn, Constant)}

    @property
    def absent(self) -> bool:
        """Whether nothing can be drawn, because a table is not there."""
        return any(isinstance(drawn, Table) and drawn.absent for drawn in self.numbers.values())

    def _extremes(self) -> Iterator[Alone]:
        """The law with the smallest and the largest of its numbers, in all combinations: its rules are linear."""
        supports = [] if self.absent else [sorted({*drawn.support}) for drawn in self.numbers.values()]
        for values in itertools.product(*supports) if supports else ():
            try:
                yield LAWS[self.form](**dict(zip(self.numbers, values, strict=True)))
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
        return LAWS[self.form] in (Integers, Poisson)

    def to_yaml_data(self) -> object:
        data = {field: drawn.to_yaml_data() for field, drawn in self.numbers.items()}
        if tuple(data) == ("mean",):
            return {self.form: data["mean"]}
        return {self.form: [*data.values()] if tuple(data) == _positional(self.form) else data}


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
            for field in numbers:
                checks.known(field, _fields(form), "key")
            for field in _positional(form):
                if field not in numbers:
                    raise Invalid(f"lacks its {field}")
            return Varied(form, numbers)  # type: ignore[arg-type]
        except Invalid as invalid:
            raise Invalid(f"{form}: {named_problem(invalid)}", invalid.path) from None


def _inner(value: object) -> Alone:
    drawn = parse_distribution(value)
    if isinstance(drawn, Offset | Scaled | Grid):
        raise Invalid(f"can't be {drawn}: it is drawn alone, for each sample")
    return drawn


def _positional(form: str) -> tuple[str, ...]:
    return POSITIONAL.get(form, ("low", "high"))


def _fields(form: str) -> tuple[str, ...]:
    return ("mean", "sigma", "low", "high") if form == "normal" else _positional(form)


def _numbers(value: object) -> tuple[str, Mapping[str, object]]:
    """Form and numbers of a law, by name; none where it is no law with numbers of its own."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return "", {}
    ((form, arguments),) = value.items()
    if form not in LAWS:
        return "", {}
    names = _positional(form)
    if isinstance(arguments, Mapping) and not (len(names) == 1 and set(arguments) & set(FORMS)):
        return form, arguments
    given = arguments if isinstance(arguments, list | tuple) else [arguments]
    return form, dict(zip(names, given, strict=True)) if len(given) == len(names) else {}
