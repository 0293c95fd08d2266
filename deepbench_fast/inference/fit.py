"""The mixture that a posterior is drawn from: from its modes, by its own weighted draws."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.streams import stream_number
from deepbench_fast.inference.mixture import Mixture
from deepbench_fast.inference.modes import Modes, Problem, find_modes, local_scales
from deepbench_fast.kernels.inference.mixture import LOG_TWO_PI, resample, weigh

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Key = npt.NDArray[np.uint32]

LOOKED_AT = 4096
"""Draws from the prior among which starts are sought."""

STARTS = 32
MODES = 6
LEAST_MASS = 0.02
"""Share of a mode at the beginning, whatever its height says."""

SPLIT = 0.5
"""Scales of new components, as parts of what the data say where they stand."""

ROUNDS = 12
ENOUGH = 0.6
"""Rounds at most; what draws are worth, each, when it is enough."""


class Effort(NamedTuple):
    """What a fit is made with: draws of each round, components, rounds that end with new ones in place of the old, and
    the draws that a round's weights are worth at least, by a smaller power of them."""

    draws: int
    components: int
    anew: int
    least_worth: float


def quick(draws: int) -> Effort:
    """Enough for nearly all posteriors, with so many draws in each round."""
    return Effort(draws, 16, 1, 300.0)


THOROUGH = Effort(8192, 64, 2, 1024.0)
"""For sheets that are a hundredth as thick as they are long, and bend: sixteen components don't cover them, and a few
hundred draws say too little of each."""

TWINS = (0.25, 5.0)
"""Share and scale of the wide twins that components get at the end, so that tails are drawn often enough."""

LOST_MASS = 5.0
LOST_WEIGHT = 5.0
LOST_SHARE = 0.3
KEPT_SHARE = 0.1
"""A mode is lost where ln of its mass is at most so far below the evidence's, and ln of a draw's weight there at least
so far above the mean's; the shares that such modes get together, before the rounds and after them."""

PATCHES = 8
PATCHED = 8
HEAVY = 6.0
PATCH_SHARE = 0.005
"""So often the places of the largest weights, so many at a time, get components of their own, with this share each,
where a weight is more than so many times the mean (Raftery & Bao 2010)."""


def fitted(problem: Problem, key: Key, size: int, draws: int) -> tuple[Mixture, Modes]:
    """A mixture near the posterior, and the modes that it began with; `draws` are made in each round."""
    modes = find_modes(problem, _starts(problem, key, size), MODES)
    shares = np.empty(len(modes.masses))
    weigh(modes.masses, 1.0, shares)
    mixture = Mixture.of(np.maximum(shares, LEAST_MASS), modes.places, modes.scales)
    mixture = _nearer(problem, mixture, key, stream_number("posterior.fit"), quick(draws))
    return _patched(problem, mixture, key, stream_number("posterior.patches"), 2 * draws), modes


def lost(problem: Problem, mixture: Mixture, modes: Modes, log_evidence: float) -> Modes:
    """The modes of some mass, exchanged ones among them, where draws of the mixture would weigh far more than they
    should."""
    modes = modes.exchanged(problem.exchanges)
    weights = problem.log_density(modes.places) - mixture.log_density(modes.places)[0]
    weights -= log_evidence + 0.5 * LOG_TWO_PI * modes.places.shape[1]
    found = (weights > LOST_WEIGHT) & (modes.masses > log_evidence - LOST_MASS)
    return Modes(modes.places[found], modes.scales[found], modes.masses[found])


def fitted_again(problem: Problem, key: Key, mixture: Mixture, lost: Modes) -> Mixture:
    """A mixture nearer to the posterior than this one, from many more draws, with the modes that it lost."""
    if len(lost.masses):
        mixture = mixture.with_more(LOST_SHARE / len(lost.masses), lost.places, lost.scales)
    mixture = _nearer(problem, mixture, key, stream_number("posterior.fit.thorough"), THOROUGH)
    if len(lost.masses):  # rounds give up shares that few draws tell of
        mixture = mixture.with_more(KEPT_SHARE / len(lost.masses), lost.places, lost.scales)
    return _patched(problem, mixture, key, stream_number("posterior.patches.thorough"), THOROUGH.draws)


def _starts(problem: Problem, key: Key, size: int) -> Floats:
    """The highest draws from the prior, and others that are taken as if the data said less: half of each."""
    prior = Mixture.of(np.zeros(0), np.zeros((0, size)), np.zeros((0, size, size)))
    points = prior.draw(key, stream_number("posterior.starts"), 0, LOOKED_AT)
    heights = problem.log_density(points)
    best = np.argsort(-heights, kind="stable")[: STARTS // 2]
    weights, others = np.empty(len(heights)), np.empty(STARTS // 2, np.int64)
    _tempered(heights, weights, 4.0 * STARTS)
    resample(weights, 0.5, others)
    starts: Floats = points[np.unique(np.concatenate([best, others]))]
    return starts


def _nearer(problem: Problem, mixture: Mixture, key: Key, stream: int, effort: Effort) -> Mixture:
    """The mixture after some rounds, each with the weighted draws of the one before it."""
    draws, size = effort.draws, mixture.means.shape[1]
    for turn in range(ROUNDS):
        points = mixture.draw(key, stream, turn * draws, draws)
        logs, distances, terms = mixture.log_density(points)
        ratios, weights = problem.log_density(points) - logs, np.empty(draws)
        if turn > 2 and weigh(ratios, 1.0, weights)[1] > ENOUGH * draws:
            break
        worth = _tempered(ratios, weights, effort.least_worth)
        if turn < effort.anew:
            mixture = _split(problem, points, weights, effort.components)
        else:
            mixture = mixture.refitted(points, weights, logs, distances, terms, 2.0 * size / worth)
    return mixture


def _tempered(ratios: Floats, weights: Floats, least: float) -> float:
    """Weights of the largest power up to 1, by halves, that are worth so many draws; what they are worth."""
    power, worth = 1.0, weigh(ratios, 1.0, weights)[1]
    while worth < least:
        power *= 0.5
        worth = weigh(ratios, power, weights)[1]
    return float(worth)


def _split(problem: Problem, points: Floats, weights: Floats, components: int) -> Mixture:
    """Components about some of the weighted draws, each shaped as the data are informative there."""
    numbers = np.empty(components, np.int64)
    resample(weights, 0.5, numbers)
    seeds = np.ascontiguousarray(points[numbers])
    return Mixture.of(np.ones(components), seeds, SPLIT * local_scales(problem, seeds))


def _patched(problem: Problem, mixture: Mixture, key: Key, stream: int, draws: int) -> Mixture:
    """With wide twins of its components, and with more components where draws are still too few."""
    mixture, weights = mixture.with_wide_twins(*TWINS), np.empty(draws)
    for turn in range(PATCHES):
        points = mixture.draw(key, stream, turn * draws, draws)
        weigh(problem.log_density(points) - mixture.log_density(points)[0], 1.0, weights)
        largest = np.argsort(-weights, kind="stable")[:PATCHED]
        largest = largest[weights[largest] * draws > HEAVY]
        if not largest.size:
            break
        seeds = np.ascontiguousarray(points[largest])
        mixture = mixture.with_more(PATCH_SHARE, seeds, local_scales(problem, seeds))
    return mixture
