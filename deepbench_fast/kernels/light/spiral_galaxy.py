"""Spiral galaxies: a disc with arms, seen at an angle, and a bulge; value at the pixel's centre, and mean over it.

    I = disc(r) ((1 - f) + f exp(kappa cos psi) / I0(kappa)) + bulge

In the plane of the disc r**2 = u**2 + (v / cos(inclination))**2 and phi is the angle from the major axis, with
u = dx cos(theta) + dy sin(theta) along and v = -dx sin(theta) + dy cos(theta) across that axis.

* The disc is exponential: (1 - bulge_fraction) amplitude exp(-b_1 (r / r_eff - 1)). Half its light lies within r_eff.
* The arms modulate it along phi: arm k of `arms` peaks where psi = arms (handedness phi - phase - spiral(r)) is a
  multiple of 2 pi. `arm_width` is the half-width of the peak at half its height, in psi: kappa = ln 2 / (1 -
  cos(arm_width)). Divided by the Bessel function I0, arms leave the mean around each circle as it is.
* f is arm_strength from r = 1 pixel outwards; inside it falls to 0 as r**2 (3 - 2 r), where the arms wind faster than
  any pixel can show.
* The bulge is round, a Sersic profile of index 2 with the half-light radius r_eff / 5. It holds `bulge_fraction` of the
  whole light, which is that of the disc alone: 2 pi amplitude r_eff**2 cos(inclination) e**b_1 / b_1**2.

Two forms of spiral(r):

* Logarithmic: ln(r / r_eff) / tan(pitch). Arms cross every circle at the angle `pitch`; where handedness is 1 they open
  counter-clockwise, from +x towards +y.
* Ringermacher & Mead (2009, MNRAS 397, 164): N pi - 2 N atan(B exp(-A / r)), the inverse of r = A / ln(B tan(phi /
  2N)), with A = rm_scale [pix], B = rm_b, N = rm_n. At the core arms straighten into a bar at the angle N pi + phase;
  where handedness is 1 they open clockwise.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.base2 import exp2f, log2f
from deepbench_fast.kernels.elementary import atan, exp, log, sincos
from deepbench_fast.kernels.elementary32 import atanf
from deepbench_fast.kernels.image.grid import nearest_integer
from deepbench_fast.kernels.light.arm_nodes import BLOCK, add_spiral_means, make_block
from deepbench_fast.kernels.light.galaxy import sersic_b
from deepbench_fast.kernels.light.pixel_mean import Float32Array, FloatArray
from deepbench_fast.kernels.light.subpixel import add_values
from deepbench_fast.kernels.light.winding import Scratch, make_scratch, means_of_wound

LOG2_E = 1.4426950408889634
LN_2 = 0.6931471805599453
PI = 3.141592653589793
TWO_PI = 6.283185307179586
ONE = np.float32(1.0)
TWO = np.float32(2.0)
THREE = np.float32(3.0)
# Radii below 1e-10 pixels count as that.
SMALLEST_R2 = 1e-20
BULGE_INDEX = 2.0
BULGE_RADIUS = 0.2
# (2n - 1)! for n = 2.
BULGE_GAMMA = 6.0
# From here on the asymptotic series of I0 is the better one.
LARGE_KAPPA = 30.0
ASYMPTOTIC_TERMS = 24
SERIES_TERMS = 80
# Above this arm_strength the light between arms is summed from its parts: 1 - arm_strength would lose its digits.
DEEP = 0.95
# How far light reaches across a cell of side 1, and the least distance that counts, for `_roughness`.
HALF_DIAGONAL = 0.7
NEAREST = 0.05
# How much rougher a cell is that holds a kink.
KINK = 2.0
# How much rougher the flanks of arms are where there is no light between them.
BARE = 2.2
# Nearer to the core than this, in pixels across the inclined disc, only edges will do.
CLEAR = 1.0
# What the fourth derivative of the winding may add to the phase at a pixel's corner, in standard deviations of arms.
LOST = 0.001
# Light that fell by 2**-DARK is 0.
DARK = 127.0


class Spiral(NamedTuple):
    """Constants of a galaxy, whatever the form of its arms. Slopes are per pixel, in units of ln 2."""

    x: float
    y: float
    sine: float
    cosine: float
    stretch: float
    mirror: float
    arms: float
    power1: bool
    power2: bool
    power4: bool
    power8: bool
    kappa: float
    sharpness: float
    scaled_i0: float
    arm_peak: np.float32
    arm_strength: np.float32
    deep: bool
    between: np.float32
    disc_peak: np.float32
    disc_slope: np.float32
    bulge_peak: np.float32
    bulge_slope: np.float32


class Logarithmic(NamedTuple):
    """Arms whose angle, times their number, is offset + rate ln(r**2)."""

    spiral: Spiral
    offset: float
    rate: float


class RingermacherMead(NamedTuple):
    """Arms whose angle, times their number, is offset + rate atan(b exp(-scale / r))."""

    spiral: Spiral
    offset: float
    rate: float
    scale: float
    b: float


@piece
def scaled_bessel_i0(kappa: float) -> float:
    """exp(-kappa) I0(kappa), the modified Bessel function of order 0, for 0 <= kappa <= 700.

    The power series in kappa**2 / 4, whose terms are all positive, or the asymptotic one (DLMF 10.25.2, 10.40.1).
    """
    total = 1.0
    term = 1.0
    if kappa < LARGE_KAPPA:
        for k in range(1, SERIES_TERMS):
            half = 0.5 * kappa / k
            term *= half * half
            total += term
        return total * exp(-kappa)
    for k in range(1, ASYMPTOTIC_TERMS):
        odd = 2.0 * k - 1.0
        term *= odd * odd / (8.0 * kappa * k)
        total += term
    return total / float(np.sqrt(TWO_PI * kappa))


@piece
def arm_sharpness(arm_width: float) -> float:
    """kappa = ln 2 / (1 - cos(arm_width)): exp(kappa cos psi) falls to half its height at psi = arm_width."""
    sine, _ = sincos(0.5 * arm_width)
    return LN_2 / (2.0 * sine * sine)


@piece
def ringermacher_mead_angle(r: float, scale: float, b: float, n: float) -> float:
    """Angle at which the curve r = scale / ln(b tan(phi / 2n)) has the radius r > 0."""
    return n * PI - 2.0 * n * atan(b * exp(-scale / r))


@piece
def _spiral(row: Any) -> Spiral:
    sine, cosine = sincos(row.theta)
    _, foreshortening = sincos(row.inclination)
    b_disc = sersic_b(1.0)
    b_bulge = sersic_b(BULGE_INDEX)
    kappa = arm_sharpness(row.arm_width)
    scaled_i0 = scaled_bessel_i0(kappa)
    disc_peak = row.amplitude * exp(b_disc)
    bulge_radius = BULGE_RADIUS * row.r_eff
    # Whole light of a profile over 2 pi times its peak: n radius**2 Gamma(2n) / b**(2n).
    disc_area = foreshortening * row.r_eff * row.r_eff / (b_disc * b_disc)
    b_squared = b_bulge * b_bulge
    bulge_area = BULGE_INDEX * bulge_radius * bulge_radius * BULGE_GAMMA / (b_squared * b_squared)
    return Spiral(
        row.x,
        row.y,
        sine,
        cosine,
        1.0 / foreshortening,
        row.handedness / foreshortening,
        float(row.arms),
        (row.arms & 1) != 0,
        (row.arms & 2) != 0,
        (row.arms & 4) != 0,
        (row.arms & 8) != 0,
        kappa,
        LOG2_E * kappa,
        scaled_i0,
        np.float32(1.0 / scaled_i0),
        np.float32(row.arm_strength),
        row.arm_strength > DEEP,
        np.float32(1.0 - row.arm_strength),
        np.float32((1.0 - row.bulge_fraction) * disc_peak),
        np.float32(-LOG2_E * b_disc / row.r_eff),
        np.float32(row.bulge_fraction * disc_peak * disc_area / bulge_area),
        np.float32(-LOG2_E * b_bulge / np.sqrt(bulge_radius)),
    )


@piece
def _whole_turns_off(angle: float) -> float:
    """`angle` less a multiple of 2 pi, so that little is lost when it is added to others."""
    return angle - TWO_PI * nearest_integer(angle / TWO_PI)


@piece
def _logarithmic(row: Any) -> Logarithmic:
    sine, cosine = sincos(row.pitch)
    rate = 0.5 * row.arms * cosine / sine
    return Logarithmic(_spiral(row), _whole_turns_off(row.arms * row.phase) - 2.0 * rate * log(row.r_eff), rate)


@piece
def _ringermacher_mead(row: Any) -> RingermacherMead:
    offset = _whole_turns_off(row.arms * row.phase) + _whole_turns_off(row.arms * row.rm_n * PI)
    return RingermacherMead(_spiral(row), offset, -2.0 * row.arms * row.rm_n, row.rm_scale, row.rm_b)


@piece
def _disc_plane(dx: float, dy: float, spiral: Spiral) -> tuple[float, float, float]:
    """Coordinates in the plane of the disc, mirrored at the major axis where handedness is -1, and radius squared."""
    u = dx * spiral.cosine + dy * spiral.sine
    v = (dy * spiral.cosine - dx * spiral.sine) * spiral.mirror
    return u, v, max(u * u + v * v, SMALLEST_R2)


@piece
def _times(on: bool, a: float, b: float, c: float, d: float) -> tuple[float, float]:
    """(a + ib)(c + id) where `on`, a + ib elsewhere."""
    return (a * c - b * d if on else a), (a * d + b * c if on else b)


@piece
def _arm_angle(u: float, v: float, r: float, spiral: Spiral) -> tuple[float, float]:
    """Cosine and sine of arms times the angle of (u, v), as a power of a complex number: no angle, so no seam."""
    c1 = u / r
    s1 = v / r
    c2, s2 = _times(True, c1, s1, c1, s1)
    c4, s4 = _times(True, c2, s2, c2, s2)
    c8, s8 = _times(True, c4, s4, c4, s4)
    cosine, sine = (c1 if spiral.power1 else 1.0), (s1 if spiral.power1 else 0.0)
    cosine, sine = _times(spiral.power2, cosine, sine, c2, s2)
    cosine, sine = _times(spiral.power4, cosine, sine, c4, s4)
    return _times(spiral.power8, cosine, sine, c8, s8)


@piece
def _light(dx: float, dy: float, u: float, v: float, r: float, winding: float, spiral: Spiral) -> np.float32:
    """Disc, arms and bulge; `winding` is arms * (phase + spiral(r)). Angles in float64, brightness in float32."""
    cosine, sine = _arm_angle(u, v, r, spiral)
    winding_sine, winding_cosine = sincos(winding)
    cos_psi = cosine * winding_cosine + sine * winding_sine
    arms = spiral.arm_peak * exp2f(np.float32(spiral.sharpness * (cos_psi - 1.0)))
    radius = np.float32(r)
    core = min(radius, ONE)
    strength = spiral.arm_strength * (core * core * (THREE - TWO * core))
    gap = np.float32(1.0 - min(r, 1.0))
    between = (
        spiral.between + spiral.arm_strength * (gap * gap * (THREE - TWO * gap)) if spiral.deep else ONE - strength
    )
    disc = spiral.disc_peak * exp2f(spiral.disc_slope * radius)
    bulge_radius = np.sqrt(np.float32(dx * dx + dy * dy))
    bulge = spiral.bulge_peak * exp2f(spiral.bulge_slope * np.sqrt(bulge_radius))
    return disc * (between + strength * arms) + bulge


@piece
def _logarithmic_light(dx: float, dy: float, shape: Logarithmic) -> np.float32:
    """Light at an offset from the centre of a galaxy with logarithmic arms."""
    u, v, r2 = _disc_plane(dx, dy, shape.spiral)
    winding = shape.offset + shape.rate * log(r2)
    return _light(dx, dy, u, v, np.sqrt(r2), winding, shape.spiral)


@piece
def _ringermacher_mead_light(dx: float, dy: float, shape: RingermacherMead) -> np.float32:
    """Light at an offset from the centre of a galaxy with arms by Ringermacher and Mead."""
    u, v, r2 = _disc_plane(dx, dy, shape.spiral)
    r = np.sqrt(r2)
    winding = shape.offset + shape.rate * atan(shape.b * exp(-shape.scale / r))
    return _light(dx, dy, u, v, r, winding, shape.spiral)


@piece
def _roughness(
    dx: float, dy: float, u: float, v: float, r2: float, turning: float, spiral: Spiral
) -> tuple[float, float]:
    """Change of the light along both sides of a pixel, see `subpixel`; infinite where only edges tell its mean.

    `turning` is the derivative of the winding by ln(r).
    """
    to_bulge = np.sqrt(dx * dx + dy * dy)
    least = max(to_bulge - HALF_DIAGONAL, 0.0)
    dark = -spiral.disc_slope * least > DARK and (
        spiral.bulge_peak == 0.0 or -spiral.bulge_slope * np.sqrt(least) > DARK
    )
    distance = np.sqrt(r2) / spiral.stretch
    room = max(distance - HALF_DIAGONAL, NEAREST)
    by_u, by_v = -(turning * u + spiral.arms * v), (spiral.arms * u - turning * v) * spiral.mirror
    root = np.sqrt(spiral.sharpness / LOG2_E) / r2 if spiral.arm_strength > 0.0 else 0.0
    along_x = root * abs(by_u * spiral.cosine - by_v * spiral.sine)
    along_y = root * abs(by_u * spiral.sine + by_v * spiral.cosine)
    # Nearer to the core arms are steeper, and run another way.
    turned = root * np.sqrt(by_u * by_u + by_v * by_v) * (HALF_DIAGONAL / room)
    # Where all of the disc is in arms, light between them ends with a kink at r = 1.
    kink = KINK if spiral.deep and abs(distance * spiral.stretch - 1.0) < HALF_DIAGONAL * spiral.stretch else 1.0
    # Five standard deviations from an arm its light, if there is no other, changes five times as fast as at one.
    steep = kink * (BARE if spiral.deep else 1.0)
    disc = -LN_2 * spiral.disc_slope * spiral.stretch * (1.0 + 1.0 / room)
    fall = -LN_2 / BULGE_INDEX * spiral.bulge_slope * np.sqrt(to_bulge + HALF_DIAGONAL)
    bulge = fall / max(to_bulge - HALF_DIAGONAL, 0.5 * NEAREST) if spiral.bulge_peak > 0.0 else 0.0
    smooth = float(max(disc, bulge))
    smooth = smooth if distance > CLEAR else np.inf
    rough_x = max(steep * (along_x + turned), smooth)
    rough_y = max(steep * (along_y + turned), smooth)
    return (0.0 if dark else rough_x), (0.0 if dark else rough_y)


@piece
def _plane(dx: float, dy: float, shape: Any) -> tuple[float, float, float]:
    return _disc_plane(dx, dy, shape.spiral)


@piece
def _logarithmic_winding(r2: float, shape: Logarithmic) -> float:
    """Of logarithmic arms at a squared radius, but for its offset."""
    return shape.rate * log(r2)


@piece
def _logarithmic_winding32(r2: np.float32, shape: Logarithmic) -> np.float32:
    """The same in float32."""
    return np.float32(shape.rate * LN_2) * log2f(r2)


@piece
def _logarithmic_turning(r2: float, shape: Logarithmic) -> float:
    """Its derivative by ln(r)."""
    return 2.0 * shape.rate


@piece
def _logarithmic_derivatives(r2: float, shape: Logarithmic) -> tuple[float, float, float, float]:
    """The winding, and its first three derivatives by ln(r)."""
    return shape.rate * log(r2), 2.0 * shape.rate, 0.0, 0.0


@piece
def _logarithmic_roughness(dx: float, dy: float, shape: Logarithmic) -> tuple[float, float]:
    """Change of the light of logarithmic arms along both sides of a pixel."""
    u, v, r2 = _disc_plane(dx, dy, shape.spiral)
    return _roughness(dx, dy, u, v, r2, 2.0 * shape.rate, shape.spiral)


@piece
def _ringermacher_mead_winding(r2: float, shape: RingermacherMead) -> float:
    """Of arms by Ringermacher and Mead at a squared radius, but for its offset."""
    return shape.rate * atan(shape.b * exp(-shape.scale / np.sqrt(r2)))


@piece
def _ringermacher_mead_winding32(r2: np.float32, shape: RingermacherMead) -> np.float32:
    """The same in float32."""
    steps = np.float32(LOG2_E * shape.scale) / np.sqrt(r2)
    return np.float32(shape.rate) * atanf(np.float32(shape.b) * exp2f(-steps))


@piece
def _ringermacher_mead_derivatives(r2: float, shape: RingermacherMead) -> tuple[float, float, float, float]:
    """The winding, and its first three derivatives by ln(r)."""
    x = shape.scale / np.sqrt(r2)
    t = shape.b * exp(-x)
    inverse = 1.0 / (1.0 + t * t)
    h = t * inverse
    c = (1.0 - t * t) * inverse
    slope = shape.rate * x * h
    third = 1.0 - 3.0 * x * c + x * x * (c * c - 4.0 * h * h)
    return shape.rate * atan(t), slope, slope * (x * c - 1.0), slope * third


@piece
def _ringermacher_mead_turning(r2: float, shape: RingermacherMead) -> float:
    """Derivative of the winding by ln(r)."""
    x = shape.scale / np.sqrt(r2)
    t = shape.b * exp(-x)
    return float(shape.rate * x * t / (1.0 + t * t))


@piece
def _ringermacher_mead_roughness(dx: float, dy: float, shape: RingermacherMead) -> tuple[float, float]:
    """Change of the light of arms by Ringermacher and Mead; infinite where three derivatives don't tell their phase."""
    u, v, r2 = _disc_plane(dx, dy, shape.spiral)
    turning = _ringermacher_mead_turning(r2, shape)
    rough_x, rough_y = _roughness(dx, dy, u, v, r2, turning, shape.spiral)
    reach2 = HALF_DIAGONAL * HALF_DIAGONAL * shape.spiral.stretch * shape.spiral.stretch / r2
    x = max(1.0, shape.scale / np.sqrt(r2))
    beyond = abs(turning) * x * x * x * (reach2 * reach2) * np.sqrt(shape.spiral.sharpness / LOG2_E) / 24.0
    lost = beyond > LOST and shape.spiral.arm_strength > 0.0 and rough_x > 0.0
    return (np.inf if lost else rough_x), rough_y


