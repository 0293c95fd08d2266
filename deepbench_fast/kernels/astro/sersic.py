"""Sersic galaxies."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.base2 import exp2f, log2f
from deepbench_fast.kernels.astro.pixel_mean import (
    NODES,
    Ellipse,
    Fan,
    add_light,
    collect_fan,
    collect_pixels,
    make_fan,
    make_pixels,
    place_nodes,
    put_fan,
    put_means,
    whole_lanes,
)
from deepbench_fast.kernels.elementary import exp, log, pow, sincos
from deepbench_fast.kernels.grid import canvas_index, nearest_integer

LOG2_E = 1.4426950408889634
# The loop's radius is 1 where the light has fallen by 2**-20: there float32's logarithm, and with it the light, is sharpest.
FALL = 20.0
# 2**13 steps across a canvas times this make 23 bits: exact in float32.
HIGH_STEPS = 1024.0
SMALLEST_Z2 = 1e-300
ONE = np.float32(1.0)
LARGEST_W = np.float32(127.0)
CELL_KAPPA = 1.5
FAN_KAPPA = 2.3
LARGEST_POWER = np.float32(20.0)
CURVATURE = 1.9
FALL_SEEN = 16.0
HALF_DIAGONAL = 0.75
FAN_DISTANCE = 1.5
SERIES_ERROR = 1e-6
MOST_TERMS = 80

# Chebyshev coefficients of b_n - (2n - 1/3) in (2.1 - 2/n) / 1.9 for 0.5 <= n <= 10.
B_COEFFICIENTS = (
    0.0130520803114632399,
    -0.0127741777641105333,
    6.94208998489646599e-4,
    3.74351527061897926e-5,
    -3.11790908049043491e-6,
    -6.42571939248845303e-7,
    -3.83501324282306473e-8,
    6.24545165383268933e-9,
    2.21276815768032163e-9,
    3.22099997604716364e-10,
    6.14075693323554395e-12,
    -1.07606569381131965e-11,
    -3.48978295660610507e-12,
    -6.11545714733520731e-13,
    -2.99485407782245643e-14,
    2.26313060133633499e-14,
    1.01725996516552358e-14,
    2.57055088652890856e-15,
    4.06075070520700878e-16,
)


@inline
def sersic_b(n: float) -> float:
    """b_n, for which half the light lies within the effective radius: gammainc(2n, b) = 1/2. 0.5 <= n <= 10, within 1 ULP."""
    x2 = 2.0 * ((2.1 - 2.0 / n) / 1.9)
    newer = 0.0
    older = 0.0
    for k in range(len(B_COEFFICIENTS) - 1, 0, -1):
        newer, older = x2 * newer + (B_COEFFICIENTS[k] - older), newer
    return (2.0 * n - 1.0 / 3.0) + (B_COEFFICIENTS[0] + (0.5 * x2 * newer - older))


class Galaxy(NamedTuple):
    """What is worked out once per galaxy, in float64."""

    x: float
    y: float
    column0: float
    row0: float
    sine: float
    cosine: float
    q: float
    r_eff: float
    n: float
    b: float
    peak: float


class Rotation(NamedTuple):
    """From whole-pixel offsets to (u, v) along and across the galaxy in float32, both scaled to units of the loop's radius."""

    ux: np.float32
    uy: np.float32
    u0: np.float32
    vx_high: np.float32
    vx_low: np.float32
    vy_high: np.float32
    vy_low: np.float32
    v0: np.float32
    v_scale: np.float32


class Series(NamedTuple):
    """Coefficients of the Taylor series of a cell's mean, relative to the light at its centre; see `_cell_mean`."""

    vx: np.float32
    vy: np.float32
    trace: np.float32
    gradient: np.float32
    constant: np.float32
    xx: np.float32
    yy: np.float32
    xy: np.float32
    fourth: np.float32
    mixed: np.float32
    p2_1: np.float32
    p2_0: np.float32
    p3_2: np.float32
    p3_1: np.float32
    p3_0: np.float32
    p4_3: np.float32
    p4_2: np.float32
    p4_1: np.float32
    p4_0: np.float32


@inline
def _galaxy(row: Any) -> Galaxy:
    n = row.n
    b = sersic_b(n)
    sine, cosine = sincos(row.theta)
    return Galaxy(
        row.x,
        row.y,
        nearest_integer(row.x),
        nearest_integer(row.y),
        sine,
        cosine,
        1.0 - row.ellip,
        row.r_eff,
        n,
        b,
        row.amplitude * exp(b),
    )


