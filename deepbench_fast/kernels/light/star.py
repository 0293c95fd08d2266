"""Stars with a Moffat profile: value at the pixel's centre, and mean over the pixel.

    I(r) = amplitude (1 + r**2 / gamma**2)**-alpha        (Moffat 1969, A&A 3, 455)

per unit pixel, r in pixels from (x, y); gamma > 0 in pixels. The whole light is pi gamma**2 amplitude / (alpha - 1) for
alpha > 1 and infinite below; the full width at half maximum is 2 gamma sqrt(2**(1/alpha) - 1). As alpha grows the
profile becomes a Gaussian of standard deviation gamma / sqrt(2 alpha).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.base2 import exp2f, log2_1pf, log2f
from deepbench_fast.kernels.image.grid import Spans, nearest_integer, spans_of
from deepbench_fast.kernels.light.cells import Origin, set_coarse_means, set_fine_means
from deepbench_fast.kernels.light.ellipse import Ellipse
from deepbench_fast.kernels.light.moffat_flux import NARROW, NARROW_STEEP, put_core
from deepbench_fast.kernels.light.pixel_mean import (
    Float32Array,
    Pixels,
    add_light,
    collect_pixels,
    make_pixels,
    put_means,
)
from deepbench_fast.kernels.light.strips import Strips, add_light_by_strips, make_strip

ONE = np.float32(1.0)
# How badly the Taylor series may converge in a cell, and what counts for curvature: see `_fine_radius`.
CELL_KAPPA = 1.5
# A cell of a pixel lies nearer the star than the pixel, so the limit for its size is stricter.
NEARER = 0.93
# As is that of the cells of a narrow star's neighbours.
NARROW_KAPPA = 0.75
WING_CURVATURE = 2.1
CORE_CURVATURE = 1.8
# Means are sharp where the light is above 2**-24 of the amplitude.
FALL_SEEN = 24.0
LARGEST_POWER = 60.0
# The brightest pixel of a star narrower than a pixel holds at least this times gamma**2 / alpha of the amplitude.
LEAST_OF_FLUX = 0.75
# Pixels as far off as this from a narrow star are not among the nine that edges sum up.
BEYOND_CORE = 1.5
# Numbers of cells along a pixel's side, ever nearer the star.
CELLS = (2, 3, 6, 12, 24)
# A pixel as far off as this still holds light of its nearest corner.
HALF_DIAGONAL = 0.75


class Star(NamedTuple):
    """Parameters of a star and the pixel nearest its centre."""

    x: float
    y: float
    column0: float
    row0: float
    amplitude: float
    gamma2: float
    alpha: float


class Centre(NamedTuple):
    """A star's centre: the pixel nearest to it, and what is left from there."""

    column: np.float32
    row: np.float32
    x_rest: np.float32
    y_rest: np.float32


class Series(NamedTuple):
    """Coefficients of the Taylor series of a cell's mean by powers of 1 / (r**2 + gamma**2); see `_series`."""

    first: np.float32
    second: np.float32
    second_r2: np.float32
    third_r2: np.float32
    fourth: np.float32
    mixed: np.float32


class Cells(NamedTuple):
    """What cells of one size need."""

    star: Star
    series: Series


@piece
def _star(row: Any) -> Star:
    return Star(
        row.x,
        row.y,
        nearest_integer(row.x),
        nearest_integer(row.y),
        row.amplitude,
        row.gamma * row.gamma,
        row.alpha,
    )


@kernel
def star_center(
    canvas: npt.NDArray[np.float32],
    columns: npt.NDArray[np.float32],
    rows: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
) -> None:
    """Add each star's brightness at the pixel centres to its sample's canvas.

    `canvas` is float32 (T, P), `columns` and `rows` come from `grid.canvas_coordinates`, `frame` is (height, width,
    pad); each row of `table` holds sample, x, y [pix], amplitude, gamma [pix], alpha (up to 100) and adds to
    canvas[sample - first]. Where the light is above 1e-6 of the frame's brightest pixel and 1e-30 of the amplitude the
    relative error is below 2e-5; below 1e-38 of it the light is 0. Raises nothing: the table must be valid,
    gamma > 0, alpha > 0.
    """
    strip = make_strip(canvas.shape[1])
    for k in range(table.shape[0]):
        add_star(canvas[table[k].sample - first], columns, rows, table[k], strip)


