"""Logarithms of probability densities of a recipe's distributions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import UsageError
from deepbench_fast.values.distributions.distribution import (
    Choice,
    Constant,
    Distribution,
    Integers,
    LogUniform,
    Normal,
    Poisson,
    Uniform,
)

Array = npt.NDArray[np.float64]
NARROW = 1e-5
"""Standard deviations between the bounds of a normal below which its density is flat, to 1e-10 of itself."""

ROUNDING = 1e-12
"""How far, relative to its terms, a sum or a product can be from one of the values that its part can have."""


def log_density(distribution: Distribution, values: Array) -> Array:
    """Logarithm of the density at each value (of the probability, for whole numbers and constants); -inf outside.

    Raises UsageError for a distribution that has none.
    """
    low, high = distribution.support
    match distribution:
        case Uniform() | LogUniform() | Normal() if not distribution.is_random:
            return _where(values == low, 0.0)
        case Uniform():
            return _where((values >= low) & (values <= high), -math.log(high - low))
        case LogUniform():
            inside = (values >= low) & (values <= high)
            width = math.log1p((high - low) / low) if high < 2 * low else math.log(high) - math.log(low)
            return _where(inside, -np.log(np.where(inside, values, 1.0)) - math.log(width))
        case Normal():
            return _log_normal(distribution, values)
        case Integers():
            inside = (values >= low) & (values <= high) & (values == np.floor(values))
            return _where(inside, -math.log(high - low + 1.0))
        case Constant() | Choice():
            return _log_choice(distribution, values)
        case Poisson(mean=mean):
            return _log_poisson(mean, values)
    raise UsageError(f"{distribution} has no density")


def log_density_of_sum(by: Distribution, values: Array, base: Array) -> Array:
    """The density of base + a value of `by`, given the base: that of the difference."""
    difference = values - base
    return log_density(by, _snapped(by, difference, np.maximum(np.abs(values), np.abs(base))))


def log_density_of_product(of: Distribution, values: Array, base: Array) -> Array:
    """The density of base * a value of `of`, given the base: that of the ratio, over |base| where it is a density.

    A base of 0 makes every product 0: probability 1 there.
    """
    ratio = np.divide(values, base, out=np.zeros_like(values), where=base != 0)
    log_part = log_density(of, _snapped(of, ratio, np.abs(ratio)))
    if not _has_values(of):
        log_part = log_part - np.log(np.where(base != 0, np.abs(base), 1.0))
    return np.where(base != 0, log_part, _where(values == 0, 0.0))


def _has_values(distribution: Distribution) -> bool:
    """Whether single values have a probability."""
    return isinstance(distribution, Constant | Integers | Choice | Poisson) or not distribution.is_random


def _snapped(distribution: Distribution, values: Array, size: Array) -> Array:
    """The values, but the nearest possible one where rounding alone keeps them from it; `size` is that of the terms."""
    match distribution:
        case Integers() | Poisson():
            nearest = np.rint(values)
        case Choice():
            options = np.array(distribution.values)
            nearest = options[np.abs(values[:, None] - options).argmin(axis=1)]
        case _ if not distribution.is_random:
            nearest = np.full_like(values, distribution.support[0])
        case _:
            return values
    near = np.abs(values - nearest) <= ROUNDING * np.maximum(size, np.abs(nearest))
    return np.where(near, nearest, values)


def _log_choice(distribution: Constant | Choice, values: Array) -> Array:
    options, weights = [distribution.support[0]], None
    if isinstance(distribution, Choice):
        options, weights = list(distribution.values), distribution.weights
    shares = np.array(weights if weights is not None else [1.0] * len(options))
    with np.errstate(divide="ignore"):
        logarithms: Array = np.log((values[:, None] == np.array(options)) @ (shares / shares.sum()))
    return logarithms


def _log_normal(distribution: Normal, values: Array) -> Array:
    """The normal density, over the probability between the bounds."""
    mean, sigma = distribution.mean, distribution.sigma
    low = -math.inf if distribution.low is None else distribution.low
    high = math.inf if distribution.high is None else distribution.high
    a, b = (low - mean) / sigma, (high - mean) / sigma
    inside = (values >= low) & (values <= high)
    if b - a < NARROW:
        return _where(inside, -math.log(high - low))
    z = (values - mean) / sigma
    root = math.sqrt(2.0)
    # The smaller tail keeps its digits.
    part = math.erfc(a / root) - math.erfc(b / root) if a > 0 else math.erfc(-b / root) - math.erfc(-a / root)
    return _where(inside, -0.5 * z * z - math.log(sigma * math.sqrt(2 * math.pi)) - math.log(part / 2))


def _log_poisson(mean: float, values: Array) -> Array:
    whole = (values >= 0) & np.isfinite(values) & (values == np.floor(values))
    if mean == 0:
        return _where(values == 0, 0.0)
    counts = np.where(whole, values, 0.0)
    factorials = np.array([math.lgamma(k + 1.0) for k in counts])
    return _where(whole, counts * math.log(mean) - mean - factorials)


def _where(inside: npt.NDArray[np.bool_], value: Any) -> Array:
    found: Array = np.where(inside, value, -math.inf)
    return found
