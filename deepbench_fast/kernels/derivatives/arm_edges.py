"""Spirals over pixels that don't resolve their arms, as integrals along the pixels' edges, in float64.

In the plane of the disc, at the radius r and the angle phi, the light is disc(r) (1 - f(r) + f(r) arms(psi)), psi =
arms (handedness phi - phase - spiral(r)). Its integral over phi is known, however the arms wind: with A the integral of
the arms over psi, Green's theorem turns what falls on a pixel into the integral along its edges of

    -disc(r) ((1 - f) phi + f handedness A(psi) / arms) r dr cos(inclination) - bulge(b) phi_b b db,

where b and phi_b are the bulge's, as seen. Angles count from the pixel's own direction, and A from the gap between arms
before its centre. A pixel that holds the galaxy's centre is cut there into four.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline
from deepbench_fast.kernels.derivatives.pixel_edges import (
    REF_ANGLE,
    REF_TURNS,
    REF_U,
    REF_V,
    REF_X,
    REF_Y,
    TABLE_ROWS,
    Edges,
)
from deepbench_fast.kernels.elementary import atan2, exp, floor, sincos
from deepbench_fast.kernels.light.pixel_mean import NODES, WEIGHTS
from deepbench_fast.kernels.light.profiles import NEAREST, bulge, disc, spiral_angle, strength
from deepbench_fast.kernels.light.spiral_galaxy import arm_sharpness

Floats = npt.NDArray[np.float64]

PI = 3.141592653589793
TWO_PI = 6.283185307179586

END = 9.0
"""Arms have ended so many standard deviations from their ridge."""

SHOWN = 12.0
"""Standard deviations of arms across a pixel, or a piece of its edge, from which on points may miss them."""

DARK = 1e-11
"""Arms that are so much of a pixel's light may be missed."""

HALF_DIAGONAL = 0.71
CLOSEST = 1e-9
HALF_NODE = 0.28867513459481287
CONSTANTS = 2
"""The row of the table that holds kappa, the step, and what divides the arms, with its slope along kappa."""


@inline
def _kappa(row: Any) -> float:
    return arm_sharpness(row.arm_width)


@inline
def tabulate_arms(row: Any, table: Floats) -> None:
    """The integral of the arms from a to pi, and its slope along kappa, at 0 <= a <= end; summed from the far end."""
    kappa = _kappa(row)
    step = min(PI, END / np.sqrt(kappa)) / (TABLE_ROWS - 1)
    table[:2, TABLE_ROWS - 1] = 0.0
    for i in range(TABLE_ROWS - 2, -1, -1):
        total, changed = 0.0, 0.0
        for k in range(5):
            half_sine, _ = sincos(0.5 * step * (i + 0.5 + 0.5 * NODES[k]))
            fall = -2.0 * half_sine * half_sine
            arm = 0.5 * step * WEIGHTS[k] * exp(kappa * fall)
            total += arm
            changed += arm * fall
        table[0, i], table[1, i] = table[0, i + 1] + total, table[1, i + 1] + changed
    whole, slope = table[0, 0], table[1, 0]
    for i in range(TABLE_ROWS):
        table[1, i] = PI * (table[1, i] - table[0, i] * slope / whole) / whole
        table[0, i] = PI * table[0, i] / whole
    table[CONSTANTS, 0], table[CONSTANTS, 1] = kappa, step
    table[CONSTANTS, 2], table[CONSTANTS, 3] = PI / whole, -PI * slope / (whole * whole)


@inline
def _beyond(a: float, kappa: float, table: Floats) -> float:
    """The integral of the arms from a, between 0 and pi, to pi."""
    step = table[CONSTANTS, 1]
    a = min(a, (TABLE_ROWS - 1) * step)
    i = int(a / step + 0.5)
    x = a - i * step
    # Nothing, but its slope.
    changed = kappa - table[CONSTANTS, 0]
    one, _ = sincos(0.5 * (i * step + (0.5 - HALF_NODE) * x))
    other, _ = sincos(0.5 * (i * step + (0.5 + HALF_NODE) * x))
    arms = exp(-2.0 * kappa * one * one) + exp(-2.0 * kappa * other * other)
    arms = arms * (table[CONSTANTS, 2] + changed * table[CONSTANTS, 3])
    return float(table[0, i] + changed * table[1, i] - 0.5 * x * arms)


@inline
def _arms_between(psi: float, kappa: float, table: Floats) -> float:
    """The integral of the arms from the middle of the gap in 0 <= psi <= 2 pi."""
    gap = floor(psi / TWO_PI)
    off = psi - TWO_PI * gap - PI
    beyond = _beyond(max(PI - abs(off), 0.0), kappa, table)
    return TWO_PI * gap + (beyond if off >= 0.0 else -beyond)


