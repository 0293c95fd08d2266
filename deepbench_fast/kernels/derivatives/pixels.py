"""Score and Fisher information of pixels: slopes of ln p along the numbers of their law, and their mean products.

The law of a pixel is that of `kernels.noise.likelihood`: light S, gain g, sky, level, shift and variance v. In counts,
y = g (pixel - shift), N ~ Poisson(mu), u = g**2 v, the density f(y) = sum over n of Poisson(n; mu) Normal(y - n; u) has

    s_mu = d ln f / d mu = f(y - 1) / f(y) - 1
    E[n | y] = mu f(y - 1) / f(y),    E[n (n - 1) | y] = mu**2 f(y - 2) / f(y)
    s_y  = d ln f / d y  = -E[y - n | y] / u,      s_u = d ln f / d u = (E[(y - n)**2 | y] / u - 1) / (2 u)

since n Poisson(n; mu) = mu Poisson(n - 1; mu) and the normal density obeys the heat equation. The means given y are
sums over n, or follow from f where they keep their digits. What follows for g at given S, sky, v is s_g / g with s_g =
1 + y s_y + 2 u s_u + mu s_mu = mu s_mu - E[n (y - n) | y] / u: the second form loses fewer digits, and what it nearly
cancels cancels before it is squared. Of counts that g doesn't scale mu s_mu is taken away again.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.derivatives._sums import LANES, product_sums
from deepbench_fast.kernels.elementary import exp, floor, log
from deepbench_fast.kernels.noise.likelihood import (
    MOST_WIDTHS,
    WIDE,
    _background,
    _is_far,
    _log_root,
    _log_sum,
    _log_term,
    _peak,
    log_poisson,
)
from deepbench_fast.kernels.noise.likelihood import SMALLEST as SMALLEST_TERM

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

LIGHT, GAIN, SKY, LEVEL, SHIFT, VARIANCE = range(6)
NUMBERS = 6
"""What a pixel's law has, its light first, then in the order of `PixelLaw`."""

# Below this variance, in counts, a pixel's count is read without error: erfc(1 / sqrt(8 u)) = 1e-10.
SHARP = 0.006
# Above it no ripple of single counts is left: exp(-2 pi**2 u) = 7e-18.
SMOOTH = 2.0
# Mean count below which files hold information that is made of ratios of f; too few digits of them are left above.
BRIGHT = 500.0
# Counts above which too few digits are left of how noise makes their law.
BRIGHTEST = 2e9
# The table of the information of a pixel has so many nodes to a unit of ln mu, and none below the smallest: what goes
# with mu**2 or 1 / mu**2 is interpolated to 3.1e-7 of itself.
NODES = 10
SMALLEST = -60.0
POINTS = 6
# A pivot of a matrix with diagonal 1 that is lost in rounding.
SINGULAR = 1e-12


@kernel
def _moments(y: float, mean: float, variance: float) -> tuple[float, float, float, float, float]:
    """ln f, s_mu, s_y, s_u and s_g of a pixel in counts.

    From the means of k and k**2 given y, where n = m + k and m is the likeliest count.
    """
    m = _peak(mean, y, variance)
    stride = max(floor(1.0 / np.sqrt(1.0 / variance + 1.0 / (m + 1.0)) / WIDE), 1.0)
    m = floor(m + 0.5)
    top, total, first, second = _log_term(m, mean, y, variance), 1.0, 0.0, 0.0
    fall = exp(-1.0 / variance)
    for sign in (-1.0, 1.0):
        term, n, normal = 1.0, m, exp((sign * (y - m) - 0.5) / variance)
        while n + sign * stride >= 0.0 and term > SMALLEST_TERM * total:
            if stride == 1.0:  # loses no digits with the mean
                term *= (mean / (n + 1.0) if sign > 0.0 else n / mean) * normal
                normal *= fall
            else:
                term = exp(_log_term(n + sign * stride, mean, y, variance) - top)
            n += sign * stride
            total, first, second = total + term, first + term * (n - m), second + term * (n - m) * (n - m)
    first, second, off = first / total, second / total, m - y
    by_mean, by_y = first + (m - mean), (first + off) / variance
    square = (second + 2.0 * first * off + off * off) / variance
    here = top + log(total * stride) - _log_root(variance)
    by_gain = by_mean + m * by_y + (second + first * off) / variance
    return here, by_mean / mean, by_y, 0.5 * (square - 1.0) / variance, by_gain