@piece
def add_star(image: Float32Array, columns: Float32Array, rows: Float32Array, row: Any, strip: Float32Array) -> None:
    """Add the brightness of one star at the pixel centres."""
    star = _star(row)
    add_light_by_strips(image, columns, rows, strip, np.float32(star.amplitude), _set_exponents, star)


@piece
def _set_exponents(exponents: Float32Array, columns: Float32Array, rows: Float32Array, star: Star) -> None:
    """Set the powers of two by which the light fell from the amplitude."""
    centre = _centre(star)
    inverse = np.float32(1.0 / star.gamma2)
    power = np.float32(-star.alpha)
    for i in range(exponents.size):
        dx, dy = _offset(columns[i], rows[i], centre)
        exponents[i] = (dx * dx + dy * dy) * inverse
    for i in range(exponents.size):
        exponents[i] = power * log2_1pf(exponents[i])


@piece
def _centre(star: Star) -> Centre:
    x, y = np.float32(star.x - star.column0), np.float32(star.y - star.row0)
    return Centre(np.float32(star.column0), np.float32(star.row0), x, y)


@piece
def _offset(column: np.float32, row: np.float32, centre: Centre) -> tuple[np.float32, np.float32]:
    return (column - centre.column) - centre.x_rest, (row - centre.row) - centre.y_rest


@piece
def _series(star: Star, side: float) -> Series:
    """Coefficients for square cells of this side.

    With D = r**2 + gamma**2 at the cell's centre x, the mean of D**-alpha over offsets d is the sum of its derivatives,
    which are (-1)**k alpha (alpha + 1) ... (alpha + k - 1) / D**k times it, with the moments of (2 x.d + d.d)**k / k!,
    up to the fourth order in d.
    """
    second = side * side / 12.0
    fourth = side * side * side * side / 80.0
    mixed = second * second
    a1 = -star.alpha
    a2 = star.alpha * (star.alpha + 1.0)
    a3 = -a2 * (star.alpha + 2.0)
    a4 = -a3 * (star.alpha + 3.0)
    return Series(
        np.float32(2.0 * second * a1),
        np.float32((fourth + mixed) * a2),
        np.float32(2.0 * second * a2),
        np.float32(2.0 * (fourth + mixed) * a3),
        np.float32((2.0 / 3.0) * fourth * a4),
        np.float32(4.0 * mixed * a4),
    )


@piece
def _set_places(cells: Strips, columns: Float32Array, rows: Float32Array, origin: Origin, shape: Cells) -> None:
    """Set offsets of cells from the star."""
    star = shape.star
    x, y = np.float32((star.x - star.column0) - origin.x), np.float32((star.y - star.row0) - origin.y)
    centre = Centre(origin.column, origin.row, x, y)
    for i in range(cells.x.size):
        cells.x[i], cells.y[i] = _offset(columns[i], rows[i], centre)


@piece
def _set_means(cells: Strips, shape: Cells) -> None:
    """Set means over the cells at these places, amplitude 1."""
    star, to = shape
    gamma2 = np.float32(star.gamma2)
    inverse_gamma2 = np.float32(1.0 / star.gamma2)
    power = np.float32(-star.alpha)
    mean = cells.mean
    for i in range(mean.size):
        dx, dy = cells.x[i], cells.y[i]
        mean[i] = (dx * dx + dy * dy) * inverse_gamma2
    for i in range(mean.size):
        mean[i] = power * log2_1pf(mean[i])
    for i in range(mean.size):
        xx = cells.x[i] * cells.x[i]
        yy = cells.y[i] * cells.y[i]
        inverse = ONE / ((xx + yy) + gamma2)
        xx = xx * inverse
        yy = yy * inverse
        share = xx + yy
        higher = (to.second + to.third_r2 * share) + ((xx * xx + yy * yy) * to.fourth + (xx * yy) * to.mixed)
        correction = (to.first + to.second_r2 * share) + higher * inverse
        cells.factor[i] = ONE + correction * inverse
    for i in range(mean.size):
        mean[i] = exp2f(mean[i]) * cells.factor[i]


