"""The law whose logarithm is uniform."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from deepbench_fast.kernels.random import codes
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions.distribution import Floats, where
from deepbench_fast.values.distributions.numeric import Bounded
from deepbench_fast.values.number_text import brief

SMALLEST, LARGEST = 1e-300, 1e300
"""Bounds: logarithms of smaller numbers lose digits, exponentials of larger ones overflow."""


class LogUniform(Bounded):
    """The logarithm is equally likely between those of low and high; 1e-300 <= low <= high <= 1e300."""

    form = "loguniform"
    code = codes.LOGUNIFORM

    def check(self) -> None:
        if self.low <= 0:
            raise Invalid(f"low must be above 0, not {checks.plain(self.low)}")
        super().check()
        if self.low < SMALLEST or self.high > LARGEST:
            raise Invalid(f"low and high must be from {brief(SMALLEST)} to {brief(LARGEST)}")

    @property
    def _log_ratio(self) -> float:
        """ln(high / low), with the digits that near bounds have."""
        low, high = self.support
        return math.log1p((high - low) / low) if high < 2 * low else math.log(high) - math.log(low)

    @property
    def expectation(self) -> float:
        return (self.high - self.low) / self._log_ratio if self.is_random else self.low

    @classmethod
    def standard_deviations(cls, rows: Any) -> Floats:
        """(b - a) / r sqrt(r (b + a) / (2 (b - a)) - 1), r = ln(b / a)."""
        import numpy as np

        from deepbench_fast.kernels.random.spread import loguniform_deviations

        found = np.empty(len(rows))
        low, high = (np.ascontiguousarray(rows[name]) for name in ("low", "high"))
        loguniform_deviations(low, high, rows["end"] - rows["start"], found)
        return found

    def quantile(self, u: Floats) -> Floats:
        import numpy as np

        # In two halves: the whole ratio may be more than a float64 holds.
        half = np.exp(0.5 * self._log_ratio * u)
        return np.clip(self.low * half * half, self.low, self.high)

    def _log_density(self, values: Floats) -> Floats:
        import numpy as np

        inside = self.inside(values)
        return where(inside, -np.log(np.where(inside, values, 1.0)) - math.log(self._log_ratio))

    def _rank(self, values: Floats) -> Floats:
        import numpy as np

        # The logarithm of the ratio keeps its digits between near bounds.
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            near = np.log1p((values - self.low) / self.low)
            found: Floats = np.where(values < 2 * self.low, near, np.log(values) - math.log(self.low)) / self._log_ratio
        return found

    def _slope(self, values: Floats) -> Floats:
        return -1.0 / values

    @classmethod
    def _way(cls, start: float, end: float, fraction: Fraction) -> float:
        from decimal import Context, Decimal

        # Logarithms that are the same on every machine: those of the C library are not.
        exact = Context(prec=40)
        low, high = exact.ln(Decimal(repr(start))), exact.ln(Decimal(repr(end)))
        part = exact.divide(Decimal(fraction.numerator), Decimal(fraction.denominator))
        return float(exact.exp(exact.add(low, exact.multiply(part, exact.subtract(high, low)))))

    def narrowed(self, fraction: Fraction, *, whole: bool = False) -> LogUniform:
        """About the median in the logarithm."""
        from decimal import Context, Decimal

        # Logarithms that are the same on every machine: those of the C library are not.
        exact = Context(prec=40)
        bottom, top = exact.ln(Decimal(repr(self.low))), exact.ln(Decimal(repr(self.high)))
        part = exact.divide(Decimal(fraction.numerator), Decimal(fraction.denominator))
        centre = exact.divide(exact.add(bottom, top), Decimal(2))
        half = exact.multiply(part, exact.subtract(top, centre))
        ends = exact.exp(exact.subtract(centre, half)), exact.exp(exact.add(centre, half))
        return LogUniform(max(self.low, float(ends[0])), min(self.high, float(ends[1])))
