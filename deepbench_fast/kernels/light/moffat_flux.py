"""Flux of a star through pixels as integrals along their edges: right however narrow the star is.

By Green's theorem the flux through a closed path about the star is the integral of G(R) over the polar angle, with
G(R) = amplitude gamma**2 / 2 times

    h(R) = (1 - (1 + R**2 / gamma**2)**(1 - alpha)) / (alpha - 1)

the flux within R of a Moffat profile over 2 pi. Along a line at the distance D from the star the angle advances by
D dt / R**2, and h(R) / R**2 is smooth also where R is 0. With t = s sinh(v), s**2 = D**2 + gamma**2, its singularities
lie at v = +-i pi/2, wherever the line passes: a few Gauss-Legendre nodes to each unit of v do. All in float64.
"""

from __future__ import annotations

import numpy as np

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.elementary import exp, log
from deepbench_fast.kernels.image.grid import Spans, nearest_integer, place_of
from deepbench_fast.kernels.light.pixel_mean import Float32Array

# Stars with a gamma**2 below the first, or below the second plus the third times alpha, are narrow.
NARROW = 0.25
NARROW_STEEP = (-0.2, 0.09)
# A stretch of v is at most this long, and at most as long as STEEP standard deviations of a steep star's light.
LONGEST = 1.0
STEEP = 4.0
# Below these a function's series is sharper than its formula.
SMALL = 1e-4
SMALL_EXPONENT = 0.5
SERIES_TERMS = 14

# Gauss-Legendre nodes in (0, 1) and their weights, 8 points in [-1, 1].
NODES = (0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363)
WEIGHTS = (0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763)


@inline
def _decay(x: float) -> float:
    """(1 - e**-x) / x for x >= 0."""
    if x >= SMALL_EXPONENT:
        return (1.0 - exp(-x)) / x
    total = 1.0
    for k in range(SERIES_TERMS, 1, -1):
        total = 1.0 - total * x / k
    return total


@inline
def _flux_within(r2: float, gamma2: float, alpha: float) -> float:
    """h(R) / R**2 at R**2 = r2."""
    x = r2 / gamma2
    log_ratio = (1.0 - x * (0.5 - x / 3.0)) if x < SMALL else log(1.0 + x) / x
    return log_ratio * _decay((alpha - 1.0) * (log_ratio * x)) / gamma2


@inline
def _asinh(x: float) -> float:
    size = log(abs(x) + np.sqrt(x * x + 1.0))
    return size if x >= 0.0 else -size


@kernel
def _edge(distance: float, start: float, stop: float, gamma2: float, alpha: float) -> float:
    """Integral of h over the angle along a line at this signed distance from the star, from `start` to `stop`."""
    s = np.sqrt(distance * distance + gamma2)
    low = _asinh(start / s)
    length = _asinh(stop / s) - low
    pieces = int(length / min(LONGEST, STEEP / np.sqrt(2.0 * alpha))) + 1
    half = 0.5 * length / pieces
    total = 0.0
    for piece in range(pieces):
        middle = low + (2 * piece + 1) * half
        for k in range(len(NODES)):
            for side in range(2):
                growth = exp(middle + (half * NODES[k] if side == 0 else -half * NODES[k]))
                t = 0.5 * s * (growth - 1.0 / growth)
                step = 0.5 * s * (growth + 1.0 / growth)
                total += WEIGHTS[k] * half * step * _flux_within(distance * distance + t * t, gamma2, alpha)
    return distance * total


@kernel
def put_core(
    light: Float32Array,
    spans: Spans,
    x: float,
    y: float,
    amplitude: float,
    gamma2: float,
    alpha: float,
) -> None:
    """Write a star's means over the nine pixels about its centre (x, y) to where they stand in `light`.

    gamma2 = gamma**2 > 0 [pix**2], alpha > 1.
    """
    column0 = nearest_integer(x)
    row0 = nearest_integer(y)
    upright = np.empty((3, 4))
    level = np.empty((4, 3))
    for i in range(3):
        for k in range(4):
            line_x = (column0 + (k - 1.5)) - x
            line_y = (row0 + (k - 1.5)) - y
            upright[i, k] = _edge(line_x, (row0 + (i - 1.5)) - y, (row0 + (i - 0.5)) - y, gamma2, alpha)
            level[k, i] = _edge(line_y, (column0 + (i - 1.5)) - x, (column0 + (i - 0.5)) - x, gamma2, alpha)
    scale = 0.5 * amplitude * gamma2
    for i in range(3):
        for j in range(3):
            place = place_of(spans, column0 + (j - 1), row0 + (i - 1))
            if place >= 0:
                flux = (upright[i, j + 1] - upright[i, j]) + (level[i + 1, j] - level[i, j])
                light[place] = np.float32(scale * max(flux, 0.0))
