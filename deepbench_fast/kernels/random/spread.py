"""The standard deviation of what a program draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.elementary import exp
from deepbench_fast.kernels.random.program import (
    CHOICE,
    INTEGERS,
    LOGUNIFORM,
    NORMAL,
    NORMAL_UPPER_TAIL,
    POISSON,
    TABLE,
    TABLE_ROWS,
    UNIFORM,
)

Floats = npt.NDArray[np.float64]

SQRT_3 = 1.7320508075688772
SQRT_12 = 3.4641016151377544
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


@inline
def _normal(low: float, high: float, width: float) -> float:
    """That of a standard normal between two bounds, by quadrature: no difference of nearly equal numbers is taken.

    width = high - low, which is known better than the bounds.
    """
    a = max(low, -FARTHEST)
    b = min(high, FARTHEST)
    span = width if a == low and b == high else b - a
    if not span > 0.0:
        return 0.0
    peak = min(max(0.0, a), b)
    panels = int(span) + 1
    half = 0.5 * span / panels
    whole = 0.0
    first = 0.0
    for moment in range(2):
        mean = first / whole if moment == 1 else 0.0
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
    return np.sqrt(total / whole)  # type: ignore[no-any-return]


@inline
def _options(values: Floats, cumulative: Floats, equal: bool) -> float:
    """That of some values with the running sums of their shares, or with equal ones."""
    low = values[0]
    high = values[0]
    for value in values:
        low = min(low, value)
        high = max(high, value)
    size = 0.5 * high - 0.5 * low
    if size == 0.0:
        return 0.0
    mean = 0.0
    square = 0.0
    for moment in range(2):
        before = 0.0
        for k in range(values.size):
            share = 1.0 / values.size if equal else cumulative[k] - before
            before = cumulative[k]
            z = (0.5 * values[k] - 0.5 * low) / size
            if moment == 0:
                mean += share * z
            else:
                square += share * (z - mean) * (z - mean)
    return size * (2.0 * np.sqrt(square))  # type: ignore[no-any-return]


@inline
def _deviation(p: Any, values: Floats, cumulative: Floats) -> float:
    if p.code == UNIFORM:
        return (0.5 * p.high - 0.5 * p.low) / SQRT_3  # type: ignore[no-any-return]
    if p.code == LOGUNIFORM:
        return _loguniform(p.low, p.high, p.end - p.start)
    if p.code == NORMAL or p.code == NORMAL_UPPER_TAIL:
        if p.low == -np.inf and p.high == np.inf:
            return p.sigma  # type: ignore[no-any-return]
        width = (p.high - p.low) / p.sigma
        return p.sigma * _normal((p.low - p.mean) / p.sigma, (p.high - p.mean) / p.sigma, width)  # type: ignore[no-any-return]
    if p.code == INTEGERS:
        steps = p.high - p.low
        return np.sqrt(steps * (steps + 2.0)) / SQRT_12  # type: ignore[no-any-return]
    if p.code == POISSON:
        return np.sqrt(p.mean)  # type: ignore[no-any-return]
    if p.code == CHOICE or p.code == TABLE or p.code == TABLE_ROWS:
        part = slice(p.first, p.first + p.length)
        return _options(values[part], cumulative[part], p.code != CHOICE)
    return 0.0


@kernel
def standard_deviations(programs: npt.NDArray[Any], values: Floats, cumulative: Floats, out: Floats) -> None:
    """Fill out[k] with the standard deviation of what programs[k] draws; arguments as `draw_columns` takes them.

    | law | standard deviation |
    |---|---|
    | constant | 0 |
    | uniform | (high - low) / sqrt 12 |
    | loguniform | (b - a) / r sqrt(r (b + a) / (2 (b - a)) - 1), r = ln(b / a) |
    | normal | sigma; between bounds that of the truncated normal |
    | integers | sqrt(((high - low + 1)**2 - 1) / 12) |
    | Poisson | sqrt(mean) |
    | choice, table | that of the values, each as often as its share |

    Relative error < 1e-13 (Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, 13.10.1).
    """
    for k in range(programs.size):
        out[k] = _deviation(programs[k], values, cumulative)
