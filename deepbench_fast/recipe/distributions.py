"""What a parameter can be drawn from: frozen descriptions, no random numbers.

In a recipe a distribution is a number (a constant) or a mapping with one key, e.g. `{uniform: [0.5, 4]}`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from deepbench_fast.recipe import checks
from deepbench_fast.recipe.checks import Invalid, within

NORMAL_REACH = 8.3
"""Standard deviations that a draw can be away from the mean: a uniform of 52 bits is at least 2^-53, so |z| <= 8.21."""

_LARGEST_INTEGER = 2**31 - 1
_LARGEST_POISSON_MEAN = 1_000_000


class _Base:
    """What all distributions share."""

    @property
    def support(self) -> tuple[float, float]:
        """The smallest and the largest value that can be drawn."""
        raise NotImplementedError

    @property
    def is_random(self) -> bool:
        """Whether two draws can differ."""
        low, high = self.support
        return low < high

    @property
    def is_integer(self) -> bool:
        """Whether every value is a whole number."""
        return not self.is_random and self.support[0].is_integer()

    def to_yaml_data(self) -> object:
        """The plain data that `parse_distribution` turns back into this distribution."""
        raise NotImplementedError

    def __str__(self) -> str:
        data = self.to_yaml_data()
        if isinstance(data, dict):
            form, arguments = next(iter(data.items()))
            return f"{form} {json.dumps(arguments)}".replace('"', "")
        return str(data)

    def _numbers(self, *fields: str) -> None:
        """Turn fields into float64, or say which of them is not a number."""
        for field in fields:
            with within(field):
                object.__setattr__(self, field, checks.number(getattr(self, field)))


def _ordered(low: float, high: float) -> None:
    if low > high:
        raise Invalid(f"low ({checks.plain(low)}) must not be above high ({checks.plain(high)})")


@dataclass(frozen=True)
class Constant(_Base):
    """Always the same value."""

    value: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", checks.number(self.value))

    @property
    def support(self) -> tuple[float, float]:
        return self.value, self.value

    def to_yaml_data(self) -> object:
        return checks.plain(self.value)


@dataclass(frozen=True)
class Uniform(_Base):
    """Equally likely between low and high."""

    low: float
    high: float

    def __post_init__(self) -> None:
        self._numbers("low", "high")
        _ordered(self.low, self.high)

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def to_yaml_data(self) -> object:
        return {"uniform": [checks.plain(self.low), checks.plain(self.high)]}


@dataclass(frozen=True)
class LogUniform(_Base):
    """The logarithm is equally likely between those of low and high; 0 < low <= high."""

    low: float
    high: float

    def __post_init__(self) -> None:
        self._numbers("low", "high")
        if self.low <= 0:
            raise Invalid(f"low must be above 0, not {checks.plain(self.low)}")
        _ordered(self.low, self.high)

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def to_yaml_data(self) -> object:
        return {"loguniform": [checks.plain(self.low), checks.plain(self.high)]}


@dataclass(frozen=True)
class Normal(_Base):
    """Gaussian with a mean and a standard deviation, truncated to [low, high] where these are given."""

    mean: float
    sigma: float
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        self._numbers("mean", "sigma", *(field for field in ("low", "high") if getattr(self, field) is not None))
        if self.sigma < 0:
            raise Invalid(f"sigma must not be negative, not {checks.plain(self.sigma)}")
        low, high = self._bounds
        _ordered(low, high)
        # Beyond 8 standard deviations a float64 cumulative probability can't tell the bounds apart.
        if low > self.mean + 8 * self.sigma or high < self.mean - 8 * self.sigma:
            raise Invalid("low and high must leave some of what lies within 8 sigma of the mean")

    @property
    def _bounds(self) -> tuple[float, float]:
        return -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high

    @property
    def support(self) -> tuple[float, float]:
        low, high = self._bounds
        reach = NORMAL_REACH * self.sigma
        return max(low, self.mean - reach), min(high, self.mean + reach)

    def to_yaml_data(self) -> object:
        if self.low is None and self.high is None:
            return {"normal": [checks.plain(self.mean), checks.plain(self.sigma)]}
        fields = {"mean": self.mean, "sigma": self.sigma, "low": self.low, "high": self.high}
        return {"normal": {field: checks.plain(value) for field, value in fields.items() if value is not None}}


@dataclass(frozen=True)
class Integers(_Base):
    """Whole numbers from low to high, both included, equally likely."""

    low: int
    high: int

    def __post_init__(self) -> None:
        for field in ("low", "high"):
            with within(field):
                value = checks.whole_number(getattr(self, field), -_LARGEST_INTEGER, _LARGEST_INTEGER)
                object.__setattr__(self, field, value)
        _ordered(float(self.low), float(self.high))

    @property
    def support(self) -> tuple[float, float]:
        return float(self.low), float(self.high)

    @property
    def is_integer(self) -> bool:
        return True

    def to_yaml_data(self) -> object:
        return {"integers": [self.low, self.high]}


@dataclass(frozen=True)
class Choice(_Base):
    """One of several values, equally likely or by weights (which need not sum to 1)."""

    values: tuple[float, ...]
    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        self._tuple("values")
        if not self.values:
            raise Invalid("must offer at least one value", ("values",))
        if self.weights is None:
            return
        self._tuple("weights")
        if len(self.weights) != len(self.values):
            raise Invalid(f"must be {len(self.values)} numbers, one for each value", ("weights",))
        if min(self.weights) < 0 or not 0 < sum(self.weights) < math.inf:
            raise Invalid("must not be negative, nor all zero", ("weights",))

    def _tuple(self, field: str) -> None:
        with within(field):
            given = checks.sequence(getattr(self, field), "a list of numbers")
            numbers = []
            for position, value in enumerate(given):
                with within(position):
                    numbers.append(checks.number(value))
        object.__setattr__(self, field, tuple(numbers))

    @property
    def possible(self) -> list[float]:
        """The values that can be drawn."""
        if self.weights is None:
            return list(self.values)
        return [value for value, weight in zip(self.values, self.weights, strict=True) if weight > 0]

    @property
    def support(self) -> tuple[float, float]:
        return min(self.possible), max(self.possible)

    @property
    def is_integer(self) -> bool:
        return all(value.is_integer() for value in self.possible)

    def to_yaml_data(self) -> object:
        values = [checks.plain(value) for value in self.values]
        if self.weights is None:
            return {"choice": values}
        return {"choice": {"values": values, "weights": [checks.plain(weight) for weight in self.weights]}}


@dataclass(frozen=True)
class Poisson(_Base):
    """Counts 0, 1, 2 … with a mean between 0 and a million."""

    mean: float

    def __post_init__(self) -> None:
        self._numbers("mean")
        if not 0 <= self.mean <= _LARGEST_POISSON_MEAN:
            raise Invalid(f"mean must be from 0 to {_LARGEST_POISSON_MEAN}, not {checks.plain(self.mean)}")

    @property
    def support(self) -> tuple[float, float]:
        """The upper end lies above the quantile of 1 - 2^-53, the largest uniform of 52 bits."""
        return 0.0, float(math.ceil(self.mean + 9 * math.sqrt(self.mean) + 20)) if self.mean > 0 else 0.0

    @property
    def is_integer(self) -> bool:
        return True

    def to_yaml_data(self) -> object:
        return {"poisson": checks.plain(self.mean)}


Alone: TypeAlias = Constant | Uniform | LogUniform | Normal | Integers | Choice | Poisson
"""Distributions that need no other parameter."""


@dataclass(frozen=True)
class Offset(_Base):
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
class Scaled(_Base):
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


def parse_distribution(value: object) -> Distribution:
    """A distribution from the plain data of a recipe; a distribution is returned as it is.

    Raises:
        Invalid: the data describe no distribution; its path leads to the offending value.
    """
    if isinstance(value, Distribution):
        return value
    wanted = f"a number or one distribution ({', '.join(_FORMS)})"
    if not isinstance(value, dict):
        return Constant(checks.number(value, wanted))
    form, arguments = checks.single(value, wanted)
    with within(form):
        parse = _FORMS[checks.known(form, _FORMS, "distribution")]
        try:
            return parse(arguments)
        except Invalid as invalid:
            raise Invalid(f"{form}: {_named(invalid)}", invalid.path) from None


def _named(invalid: Invalid) -> str:
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


def _parse_offset(arguments: object) -> Offset:
    fields = _fields(checks.mapping(arguments, "{from: PARAMETER, by: DISTRIBUTION}"), ("from", "by"))
    return Offset(fields["from"], fields["by"])  # type: ignore[arg-type]


def _parse_scaled(arguments: object) -> Scaled:
    fields = _fields(checks.mapping(arguments, "{by: PARAMETER, of: DISTRIBUTION}"), ("by", "of"))
    return Scaled(fields["by"], fields["of"])  # type: ignore[arg-type]


_Parser: TypeAlias = Callable[[object], Distribution]
_FORMS: dict[str, _Parser] = {
    "uniform": _pair(Uniform, ("low", "high")),
    "loguniform": _pair(LogUniform, ("low", "high")),
    "normal": _pair(Normal, ("mean", "sigma"), ("low", "high")),
    "integers": _pair(Integers, ("low", "high")),
    "choice": _parse_choice,
    "poisson": _parse_poisson,
    "offset": _parse_offset,
    "scaled": _parse_scaled,
}
