"""Elementary functions in float64 from IEEE basics: the same bits on every CPU, and packed code in loops over arrays.

The C library and NumPy choose their variants by CPU, so no kernel calls them. Only + - * /, comparisons and integer
operations stand here, in a fixed order, without branches. Methods and coefficients of exp, log, sin, cos and atan are
those of fdlibm 5.3 (Sun Microsystems, 1993; notice in LICENSES/fdlibm.txt). Scalars in, scalars out.

| function | domain | largest error seen, units in the last place (2e6 points) |
|---|---|---|
| exp | any; 0 below -708, inf above 709.7 | 0.88 |
| log | positive normal numbers | 0.83 |
| sin, cos | abs(x) <= 1e5 | 0.78, 0.76 |
| atan, atan2 | any | 0.84, 1.5 |
| pow | x > 0 | about 1.3 (1 + abs(y log x)) |
"""

from __future__ import annotations

import numpy as np

from deepbench_fast.kernels._jit import inline

# Adding 1.5 * 2**52 rounds to the nearest integer and leaves it in the low bits, which every instruction set can take
# out of a vector; AVX2 has no packed conversion between float64 and int64.
MAGIC = 6755399441055744.0
MAGIC_BITS = np.int64(0x4338000000000000)

SIGN_BIT = np.int64(-(2**63))
MANTISSA = np.int64(0x000FFFFFFFFFFFFF)
ONE_BITS = np.int64(0x3FF0000000000000)

LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
INVERSE_LN2 = 1.44269504088896338700e00

EXP_LOWEST = -708.0
EXP_HIGHEST = 709.7

SQRT_2 = 1.4142135623730951
TWO_OVER_PI = 6.36619772367581382433e-01
# Pi/2 in parts of 33, 33 and 53 bits: products of the first two with a small integer are exact.
HALF_PI_1 = 1.57079632673412561417e00
HALF_PI_2 = 6.07710050630396597660e-11
HALF_PI_3 = 2.02226624879595063154e-21

HALF_PI = 1.57079632679489655800e00
PI = 3.141592653589793116
PI_LOW = 1.2246467991473531772e-16


@inline
def float_bits(x: float) -> np.int64:
    """The 64 bits of `x` as an integer."""
    return np.float64(x).view(np.int64)


@inline
def float_from_bits(bits: np.int64) -> float:
    """The float64 whose 64 bits are `bits`."""
    return np.int64(bits).view(np.float64)


@inline
def copysign(magnitude: float, sign: float) -> float:
    """`magnitude` with the sign bit of `sign`, also for zeros."""
    return float_from_bits((float_bits(magnitude) & ~SIGN_BIT) | (float_bits(sign) & SIGN_BIT))


@inline
def floor(x: float) -> float:
    """The largest integer <= x, as a float; abs(x) < 2**51."""
    nearest = (x + MAGIC) - MAGIC
    return nearest - 1.0 if nearest > x else nearest


@inline
def power_of_two(k: np.int64) -> float:
    """2**k for -1022 <= k <= 1023."""
    return float_from_bits((k + np.int64(1023)) << np.int64(52))


@inline
def exp(x: float) -> float:
    """e**x; 0 for x < -708 and inf for x > 709.7, so no result is subnormal. Error < 1 ULP (fdlibm e_exp)."""
    shifted = x * INVERSE_LN2 + MAGIC
    k_float = shifted - MAGIC
    k = float_bits(shifted) - MAGIC_BITS
    high = x - k_float * LN2_HIGH
    low = k_float * LN2_LOW
    r = high - low
    z = r * r
    c = r - z * (
        1.66666666666666019037e-01
        + z
        * (
            -2.77777777770155933842e-03
            + z * (6.61375632143793436117e-05 + z * (-1.65339022054652515390e-06 + z * 4.13813679705723846039e-08))
        )
    )
    y = 1.0 - ((low - (r * c) / (2.0 - c)) - high)
    # Two factors: 2**1024 alone is not representable.
    k_half = k >> np.int64(1)
    y = (y * power_of_two(k_half)) * power_of_two(k - k_half)
    y = 0.0 if x < EXP_LOWEST else y
    return np.inf if x > EXP_HIGHEST else y


@inline
def log(x: float) -> float:
    """Natural logarithm of a positive normal number; any other x is not looked for. Error < 1 ULP (fdlibm e_log)."""
    bits = float_bits(x)
    m = float_from_bits((bits & MANTISSA) | ONE_BITS)
    exponent = (bits >> np.int64(52)) - np.int64(1023)
    above = m > SQRT_2
    m = m * 0.5 if above else m
    exponent = exponent + np.int64(1) if above else exponent
    k = float_from_bits(exponent + MAGIC_BITS) - MAGIC
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    odd = z * (
        6.666666666666735130e-01
        + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01))
    )
    r = odd + even
    half_square = 0.5 * f * f
    return k * LN2_HIGH - ((half_square - (s * (half_square + r) + k * LN2_LOW)) - f)


