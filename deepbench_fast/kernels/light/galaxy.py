"""Galaxies with a Sersic profile: value at the pixel's centre, and mean over the pixel.

    I = amplitude exp(-b_n (z**(1/n) - 1)),  z**2 = (u / r_eff)**2 + (v / (q r_eff))**2,  q = 1 - ellip

with u = dx cos(theta) + dy sin(theta) along and v = -dx sin(theta) + dy cos(theta) across the galaxy, theta in radians
from +x towards +y (Sersic 1963; Graham & Driver 2005, PASA 22, 118). The amplitude is the brightness per unit pixel at
the effective radius, the semi-major axis r_eff [pix] of the isophote that holds half the light. The whole light is 2 pi
n amplitude r_eff**2 q e**b b**(-2n) Gamma(2n).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.base2 import exp2f, log2f
from deepbench_fast.kernels.elementary import exp, log, pow, sincos
from deepbench_fast.kernels.image.grid import Spans, nearest_integer, place_of, spans_of
from deepbench_fast.kernels.light.cells import Origin, set_coarse_means, set_fine_means
from deepbench_fast.kernels.light.ellipse import Ellipse
from deepbench_fast.kernels.light.pixel_mean import (
    NODES,
    Fan,
    Float32Array,
    Pixels,
    add_light,
    collect_fan,
    collect_pixels,
    make_fan,
    make_pixels,
    place_nodes,
    put_fan,
    put_means,
)
from deepbench_fast.kernels.light.strips import Strips, add_light_by_strips, make_strip, powers

LOG2_E = 1.4426950408889634
LN_2 = 0.6931471805599453
ONE = np.float32(1.0)
# The unit of length in loops is the radius where the light has fallen by 2**-FALL: there log2(z) is 0 and so sharpest.
FALL = 20.0
LARGEST_FALL = np.float32(127.0)
# 2**13 pixels times this are 23 bits: products of whole pixels with such a sine or cosine are exact in float32.
SINE_STEPS = 1024.0
SMALLEST_Z2 = 1e-300

# How badly the Taylor series may converge in a cell, and within how many minor-axis pixels the fan takes over: see
# `_tiers`.
CELL_KAPPA = 1.5
FAN_KAPPA = 2.3
FAN_DISTANCE = 1.5
CURVATURE = 1.9
# A galaxy is narrow where its semi-minor half-light axis is shorter than this: then the edges of the fan are cut, in
# stretches of the fan's w.
NARROW_MINOR = 0.7
NARROW_STRETCH = 1.0
# Far along a narrow galaxy, or one both cuspy and flat (n ellip above FLAT_CUSP), the fan would be a small difference
# of large numbers, and the light is smooth: there the fan ends where isophotes are FLAT_FAN minor-axis pixels wide, and
# finer cells take over.
FLAT_CUSP = 2.8
FLAT_FAN = 0.35
# Means are sharp down to e**-16 of the light at the core, on pixels whose nearest corner is that bright.
FALL_SEEN = 16.0
HALF_DIAGONAL = 0.75
LARGEST_POWER = 20.0
# Cells along a pixel's side, and by how much kappa may exceed the number that asks for more than four.
MOST_CELLS = 16
SLACK = 1.25
# Relative error of the series of the light within a radius.
SERIES_ERROR = 1e-6
MOST_TERMS = 80
# All light lies within b z**(1/n) = 40, to float32's precision.
LARGEST_X = 40.0

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


@piece
def sersic_b(n: float) -> float:
    """b_n for 0.5 <= n <= 10, within 1 ULP: half the light lies within r_eff, gammainc(2n, b_n) = 1/2.

    2n - 1/3 plus a Chebyshev series in 1/n by Clenshaw's recurrence.
    """
    x2 = 2.0 * ((2.1 - 2.0 / n) / 1.9)
    newer = 0.0
    older = 0.0
    for k in range(len(B_COEFFICIENTS) - 1, 0, -1):
        newer, older = x2 * newer + (B_COEFFICIENTS[k] - older), newer
    return (2.0 * n - 1.0 / 3.0) + (B_COEFFICIENTS[0] + (0.5 * x2 * newer - older))


class Galaxy(NamedTuple):
    """Constants of a galaxy in float64: `peak` is the brightness at the cusp, column0 and row0 the nearest pixel."""

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
    """From whole-pixel offsets to (u, v / q) in float32, in the loop's unit of length; see `_rotation`."""

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
    """Coefficients of the Taylor series of a cell's mean, relative to the light at its centre; see `_series`."""

    smallest: np.float32
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


