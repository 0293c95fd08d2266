"""Elementary functions in float32 from IEEE basics: twice the lanes of `elementary`, for loops over pixels.

The same rules as there: + - * / and integer operations in a fixed order, no branches. Methods and coefficients are
those of the single-precision Cephes library (S. L. Moshier; notice in LICENSES/Cephes.txt). Arguments must be float32.

| function | domain | largest error seen (2e6 points), ULP = units in the last place |
|---|---|---|
| expf | any; 0 below -87, inf above 88.7 | 0.98 ULP |
| logf | positive normal numbers | 0.80 ULP |
| sincosf | abs(x) <= 3000 | 8e-8; 1.6 ULP where the result is not near zero |
| atanf | any | 2.9 ULP |
"""

from __future__ import annotations

import numpy as np

from deepbench_fast.kernels._jit import inline

# 1.5 * 2**23 rounds to the nearest integer, as in `elementary`.
MAGIC = np.float32(12582912.0)
SIGN_BIT = np.int32(-(2**31))
MANTISSA = np.int32(0x007FFFFF)
HALF_BITS = np.int32(0x3F000000)

ZERO = np.float32(0.0)
HALF = np.float32(0.5)
ONE = np.float32(1.0)
INFINITY = np.float32(np.inf)

EXP_LOWEST = np.float32(-87.0)
EXP_HIGHEST = np.float32(88.7)
INVERSE_LN2 = np.float32(1.44269504088896341)
LN2_HIGH = np.float32(0.693359375)
LN2_LOW = np.float32(-2.12194440e-4)
SQRT_HALF = np.float32(0.707106781186547524)

TWO_OVER_PI = np.float32(0.6366197723675814)
HALF_PI_1 = np.float32(1.5703125)
HALF_PI_2 = np.float32(4.837512969970703125e-4)
HALF_PI_3 = np.float32(7.54978995489188216e-8)

TAN_PI_8 = np.float32(0.4142135623730950)
TAN_3PI_8 = np.float32(2.414213562373095)
QUARTER_PI = np.float32(0.7853981633974483)
HALF_PI = np.float32(1.5707963267948966)

EXP_5 = np.float32(1.9875691500e-4)
EXP_4 = np.float32(1.3981999507e-3)
EXP_3 = np.float32(8.3334519073e-3)
EXP_2 = np.float32(4.1665795894e-2)
EXP_1 = np.float32(1.6666665459e-1)
EXP_0 = np.float32(5.0000001201e-1)

LOG_8 = np.float32(7.0376836292e-2)
LOG_7 = np.float32(-1.1514610310e-1)
LOG_6 = np.float32(1.1676998740e-1)
LOG_5 = np.float32(-1.2420140846e-1)
LOG_4 = np.float32(1.4249322787e-1)
LOG_3 = np.float32(-1.6668057665e-1)
LOG_2 = np.float32(2.0000714765e-1)
LOG_1 = np.float32(-2.4999993993e-1)
LOG_0 = np.float32(3.3333331174e-1)

SIN_2 = np.float32(-1.9515295891e-4)
SIN_1 = np.float32(8.3321608736e-3)
SIN_0 = np.float32(-1.6666654611e-1)
COS_2 = np.float32(2.443315711809948e-5)
COS_1 = np.float32(-1.388731625493765e-3)
COS_0 = np.float32(4.166664568298827e-2)

ATAN_3 = np.float32(8.05374449538e-2)
ATAN_2 = np.float32(1.38776856032e-1)
ATAN_1 = np.float32(1.99777106478e-1)
ATAN_0 = np.float32(3.33329491539e-1)


@inline
def float_bits(x: np.float32) -> np.int32:
    """The 32 bits of `x` as an integer."""
    return np.float32(x).view(np.int32)


@inline
def float_from_bits(bits: np.int32) -> np.float32:
    """The float32 whose 32 bits are `bits`."""
    return np.int32(bits).view(np.float32)


@inline
def copysignf(magnitude: np.float32, sign: np.float32) -> np.float32:
    """`magnitude` with the sign bit of `sign`, also for zeros."""
    return float_from_bits(np.int32((float_bits(magnitude) & ~SIGN_BIT) | (float_bits(sign) & SIGN_BIT)))


