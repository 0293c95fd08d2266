"""Strong gravitational lenses: a Sersic source seen through a singular or softened isothermal ellipsoid and shear.

    I(theta) = source(beta),  beta = theta - alpha(theta)

Surface brightness is conserved, so every ray carries the brightness of the point of the source plane from which it
came. Positions are in pixels from the lens. With X, Y along and across the major axis, at the angle phi,

    kappa = theta_e / (2 sqrt(s**2 + q X**2 + Y**2 / q))

(Kormann, Schneider & Bartelmann 1994; Keeton & Kochanek 1998; the normalisation of lenstronomy), s being the softening.
Then with f = sqrt(1 - q**2), S = s / sqrt(q), psi = sqrt(q**2 (S**2 + X**2) + Y**2)

    alpha_X = theta_e sqrt(q) / f atan(f X / (psi + S)),  alpha_Y = theta_e sqrt(q) / f atanh(f Y / (psi + q**2 S)),

to which shear adds (gamma1 x + gamma2 y, gamma2 x - gamma1 y) along the image's axes. The source's brightness is
that of a galaxy (see `sersic`) at (source_dx, source_dy) from the lens.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.base2 import exp2f, log2f
from deepbench_fast.kernels.elementary import atan, exp, log, pow, sincos
from deepbench_fast.kernels.light.galaxy import sersic_b
from deepbench_fast.kernels.light.pixel_mean import Float32Array, FloatArray
from deepbench_fast.kernels.light.rays import Scratch, Source, make_scratch, means_along_rays
from deepbench_fast.kernels.light.strips import add_light_by_strips, make_strip
from deepbench_fast.kernels.light.subpixel import add_means, make_block

LOG2_E = 1.4426950408889634
LN_2 = 0.6931471805599453
# The unit of length in the source plane is the radius where the light has fallen by 2**-FALL: there log2 is 0 and so
# sharpest.
FALL = 20.0
FALL_32 = np.float32(FALL)
SMALLEST_Z2 = np.float32(1e-37)
LARGEST_Z2 = np.float32(1e37)
# log2 of a radius at which every profile has its peak.
INSIDE = np.float32(-1e6)
# Light that fell by 2**-FAINTEST is 0; from a line through the source's centre, all but FINEST of its light comes from
# farther than FINEST (n / NARROWING)**n: Stirling's formula for the profile's mean width.
FAINTEST = 127.0
FINEST = 1e-4
NARROWING = 37.7
# Below this abs(f z) the series of atan and atanh in f z are exact to 2e-16, also where f = 0.
SERIES_SQUARE = 1e-4
# Instead of 0/0 at the centre of a singular lens, whose deflection there is 0.
TINY = 1e-300
# What f**2 is of a round lens: 0 in all values, but f has a slope along q, and so has f**2.
ROUND = 1e-200
# How much rougher a ridge is than a cusp of equal slope seen from afar; a profile of index 1/2 has no cusp but curves.
SMOOTHER = 0.4
CURVATURE = 1.5
NEXT = 1.5
AWAY = 2.0
MILDER = 0.5
HALF_SIDE = 0.5
HALF_DIAGONAL = 0.72
NEAREST = 0.03
# Nearer to the centre of a singular lens than this, in pixels, it does not matter from where rays come.
CENTRE = 0.03


class Deflector(NamedTuple):
    """Constants of a lens: an ellipsoid and shear."""

    sine: float
    cosine: float
    q2: float
    f: float
    inverse_f: float
    b: float
    core: float
    gamma1: float
    gamma2: float
    shear: float


class Lens(NamedTuple):
    """A deflector and its source; `along` and `across` scale the source plane to its isophotes."""

    x: float
    y: float
    deflector: Deflector
    source_dx: float
    source_dy: float
    sine: float
    cosine: float
    along: float
    across: float
    power: np.float32
    peak: np.float32
    source: Source


@piece
def deflector(theta_e: float, q: float, phi: float, softening: float, gamma1: float, gamma2: float) -> Deflector:
    """Constants of a lens of Einstein radius theta_e [pix], axis ratio q, position angle phi [rad]."""
    sine, cosine = sincos(phi)
    root = np.sqrt(q)
    f = np.sqrt((1.0 - q) * (1.0 + q) + ROUND)
    return Deflector(
        sine,
        cosine,
        q * q,
        f,
        1.0 / f,
        theta_e * root,
        softening / root,
        gamma1,
        gamma2,
        np.sqrt(gamma1 * gamma1 + gamma2 * gamma2),
    )


@piece
def deflection(x: float, y: float, lens: Deflector) -> tuple[float, float]:
    """The angle alpha(theta) [pix] by which the ray at (x, y) from the lens was bent; 0 at a singular centre."""
    along = x * lens.cosine + y * lens.sine
    across = y * lens.cosine - x * lens.sine
    psi = np.sqrt(lens.q2 * (lens.core * lens.core + along * along) + across * across)
    z_along = along / max(psi + lens.core, TINY)
    z_across = across / max(psi + lens.q2 * lens.core, TINY)
    t = lens.f * z_along
    h = lens.f * z_across
    t2 = t * t
    h2 = h * h
    t_series = z_along * (1.0 - t2 * (1.0 / 3.0 - t2 * (0.2 - t2 * (1.0 / 7.0))))
    h_series = z_across * (1.0 + h2 * (1.0 / 3.0 + h2 * (0.2 + h2 * (1.0 / 7.0))))
    t_whole = lens.inverse_f * atan(t)
    h_whole = (0.5 * lens.inverse_f) * log((1.0 + h) / (1.0 - h))
    alpha_along = lens.b * (t_series if t2 < SERIES_SQUARE else t_whole)
    alpha_across = lens.b * (h_series if h2 < SERIES_SQUARE else h_whole)
    return (
        (alpha_along * lens.cosine - alpha_across * lens.sine) + (lens.gamma1 * x + lens.gamma2 * y),
        (alpha_along * lens.sine + alpha_across * lens.cosine) + (lens.gamma2 * x - lens.gamma1 * y),
    )


@piece
def _lens(row: Any) -> Lens:
    sine, cosine = sincos(row.source_theta)
    n = row.source_n
    b = sersic_b(n)
    scale = pow(b * (LOG2_E / FALL), n) / row.source_r_eff
    return Lens(
        row.x,
        row.y,
        deflector(row.theta_e, row.q, row.phi, row.softening, row.gamma1, row.gamma2),
        row.source_dx,
        row.source_dy,
        sine,
        cosine,
        scale,
        scale / (1.0 - row.source_ellip),
        np.float32(0.5 / n),
        np.float32(row.source_amplitude * exp(b)),
        Source(pow(FAINTEST / FALL, n), FINEST * pow(n / NARROWING, n), row.softening == 0.0),
    )


@piece
def _source_place(dx: float, dy: float, lens: Lens) -> tuple[float, float]:
    """Where the ray at an offset from the lens left the source plane, scaled so that isophotes are circles."""
    alpha_x, alpha_y = deflection(dx, dy, lens.deflector)
    x = (dx - alpha_x) - lens.source_dx
    y = (dy - alpha_y) - lens.source_dy
    return (x * lens.cosine + y * lens.sine) * lens.along, (y * lens.cosine - x * lens.sine) * lens.across


@piece
def _log2(z2: np.float32) -> np.float32:
    """log2 of any squared radius."""
    return log2f(min(z2, LARGEST_Z2)) if z2 > SMALLEST_Z2 else INSIDE


@piece
def _fall(z2: np.float32, lens: Lens) -> np.float32:
    """By how many powers of 2 the source's light fell at a squared radius."""
    return FALL_32 * exp2f(lens.power * _log2(z2))


