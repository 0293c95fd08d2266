"""Where a posterior is high, and how it falls off there: from many starts of the prior."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels.derivatives.pixels import invert
from deepbench_fast.kernels.inference import mixture as kernels

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

STEP = 1e-4
"""Of the differences, in prior standard deviations: errors of 1e-8 of the third slope, and of rounding 1e-12."""

ITERATIONS = 40
FURTHEST = 7.0
"""In prior standard deviations, beyond which a mode isn't followed: what is drawn there is the edge of the law."""

APART = 2.0
"""Distance between modes, in standard deviations of the nearer one."""

FAINTEST = 18.0
"""Modes whose ln of the mass is further below the largest one's are left to the prior's share."""


class Problem(NamedTuple):
    """A posterior in prior standard deviations: functions of points (N, P).

    `exchanges` are orders (M, P) of a point's numbers in which the density is the same.
    """

    log_density: Callable[[Floats], Floats]
    mean: Callable[[Floats], Floats]
    variance: Callable[[Floats], Floats]
    x: Floats
    exchanges: Integers | None = None


class Modes(NamedTuple):
    """Places (M, P), inverse curvatures (M, P, P) and ln of the masses (M,) that follow from them (Laplace)."""

    places: Floats
    scales: Floats
    masses: Floats

    def exchanged(self, orders: Integers | None) -> Modes:
        """These, and where they are in other orders of the numbers (M, P)."""
        every = [self]
        for order in () if orders is None else orders:
            every.append(Modes(self.places[:, order], self.scales[:, order][:, :, order], self.masses))
        return Modes(*(np.concatenate(parts) for parts in zip(*every, strict=True)))


def find_modes(problem: Problem, starts: Floats, most: int) -> Modes:
    """The modes that are reached from `starts` (N, P), the largest first: Levenberg (1944), Marquardt (1963)."""
    places = starts.copy()
    heights = problem.log_density(places)
    information, gradient = _equations(problem, places)
    damping = np.full(len(starts), 1e-2)
    moving = np.ones(len(starts), bool)
    for _ in range(ITERATIONS):
        if not moving.any():
            break
        chosen = np.flatnonzero(moving)
        tried = np.clip(
            places[chosen] + _steps(information[chosen], gradient[chosen], damping[chosen]), -FURTHEST, FURTHEST
        )
        found = problem.log_density(tried)
        better = found > heights[chosen]
        much_better = found > heights[chosen] + 1e-6
        up = chosen[better]
        places[up], heights[up] = tried[better], found[better]
        damping[up] = np.maximum(damping[up] * 0.1, 1e-9)
        damping[chosen[~better]] *= 10.0
        moving[chosen] = np.where(better, much_better, damping[chosen] < 1e6)
        if better.any():
            information[up], gradient[up] = _equations(problem, places[up])
    return _distinct(places, heights, information, most)


def local_scales(problem: Problem, places: Floats) -> Floats:
    """What the covariance would be if the data were as informative everywhere as they are here, (N, P, P)."""
    information, _ = _equations(problem, places)
    return _inverses(information)


def _equations(problem: Problem, places: Floats) -> tuple[Floats, Floats]:
    """Information (N, P, P) and slopes of the ln of the posterior's density (N, P), the prior's among them."""
    count, size = places.shape
    around = np.repeat(places[:, None], 2 * size, axis=1)
    for k in range(size):
        around[:, 2 * k, k] += STEP
        around[:, 2 * k + 1, k] -= STEP
    rows = np.concatenate([places[:, None], around], axis=1).reshape(-1, size)
    means = problem.mean(rows).reshape(count, 1 + 2 * size, -1)
    variances = problem.variance(rows).reshape(count, 1 + 2 * size, -1)
    residuals = problem.x.reshape(1, -1) - means[:, 0]
    slopes, changes = (
        np.ascontiguousarray((some[:, 1::2] - some[:, 2::2]) / (2.0 * STEP)) for some in (means, variances)
    )
    information, gradient = np.empty((count, size, size)), np.empty((count, size))
    variance = np.ascontiguousarray(variances[:, 0])
    kernels.normal_equations(slopes, changes, residuals, variance, information, gradient)
    return information + np.eye(size), gradient - places


def _steps(information: Floats, gradient: Floats, damping: Floats) -> Floats:
    size = gradient.shape[1]
    found, root = np.zeros_like(gradient), np.zeros((size, size))
    for k, matrix in enumerate(information):
        damped = matrix + damping[k] * np.diag(np.diagonal(matrix))
        if kernels.cholesky(damped, root):
            kernels.solve(root, gradient[k], found[k])
    # Data that no parameters make have slopes beyond the numbers, which lead nowhere.
    return np.where(np.isfinite(found), found, 0.0)


def _distinct(places: Floats, heights: Floats, information: Floats, most: int) -> Modes:
    chosen: list[int] = []
    for k in np.argsort(-heights, kind="stable").tolist():
        if len(chosen) < most and all(_distance(places[k] - places[j], information[j]) > APART**2 for j in chosen):
            chosen.append(k)
    masses = np.empty(len(chosen))
    root = np.zeros(information.shape[1:])
    for number, k in enumerate(chosen):
        kernels.cholesky(np.ascontiguousarray(information[k]), root)
        masses[number] = heights[k]
        for factor in kernels.logarithms(np.ascontiguousarray(np.diagonal(root))):
            masses[number] -= factor
    order = np.argsort(-masses, kind="stable")
    order = order[masses[order] > masses.max() - FAINTEST]
    return Modes(places[chosen][order], _inverses(information[chosen])[order], masses[order])


def _inverses(information: Floats) -> Floats:
    found = np.empty_like(information)
    invert(np.ascontiguousarray(information), found, np.empty(len(found), np.int64))
    return found


def _distance(step: Floats, information: Floats) -> float:
    total = 0.0
    for a in range(step.size):
        for b in range(step.size):
            total += float(step[a] * information[a, b] * step[b])
    return total
