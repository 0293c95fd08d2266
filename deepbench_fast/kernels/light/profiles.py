"""What light is: the brightness of each kind at an offset from its centre, one number in float64.

These are the definitions; the kernels are how they are evaluated over an image. `row` is a row of the kind's table, or
anything with its columns as attributes. Offsets are in pixels, columns (x) and rows (y).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.elementary import atan2, exp, log, pow, sincos
from deepbench_fast.kernels.light.galaxy import sersic_b
from deepbench_fast.kernels.light.lens import deflection, deflector
from deepbench_fast.kernels.light.spiral_galaxy import arm_sharpness, ringermacher_mead_angle, scaled_bessel_i0

BULGE_INDEX = 2.0
BULGE_RADIUS = 0.2  # of the disc's
CORE_RADIUS = 1.0  # pix, within which the arms fade
NEAREST = 1e-6
WIDEST = 1e100


@kernel
def star(dx: float, dy: float, row: Any) -> float:
    """amplitude (1 + r**2 / gamma**2)**-alpha (Moffat 1969)."""
    return float(row.amplitude * exp(-row.alpha * log(1.0 + (dx * dx + dy * dy) / (row.gamma * row.gamma))))


@kernel
def galaxy(dx: float, dy: float, row: Any) -> float:
    """amplitude exp(-b_n (z**(1/n) - 1)), z the elliptical radius over r_eff (Sérsic 1963; Graham & Driver 2005)."""
    return _sersic(dx, dy, row.amplitude, row.r_eff, row.n, 1.0 - row.ellip, row.theta)


@kernel
def spiral_galaxy(dx: float, dy: float, row: Any) -> float:
    """disc (1 - f + f exp(kappa cos psi) / I0(kappa)) + bulge.

    The disc is exponential, seen at `inclination`; psi is arms times the angle from the arm, kappa = ln 2 / (1 - cos
    arm_width). f is arm_strength, but falls as 3 r**2 - 2 r**3 within a pixel of the centre, where arms have no width
    left. The bulge is a round Sérsic of index 2 and a fifth of the radius, with `bulge_fraction` of the light.
    """
    _, foreshortening = sincos(row.inclination)
    sine, cosine = sincos(row.theta)
    u = dx * cosine + dy * sine
    v = (dy * cosine - dx * sine) / foreshortening
    r = max(np.sqrt(u * u + v * v), NEAREST)
    turned = row.handedness * atan2(v, u) - row.phase
    turned -= spiral_angle(r, row)
    half_sine, _ = sincos(0.5 * row.arms * turned)
    kappa = arm_sharpness(row.arm_width)
    arms = exp(-2.0 * kappa * half_sine * half_sine) / scaled_bessel_i0(kappa)
    f = strength(r, row)
    return float(disc(dx, dy, row, foreshortening) * (1.0 - f + f * arms) + bulge(dx, dy, row, foreshortening))


@inline
def spiral_angle(r: float, row: Any) -> float:
    """By how much a spiral has turned at the radius r in the plane of its disc, but for its phase."""
    if np.isnan(row.pitch):
        return ringermacher_mead_angle(r, row.rm_scale, row.rm_b, float(row.rm_n))
    pitch_sine, pitch_cosine = sincos(row.pitch)
    return float(log(r / row.r_eff) * pitch_cosine / pitch_sine)


@inline
def strength(r: float, row: Any) -> float:
    """Part f of a spiral's disc in arms at the radius r."""
    core = min(r / CORE_RADIUS, 1.0)
    return float(row.arm_strength * core * core * (3.0 - 2.0 * core))


@inline
def disc(dx: float, dy: float, row: Any, foreshortening: float) -> float:
    """A spiral's disc without arms."""
    return _sersic(dx, dy, (1.0 - row.bulge_fraction) * row.amplitude, row.r_eff, 1.0, foreshortening, row.theta)


@inline
def bulge(dx: float, dy: float, row: Any, foreshortening: float) -> float:
    """A spiral's bulge."""
    bulge_radius = BULGE_RADIUS * row.r_eff
    light = row.bulge_fraction * row.amplitude * _sersic_area(row.r_eff, 1.0, foreshortening)
    return _sersic(dx, dy, light / _sersic_area(bulge_radius, BULGE_INDEX, 1.0), bulge_radius, BULGE_INDEX, 1.0, 0.0)


@kernel
def lens(dx: float, dy: float, row: Any) -> float:
    """The source's Sérsic profile where the ray at the offset left it: offset - deflection(offset) - source.

    The deflection is that of a softened isothermal ellipsoid with shear (Keeton & Kochanek 1998).
    """
    # At the centre it is 0 for every core, and of none has no slope there, as of the widest one.
    core = row.softening if row.softening > 0.0 or dx != 0.0 or dy != 0.0 else WIDEST
    bent_x, bent_y = deflection(dx, dy, deflector(row.theta_e, row.q, row.phi, core, row.gamma1, row.gamma2))
    x, y = dx - bent_x - row.source_dx, dy - bent_y - row.source_dy
    q = 1.0 - row.source_ellip
    return _sersic(x, y, row.source_amplitude, row.source_r_eff, row.source_n, q, row.source_theta)


@inline
def _sersic(dx: float, dy: float, amplitude: float, r_eff: float, n: float, q: float, theta: float) -> float:
    sine, cosine = sincos(theta)
    u = (dx * cosine + dy * sine) / r_eff
    v = (dy * cosine - dx * sine) / (r_eff * q)
    z = np.sqrt(u * u + v * v)
    power = pow(z, 1.0 / n) if z > 0.0 else 0.0
    return amplitude * exp(-sersic_b(n) * (power - 1.0))


@inline
def _sersic_area(r_eff: float, n: float, q: float) -> float:
    """Light of a Sérsic profile of index 1 or 2 and amplitude 1: 2 pi n q r_eff**2 e**b b**(-2n) Gamma(2n)."""
    b = sersic_b(n)
    gamma = 1.0 if n == 1.0 else 6.0
    return 2.0 * np.pi * n * q * r_eff * r_eff * exp(b) * pow(b, -2.0 * n) * gamma