class Profile(NamedTuple):
    """What values at pixel centres need, the pixel nearest the centre among it."""

    column: np.float32
    row: np.float32
    rotation: Rotation
    power: np.float32


class Cells(NamedTuple):
    """What cells of one size need."""

    galaxy: Galaxy
    scale: float
    power: np.float32
    rotation: Rotation
    series: Series


@piece
def _galaxy(row: Any) -> Galaxy:
    """Constants of one row of the table."""
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


@piece
def _scale(galaxy: Galaxy) -> float:
    """Units of length of the loops in a pixel along the major axis."""
    return pow(galaxy.b * (LOG2_E / FALL), galaxy.n) / galaxy.r_eff


@piece
def _rotation(galaxy: Galaxy, scale: float, shift_x: float, shift_y: float) -> Rotation:
    """Rotation of the points at (shift_x, shift_y) from the pixels' centres, for `_rotate`.

    Across a flat galaxy v is a small difference of large products, magnified by 1/q. So its sine and cosine are split:
    the high parts have few enough bits for exact products with whole pixels.
    """
    sine, cosine = galaxy.sine, galaxy.cosine
    x = shift_x - (galaxy.x - galaxy.column0)
    y = shift_y - (galaxy.y - galaxy.row0)
    sine_high = nearest_integer(sine * SINE_STEPS) / SINE_STEPS
    cosine_high = nearest_integer(cosine * SINE_STEPS) / SINE_STEPS
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


@piece
def _rotate(dx: np.float32, dy: np.float32, to: Rotation) -> tuple[np.float32, np.float32]:
    """(u, v / q) at whole-pixel offsets from the pixel nearest the galaxy's centre."""
    u = dx * to.ux + (dy * to.uy + to.u0)
    v = ((dx * to.vx_high + dy * to.vy_high) + (dx * to.vx_low + (dy * to.vy_low + to.v0))) * to.v_scale
    return u, v


@piece
def _profile(galaxy: Galaxy) -> Profile:
    rotation, power = _rotation(galaxy, _scale(galaxy), 0.0, 0.0), np.float32(0.5 / galaxy.n)
    return Profile(np.float32(galaxy.column0), np.float32(galaxy.row0), rotation, power)


@piece
def _set_exponents(exponents: Float32Array, columns: Float32Array, rows: Float32Array, to: Profile) -> None:
    """Set the powers of two by which the light fell from the cusp's; of no use at the pixel nearest the cusp, where
    offsets need float64."""
    for i in range(exponents.size):
        u, v = _rotate(columns[i] - to.column, rows[i] - to.row, to.rotation)
        exponents[i] = u * u + v * v
    powers(exponents, to.power, np.float32(-FALL))


@piece
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
    """Add each galaxy's brightness at the pixel centres to its sample's canvas.

    `canvas` is float32 (T, P), `columns` and `rows` come from `grid.canvas_coordinates`, `frame` is (height, width,
    pad); each row of `table` holds sample, x, y [pix], amplitude, r_eff [pix], n (0.5 to 10), ellip (0 to 0.95), theta
    [rad] and adds to canvas[sample - first]. Where the light is above 1e-6 of its value at the cusp, amplitude e**b,
    the relative error is below 6e-6; where it is above 1e-6 of the frame's brightest pixel, however far outside the
    frame the cusp is, and above 1e-30 of the cusp, below 4e-5. Below 1e-38 of the cusp the light is 0. A pixel centred
    on the cusp gets amplitude e**b. Raises nothing: the table must be valid.
    """
    spans, strip = spans_of(frame), make_strip(canvas.shape[1])
    for k in range(table.shape[0]):
        add_galaxy(canvas[table[k].sample - first], columns, rows, spans, table[k], strip)