@inline
def _scale(galaxy: Galaxy) -> float:
    """Pixels along the major axis to units of the radius where the light has fallen by 2**-FALL."""
    return pow(galaxy.b * (LOG2_E / FALL), galaxy.n) / galaxy.r_eff


@inline
def _rotation(galaxy: Galaxy, scale: float, shift_x: float, shift_y: float) -> Rotation:
    """The rotation for points at (shift_x, shift_y) from the pixel centres.

    Across a flat galaxy v is a small difference of large products, magnified by 1/q. So its sine and cosine are split: the
    high parts have few enough bits for exact products with whole pixels.
    """
    sine, cosine = galaxy.sine, galaxy.cosine
    x = shift_x - (galaxy.x - galaxy.column0)
    y = shift_y - (galaxy.y - galaxy.row0)
    sine_high = nearest_integer(sine * HIGH_STEPS) / HIGH_STEPS
    cosine_high = nearest_integer(cosine * HIGH_STEPS) / HIGH_STEPS
    return Rotation(
        np.float32(cosine * scale),
        np.float32(sine * scale),
        np.float32((x * cosine + y * sine) * scale),
        np.float32(-sine_high),
        np.float32(sine_high - sine),
        np.float32(cosine_high),
        np.float32(cosine - cosine_high),
        np.float32(y * cosine - x * sine),
        np.float32(scale / galaxy.q),
    )


@inline
def _rotate(dx: np.float32, dy: np.float32, to: Rotation) -> tuple[np.float32, np.float32]:
    u = dx * to.ux + (dy * to.uy + to.u0)
    v = ((dx * to.vx_high + dy * to.vy_high) + (dx * to.vx_low + (dy * to.vy_low + to.v0))) * to.v_scale
    return u, v


@inline
def _add_center_light(image, columns, rows, galaxy: Galaxy, rotation: Rotation) -> None:
    column0 = np.float32(galaxy.column0)
    row0 = np.float32(galaxy.row0)
    power = np.float32(0.5 / galaxy.n)
    fall = np.float32(-FALL)
    peak = np.float32(galaxy.peak)
    for i in range(image.shape[0]):
        u, v = _rotate(columns[i] - column0, rows[i] - row0, rotation)
        z = exp2f(power * log2f(u * u + v * v))
        image[i] += peak * exp2f(fall * z)


@inline
def _light_at(galaxy: Galaxy, dx: float, dy: float) -> float:
    """The profile at an offset from the centre, in float64."""
    u = (dx * galaxy.cosine + dy * galaxy.sine) / galaxy.r_eff
    v = (dy * galaxy.cosine - dx * galaxy.sine) / (galaxy.q * galaxy.r_eff)
    z2 = u * u + v * v
    if z2 < SMALLEST_Z2:
        return galaxy.peak
    return galaxy.peak * exp(-galaxy.b * pow(z2, 0.5 / galaxy.n))


@kernel
def galaxy_center(
    canvas: npt.NDArray[np.float32],
    columns: npt.NDArray[np.float32],
    rows: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
) -> None:
    for k in range(table.shape[0]):
        galaxy = _galaxy(table[k])
        image = canvas[table[k].sample - first]
        nearest = canvas_index(frame, galaxy.column0, galaxy.row0)
        before = image[max(nearest, 0)]
        _add_center_light(image, columns, rows, galaxy, _rotation(galaxy, _scale(galaxy), 0.0, 0.0))
        if nearest >= 0:
            light = _light_at(galaxy, galaxy.column0 - galaxy.x, galaxy.row0 - galaxy.y)
            image[nearest] = before + np.float32(light)