@piece
def _fallen(fall: np.float32, lens: Lens) -> np.float32:
    """Light of the source where it fell by so many powers of 2."""
    return lens.peak * exp2f(-fall)


@piece
def _light(dx: float, dy: float, lens: Lens) -> np.float32:
    """Light at an offset from the lens: the ray in float64, the source's profile there in float32."""
    u, v = _source_place(dx, dy, lens)
    return _fallen(_fall(np.float32(u * u + v * v), lens), lens)


@piece
def _sharp_means(dx: FloatArray, dy: FloatArray, means: Float32Array, scratch: Scratch, lens: Lens) -> None:
    """Means over pixels in which the light is too sharp for any rule."""
    means_along_rays(dx, dy, means, scratch, _source_place, _fall, _fallen, lens.source, lens)


@piece
def _roughness(dx: float, dy: float, side: float, lens: Lens) -> float:
    """Change of the light across a cell, see `subpixel`: how fast rays move over the source, times its own change.

    The map's largest stretch is max(1, abs(1 - 2 kappa)) and the shear.
    """
    to = lens.deflector
    along = dx * to.cosine + dy * to.sine
    across = dy * to.cosine - dx * to.sine
    psi = np.sqrt(to.q2 * (to.core * to.core + along * along) + across * across)
    stretch = side * (max(1.0, to.b / max(psi - HALF_DIAGONAL * side, CENTRE) - 1.0) + to.shear)
    u, v = _source_place(dx, dy, lens)
    distance = np.sqrt(u * u + v * v) / lens.across
    reach = HALF_SIDE * stretch
    z = (distance + reach) * lens.across
    fall = LN_2 * FALL * float(exp2f(lens.power * _log2(np.float32(z * z))))
    # A cusp in the cell's corner is as sharp as one in its middle.
    clear = distance > HALF_DIAGONAL * stretch
    room = max(distance - reach, NEAREST * stretch) if clear else NEAREST * stretch
    if distance - reach > lens.source.edge / lens.across:
        return 0.0
    roughness = SMOOTHER * stretch * (CURVATURE * min(fall, 1.0) + fall * 2.0 * lens.power) / room
    if distance < 2.0 * reach:
        # The cusp of a large index is sharp, however little the light falls from it within a pixel.
        return float(roughness * max(1.0, 0.125 / float(lens.power * lens.power)))
    if dx * dx + dy * dy < NEXT * NEXT * side * side:
        return float(roughness)
    # Away from the cusp and from the lens's centre a steep profile is smoother than a ridge.
    return float(min(roughness, AWAY + (roughness - AWAY) * MILDER))


