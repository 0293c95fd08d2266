"""Whether posterior samples are right on average: ranks of the truth, bands around them, and regions around any point.

All follow from samples (N, S, P) of N posteriors and the truths (N, P) behind their data, which are drawn from the
prior. p-values and bands are those of exact samples of the same sizes, which are simulated, with the same draws always.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.streams import seed_key, stream_number
from deepbench_fast.errors import UsageError
from deepbench_fast.kernels.inference.mixture import uniforms
from deepbench_fast.values.optional import not_loaded
from deepbench_fast.values.real_arrays import real_numbers

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SIMULATED = 2000
TESTS = 10
"""p-values that are judged together by so many simulated sets: the least of more would never be small enough."""

BAND = 0.95
FEWEST = 20
"""Samples of a set that a classifier can be trained by."""

KEY = seed_key("deepbench-fast calibration 1")


def ranks(samples: Floats, truth: Floats) -> Integers:
    """How many of the S samples are below the truth, (N, P): 0 to S, all equally likely if they are of the posterior.

    Talts, Betancourt, Simpson, Vehtari & Gelman (2018), Validating Bayesian inference algorithms with simulation-based
    calibration. Equal values are below with probability 1/2 each, by a draw of their own.
    """
    return _ranked(*matched(samples, truth), "ties")


def matched(samples: npt.ArrayLike, truth: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Samples (N, S, P) and truths (N, P) in float64. Raises UsageError for all but finite numbers of such shapes."""
    samples, truth = real_numbers(samples, "samples", np.float64), real_numbers(truth, "truth", np.float64)
    if samples.ndim != 3 or truth.ndim != 2:
        raise UsageError(f"samples must be (N, S, P) and truth (N, P), not {samples.shape} and {truth.shape}")
    if len(samples) != len(truth) or (samples.shape[1] and samples.shape[2] != truth.shape[1]):
        raise UsageError(f"samples (N, S, P) are {samples.shape}, but truth (N, P) is {truth.shape}")
    if not (np.isfinite(samples).all() and np.isfinite(truth).all()):
        raise UsageError("samples and truth must be finite")
    return samples, truth


def _ranked(samples: Floats, truth: Floats, ties: str) -> Integers:
    """How many samples (N, S, ...) are below the truths (N, ...), and of the equal ones by draws of this name."""
    below = (samples < truth[:, None]).sum(axis=1)
    equal = (samples == truth[:, None]).sum(axis=1)
    drawn = _uniforms(ties, len(truth), int(np.prod(truth.shape[1:]))).reshape(truth.shape)
    found: Integers = below + np.floor((equal + 1) * drawn).astype(np.int64)
    return found


class Uniformity(NamedTuple):
    """How far the distribution of ranks is from a uniform one.

    `places` (S,) are the parts of ranks below 1, ..., S that are expected, `differences` (S,) what is found less that,
    `low` and `high` (S,) the band that holds all of them in 95 % of exact samples, `p` the probability that exact ones
    are as far off.
    """

    places: Floats
    differences: Floats
    low: Floats
    high: Floats
    p: float