@piece
def _logarithmic_wound(
    dx: FloatArray, dy: FloatArray, means: Float32Array, scratch: Scratch, shape: Logarithmic
) -> None:
    """Means over pixels in which logarithmic arms wind too fast for nodes."""
    winding, winding32, turning = _logarithmic_winding, _logarithmic_winding32, _logarithmic_turning
    means_of_wound(dx, dy, means, scratch, _plane, winding, winding32, turning, shape)


@piece
def _ringermacher_mead_wound(
    dx: FloatArray, dy: FloatArray, means: Float32Array, scratch: Scratch, shape: RingermacherMead
) -> None:
    """Means over pixels in which arms by Ringermacher and Mead wind too fast for nodes."""
    winding, winding32 = _ringermacher_mead_winding, _ringermacher_mead_winding32
    means_of_wound(dx, dy, means, scratch, _plane, winding, winding32, _ringermacher_mead_turning, shape)


@kernel
def spiral_logarithmic_center(
    canvas: npt.NDArray[np.float32],
    columns: npt.NDArray[np.float32],
    rows: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
) -> None:
    """Add each galaxy's brightness at the pixel centres to its sample's canvas.

    `canvas` is float32 (T, P), `columns` and `rows` come from `grid.canvas_coordinates`, `frame` is (height, width,
    pad); each row of `table` holds sample, x, y [pix], amplitude, r_eff [pix], inclination (0 to 1.4) [rad], theta
    [rad], arms (1 to 8), arm_strength (0 to 1), arm_width (0.05 to pi) [rad], phase [rad], handedness (1 or -1),
    bulge_fraction (0 to 1), pitch (0.087 to 1.05) [rad] and adds to canvas[sample - first]. Angles are worked out in
    float64: where the light is above 1e-6 of that at the core, the relative error is below 5e-6, however thin or wound
    up the arms are; below 1e-38 of it the light is 0. Raises nothing: the table must be valid.
    """
    for k in range(table.shape[0]):
        shape = _logarithmic(table[k])
        image = canvas[table[k].sample - first]
        add_values(image, columns, rows, shape.spiral.x, shape.spiral.y, _logarithmic_light, shape)