@inline
def _sin_kernel(x: float, tail: float) -> float:
    """Sine of x + tail, abs(x) <= pi/4 (fdlibm k_sin)."""
    z = x * x
    v = z * x
    r = 8.33333333332248946124e-03 + z * (
        -1.98412698298579493134e-04
        + z * (2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10))
    )
    return x - ((z * (0.5 * tail - v * r) - tail) - v * -1.66666666666666324348e-01)


@inline
def _cos_kernel(x: float, tail: float) -> float:
    """Cosine of x + tail, abs(x) <= pi/4 (fdlibm k_cos)."""
    z = x * x
    r = z * (
        4.16666666666666019037e-02
        + z
        * (
            -1.38888888888741095749e-03
            + z
            * (
                2.48015872894767294178e-05
                + z * (-2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11))
            )
        )
    )
    half_square = 0.5 * z
    w = 1.0 - half_square
    return w + (((1.0 - w) - half_square) + (z * r - x * tail))


@inline
def sincos(x: float) -> tuple[float, float]:
    """Sine and cosine of x radians, abs(x) <= 1e5. Error < 1 ULP (fdlibm k_sin, k_cos; Cody-Waite reduction)."""
    shifted = x * TWO_OVER_PI + MAGIC
    quadrant = float_bits(shifted)
    n = shifted - MAGIC
    first = x - n * HALF_PI_1
    w = n * HALF_PI_2
    r = first - w
    w = n * HALF_PI_3 - ((first - r) - w)
    head = r - w
    tail = (r - head) - w
    s = _sin_kernel(head, tail)
    c = _cos_kernel(head, tail)
    swap = (quadrant & np.int64(1)) != 0
    sine = c if swap else s
    cosine = s if swap else c
    sine = -sine if (quadrant & np.int64(2)) != 0 else sine
    cosine = -cosine if ((quadrant + np.int64(1)) & np.int64(2)) != 0 else cosine
    return sine, cosine


@inline
def sin(x: float) -> float:
    """Sine of x radians, abs(x) <= 1e5; see `sincos`."""
    return sincos(x)[0]


@inline
def cos(x: float) -> float:
    """Cosine of x radians, abs(x) <= 1e5; see `sincos`."""
    return sincos(x)[1]


@inline
def atan(x: float) -> float:
    """Arc tangent in radians, any x. Error < 1 ULP (fdlibm s_atan: four breakpoints, one division)."""
    a = abs(x)
    above0 = a >= 0.4375
    above1 = a >= 0.6875
    above2 = a >= 1.1875
    above3 = a >= 2.4375
    numerator = -1.0 if above3 else (a - 1.5 if above2 else (a - 1.0 if above1 else (2.0 * a - 1.0 if above0 else a)))
    denominator = a if above3 else (1.0 + 1.5 * a if above2 else (a + 1.0 if above1 else (2.0 + a if above0 else 1.0)))
    high = (
        1.57079632679489655800e00
        if above3
        else (
            9.82793723247329054082e-01
            if above2
            else (7.85398163397448278999e-01 if above1 else (4.63647609000806093515e-01 if above0 else 0.0))
        )
    )
    low = (
        6.12323399573676603587e-17
        if above3
        else (
            1.39033110312309984516e-17
            if above2
            else (3.06161699786838301793e-17 if above1 else (2.26987774529616870924e-17 if above0 else 0.0))
        )
    )
    t = numerator / denominator
    z = t * t
    w = z * z
    odd = z * (
        3.33333333333329318027e-01
        + w
        * (
            1.42857142725034663711e-01
            + w
            * (
                9.09088713343650656196e-02
                + w * (6.66107313738753120669e-02 + w * (4.97687799461593236017e-02 + w * 1.62858201153657823623e-02))
            )
        )
    )
    even = w * (
        -1.99999999998764832476e-01
        + w
        * (
            -1.11111104054623557880e-01
            + w * (-7.69187620504482999495e-02 + w * (-5.83357013379057348645e-02 + w * -3.65315727442169155270e-02))
        )
    )
    return copysign(high - ((t * (odd + even) - low) - t), x)


@inline
def atan2(y: float, x: float) -> float:
    """Angle of the point (x, y) in radians, counter-clockwise from +x, in [-pi, pi]; signs of zeros count, as in C.

    The quadrant is added to atan(abs(y/x)) with the low part of pi (fdlibm e_atan2). Error < 2 ULP.
    """
    ay = abs(y)
    ax = abs(x)
    ratio = ay / ax
    # 0/0 and inf/inf have no ratio; C gives the point the angle of the axis and of the diagonal.
    ratio = 0.0 if ay == 0.0 else ratio
    ratio = 1.0 if (ay == np.inf) & (ax == np.inf) else ratio
    angle = atan(ratio)
    angle = PI - (angle - PI_LOW) if float_bits(x) < 0 else angle
    angle = HALF_PI if ratio > 2.0**60 else angle
    return copysign(angle, y)


@inline
def pow(x: float, y: float) -> float:
    """x**y = exp(y log x), x a positive normal number. Relative error < 2.3e-16 (1 + abs(y log x))."""
    return exp(y * log(x))
