"""The tail of importance weights."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def pareto_shape(logs: Floats) -> float:
    """The shape k of the generalised Pareto law of the largest weights, whose logarithms are given.

    Of N weights the largest min(N / 5, 3 sqrt(N)); the estimate of Zhang & Stephens (2009), drawn to 1/2 as ten more
    weights would (Vehtari, Simpson, Gelman, Yao & Gabry 2024). Weights that are bounded have k < 0, of which moments
    up to 1 / k exist; -inf where the largest weights are equal, inf where a fourth of them are nothing beside the
    largest.
    """
    number = int(min(0.2 * len(logs), 3.0 * len(logs) ** 0.5))
    ordered = np.sort(logs)
    if number < 5:
        return float("nan")
    cut, top = ordered[-number - 1], ordered[-1]
    tail = np.exp(ordered[-number:] - top) - np.exp(cut - top)
    if not tail[0] < tail[-1]:
        return -np.inf
    candidates = 30 + int(number**0.5)
    quarter = tail[int(number / 4 + 0.5) - 1]
    if not quarter > 0.0:
        return np.inf
    b = 1.0 / tail[-1] + (1.0 - np.sqrt(candidates / (np.arange(1, candidates + 1) - 0.5))) / (3.0 * quarter)
    k = np.array([np.mean(np.log1p(-one * tail)) for one in b])
    profile = number * (np.log(-b / k) - k - 1.0)
    weights = np.exp(profile - profile.max())
    best = float((b * weights).sum() / weights.sum())
    shape = float(np.mean(np.log1p(-best * tail)))
    return (number * shape + 5.0) / (number + 10.0)
