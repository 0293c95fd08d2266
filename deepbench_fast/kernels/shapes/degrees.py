"""Sine and cosine of degrees, exact wherever the true value is rational."""

from __future__ import annotations

from deepbench_fast.kernels._jit import inline
from deepbench_fast.kernels.elementary import copysign, floor, sincos

RADIANS_PER_DEGREE = 0.017453292519943295


@inline
def sincos_degrees(degrees: float) -> tuple[float, float]:
    """Sine and cosine of an angle in degrees, abs(degrees) <= 1e15. Error < 2 ULP.

    The angle is reduced to [-45, 45] by multiples of 90, exactly. Multiples of 90 and of 30 degrees give 0, 1 and 1/2
    exactly, and by Niven's theorem (Irrational Numbers, 1956, Corollary 3.12) no other rational angle has a rational
    sine: edges at these angles pass through pixel centres without a rounding error.
    """
    quarter = floor(degrees / 90.0 + 0.5)
    rest = degrees - 90.0 * quarter
    s, c = sincos(rest * RADIANS_PER_DEGREE)
    s = copysign(0.5, rest) if abs(rest) == 30.0 else s
    turns = int(quarter)
    sine = c if (turns & 1) != 0 else s
    cosine = s if (turns & 1) != 0 else c
    return -sine if (turns & 2) != 0 else sine, -cosine if ((turns + 1) & 2) != 0 else cosine


@inline
def cosine_degrees(degrees: float) -> float:
    """Cosine of an angle in degrees; see `sincos_degrees`."""
    return sincos_degrees(degrees)[1]