@piece
def _is_narrow(star: Star) -> bool:
    """Whether the finest cells are too coarse for the star's core."""
    return star.gamma2 < max(NARROW, NARROW_STEEP[0] + NARROW_STEEP[1] * star.alpha)


@piece
def _fall(star: Star, narrow: bool) -> float:
    """Octaves from the amplitude down to the faintest light that counts beside the brightest pixel's."""
    if not narrow:
        return FALL_SEEN
    return FALL_SEEN - float(log2f(np.float32(min(LEAST_OF_FLUX * star.gamma2 / star.alpha, 1.0))))


@piece
def _fine_radius(star: Star, fall: float, kappa: float) -> float:
    """Radius in pixels within which the series converges worse than `kappa`; negative where it does so nowhere.

    kappa(r) = max(2 alpha r / s + WING_CURVATURE, CORE_CURVATURE sqrt(2 alpha + 2)) / s with s**2 = r**2 + gamma**2:
    the slope and the curvature of the profile. It is solved for s from outside, and so never falls below the largest
    root.
    """
    growth = float(exp2f(np.float32(min(fall / star.alpha, LARGEST_POWER))))
    faintest = np.sqrt(star.gamma2 * (growth - 1.0)) + HALF_DIAGONAL
    s2 = star.gamma2 + faintest * faintest
    core = CORE_CURVATURE * np.sqrt(2.0 * star.alpha + 2.0)
    slope = 2.0 * star.alpha
    for _ in range(3):
        s = max(slope + WING_CURVATURE, core) / kappa
        s2 = max(min(s2, s * s), star.gamma2)
        slope = 2.0 * star.alpha * np.sqrt(1.0 - star.gamma2 / s2)
    return float(np.sqrt(s2 - star.gamma2)) if s2 > star.gamma2 else -1.0


@kernel
def star_integrate(
    canvas: npt.NDArray[np.float32],
    columns: npt.NDArray[np.float32],
    rows: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
) -> None:
    """Add each star's mean brightness over the pixels to its sample's canvas.

    Arguments as in `star_center`, with alpha > 1. Each pixel's mean is the Taylor series of the profile about the
    pixel's centre to the fourth order; nearer the star the pixel is cut into 2**2, 3**2, 6**2 ... 24**2 cells; the
    nine pixels about a star that is narrower than its cells are sums over their edges, see `moffat_flux`. Where the
    light is above 1e-6 of the brightest pixel's the relative error is below 1e-4.
    """
    spans, pixels = spans_of(frame), make_pixels(canvas.shape[1])
    light = np.empty(canvas.shape[1], np.float32)
    for k in range(table.shape[0]):
        set_star_means(light, columns, rows, spans, table[k], pixels)
        add_light(canvas[table[k].sample - first], light)


@piece
def set_star_means(
    light: Float32Array,
    columns: Float32Array,
    rows: Float32Array,
    spans: Spans,
    row: Any,
    pixels: Pixels,
) -> None:
    """Set `light` to the mean brightness of one star over the pixels."""
    star = _star(row)
    nearest, amplitude = Origin(np.float32(star.column0), np.float32(star.row0), 0.0, 0.0), np.float32(star.amplitude)
    shape = Cells(star, _series(star, 1.0))
    set_coarse_means(light, columns, rows, nearest, pixels.strips, amplitude, _set_places, _set_means, shape)
    narrow = _is_narrow(star)
    limit = CELL_KAPPA * (NARROW_KAPPA if narrow else 1.0)
    kappa = limit
    fall = _fall(star, narrow)
    no_hole = Ellipse(star.x, star.y, 1.0, 0.0, 1.0, -1.0)
    for cells in CELLS:
        radius = _fine_radius(star, fall, kappa)
        if radius < (BEYOND_CORE if narrow else 0.0):
            break
        circle = Ellipse(star.x, star.y, 1.0, 0.0, 1.0, radius * radius)
        count, runs = collect_pixels(spans, circle, no_hole, star.column0, star.row0, pixels)
        weight = np.float32(star.amplitude / (cells * cells))
        shape = Cells(star, _series(star, 1.0 / cells))
        set_fine_means(pixels, count, cells, weight, _set_places, _set_means, shape)
        put_means(light, pixels, runs)
        kappa = NEARER * limit * cells
    if narrow:
        put_core(light, spans, star.x, star.y, star.amplitude, star.gamma2, star.alpha)