@kernel
def _ratio_moments(y: float, mean: float, variance: float) -> tuple[float, float, float, float, float]:
    """As `_moments`, from ratios of f: they lose digits with the square of the mean."""
    here = _log_sum(mean, y, variance)
    one = exp(_log_sum(mean, y - 1.0, variance) - here)
    two = exp(_log_sum(mean, y - 2.0, variance) - here)
    count = mean * one
    second = mean * mean * two + count
    square = y * y - 2.0 * y * count + second
    by_gain = mean * (one - 1.0) - (y * count - second) / variance
    return here, one - 1.0, (count - y) / variance, 0.5 * (square / variance - 1.0) / variance, by_gain


@kernel
def _double_score(pixel: float, light: float, law: Floats, out: Floats) -> None:
    """Counts of photons, and m of a background in units of their own: the mean of the photons' scores over m."""
    gain, level = law[0], law[2]
    mean, y, variance = gain * (light + law[1]), pixel - law[3], gain * gain * law[4]
    centre, width, stride = _background(level, mean, gain, y, variance)
    top, total = -np.inf, 0.0
    for sign in (-1.0, 1.0):
        k = 0.0 if sign > 0.0 else 1.0
        while k * stride <= MOST_WIDTHS * (width + 1.0) and centre + sign * k * stride >= 0.0:
            m = centre + sign * k * stride
            here, by_mean, by_y, by_u, by_gain = _moments(gain * (y - m), mean, variance)
            here += log_poisson(m, level)
            if here > top:
                lower = exp(top - here) if total > 0.0 else 0.0
                total *= lower
                for number in range(NUMBERS):
                    out[number] *= lower
                top = here
            weight = exp(here - top)
            total += weight
            out[LIGHT] += weight * by_mean
            out[LEVEL] += weight * (m - centre)
            out[SHIFT] += weight * by_y
            out[VARIANCE] += weight * by_u
            out[GAIN] += weight * by_gain
            if _is_far(m, level, mean, gain, y, variance, top):
                break
            k += 1.0
    for number in range(NUMBERS):
        out[number] /= total
    out[LIGHT] *= gain
    out[SKY] = out[LIGHT]
    out[LEVEL] = (out[LEVEL] + (centre - level)) / level
    out[SHIFT] *= -gain
    out[VARIANCE] *= gain * gain
    out[GAIN] /= gain


@kernel
def _score(pixel: float, light: float, law: Floats, out: Floats) -> None:
    """d ln p along light, gain, sky, level, shift and variance; `law` holds the numbers after the light."""
    gain, sky, level, shift, variance = law[0], law[1], law[2], law[3], law[4]
    counted = gain > 0.0 and gain * (light + sky) > 0.0
    out[:] = 0.0
    if counted and level > 0.0 and gain != 1.0:
        _double_score(pixel, light, law, out)
    elif counted:
        mean = gain * (light + sky) + level
        y, u = gain * (pixel - shift), gain * gain * variance
        _, by_mean, by_y, by_u, by_gain = _moments(y, mean, u)
        out[LIGHT] = out[SKY] = gain * by_mean
        out[LEVEL] = by_mean
        out[SHIFT] = -gain * by_y
        out[VARIANCE] = gain * gain * by_u
        out[GAIN] = (by_gain - level * by_mean) / gain
    else:
        y = pixel - shift - (0.0 if gain > 0.0 else light)
        if level > 0.0:
            _, out[LEVEL], by_y, out[VARIANCE], _ = _moments(y, level, variance)
            out[SHIFT] = -by_y
        else:
            out[SHIFT] = y / variance
            out[VARIANCE] = 0.5 * (y * y / variance - 1.0) / variance
        out[LIGHT] = 0.0 if gain > 0.0 else out[SHIFT]


