"""The law of a choice between values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate
from typing import Any

from deepbench_fast.kernels.random import codes
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions.constant import Constant
from deepbench_fast.values.distributions.distribution import Alone, Base, Floats, Options, arguments_by_name
from deepbench_fast.values.distributions.exact import one_to, times, way
from deepbench_fast.values.distributions.listed import Listed, numbers
from deepbench_fast.values.schemas import NUMBER, Schema, any_of, list_of, mapping
from deepbench_fast.values.schemas import number as number_schema

LIST = "a list of numbers"


@dataclass(frozen=True)
class Choice(Listed):
    """One of several values, equally likely or by weights (which need not sum to 1)."""

    form = "choice"
    as_given = ("weights",)

    values: tuple[float, ...]
    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        with within("values"):
            object.__setattr__(self, "values", numbers(checks.sequence(self.values, LIST)))
            if not self.values:
                raise Invalid("must offer at least one value")
        if self.weights is None:
            return
        with within("weights"):
            object.__setattr__(self, "weights", numbers(checks.sequence(self.weights, LIST)))
            if len(self.weights) != len(self.values):
                raise Invalid(f"must be {len(self.values)} numbers, one for each value")
            if min(self.weights) < 0 or not sum(self.weights) > 0:
                raise Invalid("must not be negative, nor all zero")
            if sum(self.weights) == math.inf:
                raise Invalid("are too large to be added up")

    @classmethod
    def parse(cls, arguments: object) -> Choice:
        if isinstance(arguments, dict):
            return cls(**arguments_by_name(arguments, ("values",), ("weights",)))
        return cls(tuple(checks.sequence(arguments, LIST)))  # type: ignore[arg-type]

    @classmethod
    def schema(cls, number: Schema) -> Schema:
        values, weights = list_of(NUMBER, 1), list_of(number_schema(0.0, math.inf), 1)
        return any_of(values, mapping({"values": values, "weights": weights}, ["values"]))

    def to_yaml_data(self) -> object:
        values = [checks.plain(value) for value in self.values]
        if self.weights is None:
            return {"choice": values}
        return {"choice": {"values": values, "weights": [checks.plain(weight) for weight in self.weights]}}

    @property
    def possible(self) -> list[float]:
        return [value for value, weight in zip(self.values, self._weights, strict=True) if weight > 0]

    @property
    def _weights(self) -> tuple[float, ...]:
        return self.weights or (1.0,) * len(self.values)

    @property
    def is_discrete(self) -> bool:
        return True

    def _cumulative(self) -> list[float]:
        return running_shares(self._weights)

    def _shares(self) -> tuple[Floats, Floats]:
        import numpy as np

        return np.array(self.values), np.diff(self._cumulative(), prepend=0.0)

    def fill(self, row: Any, options: Options) -> None:
        options.add(row, codes.CHOICE, self.values, self._cumulative())

    def quantile(self, u: Floats) -> Floats:
        import numpy as np

        places = np.searchsorted(self._cumulative(), u, side="right")
        last = np.flatnonzero(self._weights)[-1]  # 1 is the end of the last value that there can be
        found: Floats = np.array(self.values)[np.minimum(places, last)]
        return found

    def _log_density(self, values: Floats) -> Floats:
        import numpy as np

        shares = np.array(self._weights)
        with np.errstate(divide="ignore"):
            logarithms: Floats = np.log((values[:, None] == np.array(self.values)) @ (shares / shares.sum()))
        return logarithms

    def _rank(self, values: Floats) -> Floats:
        """Values stand in the order of the list, and one that stands there twice at its first place with a share."""
        import numpy as np

        ends = np.array(self._cumulative())
        shares, matches = np.diff(ends, prepend=0.0), values[..., None] == np.array(self.values)
        found: Floats = (ends - 0.5 * shares)[(matches & (shares > 0.0)).argmax(axis=-1)]
        return found

    def nearest(self, values: Floats) -> Floats:
        import numpy as np

        options = np.array(self.possible)
        found: Floats = options[np.abs(values[:, None] - options).argmin(axis=1)]
        return found

    def at(self, value: float) -> Choice:
        """With all the weight on the value, where it is one of these."""
        if value not in self.values:
            return replace(self, values=(value,) * len(self.values))
        place = self.values.index(value)
        return replace(self, weights=tuple(float(k == place) for k in range(len(self.values))))

    def between(self, other: Base, fraction: Fraction) -> Any:
        if isinstance(other, Choice) and self != other and self.values == other.values:
            return self._between(other, fraction)  # also where each has one value alone
        return super().between(other, fraction)

    def _between(self, other: Choice, fraction: Fraction) -> Alone:
        if self.values == other.values:
            shares = [[Fraction(w) / sum(map(Fraction, law._weights)) for w in law._weights] for law in (self, other)]
            return Choice(self.values, tuple(float(a + fraction * (b - a)) for a, b in zip(*shares, strict=True)))
        if self._cumulative() == other._cumulative():
            values = zip(self.values, other.values, strict=True)
            return replace(self, values=tuple(way(a, b, fraction) for a, b in values))
        return super()._between(other, fraction)

    def narrowed(self, fraction: Fraction, *, whole: bool = False) -> Alone:
        """The values around the median, in their order and with their weights."""
        kept = max(1, round(len(self.possible) * fraction))
        weights = self._weights
        places = sorted((i for i, weight in enumerate(weights) if weight > 0), key=lambda i: self.values[i])

        def lopsided(first: int) -> Fraction:
            below = sum((Fraction(weights[i]) for i in places[:first]), Fraction(0))
            above = sum((Fraction(weights[i]) for i in places[first + kept :]), Fraction(0))
            return abs(below - above)

        first = min(range(len(places) - kept + 1), key=lopsided)
        chosen = sorted(places[first : first + kept])
        if len(chosen) == 1:
            return Constant(self.values[chosen[0]])
        of_chosen = None if self.weights is None else tuple(self.weights[i] for i in chosen)
        return Choice(tuple(self.values[i] for i in chosen), of_chosen)

    def scaled(self, factor: Fraction) -> Alone:
        if factor == 0:
            return Constant(0.0)
        return replace(self, values=tuple(times(value, factor) for value in self.values))

    def thinned(self, fraction: Fraction) -> Choice:
        return replace(self, values=tuple(one_to(value, fraction) for value in self.values))


def running_shares(weights: Sequence[float]) -> list[float]:
    """Sums of the first 1, 2, ... weights over the sum of all: exact, then rounded once to float64.

    Floats are whole numbers over a power of two, and Python rounds the quotient of two whole numbers correctly.
    """
    ratios = [weight.as_integer_ratio() for weight in weights]
    common = max(denominator for _, denominator in ratios)
    sums = list(accumulate(numerator * (common // denominator) for numerator, denominator in ratios))
    return [part / sums[-1] for part in sums]