@inline
def _series(galaxy: Galaxy, scale: float, side: float) -> Series:
    """Coefficients for square cells of this side.

    With s the loop's squared radius, M its quadratic form, g = M x, w = a s**p and F = exp(-w), the mean of F over the cell is
    F times 1 + sum of P_k E_k / s**k, where P_k = s**k F^(k) / F are polynomials in w and E_k the cell's moments of the k-th
    power of (2 g.d + d.M d), up to the fourth order in the offset d. P's are held by powers of log2(e) w.
    """
    ln2 = 1.0 / LOG2_E
    p = 0.5 / galaxy.n
    ux, uy = galaxy.cosine * scale, galaxy.sine * scale
    vx, vy = -galaxy.sine * (scale / galaxy.q), galaxy.cosine * (scale / galaxy.q)
    xx = ux * ux + vx * vx
    yy = uy * uy + vy * vy
    xy = ux * uy + vx * vy
    second = side * side / 12.0
    fourth = side * side * side * side / 80.0
    mixed = second * second
    p2 = p * p
    p3 = p2 * p
    p4 = p2 * p2
    return Series(
        np.float32(vx),
        np.float32(vy),
        np.float32(-p * ln2 * (xx + yy) * second),
        np.float32(2.0 * second),
        np.float32(0.5 * ((xx * xx + yy * yy) * fourth + (2.0 * xx * yy + 4.0 * xy * xy) * mixed)),
        np.float32(2.0 * (xx * fourth + yy * mixed)),
        np.float32(2.0 * (yy * fourth + xx * mixed)),
        np.float32(8.0 * xy * mixed),
        np.float32((2.0 / 3.0) * fourth),
        np.float32(4.0 * mixed),
        np.float32(p2 * ln2 * ln2),
        np.float32((p - p2) * ln2),
        np.float32(-p3 * ln2 * ln2 * ln2),
        np.float32((3.0 * p3 - 3.0 * p2) * ln2 * ln2),
        np.float32((-p3 + 3.0 * p2 - 2.0 * p) * ln2),
        np.float32(p4 * ln2 * ln2 * ln2 * ln2),
        np.float32((6.0 * p3 - 6.0 * p4) * ln2 * ln2 * ln2),
        np.float32((7.0 * p4 - 18.0 * p3 + 11.0 * p2) * ln2 * ln2),
        np.float32((-p4 + 6.0 * p3 - 11.0 * p2 + 6.0 * p) * ln2),
    )


@inline
def _cell_mean(dx: np.float32, dy: np.float32, power: np.float32, rotation: Rotation, to: Series) -> np.float32:
    """Mean over a cell, peak 1; meaningless, perhaps NaN, at the cusp."""
    u, v = _rotate(dx, dy, rotation)
    s = u * u + v * v
    w = min(np.float32(FALL) * exp2f(power * log2f(s)), LARGEST_W)
    inverse = ONE / s
    gx = u * rotation.ux + v * to.vx
    gy = u * rotation.uy + v * to.vy
    gx_s = gx * inverse
    xx = gx * gx_s
    xy = gy * gx_s
    yy = gy * (gy * inverse)
    p2 = to.p2_1 * w + to.p2_0
    p3 = (to.p3_2 * w + to.p3_1) * w + to.p3_0
    p4 = ((to.p4_3 * w + to.p4_2) * w + to.p4_1) * w + to.p4_0
    order2 = to.trace + p2 * (to.gradient * (xx + yy))
    moment3 = (xx * to.xx + yy * to.yy) + xy * to.xy
    moment4 = (xx * xx + yy * yy) * to.fourth + (xx * yy) * to.mixed
    order4 = (p2 * to.constant + p3 * moment3) + p4 * moment4
    return exp2f(-w) * (ONE + (w * inverse) * (order2 + inverse * order4))


@inline
def _set_series_light(light, columns, rows, galaxy: Galaxy, rotation: Rotation, series: Series) -> None:
    column0 = np.float32(galaxy.column0)
    row0 = np.float32(galaxy.row0)
    power = np.float32(0.5 / galaxy.n)
    peak = np.float32(galaxy.peak)
    for i in range(light.shape[0]):
        light[i] = peak * _cell_mean(columns[i] - column0, rows[i] - row0, power, rotation, series)


@inline
def _fall(galaxy: Galaxy, d: float) -> float:
    """w = b z**(1/n) at `d` pixels along the minor axis, to float32's precision."""
    z = np.float32(d / (galaxy.q * galaxy.r_eff))
    return galaxy.b * exp2f(np.float32(1.0 / galaxy.n) * log2f(z))


@inline
def _tiers(galaxy: Galaxy) -> tuple[float, float, int]:
    """Distances in minor-axis pixels within which the fan and cells are needed, and the cells a side.

    kappa(d) = (w/n + CURVATURE) / d, the slope and the curvature of the profile at d, says how badly its Taylor series
    converges. It is solved from outside by d -> (w(d)/n + CURVATURE) / kappa, which never falls below the largest root.
    """
    w = _fall(galaxy, FAN_DISTANCE)
    fan = min(FAN_DISTANCE, (w / galaxy.n + CURVATURE) / FAN_KAPPA)
    faintest = np.float32((w + FALL_SEEN) / galaxy.b)
    start = galaxy.q * galaxy.r_eff * exp2f(min(np.float32(galaxy.n) * log2f(faintest), LARGEST_POWER)) + HALF_DIAGONAL
    worst = max((w / galaxy.n + CURVATURE) / fan, (_fall(galaxy, start) / galaxy.n + CURVATURE) / start)
    fine = start
    for _ in range(3):
        fine = min(fine, (_fall(galaxy, fine) / galaxy.n + CURVATURE) / CELL_KAPPA)
    return fan, max(fan, fine), 2 if worst <= 2.0 * CELL_KAPPA else 4