@piece
def add_galaxy(
    image: Float32Array, columns: Float32Array, rows: Float32Array, spans: Spans, row: Any, strip: Float32Array
) -> None:
    """Add the brightness of one galaxy at the pixel centres."""
    galaxy = _galaxy(row)
    nearest = place_of(spans, galaxy.column0, galaxy.row0)
    before = image[max(nearest, 0)]
    add_light_by_strips(image, columns, rows, strip, np.float32(galaxy.peak), _set_exponents, _profile(galaxy))
    if nearest >= 0:
        light = _light_at(galaxy, galaxy.column0 - galaxy.x, galaxy.row0 - galaxy.y)
        image[nearest] = before + np.float32(light)


@piece
def _series(galaxy: Galaxy, scale: float, side: float) -> Series:
    """Coefficients for square cells of this side, for `_cell_mean`.

    With the quadratic form s = x.Mx, g = Mx and F(s) = exp(-w), w = b s**p, p = 1 / 2n, the mean of F over a cell is F
    times 1 + sum over k of P_k m_k / s**k: P_k = s**k F^(k) / F is a polynomial in w without a constant term, m_k the
    cell's mean of (2 g.d + d.Md)**k / k! up to the fourth order in the offset d. The loop has w in units of ln 2.
    """
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
        np.float32(1e-4 * scale * scale),
        np.float32(vx),
        np.float32(vy),
        np.float32(-p * LN_2 * (xx + yy) * second),
        np.float32(2.0 * second),
        np.float32(0.5 * ((xx * xx + yy * yy) * fourth + (2.0 * xx * yy + 4.0 * xy * xy) * mixed)),
        np.float32(2.0 * (xx * fourth + yy * mixed)),
        np.float32(2.0 * (yy * fourth + xx * mixed)),
        np.float32(8.0 * xy * mixed),
        np.float32((2.0 / 3.0) * fourth),
        np.float32(4.0 * mixed),
        np.float32(p2 * LN_2 * LN_2),
        np.float32((p - p2) * LN_2),
        np.float32(-p3 * LN_2 * LN_2 * LN_2),
        np.float32((3.0 * p3 - 3.0 * p2) * LN_2 * LN_2),
        np.float32((-p3 + 3.0 * p2 - 2.0 * p) * LN_2),
        np.float32(p4 * LN_2 * LN_2 * LN_2 * LN_2),
        np.float32((6.0 * p3 - 6.0 * p4) * LN_2 * LN_2 * LN_2),
        np.float32((7.0 * p4 - 18.0 * p3 + 11.0 * p2) * LN_2 * LN_2),
        np.float32((-p4 + 6.0 * p3 - 11.0 * p2 + 6.0 * p) * LN_2),
    )


@piece
def _cells(galaxy: Galaxy, scale: float, along: int) -> Cells:
    """Those of which there are so many along a pixel's side."""
    rotation = _rotation(galaxy, scale, 0.0, 0.0)
    return Cells(galaxy, scale, np.float32(0.5 / galaxy.n), rotation, _series(galaxy, scale, 1.0 / along))


@piece
def _set_places(cells: Strips, columns: Float32Array, rows: Float32Array, origin: Origin, shape: Cells) -> None:
    """Set (u, v / q) of cells."""
    rotation = _rotation(shape.galaxy, shape.scale, origin.x, origin.y)
    for i in range(cells.x.size):
        cells.x[i], cells.y[i] = _rotate(columns[i] - origin.column, rows[i] - origin.row, rotation)