@piece
def _ordered_sum(a: Floats, b: Floats, sums: Floats) -> float:
    """The sum of a_i b_i: LANES sums side by side, added up in order at the end; `sums` is scratch for them."""
    whole = product_sums(a, b, sums)
    for i in range(whole, a.size):
        sums[i - whole] += a[i] * b[i]
    total = 0.0
    for lane in range(LANES):
        total += sums[lane]
    return total


@kernel
def add_normal_score(
    pixels: Floats, light: Floats, law: Floats, slopes: Floats, law_slopes: Floats, out: Floats
) -> None:
    """As `add_score`, where nothing is counted."""
    rest, sums = np.empty(pixels.shape[1]), np.empty(LANES)
    for t in range(pixels.shape[0]):
        shift, variance = law[t, 3], law[t, 4]
        total, square = 0.0, 0.0
        for p in range(rest.size):
            rest[p] = (pixels[t, p] - shift - light[t, p]) / variance
            total += rest[p]
            square += rest[p] * rest[p]
        by_variance = 0.5 * (square - rest.size / variance)
        for a in range(out.shape[1]):
            out[t, a] += _ordered_sum(rest, slopes[t, a], sums)
            out[t, a] += total * law_slopes[t, 3, a] + by_variance * law_slopes[t, 4, a]


@kernel
def add_score(pixels: Floats, light: Floats, law: Floats, slopes: Floats, law_slopes: Floats, out: Floats) -> None:
    """Add the slopes of ln p of each sample's pixels along its parameters.

    pixels, light: (T, pixels); law: (T, 5), the numbers of a `PixelLaw`; slopes: (T, P, pixels), of the light;
    law_slopes: (T, 5, P); out: (T, P). All float64; the variance must be above 0.
    """
    by = np.empty((NUMBERS, pixels.shape[1]))
    one, sums = np.empty(NUMBERS), np.empty(LANES)
    for t in range(pixels.shape[0]):
        for p in range(pixels.shape[1]):
            _score(pixels[t, p], light[t, p], law[t], one)
            for number in range(NUMBERS):
                by[number, p] = one[number]
        for a in range(out.shape[1]):
            out[t, a] += _ordered_sum(by[LIGHT], slopes[t, a], sums)
        for number in range(1, NUMBERS):
            total = 0.0
            for p in range(pixels.shape[1]):
                total += by[number, p]
            for a in range(out.shape[1]):
                if law_slopes[t, number - 1, a] != 0.0:
                    out[t, a] += total * law_slopes[t, number - 1, a]


@kernel
def add_products(rows: Floats, image: Floats, out: Floats) -> None:
    """out[t, a] += sum over pixels of rows[t, a] image[t]."""
    sums = np.empty(LANES)
    for t in range(rows.shape[0]):
        for a in range(rows.shape[1]):
            out[t, a] += _ordered_sum(rows[t, a], image[t], sums)


@kernel
def add_information(slopes: Floats, weights: Floats, out: Floats) -> None:
    """out[t, a, b] += sum over pixels of slopes[t, a] weights[t] slopes[t, b].

    slopes: float64 (T, P, pixels), weights: (T, pixels) or (T, 1), out: (T, P, P).
    """
    even = weights.shape[1] == 1
    weighed, sums = np.empty(slopes.shape[2]), np.empty(LANES)
    for t in range(slopes.shape[0]):
        for a in range(slopes.shape[1]):
            weight = weights[t, 0]
            for p in range(weighed.size):
                weighed[p] = slopes[t, a, p] * (weight if even else weights[t, p])
            for b in range(a + 1):
                total = _ordered_sum(weighed, slopes[t, b], sums)
                out[t, a, b] += total
                if b < a:
                    out[t, b, a] += total