@inline
def _ellipse(galaxy: Galaxy, d: float) -> Ellipse:
    """The isophote whose semi-minor axis is `d` pixels."""
    c, s, q2 = galaxy.cosine, galaxy.sine, galaxy.q * galaxy.q
    return Ellipse(galaxy.x, galaxy.y, q2 * c * c + s * s, (q2 - 1.0) * c * s, q2 * s * s + c * c, d * d)


@inline
def _fan_light(galaxy: Galaxy, fan: Fan, nodes: int, scratch) -> None:
    """G(R) / (amplitude n e**b) = R**2 e**-x * sum of x**k / (2n (2n+1) ... (2n+k)), x = b (R / r_eff)**(1/n)."""
    farthest = _fall(galaxy, FAN_DISTANCE + 1.0)
    terms = 0
    size = 1.0
    while size > SERIES_ERROR and terms < MOST_TERMS:
        terms += 1
        size *= farthest / (2.0 * galaxy.n + terms)
    last = 1.0
    for k in range(terms + 1):
        last /= 2.0 * galaxy.n + k
    power = np.float32(0.5 / galaxy.n)
    shift = np.float32(LOG2_E * (log(galaxy.b) - log(galaxy.r_eff) / galaxy.n))
    log2_e = np.float32(-LOG2_E)
    light = fan.light[:nodes]
    radius2 = fan.radius2[:nodes]
    x = scratch[0][:nodes]
    total = scratch[1][:nodes]
    for j in range(nodes):
        x[j] = exp2f(power * log2f(radius2[j]) + shift)
        light[j] = radius2[j] * exp2f(log2_e * x[j])
        total[j] = np.float32(last)
    for k in range(terms, 0, -1):
        last *= 2.0 * galaxy.n + k
        term = np.float32(last)
        for j in range(nodes):
            total[j] = total[j] * x[j] + term
    for j in range(nodes):
        light[j] *= total[j]


@kernel
def galaxy_integrate(
    canvas: npt.NDArray[np.float32],
    columns: npt.NDArray[np.float32],
    rows: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
) -> None:
    light = np.empty(canvas.shape[1], np.float32)
    pixels = make_pixels(canvas.shape[1])
    fan = make_fan()
    scratch = (np.empty_like(fan.light), np.empty_like(fan.light))
    for k in range(table.shape[0]):
        galaxy = _galaxy(table[k])
        scale = _scale(galaxy)
        _set_series_light(light, columns, rows, galaxy, _rotation(galaxy, scale, 0.0, 0.0), _series(galaxy, scale, 1.0))
        fan_distance, fine_distance, cells = _tiers(galaxy)
        count = collect_pixels(frame, _ellipse(galaxy, fine_distance), galaxy.column0, galaxy.row0, pixels)
        _fine_means(galaxy, scale, cells, pixels, count)
        put_means(light, pixels, count)
        count, edges = collect_fan(frame, _ellipse(galaxy, fan_distance), fan)
        if count > 0:
            pieces = place_nodes(fan, edges, galaxy.cosine, galaxy.sine, galaxy.q)
            _fan_light(galaxy, fan, pieces * len(NODES), scratch)
            put_fan(light, fan, count, edges, pieces, galaxy.peak * galaxy.n * galaxy.q)
        add_light(canvas[table[k].sample - first], light)


@inline
def _fine_means(galaxy: Galaxy, scale: float, cells: int, pixels, count: int) -> None:
    series = _series(galaxy, scale, 1.0 / cells)
    power = np.float32(0.5 / galaxy.n)
    weight = np.float32(galaxy.peak / (cells * cells))
    length = whole_lanes(count)
    dx = pixels.dx[:length]
    dy = pixels.dy[:length]
    mean = pixels.mean[:length]
    for j in range(length):
        mean[j] = np.float32(0.0)
    for cell in range(cells * cells):
        shift_x = (cell % cells + 0.5) / cells - 0.5
        shift_y = (cell // cells + 0.5) / cells - 0.5
        rotation = _rotation(galaxy, scale, shift_x, shift_y)
        for j in range(length):
            mean[j] += weight * _cell_mean(dx[j], dy[j], power, rotation, series)