@piece
def _set_means(cells: Strips, shape: Cells) -> None:
    """Set means over the cells at these places, 1 at the cusp; finite but meaningless near the cusp."""
    power, rotation, to = shape.power, shape.rotation, shape.series
    mean, factor = cells.mean, cells.factor
    for i in range(mean.size):
        u, v = cells.x[i], cells.y[i]
        mean[i] = max(u * u + v * v, to.smallest)
    powers(mean, power, np.float32(FALL))
    for i in range(mean.size):
        u, v = cells.x[i], cells.y[i]
        w = min(mean[i], LARGEST_FALL)
        inverse = ONE / max(u * u + v * v, to.smallest)
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
        factor[i] = ONE + (w * inverse) * (order2 + inverse * order4)
    for i in range(mean.size):
        mean[i] = exp2f(-min(mean[i], LARGEST_FALL)) * factor[i]


@piece
def _fall(galaxy: Galaxy, d: float) -> float:
    """w = b z**(1/n) at `d` pixels along the minor axis, to float32's precision."""
    z = np.float32(d / (galaxy.q * galaxy.r_eff))
    return galaxy.b * float(exp2f(np.float32(1.0 / galaxy.n) * log2f(z)))


@piece
def _kappa(galaxy: Galaxy, d: float) -> float:
    """(w/n + CURVATURE) / d at `d` minor-axis pixels: how badly the profile's Taylor series converges there."""
    return (_fall(galaxy, d) / galaxy.n + CURVATURE) / d


@piece
def _tiers(galaxy: Galaxy) -> tuple[float, float, int]:
    """Distances in minor-axis pixels within which the fan and cells are needed, and the cells along a pixel's side.

    kappa(d) = limit is solved by d -> d kappa(d) / limit from outside, which never falls below the largest root.
    """
    kappa = _kappa(galaxy, FAN_DISTANCE)
    fan = FAN_DISTANCE * min(1.0, kappa / FAN_KAPPA)
    faintest = np.float32((_fall(galaxy, FAN_DISTANCE) + FALL_SEEN) / galaxy.b)
    power = np.float32(min(galaxy.n * float(log2f(faintest)), LARGEST_POWER))
    fine = galaxy.q * galaxy.r_eff * float(exp2f(power)) + HALF_DIAGONAL
    worst = max(_kappa(galaxy, FLAT_FAN if _has_short_fan(galaxy) else fan), _kappa(galaxy, fine))
    for _ in range(3):
        fine *= min(1.0, _kappa(galaxy, fine) / CELL_KAPPA)
    cells = 2
    while cells < MOST_CELLS and worst > (2.0 if cells == 2 else SLACK * cells) * CELL_KAPPA:
        cells *= 2
    return fan, max(fan, fine), cells


@piece
def _is_narrow(galaxy: Galaxy) -> bool:
    return galaxy.q * galaxy.r_eff < NARROW_MINOR


@piece
def _has_short_fan(galaxy: Galaxy) -> bool:
    """Whether the fan must not reach far along the galaxy."""
    return _is_narrow(galaxy) or galaxy.n * (1.0 - galaxy.q) > FLAT_CUSP


@piece
def _ellipse(galaxy: Galaxy, d: float, q: float) -> Ellipse:
    """The ellipse of axis ratio `q` along the galaxy whose semi-minor axis is `d` pixels."""
    c, s, q2 = galaxy.cosine, galaxy.sine, q * q
    return Ellipse(galaxy.x, galaxy.y, q2 * c * c + s * s, (q2 - 1.0) * c * s, q2 * s * s + c * c, d * d)


