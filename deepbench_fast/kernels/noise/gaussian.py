"""Gaussian pixel noise: Philox words to normals by Box-Muller, every pixel at an address of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.elementary import log, sincos
from deepbench_fast.kernels.elementary32 import float_bits, float_from_bits
from deepbench_fast.kernels.random.philox import member_words, philox4x32

# Words of one counter, and so pixels of one block.
WORDS = 4
# Blocks are computed in multiples of this, past the last pixel if need be: a remainder loop would be scalar.
LANES = 16
# Blocks of one pass through the scratch array: 16 KiB, which stays in the first-level cache.
STRETCH = 1024

HALF = np.float32(0.5)
ONE = np.float32(1.0)
ZERO = np.float32(0.0)

# Radius: u = (w + 0.5) 2**-32 = (1 - d) 2**-k with 0 < d <= 1/2, and -2 ln u = k 2 ln 2 + d P(d).
SIGN_SHIFT = np.int32(31)
MANTISSA = np.int32(0x007FFFFF)
HALF_BITS = np.int32(0x3F000000)
EXPONENT_SHIFT = np.int32(23)
EXPONENT_OF_ONE = np.int32(32 + 126)
WORD_STEP = np.float32(2.0**-32)
TWO_LN2 = np.float32(1.3862943611198906)
P0 = np.float32(2.0)
P1 = np.float32(1.0001217419543682)
P2 = np.float32(0.6619867595189305)
P3 = np.float32(0.5648156911942928)
P4 = np.float32(-0.035246288743426724)
P5 = np.float32(1.8842987982195645)
P6 = np.float32(-2.602890374117912)
P7 = np.float32(2.6134606998571885)

# Direction: 2 pi v = quadrant pi/2 + x pi/4 with -1 < x < 1; sine and cosine of x pi/4 as polynomials in x.
EIGHTH_TURN = np.uint32(1 << 29)
QUADRANT_SHIFT = np.uint32(30)
WITHIN_QUADRANT = np.uint32((1 << 30) - 1)
EIGHTH_STEP = np.float32(2.0**-29)
ODD_QUADRANT = np.uint32(1)
LOWER_HALF = np.uint32(2)
TO_SIGN_BIT = np.uint32(30)
S1 = np.float32(0.7853981525427286)
S3 = np.float32(-0.08074536727091508)
S5 = np.float32(0.002489871967811062)
S7 = np.float32(-3.587725840398774e-05)
C0 = np.float32(0.9999999724233211)
C2 = np.float32(-0.3084242535619724)
C4 = np.float32(0.01584991525694832)
C6 = np.float32(-0.0003188805084262039)

WORD_STEP_64 = 2.0**-32
QUARTER_PI = 0.78539816339744830962


@inline
def _squared_radius32(w: np.uint32) -> np.float32:
    """-2 ln u at u = (w + 0.5) 2**-32, relative error < 3e-7 for every w."""
    # Each half of the words becomes a count of steps from its own end of (0, 1), so that neither ln u near 0 nor ln u
    # near 1 loses digits; and the count fits a signed integer, which every instruction set converts to float32.
    upper = np.int32(np.int32(w) >> SIGN_SHIFT)
    steps = np.float32(np.int32(np.int32(w) ^ upper)) + HALF
    bits = float_bits(steps)
    mantissa = float_from_bits(np.int32((bits & MANTISSA) | HALF_BITS))
    octaves = np.float32(np.int32(EXPONENT_OF_ONE - np.int32(bits >> EXPONENT_SHIFT)))
    near_one = upper != np.int32(0)
    d = steps * WORD_STEP if near_one else ONE - mantissa
    k = ZERO if near_one else octaves
    d2 = d * d
    low = (P0 + P1 * d) + (P2 + P3 * d) * d2
    high = (P4 + P5 * d) + (P6 + P7 * d) * d2
    return k * TWO_LN2 + d * (low + high * (d2 * d2))


@inline
def _signed(x: np.float32, half: np.uint32) -> np.float32:
    """`x`, negated where bit 1 of `half` is set."""
    return float_from_bits(np.int32(float_bits(x) ^ np.int32((half & LOWER_HALF) << TO_SIGN_BIT)))


@inline
def _direction32(w: np.uint32) -> tuple[np.float32, np.float32]:
    """Cosine and sine of 2 pi v at v = (w + 0.5) 2**-32, absolute error < 2e-7."""
    # The nearest quadrant comes from the integer's own bits: no error of a range reduction.
    turned = np.uint32(w + EIGHTH_TURN)
    quadrant = np.uint32(turned >> QUADRANT_SHIFT)
    x = (np.float32(np.int32(np.int32(turned & WITHIN_QUADRANT) - np.int32(EIGHTH_TURN))) + HALF) * EIGHTH_STEP
    y = x * x
    sine = x * ((S1 + S3 * y) + (S5 + S7 * y) * (y * y))
    cosine = (C0 + C2 * y) + (C4 + C6 * y) * (y * y)
    swap = np.uint32(quadrant & ODD_QUADRANT) != np.uint32(0)
    horizontal = sine if swap else cosine
    vertical = cosine if swap else sine
    return _signed(horizontal, np.uint32(quadrant + ODD_QUADRANT)), _signed(vertical, quadrant)


@inline
def box_muller32(w0: np.uint32, w1: np.uint32) -> tuple[np.float32, np.float32]:
    """Two independent standard normals in float32 from two 32-bit words: those of `box_muller` within 2e-6."""
    radius = np.float32(np.sqrt(_squared_radius32(w0)))
    cosine, sine = _direction32(w1)
    return radius * cosine, radius * sine


@inline
def box_muller(w0: np.uint32, w1: np.uint32) -> tuple[float, float]:
    """Two independent standard normals in float64 from two 32-bit words; abs(z) <= 6.77.

    r = sqrt(-2 ln u), z = (r cos 2 pi v, r sin 2 pi v) at u = (w0 + 0.5) 2**-32, v = (w1 + 0.5) 2**-32: Box & Muller
    (1958), Ann. Math. Stat. 29, 610.
    """
    radius = np.sqrt(-2.0 * log((np.float64(w0) + 0.5) * WORD_STEP_64))
    turned = np.uint32(w1 + EIGHTH_TURN)
    within = np.int64(turned & WITHIN_QUADRANT) - np.int64(EIGHTH_TURN)
    sine, cosine = sincos((np.float64(within) + 0.5) * (QUARTER_PI * np.float64(EIGHTH_STEP)))
    quadrant = np.uint32(turned >> QUADRANT_SHIFT)
    swap = np.uint32(quadrant & ODD_QUADRANT) != np.uint32(0)
    horizontal = sine if swap else cosine
    vertical = cosine if swap else sine
    horizontal = (
        -horizontal if np.uint32(np.uint32(quadrant + ODD_QUADRANT) & LOWER_HALF) != np.uint32(0) else horizontal
    )
    vertical = -vertical if np.uint32(quadrant & LOWER_HALF) != np.uint32(0) else vertical
    return radius * horizontal, radius * vertical


@inline
def fill_normals(
    normals: npt.NDArray[Any],
    pair: Callable[[np.uint32, np.uint32], tuple[Any, Any]],
    first: int,
    blocks: int,
    stream: np.uint32,
    member: int,
    key: npt.NDArray[np.uint32],
) -> None:
    """Normals of the blocks first .. first + blocks - 1 of one address, WORDS of them a block, into `normals`.

    `pair` makes two of two words: `box_muller`, `box_muller32`.
    """
    low, high = member_words(member)
    k0, k1 = key[0], key[1]
    for b in range(blocks):
        w0, w1, w2, w3 = philox4x32(np.uint32(first + b), stream, low, high, k0, k1)
        z0, z1 = pair(w0, w1)
        z2, z3 = pair(w2, w3)
        normals[WORDS * b] = z0
        normals[WORDS * b + 1] = z1
        normals[WORDS * b + 2] = z2
        normals[WORDS * b + 3] = z3


@inline
def _add_scaled(pixels: npt.NDArray[np.float32], normals: npt.NDArray[np.float32], sigma: np.float32) -> None:
    for p in range(pixels.size):
        pixels[p] += sigma * normals[p]


@kernel
def add_gaussian(
    images: npt.NDArray[np.float32],
    sigma: npt.NDArray[np.float64],
    key: npt.NDArray[np.uint32],
    streams: npt.NDArray[np.uint32],
    members: npt.NDArray[np.int64],
    first_pixel: int = 0,
) -> None:
    """Add Gaussian noise in place: images[t, p] += float32(sigma[t]) z(t, p), z standard normal.

    images: float32 (T, pixels); sigma: float64 (T,), in the unit of the images, where NaN or 0 leaves every bit of the
    sample as it is; key: uint32 (2,); streams: uint32 (T,); members: int64 (T,), 0 <= member < 2**48. Of images that
    begin with the pixel `first_pixel` of larger ones, a multiple of 4096, p is counted in these.

    z(t, p) is a pure function of (key, streams[t], members[t], p): pixels 4m .. 4m + 3 are the Box-Muller normals
    (r cos, r sin) of the word pairs (w0, w1), (w2, w3) of Philox4x32-10 at the counter (m, stream, member low 32 bits,
    member high 16 bits). So an image with fewer pixels has the first ones of the same normals. Computed in float32,
    within 2e-6 of the true value; abs(z) <= 6.77 (Box & Muller 1958, Ann. Math. Stat. 29, 610; Salmon et al. 2011,
    SC'11).
    """
    pixels = images.shape[1]
    blocks = (pixels + WORDS - 1) // WORDS
    padded = (blocks + LANES - 1) // LANES * LANES
    first_block = first_pixel // WORDS
    normals = np.empty(WORDS * min(padded, STRETCH), np.float32)
    for t in range(images.shape[0]):
        scale = np.float32(sigma[t])
        if np.isnan(scale) or scale == ZERO:
            continue
        for first in range(0, padded, STRETCH):
            start = WORDS * first
            stop = min(start + WORDS * STRETCH, pixels)
            blocks_now = min(STRETCH, padded - first)
            fill_normals(normals, box_muller32, first_block + first, blocks_now, streams[t], members[t], key)
            _add_scaled(images[t, start:stop], normals, scale)
