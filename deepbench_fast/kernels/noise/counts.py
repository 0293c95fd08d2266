"""Poisson counts by inversion: the quantile of one uniform number, every pixel at an address of its own.

A first pass in float32 settles almost every pixel: below a mean of 10 by adding up the distribution function, from
there on by the expansion of the quantile about the normal one. Each comes with a bound on its error; the few pixels
within it are left to `samplers.poisson_quantile`. So every count is that function's, whatever the first pass can do.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.base2 import log2f
from deepbench_fast.kernels.elementary import floor
from deepbench_fast.kernels.elementary32 import SIGN_BIT, expf, float_bits, float_from_bits, floorf
from deepbench_fast.kernels.random.philox import member_words, philox4x32
from deepbench_fast.kernels.random.samplers import POISSON_EXPANSION, POISSON_LARGEST_MEAN, poisson_quantile, uniform52

# Pixels of one pass through the scratch arrays: 34 KiB, which stay near the core.
STRETCH = 512
# Loops run over multiples of this, past the last pixel if need be: a remainder loop would be scalar.
LANES = 64

ZERO = np.float32(0.0)
HALF = np.float32(0.5)
ONE = np.float32(1.0)
SIGN_SHIFT = np.int32(31)
SPARE_BITS = np.int32(6)
UNSIGNED_SPARE_BITS = np.uint32(6)
STEP_26 = np.float32(2.0**-26)
STEP_52 = np.float32(2.0**-52)

# Marks a pixel that the first pass leaves open; no count is that far from its mean.
OPEN = np.float32(-(2.0**30))
# Square root of the largest mean of the first pass, 1e9: beyond, float32 holds too few digits of the deviate.
LARGEST_ROOT = np.float32(31622.8)
# The first pass takes deviates up to 4.5 standard deviations: two tails of 3.4e-6.
TAIL = np.float32(3.3976731e-6)

# Standard normal deviate: (1/2 - s) times a polynomial in sqrt(3 - log2(4 s (1 - s))) - MIDDLE, s the smaller tail:
# a minimax fit within 1.2e-7 (1 + 1/z) for s >= 1e-7.
MIDDLE = np.float32(3.3125)
THREE = np.float32(3.0)
FOUR = np.float32(4.0)
D0 = np.float32(6.195045906988781)
D1 = np.float32(2.678109304614029)
D2 = np.float32(-0.012405256969551637)
D3 = np.float32(-0.06673256486333468)
D4 = np.float32(0.054130848440718915)
D5 = np.float32(-0.01727706407314658)
D6 = np.float32(-0.004831323496196117)
D7 = np.float32(0.006578777214124492)
D8 = np.float32(-0.0011221018737465052)
D9 = np.float32(-0.0011025172527957907)
D10 = np.float32(0.00040432831349349074)
D11 = np.float32(8.190328564353192e-05)
D12 = np.float32(-4.074862682812812e-05)

# Expansion of the quantile in powers of 1 / sqrt(mean); see `_expansion`.
A0 = np.float32(1.0 / 3.0)
A2 = np.float32(1.0 / 6.0)
B1 = np.float32(-1.0 / 36.0)
B3 = np.float32(-1.0 / 72.0)
C0 = np.float32(-8.0 / 405.0)
C2 = np.float32(7.0 / 810.0)
C4 = np.float32(1.0 / 270.0)
E1 = np.float32(671.0 / 38880.0)
E3 = np.float32(-137.0 / 38880.0)
E5 = np.float32(-23.0 / 17280.0)
# Bounds of its error: of the terms left out, times mean**2; and of rounding, times sqrt(mean).
LEFT_OUT_0 = np.float32(0.04)
LEFT_OUT_6 = np.float32(0.002)
ROUNDING_0 = np.float32(6e-7)
ROUNDING_1 = np.float32(8e-7)

# Bound of the error of a sum of probabilities in float32, means up to 10.
SUMMATION_BOUND = np.float32(5e-6)
# Steps of the distribution function taken at once.
STEPS = 4


class Means(NamedTuple):
    """What the first pass needs of each pixel's mean, `STRETCH` pixels."""

    exact: npt.NDArray[np.float64]
    whole: npt.NDArray[np.float64]
    rounded: npt.NDArray[np.float32]
    fraction: npt.NDArray[np.float32]
    root: npt.NDArray[np.float32]
    inverse_root: npt.NDArray[np.float32]


class Scratch(NamedTuple):
    """Arrays of the first pass, `STRETCH` pixels; `excess` is the count less the whole part of the mean."""

    w0: npt.NDArray[np.uint32]
    w1: npt.NDArray[np.uint32]
    excess: npt.NDArray[np.float32]
    probability: npt.NDArray[np.float32]
    total: npt.NDArray[np.float32]
    steps: npt.NDArray[np.float32]
    margin: npt.NDArray[np.float32]


class Span(NamedTuple):
    """Number of means of 10 and more, and a bound on the smaller ones, 0 if there are none."""

    large: int
    highest_small: float