@inline
def floorf(x: np.float32) -> np.float32:
    """The largest integer <= x, as a float; abs(x) < 2**22."""
    nearest = (x + MAGIC) - MAGIC
    return nearest - ONE if nearest > x else nearest


@inline
def small_integer(x: np.float32) -> np.int32:
    """An integer-valued float of size below 2**22 as an int32; meaningless, but defined, for any other."""
    return np.int32(float_bits(x + MAGIC) - float_bits(MAGIC))


@inline
def power_of_two(k: np.int32) -> np.float32:
    """2**k for -126 <= k <= 127."""
    return float_from_bits(np.int32(np.int32(k + np.int32(127)) << np.int32(23)))


@inline
def expf(x: np.float32) -> np.float32:
    """e**x; 0 for x < -87 and inf for x > 88.7, so no result is subnormal. Error < 1 ULP (Cephes expf)."""
    n_float = floorf(INVERSE_LN2 * x + HALF)
    n = small_integer(n_float)
    r = x - n_float * LN2_HIGH
    r = r - n_float * LN2_LOW
    z = r * r
    y = ((((EXP_5 * r + EXP_4) * r + EXP_3) * r + EXP_2) * r + EXP_1) * r + EXP_0
    y = y * z + r + ONE
    n_half = np.int32(n >> np.int32(1))
    y = (y * power_of_two(n_half)) * power_of_two(np.int32(n - n_half))
    y = ZERO if x < EXP_LOWEST else y
    return INFINITY if x > EXP_HIGHEST else y


@inline
def logf(x: np.float32) -> np.float32:
    """Natural logarithm of a positive normal number; any other x is not looked for. Error < 1 ULP (Cephes logf)."""
    bits = float_bits(x)
    m = float_from_bits(np.int32((bits & MANTISSA) | HALF_BITS))
    exponent = np.int32(np.int32(bits >> np.int32(23)) - np.int32(126))
    below = m < SQRT_HALF
    exponent = np.int32(exponent - np.int32(1)) if below else exponent
    f = m + m - ONE if below else m - ONE
    z = f * f
    y = (((LOG_8 * f + LOG_7) * f + LOG_6) * f + LOG_5) * f + LOG_4
    y = (((y * f + LOG_3) * f + LOG_2) * f + LOG_1) * f + LOG_0
    y = y * f * z
    k = np.float32(exponent)
    y = y + LN2_LOW * k
    y = y - HALF * z
    return f + y + LN2_HIGH * k


@inline
def sincosf(x: np.float32) -> tuple[np.float32, np.float32]:
    """Sine and cosine of x radians, abs(x) <= 3000. Error < 8e-8 (Cephes sinf, cosf; pi/2 in three parts)."""
    n = floorf(TWO_OVER_PI * x + HALF)
    quadrant = small_integer(n)
    r = ((x - n * HALF_PI_1) - n * HALF_PI_2) - n * HALF_PI_3
    z = r * r
    s = ((SIN_2 * z + SIN_1) * z + SIN_0) * z * r + r
    c = ((COS_2 * z + COS_1) * z + COS_0) * z * z
    c = c - HALF * z + ONE
    swap = np.int32(quadrant & np.int32(1)) != np.int32(0)
    sine = c if swap else s
    cosine = s if swap else c
    sine = -sine if np.int32(quadrant & np.int32(2)) != np.int32(0) else sine
    cosine = -cosine if np.int32(np.int32(quadrant + np.int32(1)) & np.int32(2)) != np.int32(0) else cosine
    return sine, cosine


@inline
def atanf(x: np.float32) -> np.float32:
    """Arc tangent in radians, any x. Error < 3 ULP (Cephes atanf: breakpoints tan(pi/8), tan(3 pi/8))."""
    a = abs(x)
    far = a > TAN_3PI_8
    middle = a > TAN_PI_8
    numerator = -ONE if far else (a - ONE if middle else a)
    denominator = a if far else (a + ONE if middle else ONE)
    base = HALF_PI if far else (QUARTER_PI if middle else ZERO)
    t = numerator / denominator
    z = t * t
    y = (((ATAN_3 * z - ATAN_2) * z + ATAN_1) * z - ATAN_0) * z * t + t
    return copysignf(base + y, x)
