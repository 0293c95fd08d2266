"""The normal law, truncated or not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from deepbench_fast.kernels.random import codes
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions.distribution import Floats, where
from deepbench_fast.values.distributions.exact import about, exact, times
from deepbench_fast.values.distributions.numeric import Numeric
from deepbench_fast.values.number_text import brief

NORMAL_REACH = 8.3
"""Standard deviations that a draw can be away from the mean: a uniform of 52 bits is at least 2^-53, so |z| <= 8.21."""

_TAIL = 2.0 * 53.0 * math.log(2.0)
_FIRST, _LAST = 5e-324, 1.0 - 2.0**-53
_NARROWEST = 1e-6
# Standard deviations between the bounds below which the logarithm of the density is straight, to 1e-10.
_STRAIGHT = 1e-5


@dataclass(frozen=True)
class Normal(Numeric):
    """Gaussian with a mean and a standard deviation, truncated to [low, high] where these are given.

    What is left must hold some of what lies within 8 sigma of the mean, and be 1e-6 sigma wide, or a point.
    """

    form = "normal"
    code = codes.NORMAL
    remedy = "; give it low and high: {normal: {mean: M, sigma: S, low: A, high: B}}"

    mean: float
    sigma: float
    low: float | None = None
    high: float | None = None

    def check(self) -> None:
        if self.sigma < 0:
            raise Invalid(f"sigma must not be negative, not {checks.plain(self.sigma)}")
        low, high = self.bounds
        if low > high:
            raise Invalid(f"low ({checks.plain(low)}) must not be above high ({checks.plain(high)})")
        # Beyond 8 standard deviations a float64 cumulative probability can't tell the bounds apart.
        if low > self.mean + 8 * self.sigma or high < self.mean - 8 * self.sigma:
            raise Invalid("low and high must leave some of what lies within 8 sigma of the mean")
        # Nor, between these, bounds that are almost the same.
        if low < high < low + _NARROWEST * self.sigma:
            raise Invalid(f"low and high must be {brief(_NARROWEST)} sigma apart; between nearer ones use uniform")
        if not all(map(math.isfinite, self.support)):
            raise Invalid("mean and sigma must be smaller: values beyond what a float64 holds can be drawn")

    @property
    def bounds(self) -> tuple[float, float]:
        """Where it is truncated: infinite where it is not."""
        return -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high

    @property
    def support(self) -> tuple[float, float]:
        low, high = self.bounds
        return max(low, self.mean - self._reach(self.mean - high)), min(high, self.mean + self._reach(low - self.mean))

    def _reach(self, beyond: float) -> float:
        """How far from the mean a draw can be that is at least `beyond` from it: a tail has a tail of its own.

        From the bound of the tails' ratio: 2^-53 = Q(z) / Q(a) <= exp(-(z^2 - a^2) / 2) for z >= a > 0.
        """
        if not beyond > 0.0:
            return NORMAL_REACH * self.sigma
        a = beyond / self.sigma if self.sigma > 0.0 else 0.0
        return max(NORMAL_REACH, math.sqrt(a * a + _TAIL)) * self.sigma

    @property
    def expectation(self) -> float:
        """That of the truncated normal; `mean` is that of the whole one."""
        if not self.is_random:
            return self.support[0]
        mean, _ = _standard_moments(self._rows())
        return self.mean + self.sigma * float(mean[0])

    @classmethod
    def standard_deviations(cls, rows: Any) -> Floats:
        """Sigma; between bounds that of the truncated normal."""
        found: Floats = rows["sigma"] * _standard_moments(rows)[1]
        return found

    def quantile(self, u: Floats) -> Floats:
        from statistics import NormalDist

        import numpy as np

        if not self.is_random:
            return np.full_like(u, self.support[0])
        # In the upper tail mirrored, where probabilities keep their digits.
        low, high = self.bounds
        sign, first, last = self._tails()
        inside = first + (last - first) * (u if sign > 0 else 1.0 - u)
        standard = np.array([NormalDist().inv_cdf(max(_FIRST, min(p, _LAST))) for p in inside.ravel().tolist()])
        return np.clip(self.mean + sign * self.sigma * standard.reshape(u.shape), low, high)

    def _tails(self) -> tuple[float, float, float]:
        """-1 where it is mirrored, else 1, and the probabilities below both bounds of what is not truncated."""
        low, high = self.bounds
        sign = -1.0 if low > self.mean else 1.0
        ends = sorted(sign * (bound - self.mean) / self.sigma for bound in (low, high))
        first, last = (0.5 * math.erfc(-end / math.sqrt(2.0)) for end in ends)
        return sign, first, last

    def _rank(self, values: Floats) -> Floats:
        import numpy as np

        low, high = self.bounds
        width = (high - low) / self.sigma
        if width < _STRAIGHT:
            part, fall = (values - low) / (high - low), width * ((low - self.mean) / self.sigma + 0.5 * width)
            straight: Floats = np.expm1(-fall * part) / math.expm1(-fall) if fall else part
            return straight
        sign, first, last = self._tails()
        z = -sign * (values - self.mean) / (self.sigma * math.sqrt(2.0))
        below = np.array([0.5 * math.erfc(x) for x in z.ravel().tolist()]).reshape(values.shape)
        found: Floats = (below - first) / (last - first)
        return found if sign > 0 else 1.0 - found

    def _slope(self, values: Floats) -> Floats:
        return (self.mean - values) / (self.sigma * self.sigma)

    def _log_density(self, values: Floats) -> Floats:
        """The normal density, over the probability between the bounds."""
        low, high = self.bounds
        a, b = (low - self.mean) / self.sigma, (high - self.mean) / self.sigma
        inside = (values >= low) & (values <= high)
        z = (values - self.mean) / self.sigma
        if (high - low) / self.sigma < _STRAIGHT:
            # What it is in the middle, where it is what it is on average, and how it falls from there.
            from_low = (values - low) / self.sigma
            half = 0.5 * (high - low) / self.sigma
            return where(inside, (half - from_low) * (a + 0.5 * (half + from_low)) - math.log(high - low))
        root = math.sqrt(2.0)
        # The smaller tail keeps its digits.
        part = math.erfc(a / root) - math.erfc(b / root) if a > 0 else math.erfc(-b / root) - math.erfc(-a / root)
        scale = self.sigma * math.sqrt(2 * math.pi)
        return where(inside, -0.5 * z * z - math.log(scale) - math.log(part / 2))

    def at(self, value: float) -> Normal:
        return Normal(value, 0.0, *(None if bound is None else value for bound in (self.low, self.high)))

    def narrowed(self, fraction: Fraction, *, whole: bool = False) -> Normal:
        """Mean, bounds and sigma all shrink about the median, which keeps the probabilities of the bounds."""
        centre = exact(self._median())
        low, high = (None if b is None else about(centre, (b,), fraction)[0] for b in (self.low, self.high))
        return Normal(about(centre, (self.mean,), fraction)[0], times(self.sigma, fraction), low, high)

    def _median(self) -> float:
        """The same on every machine, since a recipe will write it."""
        mean, sigma, low, high = self.mean, self.sigma, self.low, self.high
        if low is None and high is None:
            return mean
        if low is not None and high is not None and exact(high) - exact(mean) == exact(mean) - exact(low):
            return mean
        from deepbench_fast.kernels.random.samplers import normal_cdf, normal_quantile

        # In the upper tail mirrored, where probabilities keep their digits.
        sign = -1.0 if low is not None and low > mean else 1.0
        bounds = (bound for bound in (low, high) if bound is not None)
        ends = [normal_cdf(sign * (bound - mean) / sigma) for bound in bounds]
        if len(ends) == 1:
            ends.append(0.0 if (low is None) == (sign > 0) else 1.0)
        middle = mean + sign * sigma * normal_quantile((ends[0] + ends[1]) / 2)
        return max(low if low is not None else middle, min(middle, high if high is not None else middle))


def _standard_moments(rows: Any) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each row, in units of its sigma from its mean; that of a constant is 0."""
    import numpy as np

    from deepbench_fast.kernels.random.spread import normal_moments

    low, high = rows["low"], rows["high"]
    sigma = np.where(rows["sigma"] > 0.0, rows["sigma"], 1.0)
    mean, deviation = np.empty(len(rows)), np.empty(len(rows))
    with np.errstate(over="ignore"):
        bounds = (low - rows["mean"]) / sigma, (high - rows["mean"]) / sigma, (high - low) / sigma
    normal_moments(*bounds, mean, deviation)
    return mean, deviation