def uniformity(found: Integers, most: int, tests: int = 1) -> Uniformity:
    """Of N ranks from 0 to `most`: the band is simultaneous (Säilynoja, Bürkner & Vehtari 2022), all its places being
    as likely to be left. `tests`: how many p-values are judged together, of which the least counts."""
    count = len(found)
    places = np.arange(1, most + 1) / (most + 1)
    spread = np.sqrt(places * (1.0 - places) / count)
    furthest = _furthest(count, most, SIMULATED * -(-tests // TESTS))
    differences = _below(found, most) / count - places
    own = float(np.max(np.abs(differences) / spread))
    width = float(furthest[int(np.ceil(BAND * len(furthest))) - 1]) * spread
    p = (1.0 + float((furthest >= own).sum())) / (len(furthest) + 1.0)
    return Uniformity(places, differences, -width, width, p)


@lru_cache(1)
def _furthest(count: int, most: int, sets: int) -> Floats:
    """How far exact ranks of so many posteriors are off, in standard deviations: of simulated sets, the least first."""
    places = np.arange(1, most + 1) / (most + 1)
    spread = np.sqrt(places * (1.0 - places) / count)
    simulated = np.floor((most + 1) * _uniforms("null", sets, count)).astype(np.int64)
    return np.sort([np.max(np.abs(_below(one, most) / count - places) / spread) for one in simulated])


def _below(found: Integers, most: int) -> Floats:
    """How many ranks are below 1, ..., most."""
    return np.cumsum(np.bincount(found, minlength=most + 1))[:-1].astype(np.float64)


def interval_coverage(found: Integers, most: int, part: float) -> float:
    """How often the central interval with this part of the samples holds the truth: `part` for exact ones.

    A rank that an end of the interval cuts counts with the part of it that is inside, since S samples alone divide the
    posterior into S + 1 parts, and few of these don't make up 0.95.
    """
    edge = 0.5 * (1.0 - part) * (most + 1)
    inside = np.minimum(found + 1.0, most + 1.0 - edge) - np.maximum(found, edge)
    return float(np.mean(np.clip(inside, 0.0, 1.0)))


def tarp_ranks(samples: Floats, truth: Floats) -> Integers:
    """How many samples are nearer to a random point than the truth is, (N,): uniform from 0 to S for exact ones.

    Points are uniform in the box of all truths and samples, in which parameters are scaled to 1: that of the truths
    alone would lie nearer to these than to exact samples where they are few. Equal distances are ranked as in `ranks`.
    Tests of accuracy with random points: Lemos, Coogan, Hezaveh & Perreault-Levasseur (2023).
    """
    samples, truth = matched(samples, truth)
    low, high = np.minimum(truth, samples.min(axis=1)).min(axis=0), np.maximum(truth, samples.max(axis=1)).max(axis=0)
    size = np.where(high > low, high - low, 1.0)
    points = _uniforms("points", *truth.shape)
    own = np.sum(((truth - low) / size - points) ** 2, axis=1)
    others = np.sum(((samples - low) / size - points[:, None]) ** 2, axis=2)
    return _ranked(others, own, "distances")


def c2st(one: Floats, other: Floats, folds: int = 5) -> float:
    """How often a classifier tells which of two sets samples (S, P) are from: 0.5 where they are of one law, up to 1.

    A network of two layers of 10 P units, its accuracy on parts that it wasn't trained on, as sbibm has it (Friedman
    2003; Lopez-Paz & Oquab 2017). With S samples of each it scatters by 0.5 / sqrt(2 S). Needs scikit-learn. Raises
    UsageError for sets of unequal size, which are told from each other by that alone, and of fewer than 20 samples.
    """
    one, other = (real_numbers(given, "samples", np.float64) for given in (one, other))
    if one.ndim != 2 or one.shape != other.shape or len(one) < FEWEST or not one.shape[1]:
        needed = f"two sets of as many samples (S, P), S {FEWEST} or more"
        raise UsageError(f"c2st needs {needed}, not {one.shape} and {other.shape}")
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise UsageError("samples must be finite")
    try:
        from sklearn.model_selection import KFold, cross_val_score
        from sklearn.neural_network import MLPClassifier
    except ImportError as error:
        raise not_loaded(error, "c2st", "sklearn") from None
    mean, deviation = one.mean(axis=0), one.std(axis=0)
    deviation = np.where(deviation > 0.0, deviation, 1.0)
    data = (np.concatenate([one, other]) - mean) / deviation
    labels = np.repeat([0, 1], [len(one), len(other)])
    units = 10 * one.shape[1]
    network = MLPClassifier((units, units), max_iter=1000, solver="adam", early_stopping=True, random_state=1)
    scores = cross_val_score(network, data, labels, cv=KFold(folds, shuffle=True, random_state=1), scoring="accuracy")
    return float(np.mean(scores))


def _uniforms(name: str, count: int, numbers: int) -> Floats:
    out = np.empty((count, numbers))
    uniforms(KEY, stream_number(f"calibration.{name}"), 0, out)
    return out
