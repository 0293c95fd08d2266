"""The density of counts with normal noise, every term with 40 digits."""

from __future__ import annotations

from typing import Any

import mpmath


def log_density(mean: float, gain: float, pixel: float, variance: float) -> float:
    """ln of the sum over n of Poisson(n; mean) Normal(pixel - n / gain; 0, variance), at steps where it is wide."""
    with mpmath.workdps(40):
        lam, g, y, v = (mpmath.mpf(float(number)) for number in (mean, gain, pixel, variance))

        def term(n: Any) -> Any:
            return n * mpmath.log(lam) - lam - mpmath.loggamma(n + 1) - (y - n / g) ** 2 / (2 * v)

        low, high = mpmath.mpf(0), max(lam, y * g, 0) + 1
        while high - low > mpmath.mpf(1) / 8:  # the largest term
            left, right = low + (high - low) / 3, high - (high - low) / 3
            low, high = (left, high) if term(left) < term(right) else (low, right)
        peak = (low + high) / 2
        width = 1 / mpmath.sqrt(1 / (g * g * v) + 1 / (peak + 1))
        stride = max(mpmath.mpf(1), mpmath.floor(width / 6))
        start = max(mpmath.mpf(0), mpmath.floor(peak - 12 * width - 3))
        terms = [term(start + k * stride) for k in range(int((24 * width + 20) / stride) + 2)]
        top = max(terms)
        total = stride * mpmath.fsum(mpmath.e ** (one - top) for one in terms)
        return float(top + mpmath.log(total) - mpmath.log(2 * mpmath.pi * v) / 2)