@kernel
def lens_center(
    canvas: npt.NDArray[np.float32],
    columns: npt.NDArray[np.float32],
    rows: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
) -> None:
    """Add each lens's brightness along the rays through the pixel centres to its sample's canvas.

    `canvas` is float32 (T, P), `columns` and `rows` come from `grid.canvas_coordinates`, `frame` is (height, width,
    pad); each row of `table` holds sample, x, y [pix], theta_e [pix], q (0.2 to 1), phi [rad], softening (0 to 0.5
    theta_e) [pix], gamma1, gamma2 (-0.3 to 0.3), source_dx, source_dy [pix], source_amplitude, source_r_eff [pix],
    source_n (0.5 to 10), source_ellip (0 to 0.95), source_theta [rad] and adds to canvas[sample - first]. Rays
    are traced in float64: where the light is above 1e-6 of the source's peak, source_amplitude e**b, its relative error
    is below 5e-6, but for rays so near to the cusp that rounding moves them (1e-4); below 1e-38 of that it is 0.
    Raises nothing: the table must be valid.
    """
    strip = make_strip(canvas.shape[1])
    for k in range(table.shape[0]):
        lens = _lens(table[k])
        add_light_by_strips(canvas[table[k].sample - first], columns, rows, strip, lens.peak, _set_exponents, lens)


@piece
def _set_exponents(exponents: Float32Array, columns: Float32Array, rows: Float32Array, lens: Lens) -> None:
    """Set the powers of two by which the source's light fell from its peak, as in `_light`."""
    for i in range(exponents.size):
        u, v = _source_place(columns[i] - lens.x, rows[i] - lens.y, lens)
        exponents[i] = np.float32(u * u + v * v)
    for i in range(exponents.size):
        exponents[i] = -_fall(exponents[i], lens)


@kernel
def lens_integrate(
    canvas: npt.NDArray[np.float32],
    columns: npt.NDArray[np.float32],
    rows: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
) -> None:
    """Add each lens's mean brightness over the pixels to its sample's canvas.

    Arguments as in `lens_center`. Every pixel has as many rays as its roughness asks for, see `subpixel`; where no rule
    is enough, next to the source's cusp and the lens's centre, its mean is an integral along rays from that centre, see
    `rays`. The relative error of a pixel is below 1e-3 wherever its light is above 1e-6 of the brightest pixel's and
    1e-8 of the source's peak.
    """
    block = make_block()
    scratch = make_scratch()
    for k in range(table.shape[0]):
        lens = _lens(table[k])
        image = canvas[table[k].sample - first]
        add_means(image, columns, rows, lens.x, lens.y, block, _light, _roughness, _sharp_means, scratch, lens)
