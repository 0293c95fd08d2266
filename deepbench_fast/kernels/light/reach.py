"""How far light reaches: the ellipse outside of which no pixel of an object is as bright as a cutoff.

Each kernel takes the rows of a kind's table and a brightness above 0, and fills `out`, float64 (rows, 6), with the
fields of an `Ellipse` about each object's centre: all points with xx dx**2 + 2 xy dx dy + yy dy**2 <= limit, limit -1
where nothing is that bright. The profile is below the cutoff outside of it, by more than kernels are wrong; an ellipse
is so much larger that no pixel whose centre is outside of it touches brighter points: it holds for means as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.elementary import exp, log, pow, sincos
from deepbench_fast.kernels.light.galaxy import sersic_b
from deepbench_fast.kernels.light.profiles import BULGE_INDEX, BULGE_RADIUS
from deepbench_fast.kernels.light.spiral_galaxy import arm_sharpness, scaled_bessel_i0

FloatArray = npt.NDArray[np.float64]

# What kernels may be wrong by, as a part of the light.
MARGIN = 0.01
# Half the diagonal of a pixel, and what float32 may add.
HALF_DIAGONAL = 0.75
# Light that reaches farther covers every frame: twice the farthest place and the widest frame, in sub-pixels.
FARTHEST = 1e8
LARGEST_LOG = 80.0
# No deflection of an elliptical lens is more than this, in Einstein radii: 1.08 at an axis ratio of 0.4.
STRONGEST_DEFLECTION = 1.1
NOTHING = -1.0


@piece
def _put(out: FloatArray, place: tuple[float, float], along: float, across: float, sine: float, cosine: float) -> None:
    """An ellipse with these semi-axes, widened by half a pixel's diagonal.

    The sum of an ellipse with the semi-axes (a, b) and a circle of radius r lies in the one with the squared semi-axes
    (1 + r / b) a**2 + (1 + b / r) r**2 and (b + r)**2 (Kurzhanski & Valyi 1997, 2.2).
    """
    along, across = min(along, FARTHEST), min(across, FARTHEST)
    b = max(across, 1e-3)
    a2 = (1.0 + HALF_DIAGONAL / b) * along * along + (HALF_DIAGONAL + b) * HALF_DIAGONAL
    b2 = (b + HALF_DIAGONAL) * (b + HALF_DIAGONAL)
    a2 = max(a2, b2)
    q2 = b2 / a2
    out[0], out[1] = place
    out[2] = q2 * cosine * cosine + sine * sine
    out[3] = (q2 - 1.0) * cosine * sine
    out[4] = q2 * sine * sine + cosine * cosine
    out[5] = b2


@piece
def _sersic_radius(peak: float, b: float, n: float, cutoff: float) -> float:
    """Radius, in half-light radii, at which a profile of this light at its centre falls to the cutoff; -1: nowhere."""
    if not peak > cutoff:
        return NOTHING
    return float(pow(log(peak / cutoff) / b, n))


@kernel
def star(table: npt.NDArray[Any], cutoff: float, out: FloatArray) -> None:
    """gamma sqrt((amplitude / cutoff)**(1 / alpha) - 1)."""
    least = (1.0 - MARGIN) * cutoff
    for k in range(table.shape[0]):
        row = table[k]
        out[k, 5] = NOTHING
        if row.amplitude > least:
            growth = exp(min(log(row.amplitude / least) / row.alpha, LARGEST_LOG))
            radius = row.gamma * np.sqrt(growth - 1.0)
            _put(out[k], (row.x, row.y), radius, radius, 0.0, 1.0)


@kernel
def galaxy(table: npt.NDArray[Any], cutoff: float, out: FloatArray) -> None:
    """The isophote with the semi-major axis r_eff (ln(peak / cutoff) / b)**n."""
    least = (1.0 - MARGIN) * cutoff
    for k in range(table.shape[0]):
        row = table[k]
        b = sersic_b(row.n)
        radius = row.r_eff * _sersic_radius(row.amplitude * exp(b), b, row.n, least)
        out[k, 5] = NOTHING
        if radius > 0.0:
            sine, cosine = sincos(row.theta)
            _put(out[k], (row.x, row.y), radius, (1.0 - row.ellip) * radius, sine, cosine)


@kernel
def spiral_galaxy(table: npt.NDArray[Any], cutoff: float, out: FloatArray) -> None:
    """Where neither the ridges of arms, were they at every angle, nor the bulge reaches half of the cutoff."""
    half = 0.5 * (1.0 - MARGIN) * cutoff
    b, bulge_b = sersic_b(1.0), sersic_b(BULGE_INDEX)
    for k in range(table.shape[0]):
        row = table[k]
        sine, cosine = sincos(row.theta)
        _, foreshortening = sincos(row.inclination)
        ridge = 1.0 / scaled_bessel_i0(arm_sharpness(row.arm_width))
        peak = row.amplitude * exp(b)
        disc_peak = (1.0 - row.bulge_fraction) * peak * (1.0 + row.arm_strength * max(ridge - 1.0, 0.0))
        disc = row.r_eff * _sersic_radius(disc_peak, b, 1.0, half)
        # Whole light of a profile over 2 pi times its peak and r_eff**2: n q Gamma(2n) / b**(2n).
        areas = foreshortening * bulge_b * bulge_b * bulge_b * bulge_b / (12.0 * b * b * BULGE_RADIUS * BULGE_RADIUS)
        bulge_peak = row.bulge_fraction * peak * areas
        bulge = BULGE_RADIUS * row.r_eff * _sersic_radius(bulge_peak, bulge_b, BULGE_INDEX, half)
        out[k, 5] = NOTHING
        if disc > 0.0 or bulge > 0.0:
            across = max(disc * foreshortening, bulge)
            _put(out[k], (row.x, row.y), max(disc, bulge), across, sine, cosine)


@kernel
def lens(table: npt.NDArray[Any], cutoff: float, out: FloatArray) -> None:
    """Rays from farther away than (source's distance and radius + strongest deflection) / (1 - shear) miss the light
    of the source that is as bright as the cutoff."""
    least = (1.0 - MARGIN) * cutoff
    for k in range(table.shape[0]):
        row = table[k]
        b = sersic_b(row.source_n)
        peak = row.source_amplitude * exp(b)
        radius = row.source_r_eff * _sersic_radius(peak, b, row.source_n, least)
        out[k, 5] = NOTHING
        if radius > 0.0:
            away = np.sqrt(row.source_dx * row.source_dx + row.source_dy * row.source_dy)
            shear = np.sqrt(row.gamma1 * row.gamma1 + row.gamma2 * row.gamma2)
            radius = (radius + away + STRONGEST_DEFLECTION * row.theta_e) / (1.0 - shear)
            _put(out[k], (row.x, row.y), radius, radius, 0.0, 1.0)