@piece
def make_means() -> Means:
    """Uninitialised arrays."""
    return Means(
        np.empty(STRETCH, np.float64),
        np.empty(STRETCH, np.float64),
        np.empty(STRETCH, np.float32),
        np.empty(STRETCH, np.float32),
        np.empty(STRETCH, np.float32),
        np.empty(STRETCH, np.float32),
    )


@piece
def make_scratch() -> Scratch:
    """Uninitialised arrays."""
    return Scratch(
        np.empty(STRETCH, np.uint32),
        np.empty(STRETCH, np.uint32),
        np.empty(STRETCH, np.float32),
        np.empty(STRETCH, np.float32),
        np.empty(STRETCH, np.float32),
        np.empty(STRETCH, np.float32),
        np.empty(STRETCH, np.float32),
    )


@kernel
def split_means(means: Means, length: int) -> Span:
    """Work out the first `length` means, of which `exact` is set: numbers >= 0."""
    exact = means.exact[:length]
    whole = means.whole[:length]
    rounded = means.rounded[:length]
    fraction = means.fraction[:length]
    root = means.root[:length]
    inverse_root = means.inverse_root[:length]
    for i in range(length):
        mean = min(exact[i], POISSON_LARGEST_MEAN)
        below = floor(mean)
        whole[i] = below if mean >= POISSON_EXPANSION else 0.0
        fraction[i] = np.float32(mean - below)
        rounded[i] = np.float32(mean)
    for i in range(length):
        root[i] = np.float32(np.sqrt(rounded[i]))
        # Of no use for small means, where it need not be finite.
        inverse_root[i] = ONE / root[i]
    large = np.int64(0)
    quarters = np.int32(-1)
    for i in range(length):
        large += np.int64(whole[i] > 0.0)
    for i in range(length):
        small = rounded[i] if whole[i] == 0.0 else ZERO
        quarters = max(quarters, np.int32(FOUR * small))
    return Span(int(large), 0.25 * (quarters + 1) if large < length else 0.0)


@piece
def _fill_words(
    w0: npt.NDArray[np.uint32],
    w1: npt.NDArray[np.uint32],
    first: int,
    stream: np.uint32,
    member: int,
    key: npt.NDArray[np.uint32],
) -> None:
    """The first two words of the blocks `first`, first + 1, ... of one sample."""
    low, high = member_words(member)
    k0, k1 = key[0], key[1]
    for p in range(w0.size):
        a, b, _, _ = philox4x32(np.uint32(first + p), stream, low, high, k0, k1)
        w0[p] = a
        w1[p] = b


@piece
def _smaller_tail(w0: np.uint32, w1: np.uint32) -> np.float32:
    """min(u, 1 - u) of the uniform number u = uniform52(w0, w1), relative error < 2e-7."""
    upper = np.int32(np.int32(w0) >> SIGN_SHIFT)
    high = np.int32(np.int32(np.int32(w0) ^ upper) >> SPARE_BITS)
    low = np.int32(np.uint32(np.uint32(w1 ^ np.uint32(upper)) >> UNSIGNED_SPARE_BITS))
    return np.float32(high) * STEP_26 + (np.float32(low) + HALF) * STEP_52


@piece
def _deviate(w0: np.uint32, s: np.float32) -> np.float32:
    """The standard normal quantile of the uniform number whose smaller tail is s >= 1e-7."""
    r = np.float32(np.sqrt(THREE - log2f(FOUR * (s * (ONE - s))))) - MIDDLE
    r2 = r * r
    r4 = r2 * r2
    low = ((D0 + D1 * r) + (D2 + D3 * r) * r2) + ((D4 + D5 * r) + (D6 + D7 * r) * r2) * r4
    high = ((D8 + D9 * r) + (D10 + D11 * r) * r2) + D12 * r4
    size = (HALF - s) * (low + high * (r4 * r4))
    return float_from_bits(np.int32(float_bits(size) ^ np.int32(np.int32(~np.int32(w0)) & SIGN_BIT)))


@piece
def _expansion(w0: np.uint32, w1: np.uint32, fraction: np.float32, root: np.float32, inverse: np.float32) -> np.float32:
    """Poisson quantile less floor(mean) for 10 <= mean <= 1e9; OPEN where an error might matter, and above.

    The integer part of the x with Q(x, mean) = P(Z <= z), in powers of 1 / sqrt(mean): Giles (2016), ACM TOMS 42(1),
    7, and one term more. That term is fixed, as those before it are, by dx/dmean = dx/dz mean**(x - 1) exp(-mean) /
    (Gamma(x) phi(z)), which follows from the derivatives of Q.
    """
    s = _smaller_tail(w0, w1)
    z = _deviate(w0, s)
    z2 = z * z
    first = A0 + A2 * z2
    second = z * (B1 + B3 * z2)
    third = C0 + z2 * (C2 + C4 * z2)
    fourth = z * (E1 + z2 * (E3 + E5 * z2))
    inverse2 = inverse * inverse
    x = (fraction + ((first + second * inverse) + (third + fourth * inverse) * inverse2)) + root * z
    below = floorf(x)
    above = x - below
    left_out = (LEFT_OUT_0 + LEFT_OUT_6 * (z2 * z2 * z2)) * (inverse2 * inverse2)
    bound = left_out + root * (ROUNDING_0 + ROUNDING_1 * abs(z))
    clear = min(above, ONE - above) > bound
    return below if clear & (s > TAIL) & (root < LARGEST_ROOT) else OPEN


