"""What a parameter can be drawn from: all distributions, and how a recipe says them.

In a recipe a distribution is a number (a constant) or a mapping with one key, e.g. `{uniform: [0.5, 4]}`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions.listed import MOST_VALUES, Grid, Table
from deepbench_fast.values.distributions.simple import (
    NORMAL_REACH,
    Base,
    Choice,
    Constant,
    Integers,
    LogUniform,
    Normal,
    Poisson,
    Uniform,
)

__all__ = [
    "FORMS",
    "NORMAL_REACH",
    "Alone",
    "Choice",
    "Constant",
    "Distribution",
    "Grid",
    "Integers",
    "LogUniform",
    "Normal",
    "Offset",
    "Poisson",
    "Scaled",
    "Table",
    "Uniform",
    "inner",
    "named_problem",
    "parse_distribution",
]

Alone: TypeAlias = Constant | Uniform | LogUniform | Normal | Integers | Choice | Poisson | Grid | Table
"""Distributions that need no other parameter."""


@dataclass(frozen=True)
class Offset(Base):
    """Another parameter of the same object plus a value of its own."""

    parameter: str
    by: Alone

    def __post_init__(self) -> None:
        with within("from"):
            checks.name(self.parameter)
        with within("by"):
            object.__setattr__(self, "by", _alone(self.by))

    @property
    def support(self) -> tuple[float, float]:
        """Not known without the other parameter."""
        return -math.inf, math.inf

    def support_from(self, base: tuple[float, float]) -> tuple[float, float]:
        """The smallest and the largest value, given those of the other parameter."""
        (low, high), (least, most) = base, self.by.support
        return low + least, high + most

    @property
    def is_random(self) -> bool:
        """Whether it needs a draw of its own."""
        return self.by.is_random

    @property
    def is_integer(self) -> bool:
        """Whether it keeps whole numbers whole."""
        return self.by.is_integer

    def to_yaml_data(self) -> object:
        return {"offset": {"from": self.parameter, "by": self.by.to_yaml_data()}}


@dataclass(frozen=True)
class Scaled(Base):
    """A value of its own times another parameter of the same object."""

    parameter: str
    of: Alone

    def __post_init__(self) -> None:
        with within("by"):
            checks.name(self.parameter)
        with within("of"):
            object.__setattr__(self, "of", _alone(self.of))

    @property
    def support(self) -> tuple[float, float]:
        """Not known without the other parameter."""
        return -math.inf, math.inf

    def support_from(self, base: tuple[float, float]) -> tuple[float, float]:
        """The smallest and the largest value, given those of the other parameter."""
        products = [scale * value for scale in base for value in self.of.support]
        return min(products), max(products)

    @property
    def is_random(self) -> bool:
        """Whether it needs a draw of its own."""
        return self.of.is_random

    @property
    def is_integer(self) -> bool:
        """Whether it keeps whole numbers whole."""
        return self.of.is_integer

    def to_yaml_data(self) -> object:
        return {"scaled": {"by": self.parameter, "of": self.of.to_yaml_data()}}


def _alone(value: object) -> Alone:
    distribution = parse_distribution(value)
    if isinstance(distribution, Offset | Scaled):
        raise Invalid("must be a number or a distribution that needs no other parameter")
    return distribution


Distribution: TypeAlias = Alone | Offset | Scaled


def inner(distribution: Distribution) -> Alone:
    """What an offset or a scaled value draws for itself; any other distribution itself."""
    match distribution:
        case Offset(by=drawn) | Scaled(of=drawn):
            return drawn
    return distribution


def parse_distribution(value: object) -> Distribution:
    """A distribution from the plain data of a recipe; a distribution is returned as it is.

    Raises:
        Invalid: the data describe no distribution; its path leads to the offending value.
    """
    if isinstance(value, Distribution):
        return value
    wanted = f"a number or one distribution ({', '.join(FORMS)})"
    if not isinstance(value, dict):
        return Constant(checks.number(value, wanted))
    form, arguments = checks.single(value, wanted)
    with within(form):
        parse = FORMS[checks.known(form, FORMS, "distribution")]
        try:
            return parse(arguments)
        except Invalid as invalid:
            raise Invalid(f"{form}: {named_problem(invalid)}", invalid.path) from None


def parse_distributions(value: object, wanted: str = "keys with values") -> dict[str, Distribution]:
    """Distributions by the names of what is drawn from them; raises `Invalid`, as `parse_distribution` does."""
    parsed = {}
    for name, drawn in checks.mapping(value, wanted).items():
        with within(name):
            parsed[name] = parse_distribution(drawn)
    return parsed


def named_problem(invalid: Invalid) -> str:
    """The problem with the name of its field in front, since an address ends at the parameter."""
    fields = [step for step in invalid.path[:1] if isinstance(step, str)]
    return " ".join([*fields, invalid.problem])


def _pair(build: Callable[..., Distribution], fields: Sequence[str], optional: Sequence[str] = ()) -> _Parser:
    """A parser of `[a, b]` or `{first: a, second: b}`."""
    example = f"[{', '.join(fields)}]"

    def parse(arguments: object) -> Distribution:
        if isinstance(arguments, dict):
            return build(**_fields(arguments, fields, optional))
        given = checks.sequence(arguments, f"two numbers {example}")
        if len(given) != len(fields):
            raise Invalid(f"must be two numbers {example}, not {checks.quote(arguments)}")
        return build(*given)

    return parse


def _fields(arguments: dict[str, object], required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, object]:
    for field in checks.mapping(arguments):
        checks.known(field, (*required, *optional), "key")
    for field in required:
        if field not in arguments:
            raise Invalid(f"lacks its {field}")
    for field in optional:
        if field in arguments and arguments[field] is None:
            raise Invalid("must be a number, not nothing", (field,))
    return arguments


def _parse_choice(arguments: object) -> Choice:
    if isinstance(arguments, dict):
        return Choice(**_fields(arguments, ("values",), ("weights",)))  # type: ignore[arg-type]
    return Choice(tuple(checks.sequence(arguments, "a list of numbers")))  # type: ignore[arg-type]


def _parse_poisson(arguments: object) -> Poisson:
    if isinstance(arguments, dict):
        return Poisson(**_fields(arguments, ("mean",)))  # type: ignore[arg-type]
    return Poisson(checks.number(arguments))


def _parse_grid(arguments: object) -> Grid:
    if not isinstance(arguments, dict):
        return Grid(tuple(checks.sequence(arguments, "a list of numbers")))  # type: ignore[arg-type]
    fields = _fields(arguments, ("low", "high", "steps"))
    bounds = Uniform(fields["low"], fields["high"])  # type: ignore[arg-type]
    with within("steps"):
        last = checks.whole_number(fields["steps"], 2, MOST_VALUES) - 1
    span = bounds.high - bounds.low
    return Grid((*(bounds.low + span * (i / last) for i in range(last)), bounds.high))


def _parse_table(arguments: object) -> Table:
    wanted = checks.mapping(arguments, "{file: FILE, column: NAME}")
    return Table(**_fields(wanted, ("file", "column"), ("dataset", "order", "hash")))  # type: ignore[arg-type]


def _parse_offset(arguments: object) -> Offset:
    fields = _fields(checks.mapping(arguments, "{from: PARAMETER, by: DISTRIBUTION}"), ("from", "by"))
    return Offset(fields["from"], fields["by"])  # type: ignore[arg-type]


def _parse_scaled(arguments: object) -> Scaled:
    fields = _fields(checks.mapping(arguments, "{by: PARAMETER, of: DISTRIBUTION}"), ("by", "of"))
    return Scaled(fields["by"], fields["of"])  # type: ignore[arg-type]


_Parser: TypeAlias = Callable[[object], Distribution]
FORMS: dict[str, _Parser] = {
    "uniform": _pair(Uniform, ("low", "high")),
    "loguniform": _pair(LogUniform, ("low", "high")),
    "normal": _pair(Normal, ("mean", "sigma"), ("low", "high")),
    "integers": _pair(Integers, ("low", "high")),
    "choice": _parse_choice,
    "poisson": _parse_poisson,
    "grid": _parse_grid,
    "table": _parse_table,
    "offset": _parse_offset,
    "scaled": _parse_scaled,
}