@kernel
def add_information_of_law(information: Floats, slopes: Floats, law_slopes: Floats, out: Floats) -> None:
    """What parameters of the noise add to the information of one sample.

    information: (pixels or 1, 6, 6), the mean products of the scores of each pixel; slopes: (P, pixels); law_slopes:
    (5, P); out: (P, P), which holds that of the light alone.
    """
    even = information.shape[0] == 1
    count = slopes.shape[0]
    crossed = np.zeros((count, NUMBERS))
    total = np.zeros((NUMBERS, NUMBERS))
    for p in range(slopes.shape[1]):
        one = information[0 if even else p]
        for number in range(1, NUMBERS):
            for other in range(1, NUMBERS):
                total[number, other] += one[number, other]
            for a in range(count):
                crossed[a, number] += slopes[a, p] * one[LIGHT, number]
    for a in range(count):
        for b in range(a + 1):
            more = 0.0
            for number in range(1, NUMBERS):
                by_a, by_b = law_slopes[number - 1, a], law_slopes[number - 1, b]
                more += crossed[a, number] * by_b + by_a * crossed[b, number]
                for other in range(1, NUMBERS):
                    more += by_a * total[number, other] * law_slopes[other - 1, b]
            out[a, b] += more
            if b < a:
                out[b, a] += more


@piece
def _node(mean: float, variance: float, out: Floats) -> None:
    """E of the products of s_mu, s_y, s_u and s_g, in counts: (4, 4).

    A trapezoidal sum over y, whose step resolves the turns of the score between two counts: right to 1e-9.
    """
    out[:] = 0.0
    if variance < SHARP:
        out[0, 0], out[1, 1], out[2, 2] = 1.0 / mean, 1.0 / variance, 0.5 / (variance * variance)
        out[3, 3] = mean * (mean + 1.0) / variance + mean
        out[0, 3] = out[3, 0] = 1.0
        out[1, 3] = out[3, 1] = mean / variance
        return
    root, width = np.sqrt(variance), np.sqrt(mean + variance)
    # The ripples of single counts tell the read-out noise of bright pixels. Steps that divide the distance of two
    # counts take only their finest parts for the mean; one just off a third of it took parts thrice as fine.
    step = 0.25 * width if variance >= SMOOTH else 1.0 / (3.0 + floor(1.0 / min(0.5 * root, 0.8 * variance)))
    first, last = max(-12.0 * root, mean - 40.0 * width), mean + 14.0 * width + 12.0 * root + 12.0
    # Bright pixels' ripples change so slowly from count to count that few counts stand for all.
    parts, turn = 1, step
    if mean >= BRIGHT and variance < SMOOTH:
        parts, turn = int(1.0 / step + 0.5), floor(0.25 * width)
    score = np.empty(4)
    for k in range((int((last - first) / turn) + 1) * parts):
        y = first + k // parts * turn + k % parts * step
        if mean >= BRIGHT:
            here, score[0], score[1], score[2], score[3] = _moments(y, mean, variance)
        else:
            here, score[0], score[1], score[2], score[3] = _ratio_moments(y, mean, variance)
        density = turn / parts * exp(here)
        if density > 0.0:
            for a in range(4):
                for b in range(4):
                    out[a, b] += density * score[a] * score[b]


@kernel
def fill_nodes(variance: float, first: int, out: Floats) -> None:
    """The information of pixels whose mean is exp(k / NODES), k = first, first + 1, ...; out: float64 (nodes, 4, 4)."""
    for k in range(out.shape[0]):
        _node(exp((first + k) / NODES), variance, out[k])


@piece
def node_of(mean: float) -> float:
    """Where a mean stands among the nodes."""
    return max(log(max(mean, 1e-300)), SMALLEST) * NODES


