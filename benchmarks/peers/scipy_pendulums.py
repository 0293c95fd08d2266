"""Pendulums by SciPy: `solve_ivp` as loose as an accuracy allows, and the exact solution that tells the accuracy.

All are undamped and released from rest. Angles [rad] have shape (times, pendulums).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.integrate import solve_ivp
from scipy.special import ellipj

FloatArray = npt.NDArray[np.float64]
Solve = Callable[[npt.NDArray[Any], FloatArray, str, float], FloatArray]

TOLERANCES = tuple(10.0 ** (-exponent / 4) for exponent in range(20, 53))


def one_by_one(table: npt.NDArray[Any], times: FloatArray, method: str, tolerance: float) -> FloatArray:
    """One call for each row of the table, with an equation in plain Python, faster than NumPy's for two numbers."""
    angles = np.empty((times.size, len(table)))
    for number, row in enumerate(table):
        squared = float(row["gravity"] / row["length"])

        def slope(_: float, y: FloatArray, squared: float = squared) -> tuple[float, float]:
            return y[1], -squared * math.sin(y[0])

        angles[:, number] = _solve(slope, [row["angle"], 0.0], times, method, tolerance)[0]
    return angles


def together(table: npt.NDArray[Any], times: FloatArray, method: str, tolerance: float) -> FloatArray:
    """All pendulums as one system of equations, hence with steps that they share."""
    squared, count = table["gravity"] / table["length"], len(table)

    def slope(_: float, y: FloatArray) -> FloatArray:
        return np.concatenate((y[count:], -squared * np.sin(y[:count])))

    start = np.concatenate((table["angle"], np.zeros(count)))
    return _solve(slope, start, times, method, tolerance)[:count].T


def _solve(slope: Callable[..., Any], start: Any, times: FloatArray, method: str, tolerance: float) -> FloatArray:
    span = (0.0, times[-1])
    solution: FloatArray = solve_ivp(slope, span, start, method, times, rtol=tolerance, atol=tolerance).y
    return solution


def loosest(solve: Solve, table: npt.NDArray[Any], times: FloatArray, method: str, accuracy: float) -> float:
    """The largest tolerance for both rtol and atol with which the worst error stays within an accuracy."""
    within = (t for t in TOLERANCES if worst_error(solve(table, times, method, t), table, times) <= accuracy)
    return next(within)


def worst_error(angles: FloatArray, table: npt.NDArray[Any], times: FloatArray) -> float:
    """Largest error of an angle over the pendulum's angle at t = 0."""
    exact = exact_angles(table, times)
    return float((np.abs(angles - exact) / np.abs(table["angle"])).max())


def exact_angles(table: npt.NDArray[Any], times: FloatArray) -> FloatArray:
    """theta = 2 atan2(k cn(u, k), k'), u = sqrt(g/L) t, k = sin(theta0/2), k' = cos(theta0/2) (DLMF 22.19)."""
    k, complement = np.sin(table["angle"] / 2), np.cos(table["angle"] / 2)
    _, cn, _, _ = ellipj(np.sqrt(table["gravity"] / table["length"]) * times[:, None], k**2)
    return 2.0 * np.arctan2(k * cn, complement)
