"""Readings of many counts: slopes of ln f and their mean products, by sums in long double.

f(y) = sum over n of Poisson(n; mean) Normal(y - n; variance). Given y, a count n has the weight of its term; Poisson's
logarithm is mean * phi((n - mean) / mean) beside Stirling's formula, with phi(x) = (1 + x) ln(1 + x) - x by its series.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Long = np.longdouble
WIDTHS = 14
PIECES = 10


def log_poisson(n: Any, mean: Any) -> Any:
    """ln of the probability of n counts."""
    x = (n - mean) / mean
    phi = np.zeros_like(x)
    for k in range(40, 1, -1):
        phi = phi * x + (-1.0) ** k / Long(k * (k - 1))
    return -mean * x * x * phi - np.log(2 * Long(np.pi) * n) / 2 - 1 / (12 * n) + 1 / (360 * n**3)


def _log_term(n: Any, mean: Any, rest: Any, variance: Any) -> Any:
    normal = rest * rest / (2 * variance) + np.log(2 * Long(np.pi) * variance) / 2
    return log_poisson(n, mean) - normal


def slopes(y: Any, mean: float, variance: float) -> tuple[Any, Any]:
    """f, (...), and the slopes of ln f along mean, y, variance, and ln of a gain that scales all, (4, ...)."""
    y, mean, variance = (np.asarray(one, Long) for one in (y, mean, variance))
    width = 1 / np.sqrt(1 / variance + 1 / mean)
    step = max(np.floor(width / PIECES), Long(1))
    middle = np.floor((y * mean + mean * variance) / (mean + variance))
    n = middle[..., None] + step * np.arange(-np.ceil(WIDTHS * width / step) - 1, np.ceil(WIDTHS * width / step) + 2)
    rest = n - y[..., None]
    terms = np.exp(_log_term(n, mean, rest, variance)) * step
    f = terms.sum(axis=-1)
    weights = terms / f[..., None]
    by_y, square = (weights * rest).sum(axis=-1) / variance, (weights * rest * rest).sum(axis=-1) / variance
    by_mean = (weights * (n - mean)).sum(axis=-1) / mean
    by_gain = mean * by_mean + (weights * n * rest).sum(axis=-1) / variance
    return f, np.stack([by_mean, by_y, (square - 1) / (2 * variance), by_gain])


def products(mean: float, variance: float) -> Any:
    """E of the products of `slopes`, (4, 4): a trapezoidal sum over readings.

    Where single counts show, readings at the same place between two counts change as slowly as Poisson's law from one
    count to the next: each of these places has a sum of its own.
    """
    width = Long(np.sqrt(mean + variance))
    places = 1 if variance >= 4 else 9 + int(2.5 / min(np.sqrt(variance), 2 * variance))
    stride = width / PIECES if places == 1 else max(np.floor(width / PIECES), Long(1))
    count = int(min(WIDTHS, np.sqrt(mean) / 3) * width / stride)
    starts = np.floor(Long(mean)) + stride * np.arange(-count, count + 1)
    found = np.zeros((4, 4), Long)
    for place in range(places):
        f, by = slopes(starts + Long(place) / places, mean, variance)
        found += np.einsum("ai,bi,i->ab", by, by, f * stride / places)
    return found