@kernel
def reach_of(mean: Floats) -> tuple[int, int]:
    """The first node that these means need, and the one after the last."""
    low, high = np.inf, -np.inf
    for i in range(mean.size):
        place = node_of(mean[i])
        low, high = min(low, place), max(high, place)
    return int(floor(low)) - POINTS // 2 + 1, int(floor(high)) + POINTS // 2 + 1


@kernel
def information_of_counts(
    mean: Floats, gain: float, light_counts: bool, scale: Floats, first: int, nodes: Floats, out: Floats
) -> None:
    """The mean products of the scores of pixels along light, gain, sky, level, shift and variance.

    mean: (pixels,) in counts; scale: (pixels,), the mean that the gain scales; gain: counts for one unit. The light is
    counted itself, or else it shifts what is. nodes: those of `fill_nodes` from `first` on, between which is
    interpolated by six points, in ln mean; out: (pixels, 6, 6).
    """
    at = np.empty((4, 4))
    turn = np.zeros((NUMBERS, 4))
    for p in range(mean.size):
        place = node_of(mean[p])
        start = int(floor(place)) - POINTS // 2 + 1
        at[:] = 0.0
        for i in range(POINTS):
            weight = 1.0
            for j in range(POINTS):
                if j != i:
                    weight *= (place - (start + j)) / (i - j)
            for a in range(4):
                for b in range(4):
                    at[a, b] += weight * nodes[start - first + i, a, b]
        turn[LIGHT, 0], turn[LIGHT, 1] = (gain, 0.0) if light_counts else (0.0, -gain)
        turn[SKY, 0] = gain if light_counts else 0.0
        turn[LEVEL, 0] = 1.0
        turn[SHIFT, 1] = -gain
        turn[VARIANCE, 2] = gain * gain
        turn[GAIN, 0], turn[GAIN, 3] = (scale[p] - mean[p]) / gain, 1.0 / gain
        for a in range(NUMBERS):
            for b in range(NUMBERS):
                total = 0.0
                for i in range(4):
                    for j in range(4):
                        total += turn[a, i] * at[i, j] * turn[b, j]
                out[p, a, b] = total


@piece
def _invert(information: Floats, inverse: Floats) -> int:
    count = information.shape[0]
    scale, factor = np.empty(count), np.zeros((count, count))
    rank = 0
    for a in range(count):
        scale[a] = np.sqrt(information[a, a]) if information[a, a] > 0.0 else 0.0
    for a in range(count):
        pivot = 1.0 if scale[a] > 0.0 else 0.0
        for k in range(a):
            pivot -= factor[a, k] * factor[a, k]
        if pivot > SINGULAR:
            rank += 1
            factor[a, a] = np.sqrt(pivot)
            for b in range(a + 1, count):
                if scale[b] > 0.0:
                    entry = information[b, a] / (scale[b] * scale[a])
                    for k in range(a):
                        entry -= factor[b, k] * factor[a, k]
                    factor[b, a] = entry / factor[a, a]
    if rank < count:
        inverse[:] = np.nan
        return rank
    lower = np.zeros((count, count))
    for a in range(count):
        lower[a, a] = 1.0 / factor[a, a]
        for b in range(a + 1, count):
            total = 0.0
            for k in range(a, b):
                total -= factor[b, k] * lower[k, a]
            lower[b, a] = total / factor[b, b]
    for a in range(count):
        for b in range(a + 1):
            total = 0.0
            for k in range(a, count):
                total += lower[k, a] * lower[k, b]
            inverse[a, b] = inverse[b, a] = total / (scale[a] * scale[b])
    return rank


@kernel
def invert(information: Floats, inverse: Floats, rank: Integers) -> None:
    """Inverses of symmetric matrices that are positive definite, and their ranks; NaN where that isn't full.

    Scaled to a diagonal of 1, then Cholesky's factors column by column in order (Golub & Van Loan 2013, 4.2); a pivot
    below 1e-12 is none. information, inverse: float64 (T, P, P); rank: int64 (T,).
    """
    for t in range(rank.size):
        rank[t] = _invert(information[t], inverse[t])
