"""Standard deviations of distributions by mpmath, in 60 digits and from their closed forms."""

from __future__ import annotations

from collections.abc import Sequence

import mpmath as mp

DIGITS = 60


def _root(variance: mp.mpf) -> float:
    return float(mp.sqrt(variance))


def uniform(low: float, high: float) -> float:
    with mp.workdps(DIGITS):
        return float((mp.mpf(high) - low) / mp.sqrt(12))


def loguniform(low: float, high: float) -> float:
    with mp.workdps(DIGITS):
        a, b = mp.mpf(low), mp.mpf(high)
        if a == b:
            return 0.0
        width = mp.log(b / a)
        return _root((b * b - a * a) / (2 * width) - ((b - a) / width) ** 2)


def normal(mean: float, sigma: float, low: float | None = None, high: float | None = None) -> float:
    """Between bounds; the digits that far tails and narrow intervals take are added."""
    with mp.workdps(DIGITS + 60):
        a = -mp.inf if low is None else (mp.mpf(low) - mean) / sigma
        b = mp.inf if high is None else (mp.mpf(high) - mean) / sigma
        if a == b:
            return 0.0

        def density(z: mp.mpf) -> mp.mpf:
            return mp.npdf(z) if mp.isfinite(z) else mp.mpf(0)

        def moment(z: mp.mpf) -> mp.mpf:
            return z * density(z) if mp.isfinite(z) else mp.mpf(0)

        # The smaller tail keeps its digits.
        part = mp.ncdf(-a) - mp.ncdf(-b) if a > 0 else mp.ncdf(b) - mp.ncdf(a)
        return float(
            sigma * mp.sqrt(1 + (moment(a) - moment(b)) / part - ((density(a) - density(b)) / part) ** 2),
        )


def integers(low: int, high: int) -> float:
    with mp.workdps(DIGITS):
        return _root((mp.mpf(high - low + 1) ** 2 - 1) / 12)


def poisson(mean: float) -> float:
    with mp.workdps(DIGITS):
        return _root(mp.mpf(mean))


def choice(values: Sequence[float], weights: Sequence[float] | None = None) -> float:
    with mp.workdps(DIGITS):
        shares = [mp.mpf(weight) for weight in (weights or [1.0] * len(values))]
        total = mp.fsum(shares)
        mean = mp.fsum(share * mp.mpf(value) for share, value in zip(shares, values, strict=True)) / total
        return _root(mp.fsum(s * (mp.mpf(v) - mean) ** 2 for s, v in zip(shares, values, strict=True)) / total)