@piece
def _set_fan_light(galaxy: Galaxy, fan: Fan, nodes: int, x: Float32Array, total: Float32Array) -> None:
    """G(R) / (peak n) at each node; `x` and `total` are scratch.

    With x = b (R / r_eff)**(1/n) it is R**2 e**-x times the sum over k of x**k / (2n (2n + 1) ... (2n + k)).
    """
    farthest = min(_fall(galaxy, FAN_DISTANCE + 1.0), LARGEST_X)
    terms = 0
    size = 1.0
    while size > SERIES_ERROR and terms < MOST_TERMS:
        terms += 1
        size *= farthest / (2.0 * galaxy.n + terms)
    power = np.float32(0.5 / galaxy.n)
    shift = np.float32(LOG2_E * (log(galaxy.b) - log(galaxy.r_eff) / galaxy.n))
    largest = np.float32(galaxy.r_eff * galaxy.r_eff * pow(LARGEST_X / galaxy.b, 2.0 * galaxy.n))
    log2_e = np.float32(-LOG2_E)
    light = fan.light[:nodes]
    radius2 = fan.radius2[:nodes]
    x = x[:nodes]
    total = total[:nodes]
    first = np.float32(1.0 / (2.0 * galaxy.n))
    for j in range(nodes):
        light[j] = min(radius2[j], largest)
        total[j] = ONE
    for j in range(nodes):
        x[j] = power * log2f(light[j]) + shift
    for j in range(nodes):
        x[j] = exp2f(x[j])
    for j in range(nodes):
        light[j] = first * (light[j] * exp2f(log2_e * x[j]))
    for k in range(terms, 0, -1):
        ratio = np.float32(1.0 / (2.0 * galaxy.n + k))
        for j in range(nodes):
            total[j] = ONE + total[j] * (x[j] * ratio)
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
    """Add each galaxy's mean brightness over the pixels to its sample's canvas.

    Arguments as in `galaxy_center`, with q r_eff >= 0.35 pixels. Each pixel's mean is the Taylor series of the profile
    about the pixel's centre to the fourth order; nearer the cusp over 2**2 to 16**2 cells of the pixel; at the core by
    the signed fan of `pixel_mean`. Where the light is above 1e-6 of the brightest pixel's, on the frame or off it, the
    relative error of a pixel is below 1e-4.
    """
    spans, scratch = spans_of(frame), make_galaxy_scratch(canvas.shape[1])
    light = np.empty(canvas.shape[1], np.float32)
    for k in range(table.shape[0]):
        set_galaxy_means(light, columns, rows, spans, table[k], scratch)
        add_light(canvas[table[k].sample - first], light)


class Scratch(NamedTuple):
    """Scratch for the means of one galaxy over a canvas; `x` and `total` have a place for each node of the fan."""

    pixels: Pixels
    fan: Fan
    x: Float32Array
    total: Float32Array


@piece
def make_galaxy_scratch(length: int) -> Scratch:
    """Room for a canvas of `length` pixels."""
    fan = make_fan()
    return Scratch(make_pixels(length), fan, np.empty_like(fan.light), np.empty_like(fan.light))


@piece
def set_galaxy_means(
    light: Float32Array,
    columns: Float32Array,
    rows: Float32Array,
    spans: Spans,
    row: Any,
    scratch: Scratch,
) -> None:
    """Set `light` to the mean brightness of one galaxy over the pixels."""
    galaxy = _galaxy(row)
    scale = _scale(galaxy)
    pixels, fan = scratch.pixels, scratch.fan
    nearest, peak = Origin(np.float32(galaxy.column0), np.float32(galaxy.row0), 0.0, 0.0), np.float32(galaxy.peak)
    shape = _cells(galaxy, scale, 1)
    set_coarse_means(light, columns, rows, nearest, pixels.strips, peak, _set_places, _set_means, shape)
    fan_distance, fine_distance, cells = _tiers(galaxy)
    q = min(galaxy.q * (FAN_DISTANCE / FLAT_FAN), 1.0) if _has_short_fan(galaxy) else galaxy.q
    core = _ellipse(galaxy, fan_distance, q)
    around = _ellipse(galaxy, fine_distance, galaxy.q)
    count, runs = collect_pixels(spans, around, core, galaxy.column0, galaxy.row0, pixels)
    weight = np.float32(galaxy.peak / (cells * cells))
    set_fine_means(pixels, count, cells, weight, _set_places, _set_means, _cells(galaxy, scale, cells))
    put_means(light, pixels, runs)
    count, edges = collect_fan(spans, core, fan)
    if count > 0:
        longest = NARROW_STRETCH if _is_narrow(galaxy) else np.inf
        pieces = place_nodes(fan, edges, galaxy.cosine, galaxy.sine, galaxy.q, longest)
        _set_fan_light(galaxy, fan, pieces * len(NODES), scratch.x, scratch.total)
        put_fan(light, fan, count, edges, pieces, galaxy.peak * galaxy.n * galaxy.q)
