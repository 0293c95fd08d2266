"""Whether points in a cell may miss an image of a lens's source, which may be far smaller than a pixel."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbench_fast.kernels._jit import inline
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
def may_hide_an_image(dx: float, dy: float, width: float, height: float, light: float, row: Any) -> bool:
    """Whether the cell around the offset may hold the source's centre, and its points be too far from each other.

    Between two rays the source's place changes by no more than their distance times max(1, abs(1 - 2 kappa)) and the
    shear, kappa at the ray next to the lens, nor by more than the distance and twice the strongest deflection.
    """
    b = sersic_b(row.source_n)
    if row.source_amplitude * exp(b) * (width * height) <= DARK * light:
        return False
    lens = deflector(row.theta_e, row.q, row.phi, row.softening, row.gamma1, row.gamma2)
    half = 0.5 * np.sqrt(width * width + height * height)
    along, across = dx * lens.cosine + dy * lens.sine, dy * lens.cosine - dx * lens.sine
    psi = np.sqrt(lens.q2 * (lens.core * lens.core + along * along) + across * across)
    nearest = max(max(psi - half, np.sqrt(lens.q2) * lens.core), TINY)
    stretch = max(1.0, lens.b / nearest - 1.0) + lens.shear
    reach = min(half * stretch, half * (1.0 + lens.shear) + 2.0 * STRONGEST_DEFLECTION * row.theta_e)
    narrow = row.source_r_eff * (1.0 - row.source_ellip) * min(max(pow(SEEN / b, row.source_n), 1.0), 1e6)
    if reach <= narrow:
        return False
    bent_x, bent_y = deflection(dx, dy, lens)
    x, y = dx - bent_x - row.source_dx, dy - bent_y - row.source_dy
    return bool(np.sqrt(x * x + y * y) <= reach)