@kernel
def spiral_ringermacher_mead_center(
    canvas: npt.NDArray[np.float32],
    columns: npt.NDArray[np.float32],
    rows: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
) -> None:
    """Add each galaxy's brightness at the pixel centres to its sample's canvas.

    As `spiral_logarithmic_center`, but the rows of `table` hold rm_scale [pix], rm_b and rm_n, all above 0,
    instead of pitch.
    """
    for k in range(table.shape[0]):
        shape = _ringermacher_mead(table[k])
        image = canvas[table[k].sample - first]
        add_values(image, columns, rows, shape.spiral.x, shape.spiral.y, _ringermacher_mead_light, shape)


@kernel
def spiral_logarithmic_integrate(
    canvas: npt.NDArray[np.float32],
    columns: npt.NDArray[np.float32],
    rows: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
) -> None:
    """Add each galaxy's mean brightness over the pixels to its sample's canvas.

    Arguments as in `spiral_logarithmic_center`. Each pixel has as many nodes as its roughness asks for, see
    `arm_nodes`; where arms wind too fast for any, its mean is an integral along its edges, see `winding`. The relative
    error of a pixel is mostly below 1e-3 where the arms in it have a standard deviation across themselves of 0.1 pixels
    or more, and below 1e-2 elsewhere; below 3e-2 in all that are above 1e-3 of the core and of the brightest pixel.
    """
    block = make_block()
    scratch = make_scratch(BLOCK)
    for k in range(table.shape[0]):
        shape = _logarithmic(table[k])
        image = canvas[table[k].sample - first]
        roughness, derivatives, wound = _logarithmic_roughness, _logarithmic_derivatives, _logarithmic_wound
        add_spiral_means(image, columns, rows, block, scratch, roughness, _plane, derivatives, wound, shape)


@kernel
def spiral_ringermacher_mead_integrate(
    canvas: npt.NDArray[np.float32],
    columns: npt.NDArray[np.float32],
    rows: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
) -> None:
    """Add each galaxy's mean brightness over the pixels to its sample's canvas.

    Arguments as in `spiral_ringermacher_mead_center`. Accuracy as in `spiral_logarithmic_integrate`.
    """
    block = make_block()
    scratch = make_scratch(BLOCK)
    for k in range(table.shape[0]):
        shape = _ringermacher_mead(table[k])
        image = canvas[table[k].sample - first]
        roughness, derivatives = _ringermacher_mead_roughness, _ringermacher_mead_derivatives
        wound = _ringermacher_mead_wound
        add_spiral_means(image, columns, rows, block, scratch, roughness, _plane, derivatives, wound, shape)
