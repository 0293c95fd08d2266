"""Means and standard deviations that have no short closed form."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.elementary import exp

Floats = npt.NDArray[np.float64]

# Below this ratio of the difference of the bounds to their sum the logarithm's series is summed.
NARROW = 0.5
TERMS = 30
# Standard deviations from the mean beyond which a normal truncated within 8 of them has nothing: 3e-18 of itself.
FARTHEST = 12.0
# Nodes and weights of Gauss and Legendre on (-1, 1), the positive half: 16 points (DLMF 3.5.21).
NODES = np.array(
    [
        0.09501250983763744,
        0.2816035507792589,
        0.45801677765722737,
        0.6178762444026438,
        0.755404408355003,
        0.8656312023878318,
        0.9445750230732326,
        0.9894009349916499,
    ]
)
WEIGHTS = np.array(
    [
        0.1894506104550685,
        0.18260341504492358,
        0.16915651939500254,
        0.14959598881657674,
        0.12462897125553388,
        0.09515851168249279,
        0.062253523938647894,
        0.027152459411754096,
    ]
)


@inline
def _loguniform(low: float, high: float, width: float) -> float:
    """(b - a) / (2 d) sqrt(d / s - 1), with s = (b - a) / (b + a) and d = artanh s = ln(b / a) / 2; width = ln(b / a).

    d / s - 1 = s**2 / 3 + s**4 / 5 + ... where s is small.
    """
    ratio = low / high
    difference = (high - low) / high  # keeps the digits that 1 - ratio would lose
    s = difference / (1.0 + ratio)
    if s == 0.0:
        return 0.0
    if s < NARROW:
        square = s * s
        excess = 0.0
        for k in range(TERMS, 0, -1):
            excess = square * (1.0 / (2 * k + 1) + excess)
        return high / (1.0 + excess) * 0.5 * (1.0 + ratio) * np.sqrt(excess)  # type: ignore[no-any-return]
    d = 0.5 * width
    return high * difference / width * np.sqrt(d / s - 1.0)  # type: ignore[no-any-return]


@kernel
def loguniform_deviations(low: Floats, high: Floats, width: Floats, out: Floats) -> None:
    """Fill out[k] with the standard deviation of what is loguniform between low[k] and high[k]; width = ln(high / low).

    (b - a) / r sqrt(r (b + a) / (2 (b - a)) - 1), r = ln(b / a); relative error < 1e-13.
    """
    for k in range(out.size):
        out[k] = _loguniform(low[k], high[k], width[k])


@inline
def _normal(low: float, high: float, width: float) -> tuple[float, float]:
    """Mean and standard deviation of a standard normal between two bounds; width = high - low, known better than these.

    By quadrature: no difference of nearly equal numbers is taken.
    """
    if low == -np.inf and high == np.inf:
        return 0.0, 1.0
    a = max(low, -FARTHEST)
    b = min(high, FARTHEST)
    span = width if a == low and b == high else b - a
    if not span > 0.0:
        return a, 0.0
    peak = min(max(0.0, a), b)
    panels = int(span) + 1
    half = 0.5 * span / panels
    whole = 0.0
    first = 0.0
    mean = 0.0
    for moment in range(2):
        if moment == 1:
            mean = first / whole
        total = 0.0
        for panel in range(panels):
            # From a, not from 0: the distances within a narrow interval keep their digits.
            middle = (2 * panel + 1) * half
            for k in range(16):
                step = NODES[k >> 1] * half
                t = middle + (step if k & 1 else -step)
                x = a + t
                weight = WEIGHTS[k >> 1] * exp(0.5 * (peak - x) * (peak + x))
                if moment == 0:
                    whole += weight
                    first += weight * t
                else:
                    total += weight * (t - mean) * (t - mean)
    return a + mean, np.sqrt(total / whole)


@kernel
def normal_moments(low: Floats, high: Floats, width: Floats, mean: Floats, deviation: Floats) -> None:
    """Fill in the means and the standard deviations of standard normals truncated to [low[k], high[k]].

    Shapes (n,); width = high - low, which may be known better than the bounds. Relative error of the deviation < 1e-13
    (Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, 13.10.1).
    """
    for k in range(mean.size):
        mean[k], deviation[k] = _normal(low[k], high[k], width[k])
