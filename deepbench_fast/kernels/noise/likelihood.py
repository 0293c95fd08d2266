"""How likely pixels are: counts of photons, a Poisson background and normal noise together.

Sums over counts start at their largest term, so that they hold far into the tails, and end where terms no longer add.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.elementary import exp, floor, log
from deepbench_fast.kernels.random.samplers import POISSON_LARGEST_MEAN

LOG_TWO_PI = 1.8378770664093454836
GOLDEN = 0.61803398874989484820

# From here on Stirling's series holds to 1e-16.
STIRLING = 16.0
# Share of the sum below which a term ends it; its logarithm, with room for the width of an inner sum.
SMALLEST = 1e-18
FURTHEST = 50.0
# A sum whose terms have a width of more counts than this is taken in steps, so many to the width at least: a
# trapezoidal sum of such a bell is right to exp(-2 (pi 12)**2).
WIDE = 12.0
# Width, in counts, from which a sum over counts does not show that they are whole: exp(-2 (pi 1.5)**2) = 5e-20.
SMOOTH = 1.5
# Widths from the largest term after which a double sum ends in any case.
MOST_WIDTHS = 60.0
# Counts above which a pixel has no density: means end at half of it, and one more count is soon none in float64.
MOST_COUNTS = 2.0 * POISSON_LARGEST_MEAN
# Steps of float32, relative: how far a pixel of whole counts can be from them.
ROUNDED = 2.0**-22


@piece
def _stirling(n: float) -> float:
    """ln n! - ((n + 1/2) ln n - n + ln(2 pi) / 2) for n >= 16."""
    m = 1.0 / (n * n)
    return (1.0 / 12.0 - m * (1.0 / 360.0 - m * (1.0 / 1260.0 - m * (1.0 / 1680.0 - m / 1188.0)))) / n


@piece
def _deviance(n: float, mean: float) -> float:
    """n ln(n / mean) + mean - n to its last digits, also where n is near the mean (Loader 2000)."""
    d, s = n - mean, n + mean
    if abs(d) > 0.1 * s:
        return n * (log(n) - log(mean)) - d
    v = d / s
    total, power, square = d * v, 2.0 * n * v, v * v
    for j in range(1, 40):
        power *= square
        last = total
        total += power / (2 * j + 1)
        if total == last:
            break
    return total


@kernel
def log_poisson(n: float, mean: float) -> float:
    """ln of mean**n exp(-mean) / n!, for real n >= 0 and mean > 0; error 1e-15 of it, and 1e-15.

    Loader (2000), Fast and accurate computation of binomial probabilities.
    """
    if n >= STIRLING:
        return -_deviance(n, mean) - 0.5 * (LOG_TWO_PI + log(n)) - _stirling(n)
    above, product = n, 1.0
    while above < STIRLING:
        above += 1.0
        product *= above
    factorial = (above + 0.5) * log(above) - above + 0.5 * LOG_TWO_PI + _stirling(above) - log(product)
    return n * log(mean) - mean - factorial


@kernel
def _peak(mean: float, y: float, variance: float) -> float:
    """The real n >= 0 at which Poisson(n) Normal(y - n) is largest, to a part of a count.

    With u = n + 1/2 it is where ln u + b u = c: Newton in ln u, from above the root.
    """
    b = 1.0 / variance
    c = log(mean) + y / variance + 0.5 * b
    t = min(c, log(max(c, 1.0) / b))
    for _ in range(60):
        e = b * exp(t)
        change = (t + e - c) / (1.0 + e)
        t -= change
        if abs(change) < 1e-13:
            break
    return max(exp(t) - 0.5, 0.0)


@piece
def _log_term(n: float, mean: float, y: float, variance: float) -> float:
    """ln of Poisson(n) exp(-(y - n)**2 / (2 variance))."""
    return log_poisson(n, mean) - 0.5 * (y - n) * (y - n) / variance


@piece
def _log_root(variance: float) -> float:
    """ln sqrt(2 pi variance)."""
    return 0.5 * (LOG_TWO_PI + log(variance))


@piece
def _log_wide_sum(n: float, width: float, mean: float, y: float, variance: float) -> float:
    """ln of the sum of the terms over n, by a trapezoidal sum about the largest."""
    n, stride = floor(n), floor(width / WIDE)  # whole, so that places are exact
    top, total = _log_term(n, mean, y, variance), 1.0
    for sign in (-1.0, 1.0):
        k = 1.0
        while n + sign * k * stride > 0.0:
            term = exp(_log_term(n + sign * k * stride, mean, y, variance) - top)
            total += term
            if term < SMALLEST * total:
                break
            k += 1.0
    return top + log(total * stride)


@piece
def _log_rise(n: float, mean: float, y: float, variance: float) -> float:
    """ln of the ratio of the term of n + 1 to that of n."""
    return log(mean / (n + 1.0)) + (y - n - 0.5) / variance


@kernel
def _log_sum(mean: float, y: float, variance: float) -> float:
    """ln of the density of N + Normal(0, variance) at y, N ~ Poisson(mean), mean > 0: all in counts."""
    n = _peak(mean, y, variance)
    width = 1.0 / np.sqrt(1.0 / variance + 1.0 / (n + 1.0))
    if width > WIDE:
        return _log_wide_sum(n, width, mean, y, variance) - _log_root(variance)
    n = floor(n + 0.5)
    while _log_rise(n, mean, y, variance) > 0.0:
        n += 1.0
    while n > 0.0 and _log_rise(n - 1.0, mean, y, variance) < 0.0:
        n -= 1.0
    # A term is the one before it times a ratio, which falls by the same part from term to term.
    fall, total = exp(-1.0 / variance), 1.0
    ratio, term, k = exp(_log_rise(n, mean, y, variance)), 1.0, n
    while term > SMALLEST * total:
        term *= ratio
        total += term
        k += 1.0
        ratio *= fall * (k / (k + 1.0))
    ratio, term, k = exp(-_log_rise(n - 1.0, mean, y, variance)) if n > 0.0 else 0.0, 1.0, n
    while k > 0.0 and term > SMALLEST * total:
        term *= ratio
        total += term
        k -= 1.0
        ratio *= fall * (k / (k + 1.0))
    return _log_term(n, mean, y, variance) - _log_root(variance) + log(total)


@piece
def _log_mass(mean: float, y: float, rounded: float) -> float:
    """ln of the probability of the count that y is, to rounding; -inf where it is none."""
    n = max(floor(y + 0.5), 0.0)
    return log_poisson(n, mean) if abs(y - n) <= rounded else -np.inf


@kernel
def _log_profile(m: float, level: float, mean: float, gain: float, y: float, variance: float) -> float:
    """ln of Poisson(m) times the largest term that goes with it; no term is larger, and it is concave in m."""
    own, n = log_poisson(m, level), gain * (y - m)
    if variance > 0.0:
        return own + _log_term(_peak(mean, n, variance), mean, n, variance)
    return own + log_poisson(n, mean) if n >= 0.0 else -np.inf


@piece
def _largest(level: float, mean: float, gain: float, y: float, variance: float) -> float:
    """The real m at which `_log_profile` is largest, to half a count: golden section."""
    low, high = 0.0, max(y, 0.0) if variance == 0.0 else max(level, y) + 1.0
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left = _log_profile(left, level, mean, gain, y, variance)
    at_right = _log_profile(right, level, mean, gain, y, variance)
    while high - low > 0.5 and high - low > 1e-12 * high:
        if at_left > at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = _log_profile(left, level, mean, gain, y, variance)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = _log_profile(right, level, mean, gain, y, variance)
    return 0.5 * (low + high)


@piece
def _background(level: float, mean: float, gain: float, y: float, variance: float) -> tuple[float, float, float]:
    """Counts M of the background, given y: the likeliest one, the width about it, and the steps to take."""
    centre = _largest(level, mean, gain, y, variance)
    n = _peak(mean, gain * (y - centre), variance) if variance > 0.0 else gain * max(y - centre, 0.0)
    width = 1.0 / np.sqrt(1.0 / (centre + 1.0) + gain * gain / (variance + n + 1.0))
    smooth = variance > 0.0 and SMOOTH * SMOOTH * (1.0 / variance + 1.0 / (n + 1.0)) < 1.0
    stride = floor(width / WIDE) if smooth and width > WIDE else 1.0
    return floor(centre + 0.5), width, stride


@piece
def _is_far(m: float, level: float, mean: float, gain: float, y: float, variance: float, top: float) -> bool:
    """Whether counts of the background from m on, away from the likeliest, add nothing; top: ln of the largest term."""
    profile = _log_profile(m, level, mean, gain, y, variance)
    profile -= _log_root(variance) if variance > 0.0 else 0.0
    return profile < top - FURTHEST


@kernel
def _log_double_sum(level: float, mean: float, gain: float, y: float, variance: float, rounded: float) -> float:
    """ln of the density of M + (N + Normal(0, variance)) / gain at y, over the gain.

    M ~ Poisson(level), N ~ Poisson(mean); the rounding is that of N, too.
    """
    centre, width, stride = _background(level, mean, gain, y, variance)
    top, total = -np.inf, 0.0
    for sign in (-1.0, 1.0):
        k = 0.0 if sign > 0.0 else 1.0
        while k * stride <= MOST_WIDTHS * (width + 1.0) and centre + sign * k * stride >= 0.0:
            m = centre + sign * k * stride
            n = gain * (y - m)
            term = log_poisson(m, level)
            term += _log_sum(mean, n, variance) if variance > 0.0 else _log_mass(mean, n, rounded)
            if term > top:
                total = total * exp(top - term) + 1.0 if total > 0.0 else 1.0
                top = term
            elif term > -np.inf:
                total += exp(term - top)
            if _is_far(m, level, mean, gain, y, variance, top):
                break
            k += 1.0
    return top + log(total * stride) if total > 0.0 else -np.inf


@piece
def _log_density(
    pixel: float, light: float, gain: float, sky: float, level: float, shift: float, variance: float
) -> float:
    if abs(pixel) == np.inf:
        return -np.inf
    y, mean, rounded = pixel - shift, 0.0, ROUNDED * abs(pixel)
    if gain > 0.0:
        mean = min(gain * (light + sky), POISSON_LARGEST_MEAN)
    else:
        y, rounded = y - light, rounded + ROUNDED * abs(light)
    if level > 0.0 and not (mean > 0.0 and gain != 1.0):
        mean, gain, level = max(mean, 0.0) + level, 1.0, 0.0
    if not mean > 0.0:
        if variance > 0.0:
            return -0.5 * y * y / variance - _log_root(variance)
        return 0.0 if abs(y) <= rounded else -np.inf
    if gain * y > MOST_COUNTS:
        return -np.inf
    # In counts a term's distance from the pixel has no rounding of its own.
    counted, rounded = gain * gain * variance, gain * rounded
    if level > 0.0:
        found = _log_double_sum(level, mean, gain, y, counted, rounded)
    else:
        found = _log_sum(mean, gain * y, counted) if counted > 0.0 else _log_mass(mean, gain * y, rounded)
    return found + log(gain) if counted > 0.0 else found


@kernel
def log_likelihood(
    pixels: npt.NDArray[np.float64],
    clean: npt.NDArray[np.float64],
    gain: npt.NDArray[np.float64],
    sky: npt.NDArray[np.float64],
    level: npt.NDArray[np.float64],
    shift: npt.NDArray[np.float64],
    variance: npt.NDArray[np.float64],
    out: npt.NDArray[np.float64],
) -> None:
    """ln of the density of each image's pixels, given its light S: the sum over the pixels, in order.

    A pixel is L + M + shift + Normal(0, variance), M ~ Poisson(level); L = N / gain with N ~ Poisson(gain max(0, S +
    sky)), at most 2**50 on average, where gain > 0, else L = S. So its density is

        sum over n and m of Poisson(n) Poisson(m) Normal(pixel - shift - m - n / gain; 0, variance)

    Where the variance is 0 it is the probability of the counts that the pixel is made of, to the rounding of float32,
    and 0 where there are none. pixels, clean: float64 (T, pixels); the others, all 0 or more but the shift: float64
    (T,), in units of the image (gain: counts for one); out: float64 (T,), -inf where it can't be, and above 2**51
    counts. Error of a pixel: 1e-11 of the larger of its logarithm and 1, 1e-9 where both counts are there.
    """
    for t in range(pixels.shape[0]):
        total = 0.0
        for p in range(pixels.shape[1]):
            total += _log_density(pixels[t, p], clean[t, p], gain[t], sky[t], level[t], shift[t], variance[t])
        out[t] = total
