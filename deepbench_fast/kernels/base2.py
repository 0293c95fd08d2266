"""Base-2 logarithm and exponential in float32, for the loops over pixels of light profiles.

A profile needs `z**p = exp2(p * log2(z))` and `exp2(-w)` with its amplitude outside, so natural logarithms and the
multiplications by ln 2 never appear. Branch-free polynomials by Estrin's scheme with few domain checks: about half the
work of `elementary32`. Only + - *, comparisons and integer operations in a fixed order, so the bits are the same on
every CPU. The coefficients are minimax fits of our own. Arguments must be float32.

| function | domain | largest error |
|---|---|---|
| log2f | positive normal numbers | 1.8e-7 max(1, abs(log2 x)); 5.5e-7 relative near 1 |
| log2_1pf | 0 <= x < 1e37 | 5.5e-7 relative |
| exp2f | x <= 127; 0 below -126.5 | 1.5e-7 relative |
"""

from __future__ import annotations

import numpy as np

from deepbench_fast.kernels._jit import inline
from deepbench_fast.kernels.elementary32 import MAGIC, float_bits, float_from_bits

ONE = np.float32(1.0)
ONE_BITS = np.int32(0x3F800000)
MANTISSA_LENGTH = np.int32(23)
# Numbers from sqrt(1/2) to sqrt(2) count as exponent 0, so that the logarithm is a polynomial around 1 without a jump
# there.
SQRT_HALF_BITS = np.int32(0x3F3504F3)
EXP2_LOWEST = np.float32(-127.0)

# log2(1 + f) = f * (L0 + L1 f + ...) for sqrt(1/2) <= 1 + f < sqrt(2), within 6e-8.
L0 = np.float32(1.442694840e00)
L1 = np.float32(-7.213553542e-01)
L2 = np.float32(4.809359180e-01)
L3 = np.float32(-3.601483135e-01)
L4 = np.float32(2.867789165e-01)
L5 = np.float32(-2.495216500e-01)
L6 = np.float32(2.363718859e-01)
L7 = np.float32(-1.467253925e-01)
# 2**r = 1 + r * (E0 + E1 r + ...) for -1/2 <= r <= 1/2, within 2e-9.
E0 = np.float32(6.9314720625e-01)
E1 = np.float32(2.4022651346e-01)
E2 = np.float32(5.5503277907e-02)
E3 = np.float32(9.6180038895e-03)
E4 = np.float32(1.3400269838e-03)
E5 = np.float32(1.5476300326e-04)


@inline
def _log2_near_one(f: np.float32) -> np.float32:
    """log2(1 + f) for sqrt(1/2) <= 1 + f < sqrt(2)."""
    f2 = f * f
    low = (L0 + L1 * f) + (L2 + L3 * f) * f2
    high = (L4 + L5 * f) + (L6 + L7 * f) * f2
    return f * (low + high * (f2 * f2))


@inline
def _exponent(bits: np.int32) -> np.int32:
    """k such that the float32 of these bits lies in [sqrt(1/2), sqrt(2)) * 2**k."""
    return np.int32(np.int32(bits - SQRT_HALF_BITS) >> MANTISSA_LENGTH)


@inline
def log2f(x: np.float32) -> np.float32:
    """log2(x) for positive normal x; -127 for 0."""
    bits = float_bits(x)
    k = _exponent(bits)
    m = float_from_bits(np.int32(bits - np.int32(k << MANTISSA_LENGTH)))
    return np.float32(k) + _log2_near_one(m - ONE)


@inline
def log2_1pf(x: np.float32) -> np.float32:
    """log2(1 + x) for 0 <= x < 1e37, to full relative accuracy also where x is small."""
    z = ONE + x
    bits = float_bits(z)
    k = _exponent(bits)
    scale_bits = np.int32(k << MANTISSA_LENGTH)
    m = float_from_bits(np.int32(bits - scale_bits))
    # What 1 + x lost in rounding, brought to the scale of m.
    lost = (x - (z - ONE)) * float_from_bits(np.int32(ONE_BITS - scale_bits))
    return np.float32(k) + _log2_near_one((m - ONE) + lost)


@inline
def exp2f(x: np.float32) -> np.float32:
    """2**x for x <= 127; exactly 0 below -126.5, so no result is subnormal."""
    x = max(x, EXP2_LOWEST)
    shifted = x + MAGIC
    r = x - (shifted - MAGIC)
    r2 = r * r
    y = ONE + r * (((E0 + E1 * r) + (E2 + E3 * r) * r2) + (E4 + E5 * r) * (r2 * r2))
    # The shift drops all but the rounded integer; at -127 the power's bits are those of 0.
    power = np.int32(np.int32(float_bits(shifted) << MANTISSA_LENGTH) + ONE_BITS)
    return y * float_from_bits(power)
