"""Where images of a lens's source, which may be far smaller than a pixel, are in a cell or on a ray."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbench_fast.kernels._jit import inline
from deepbench_fast.kernels.derivatives.along_rays import Rays
from deepbench_fast.kernels.elementary import exp, pow
from deepbench_fast.kernels.light.galaxy import sersic_b
from deepbench_fast.kernels.light.lens import deflection, deflector

SEEN = 15.0
"""Where the source's light fell by so many powers of e points still tell it from nothing."""

DARK = 1e-10
"""What may be missed of a pixel's light."""

STRONGEST_DEFLECTION = 1.1
"""No ray is bent by more Einstein radii than that, but for shear."""

TINY = 1e-300


@inline
def brightest(row: Any) -> float:
    """The source's peak."""
    return float(row.source_amplitude * exp(sersic_b(row.source_n)))


@inline
def narrowest(row: Any) -> float:
    """How far from the source's centre, across its major axis, points still tell its light from nothing."""
    shown = min(max(pow(SEEN / sersic_b(row.source_n), row.source_n), 1.0), 1e6)
    return float(row.source_r_eff * (1.0 - row.source_ellip) * shown)


@inline
def place(dx: float, dy: float, row: Any) -> tuple[float, float]:
    """Where the ray at the offset left the source, from its centre."""
    lens = deflector(row.theta_e, row.q, row.phi, row.softening, row.gamma1, row.gamma2)
    bent_x, bent_y = deflection(dx, dy, lens)
    return dx - bent_x - row.source_dx, dy - bent_y - row.source_dy


@inline
def reach(dx: float, dy: float, half: float, row: Any) -> float:
    """How far from the offset's place, at most, those are of offsets up to `half` away from it.

    Between two rays the source's place changes by no more than their distance times max(1, abs(1 - 2 kappa)) and the
    shear, kappa at the ray next to the lens, nor by more than the distance and twice the strongest deflection.
    """
    lens = deflector(row.theta_e, row.q, row.phi, row.softening, row.gamma1, row.gamma2)
    along, across = dx * lens.cosine + dy * lens.sine, dy * lens.cosine - dx * lens.sine
    psi = np.sqrt(lens.q2 * (lens.core * lens.core + along * along) + across * across)
    nearest = max(max(psi - half, np.sqrt(lens.q2) * lens.core), TINY)
    stretch = max(1.0, lens.b / nearest - 1.0) + lens.shear
    return float(min(half * stretch, half * (1.0 + lens.shear) + 2.0 * STRONGEST_DEFLECTION * row.theta_e))


@inline
def may_hide_an_image(dx: float, dy: float, width: float, height: float, light: float, row: Any) -> bool:
    """Whether the cell around the offset may hold the source's centre, and its points be too far from each other."""
    if brightest(row) * (width * height) <= DARK * light:
        return False
    farthest = reach(dx, dy, 0.5 * np.sqrt(width * width + height * height), row)
    if farthest <= narrowest(row):
        return False
    x, y = place(dx, dy, row)
    return bool(np.sqrt(x * x + y * y) <= farthest)


@inline
def reach_on_ray(dx: float, dy: float, half: float, row: Any) -> float:
    """As `reach`, of offsets on the ray from the lens through this one; a singular lens bends all of them alike."""
    shear = np.sqrt(row.gamma1 * row.gamma1 + row.gamma2 * row.gamma2)
    return reach(dx, dy, half, row) if row.softening > 0.0 else float(half * (1.0 + shear))


RAYS = Rays(place, reach, reach_on_ray, narrowest, brightest)
