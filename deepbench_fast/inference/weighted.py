"""Weighted draws from a mixture near a posterior, until they are worth enough."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.streams import stream_number
from deepbench_fast.inference.fit import Key, fitted_again, lost
from deepbench_fast.inference.mixture import Mixture
from deepbench_fast.inference.modes import Modes, Problem
from deepbench_fast.kernels.inference.mixture import LOG_TWO_PI, weigh

Floats = npt.NDArray[np.float64]

MOST_DRAWS = 2**20
BLOCK = 2**11, 2**13
"""Draws that are made at a time: about twice what they are to be worth, but not fewer, nor more."""

TRIED = 2**15
FEW = 1 / 50
"""Draws after which, and after each doubling, the mixture is fitted again where they are worth less than this part of
themselves: 2**20 wouldn't be worth the 20,000 of a reference."""


class Weighted(NamedTuple):
    """Points (N, P) in prior standard deviations, logarithms of their weights, and the weights, which add up to 1."""

    points: Floats
    logs: Floats
    weights: Floats
    log_evidence: float
    effective: float


def weighted_draws(problem: Problem, mixture: Mixture, modes: Modes, key: Key, effective: int) -> Weighted:
    """Draws that are worth so many, or `MOST_DRAWS`.

    Where they are worth little, or a mode was lost, the mixture is fitted again, and draws are made of the new one
    alone: those that it was fitted by have no part in them, so no weight depends on what was drawn before. (Cornuet,
    Marin, Mira & Robert 2012 keep the earlier draws, too; here they are worth next to nothing.)
    """
    found = _drawn(problem, mixture, key, stream_number("posterior.draws"), effective, TRIED)
    lacking = lost(problem, mixture, modes, found.log_evidence)
    if found.effective < min(effective, FEW * len(found.points)) or len(lacking.masses):
        better = fitted_again(problem, key, mixture, lacking)
        found = _drawn(problem, better, key, stream_number("posterior.draws.thorough"), effective)
    return found


def _drawn(
    problem: Problem, mixture: Mixture, key: Key, stream: int, effective: int, tried: int = MOST_DRAWS
) -> Weighted:
    """Blocks of draws, until they are worth enough, or few after `tried` or a doubling of it."""
    points, logs = [], []
    count, worth = 0, 0.0
    block = min(max(2 * effective, BLOCK[0]), BLOCK[1])
    while worth < effective and count < MOST_DRAWS:
        more = mixture.draw(key, stream, count, block)
        points.append(more)
        logs.append(problem.log_density(more) - mixture.log_density(more)[0])
        count += len(more)
        together = np.concatenate(logs)
        weights = np.empty(count)
        evidence, worth = weigh(together, 1.0, weights)
        if count >= tried:
            if worth < FEW * count:
                break
            tried *= 2
    evidence -= 0.5 * LOG_TWO_PI * points[0].shape[1]
    return Weighted(np.concatenate(points), together, weights, float(evidence), float(worth))
