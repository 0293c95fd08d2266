"""Means of a Moffat profile over pixels: along a row the integral is an incomplete beta function."""

from __future__ import annotations

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.special import beta, betainc

from tests.oracles.light import FloatArray, Parameters

NODES = 12
GROWTH = 1.5
# Nearer the star than this share of x**2 + s**2 the integral from the middle is sharper than that from infinity.
NEAR = 0.3


def row_means(parameters: Parameters, columns: FloatArray, rows: FloatArray) -> FloatArray:
    """Mean over each pixel of adjoining `columns` and some `rows`: shape (rows, columns).

    The integral of (1 + x**2 / s**2)**-alpha from 0 to X is s B(X**2 / (s**2 + X**2); 1/2, alpha - 1/2) / 2; along y
    Gauss-Legendre nodes, in stretches that grow with the distance from the star.
    """
    gamma, alpha = parameters["gamma"], parameters["alpha"]
    nodes, weights = leggauss(NODES)
    edges = np.append(columns - 0.5, columns[-1] + 0.5) - parameters["x"]
    means = np.empty((rows.size, columns.size))
    for i, row in enumerate(rows - parameters["y"]):
        ends = _stretches(row - 0.5, row + 0.5, min(0.5 * gamma / np.sqrt(alpha), 0.25))
        half = 0.5 * np.diff(ends)[:, None]
        y = (0.5 * (ends[1:] + ends[:-1])[:, None] + half * nodes).ravel()
        light = (half * weights).ravel() * (1.0 + (y / gamma) ** 2) ** -alpha
        means[i] = light @ _along_rows(edges, np.sqrt(gamma**2 + y**2), alpha)
    return parameters["amplitude"] * means


def _stretches(low: float, high: float, smallest: float) -> FloatArray:
    ends = [0.0, *(smallest * f for f in (-0.75, -0.5, -0.25, 0.25, 0.5, 0.75))]
    size = smallest
    while size < max(abs(low), abs(high)):
        ends += [-size, size]
        size *= GROWTH
    return np.unique(np.clip([low, high, *ends], low, high))


def _along_rows(edges: FloatArray, s: FloatArray, alpha: float) -> FloatArray:
    """Integrals of (1 + x**2 / s**2)**-alpha between neighbouring edges: shape (s, edges - 1)."""
    s2, x2 = s[:, None] ** 2, edges**2
    whole = 0.5 * s[:, None] * beta(0.5, alpha - 0.5)
    share = x2 / (s2 + x2)
    inner = whole * betainc(0.5, alpha - 0.5, share) * np.sign(edges)
    outer = whole * betainc(alpha - 0.5, 0.5, s2 / (s2 + x2)) * np.where(edges < 0.0, 1.0, -1.0)
    same_side = ((edges[1:] < 0.0) == (edges[:-1] < 0.0)) & (share[:, 1:] > NEAR) & (share[:, :-1] > NEAR)
    return np.where(same_side, np.diff(outer), np.diff(inner))
