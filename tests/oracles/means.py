"""Means of any profile over pixels: cells are cut into four until that changes nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.polynomial.legendre import leggauss

from tests.oracles.light import FloatArray, Profile

NODES = 8
MOST_CUTS = 14
FEWEST_CUTS = 1


def pixel_means(profile: Profile, columns: FloatArray, rows: FloatArray, tolerance: float = 3e-7) -> FloatArray:
    """Mean over each pixel; every cell is right to `tolerance` of its pixel's mean, as far as 8 x 8 nodes tell."""
    return known_means(profile, columns, rows, tolerance)[0]


def known_means(
    profile: Profile,
    columns: FloatArray,
    rows: FloatArray,
    tolerance: float,
    fewest_cuts: int = FEWEST_CUTS,
    most_cuts: int = MOST_CUTS,
    most_cells: int = 10**9,
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """The same, and where it is so: elsewhere so many cells in a level, or so many levels of them, weren't enough."""
    x, y, place = columns.ravel(), rows.ravel(), np.arange(columns.size)
    coarse = _cell_means(profile, x, y, 1.0)
    scale = np.abs(coarse)
    means = np.zeros(columns.size)
    side = 1.0
    for cuts in range(most_cuts):
        if x.size > most_cells:
            break
        half = 0.5 * side
        corners = np.array([(-1, -1), (1, -1), (-1, 1), (1, 1)]) * 0.5 * half
        child_x, child_y = x[:, None] + corners[:, 0], y[:, None] + corners[:, 1]
        fine = _cell_means(profile, child_x.ravel(), child_y.ravel(), half).reshape(-1, 4)
        mean = fine.mean(axis=1)
        if cuts < fewest_cuts:
            scale = np.bincount(place, side * side * np.abs(mean), columns.size)
        wrong = side * side * np.abs(mean - coarse) > tolerance * scale[place]
        wrong |= cuts < fewest_cuts
        np.add.at(means, place[~wrong], side * side * mean[~wrong])
        x, y, coarse = child_x[wrong].ravel(), child_y[wrong].ravel(), fine[wrong].ravel()
        place = np.repeat(place[wrong], 4)
        side = half
    np.add.at(means, place, side * side * coarse)
    known = np.bincount(place, minlength=columns.size) == 0
    return means.reshape(columns.shape), known.reshape(columns.shape)


def _cell_means(profile: Profile, x: FloatArray, y: FloatArray, side: float) -> FloatArray:
    nodes, weights = leggauss(NODES)
    across, along = x[:, None, None] + 0.5 * side * nodes, y[:, None, None] + 0.5 * side * nodes[:, None]
    values = profile(*np.broadcast_arrays(across, along))
    return np.asarray(np.einsum("kij,i,j->k", values, 0.5 * weights, 0.5 * weights))