@piece
def _expand(to: Scratch, means: Means, length: int) -> None:
    """First pass over means of 10 and more; others get numbers of no use."""
    w0 = to.w0[:length]
    w1 = to.w1[:length]
    fraction = means.fraction[:length]
    root = means.root[:length]
    inverse_root = means.inverse_root[:length]
    excess = to.excess[:length]
    for i in range(length):
        excess[i] = _expansion(w0[i], w1[i], fraction[i], root[i], inverse_root[i])


@piece
def _step(
    u: np.float32,
    mean_over_k: np.float32,
    probability: np.float32,
    total: np.float32,
    steps: np.float32,
    margin: np.float32,
) -> tuple[np.float32, np.float32, np.float32, np.float32]:
    steps = steps + (ONE if u > total else ZERO)
    margin = min(margin, abs(u - total))
    probability = probability * mean_over_k
    return probability, total + probability, steps, margin


@piece
def _coarse_uniform(w0: np.uint32) -> np.float32:
    """uniform52 within 8e-8."""
    return (np.float32(np.int32(w0 >> UNSIGNED_SPARE_BITS)) + HALF) * STEP_26


@piece
def _add_up(to: Scratch, means: Means, length: int, highest: float) -> None:
    """First pass over means below 10: count the steps of the distribution function below the uniform number."""
    w0 = to.w0[:length]
    mean = means.rounded[:length]
    whole = means.whole[:length]
    excess = to.excess[:length]
    probability = to.probability[:length]
    total = to.total[:length]
    steps = to.steps[:length]
    margin = to.margin[:length]
    for i in range(length):
        p = expf(-mean[i])
        probability[i] = p
        total[i] = p
        steps[i] = ZERO
        margin[i] = ONE
    # All but about one in ten thousand end within these.
    last = int(highest + 3.5 * np.sqrt(highest) + 2.0)
    for k in range(1, last + 1, STEPS):
        i1 = np.float32(1.0 / k)
        i2 = np.float32(1.0 / (k + 1))
        i3 = np.float32(1.0 / (k + 2))
        i4 = np.float32(1.0 / (k + 3))
        for i in range(length):
            u = _coarse_uniform(w0[i])
            m = mean[i]
            p, c, n, d = _step(u, m * i1, probability[i], total[i], steps[i], margin[i])
            p, c, n, d = _step(u, m * i2, p, c, n, d)
            p, c, n, d = _step(u, m * i3, p, c, n, d)
            p, c, n, d = _step(u, m * i4, p, c, n, d)
            probability[i] = p
            total[i] = c
            steps[i] = n
            margin[i] = d
    for i in range(length):
        # Negative for a number beyond the last step.
        rest = min(margin[i], total[i] - _coarse_uniform(w0[i]))
        n = steps[i] if rest > SUMMATION_BOUND else OPEN
        excess[i] = n if whole[i] == 0.0 else excess[i]


@kernel
def _settle(counts: npt.NDArray[np.float64], to: Scratch, means: Means) -> None:
    """The counts that the first pass leaves open."""
    for start in range(0, counts.size, LANES):
        excess = to.excess[start : start + LANES]
        opened = np.int32(0)
        for i in range(LANES):
            opened += np.int32(excess[i] == OPEN)
        if opened > 0:
            for i in range(start, start + LANES):
                if to.excess[i] == OPEN:
                    counts[i] = np.float64(poisson_quantile(uniform52(to.w0[i], to.w1[i]), means.exact[i]))


@kernel
def fill_counts(
    counts: npt.NDArray[np.float64],
    means: Means,
    span: Span,
    to: Scratch,
    first: int,
    stream: np.uint32,
    member: int,
    key: npt.NDArray[np.uint32],
) -> None:
    """Poisson counts of the pixels first, first + 1, ... of one sample, a multiple of `LANES` up to `STRETCH`.

    Each is samplers.poisson_quantile(u, mean) at u = uniform52(w0, w1) of the counter (pixel, stream, member). `means`
    and `span` are those of `split_means`.
    """
    length = counts.size
    _fill_words(to.w0[:length], to.w1[:length], first, stream, member, key)
    if span.large > 0:
        _expand(to, means, length)
    if span.highest_small > 0.0:
        _add_up(to, means, length, span.highest_small)
    whole = means.whole[:length]
    excess = to.excess[:length]
    for i in range(length):
        counts[i] = np.float64(excess[i]) + whole[i]
    _settle(counts, to, means)


@piece
def whole_lanes(pixels: int) -> int:
    """`pixels` rounded up to a multiple of `LANES`."""
    return (pixels + LANES - 1) // LANES * LANES
