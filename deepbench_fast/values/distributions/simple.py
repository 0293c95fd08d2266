"""Distributions of one value: frozen descriptions, no random numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within

NORMAL_REACH = 8.3
"""Standard deviations that a draw can be away from the mean: a uniform of 52 bits is at least 2^-53, so |z| <= 8.21."""

SMALLEST, LARGEST = 1e-300, 1e300
"""Bounds of a loguniform: logarithms of smaller numbers lose digits, exponentials of larger ones overflow."""

_TAIL = 2.0 * 53.0 * math.log(2.0)
_NARROWEST = 1e-6
_MOST_SHOWN = 8
_LARGEST_INTEGER = 2**31 - 1
_LARGEST_POISSON_MEAN = 1_000_000


def in_short(form: str, values: Sequence[float], whole: str) -> str:
    """`whole`, or where there are many values their number and range: a message stays one line that can be read."""
    if len(values) <= _MOST_SHOWN:
        return whole
    return f"{form} of {len(values)} values from {checks.plain(min(values))} to {checks.plain(max(values))}"


class Base:
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
class Constant(Base):
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
class Uniform(Base):
    """Equally likely between low and high."""

    low: float
    high: float

    def __post_init__(self) -> None:
        self._numbers("low", "high")
        _ordered(self.low, self.high)
        if not math.isfinite(self.high - self.low):
            raise Invalid(f"low ({checks.plain(self.low)}) and high ({checks.plain(self.high)}) are too far apart")

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def to_yaml_data(self) -> object:
        return {"uniform": [checks.plain(self.low), checks.plain(self.high)]}


@dataclass(frozen=True)
class LogUniform(Base):
    """The logarithm is equally likely between those of low and high; 1e-300 <= low <= high <= 1e300."""

    low: float
    high: float

    def __post_init__(self) -> None:
        self._numbers("low", "high")
        if self.low <= 0:
            raise Invalid(f"low must be above 0, not {checks.plain(self.low)}")
        _ordered(self.low, self.high)
        if self.low < SMALLEST or self.high > LARGEST:
            raise Invalid(f"low and high must be from {SMALLEST:g} to {LARGEST:g}")

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def to_yaml_data(self) -> object:
        return {"loguniform": [checks.plain(self.low), checks.plain(self.high)]}


@dataclass(frozen=True)
class Normal(Base):
    """Gaussian with a mean and a standard deviation, truncated to [low, high] where these are given.

    What is left must hold some of what lies within 8 sigma of the mean, and be 1e-6 sigma wide, or a point.
    """

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
        # Nor, between these, bounds that are almost the same.
        if low < high < low + _NARROWEST * self.sigma:
            raise Invalid(f"low and high must be {_NARROWEST:g} sigma apart; between nearer ones use uniform")
        if not all(map(math.isfinite, self.support)):
            raise Invalid("mean and sigma must be smaller: values beyond what a float64 holds can be drawn")

    @property
    def _bounds(self) -> tuple[float, float]:
        return -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high

    @property
    def support(self) -> tuple[float, float]:
        low, high = self._bounds
        return max(low, self.mean - self._reach(self.mean - high)), min(high, self.mean + self._reach(low - self.mean))

    def _reach(self, beyond: float) -> float:
        """How far from the mean a draw can be that is at least `beyond` from it: a tail has a tail of its own.

        From the bound of the tails' ratio: 2^-53 = Q(z) / Q(a) <= exp(-(z^2 - a^2) / 2) for z >= a > 0.
        """
        if not beyond > 0.0:
            return NORMAL_REACH * self.sigma
        a = beyond / self.sigma if self.sigma > 0.0 else 0.0
        return max(NORMAL_REACH, math.sqrt(a * a + _TAIL)) * self.sigma

    def to_yaml_data(self) -> object:
        if self.low is None and self.high is None:
            return {"normal": [checks.plain(self.mean), checks.plain(self.sigma)]}
        fields = {"mean": self.mean, "sigma": self.sigma, "low": self.low, "high": self.high}
        return {"normal": {field: checks.plain(value) for field, value in fields.items() if value is not None}}


@dataclass(frozen=True)
class Integers(Base):
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
class Choice(Base):
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

    def __str__(self) -> str:
        return in_short("choice", self.possible, super().__str__())

    def to_yaml_data(self) -> object:
        values = [checks.plain(value) for value in self.values]
        if self.weights is None:
            return {"choice": values}
        return {"choice": {"values": values, "weights": [checks.plain(weight) for weight in self.weights]}}


@dataclass(frozen=True)
class Poisson(Base):
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