@inline
def _in_disc(x: float, y: float, row: Any) -> tuple[float, float]:
    _, foreshortening = sincos(row.inclination)
    sine, cosine = sincos(row.theta)
    return x * cosine + y * sine, (y * cosine - x * sine) / foreshortening


@inline
def refer(x: float, y: float, edge: Floats, row: Any) -> None:
    """Put down the direction of the middle of a part of a pixel, and the gap between arms before it."""
    edge[REF_X], edge[REF_Y] = x, y
    u, v = _in_disc(x, y, row)
    edge[REF_U], edge[REF_V] = u, v
    edge[REF_ANGLE] = atan2(v, u)
    turned = row.handedness * edge[REF_ANGLE] - row.phase - spiral_angle(max(np.sqrt(u * u + v * v), NEAREST), row)
    edge[REF_TURNS] = floor(row.arms * turned / TWO_PI)


@inline
def along(t: float, x0: float, y0: float, x1: float, y1: float, edge: Floats, table: Floats, row: Any) -> float:
    """The integrand at the part t of an edge."""
    dx, dy = x1 - x0, y1 - y0
    x, y = x0 + t * dx, y0 + t * dy
    u, v = _in_disc(x, y, row)
    du, dv = _in_disc(dx, dy, row)
    r = max(np.sqrt(u * u + v * v), NEAREST)
    angle = atan2(edge[REF_U] * v - edge[REF_V] * u, edge[REF_U] * u + edge[REF_V] * v)
    turned = row.handedness * (angle + edge[REF_ANGLE]) - row.phase - spiral_angle(r, row)
    arms = _arms_between(row.arms * turned - TWO_PI * edge[REF_TURNS], _kappa(row), table)
    f = strength(r, row)
    _, foreshortening = sincos(row.inclination)
    swept = (1.0 - f) * angle + f * (row.handedness * arms / row.arms)
    of_disc = disc(x, y, row, foreshortening) * swept * (u * du + v * dv) * foreshortening
    bulge_angle = atan2(edge[REF_X] * y - edge[REF_Y] * x, edge[REF_X] * x + edge[REF_Y] * y)
    of_bulge = bulge(x, y, row, foreshortening) * bulge_angle * (x * dx + y * dy)
    return float(-(of_disc + of_bulge))


@inline
def _turning(r: float, row: Any) -> float:
    """How fast a spiral turns with ln(r)."""
    if np.isnan(row.pitch):
        x = row.rm_scale / r
        t = row.rm_b * exp(-x)
        return float(2.0 * row.rm_n * x * t / (1.0 + t * t))
    pitch_sine, pitch_cosine = sincos(row.pitch)
    return float(abs(pitch_cosine / pitch_sine))


@inline
def _steepness(near: float, far: float, row: Any) -> float:
    """Standard deviations of arms in a pixel of the disc's plane, at most, between two radii."""
    turning = max(_turning(near, row), max(_turning(0.5 * (near + far), row), _turning(far, row)))
    return float(max(np.sqrt(_kappa(row)), 1.0) * row.arms * np.sqrt(1.0 + turning * turning) / near)


@inline
def is_unresolved(dx: float, dy: float, side: float, row: Any) -> bool:
    """Whether arms in a pixel are too thin for its points."""
    _, foreshortening = sincos(row.inclination)
    u, v = _in_disc(dx, dy, row)
    r, reach = np.sqrt(u * u + v * v), HALF_DIAGONAL * side / foreshortening
    near = max(np.sqrt(dx * dx + dy * dy) - HALF_DIAGONAL * side, max(r - reach, CLOSEST))
    return bool(_steepness(near, r + reach, row) * side > SHOWN * foreshortening)


@inline
def must_cut(x0: float, y0: float, x1: float, y1: float, light: float, row: Any) -> bool:
    """Whether points on a piece of an edge may miss arms, or don't know of the centre; `light` of its pixel."""
    u0, v0 = _in_disc(x0, y0, row)
    u1, v1 = _in_disc(x1, y1, row)
    du, dv = u1 - u0, v1 - v0
    length2 = du * du + dv * dv
    foot = min(max(-(u0 * du + v0 * dv) / max(length2, 1e-300), 0.0), 1.0)
    u, v = u0 + foot * du, v0 + foot * dv
    near, length = np.sqrt(u * u + v * v), np.sqrt(length2)
    if length <= CLOSEST:
        return False
    if length > 2.0 * near:
        return True
    far = near + length
    _, foreshortening = sincos(row.inclination)
    # Along the major axis the disc's brightness at that radius.
    sine, cosine = sincos(row.theta)
    most = disc(near * cosine, near * sine, row, foreshortening) * strength(far, row) * far * length
    return bool(most > DARK * light and _steepness(near, far, row) * length > SHOWN)


SPIRAL = Edges(is_unresolved, tabulate_arms, refer, along, must_cut)
