"""Mixtures of Student's t: draws, densities, and the mixture that is nearest to weighted draws.

Component 0 is the standard normal; the others are multivariate t of `DEGREES` degrees of freedom about a mean, with
scale matrix root rootᵀ, the root lower triangular. Sums run in the order of the draws, so bits depend on nothing else.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.elementary import exp, log
from deepbench_fast.kernels.random.philox import member_words, philox4x32
from deepbench_fast.kernels.random.samplers import normal_quantile, uniform52

Floats = npt.NDArray[np.float64]

DEGREES = 6
"""Even, so that a chi-square is a product of uniforms."""

LOG_TWO_PI = 1.8378770664093454836
LOWEST = -1e300


@kernel
def cholesky(matrix: Floats, root: Floats) -> bool:
    """The lower triangular root of a symmetric matrix (P, P); False where it isn't positive definite."""
    count = matrix.shape[0]
    for a in range(count):
        for b in range(a + 1):
            total = matrix[a, b]
            for k in range(b):
                total -= root[a, k] * root[b, k]
            if a > b:
                root[a, b] = total / root[b, b]
            elif total > 0.0:
                root[a, a] = np.sqrt(total)
            else:
                return False
        root[a, a + 1 :] = 0.0
    return True


@kernel
def solve(root: Floats, vector: Floats, out: Floats) -> None:
    """The x with root rootᵀ x = vector, in `out`."""
    count = vector.size
    for a in range(count):
        total = vector[a]
        for k in range(a):
            total -= root[a, k] * out[k]
        out[a] = total / root[a, a]
    for a in range(count - 1, -1, -1):
        total = out[a]
        for k in range(a + 1, count):
            total -= root[k, a] * out[k]
        out[a] = total / root[a, a]


@piece
def _uniform(key: npt.NDArray[np.uint32], stream: int, member: int, number: int) -> float:
    """The uniform of this number at an address: two in each block."""
    low, high = member_words(member)
    w0, w1, w2, w3 = philox4x32(np.uint32(number >> 1), np.uint32(stream), low, high, key[0], key[1])
    return uniform52(w2, w3) if number & 1 else uniform52(w0, w1)


@kernel
def uniforms(key: npt.NDArray[np.uint32], stream: int, first: int, out: Floats) -> None:
    """Uniform numbers in (0, 1) for the members `first, first + 1, ...`: `out` (N, numbers)."""
    for i in range(out.shape[0]):
        for k in range(out.shape[1]):
            out[i, k] = _uniform(key, stream, first + i, k)


@kernel
def draw_mixture(
    cumulative: Floats,
    means: Floats,
    roots: Floats,
    key: npt.NDArray[np.uint32],
    stream: int,
    first: int,
    out: Floats,
) -> None:
    """Draw the members `first, first + 1, ...` into `out` (N, P).

    cumulative (K,): running sums of the weights; means (K, P); roots (K, P, P).
    """
    count = out.shape[1]
    normal = np.empty(count)
    for i in range(out.shape[0]):
        which, chosen = 0, _uniform(key, stream, first + i, 0)
        while which < cumulative.size - 1 and chosen >= cumulative[which]:
            which += 1
        for k in range(count):
            normal[k] = normal_quantile(_uniform(key, stream, first + i, 1 + k))
        stretch = 1.0
        if which > 0:
            product = 1.0
            for k in range(DEGREES // 2):
                product *= _uniform(key, stream, first + i, 1 + count + k)
            stretch = np.sqrt(DEGREES / (-2.0 * log(product)))
        for a in range(count):
            total = 0.0
            for k in range(a + 1):
                total += roots[which, a, k] * normal[k]
            out[i, a] = means[which, a] + stretch * total


@kernel
def log_mixture(
    points: Floats, logs: Floats, means: Floats, roots: Floats, distances: Floats, terms: Floats, out: Floats
) -> None:
    """ln of the density at points (N, P), in `out` (N,), and what it is made of.

    logs (K,): ln of the weight over the determinant of the root, with the constant of the law. `distances` (N, K) get
    the squared distances in units of the scale, `terms` (N, K) the logarithms of the parts of the density.
    """
    count = points.shape[1]
    half = 0.5 * (DEGREES + count)
    y = np.empty(count)
    for i in range(points.shape[0]):
        top = LOWEST
        for j in range(logs.size):
            square = 0.0
            for a in range(count):
                total = points[i, a] - means[j, a]
                for k in range(a):
                    total -= roots[j, a, k] * y[k]
                y[a] = total / roots[j, a, a]
                square += y[a] * y[a]
            distances[i, j] = square
            terms[i, j] = logs[j] - (half * log(1.0 + square / DEGREES) if j > 0 else 0.5 * square)
            top = max(top, terms[i, j])
        total = 0.0
        for j in range(logs.size):
            total += exp(terms[i, j] - top)
        out[i] = top + log(total)


@kernel
def refit(
    points: Floats,
    weights: Floats,
    distances: Floats,
    terms: Floats,
    density: Floats,
    shares: Floats,
    means: Floats,
    scales: Floats,
) -> None:
    """One step of the mixture towards the law that weighted draws are of, by expectation and maximisation.

    weights (N,) add up to 1; distances, terms (N, K) and density (N,) are what `log_mixture` found. shares (K,), means
    (K, P) and scales (K, P, P) get what the components are from now on; 0 is left as it is. Cappé, Douc, Guillin,
    Marin & Robert (2008), Adaptive importance sampling in general mixture classes.
    """
    number, count = points.shape
    sums = np.zeros(shares.size)
    shares[:], means[:], scales[:] = 0.0, 0.0, 0.0
    for i in range(number):
        for j in range(1, shares.size):
            part = weights[i] * exp(terms[i, j] - density[i])
            shares[j] += part
            part *= (DEGREES + count) / (DEGREES + distances[i, j])
            sums[j] += part
            for a in range(count):
                means[j, a] += part * points[i, a]
    for j in range(1, shares.size):
        for a in range(count):
            means[j, a] = means[j, a] / sums[j] if sums[j] > 0.0 else 0.0
    for i in range(number):
        for j in range(1, shares.size):
            part = weights[i] * exp(terms[i, j] - density[i])
            part *= (DEGREES + count) / (DEGREES + distances[i, j])
            for a in range(count):
                for b in range(a + 1):
                    scales[j, a, b] += part * (points[i, a] - means[j, a]) * (points[i, b] - means[j, b])
    for j in range(1, shares.size):
        for a in range(count):
            for b in range(a + 1):
                scales[j, a, b] = scales[j, a, b] / shares[j] if shares[j] > 0.0 else 0.0
                scales[j, b, a] = scales[j, a, b]


@kernel
def weigh(logs: Floats, power: float, out: Floats) -> tuple[float, float]:
    """Weights that are proportional to exp(power logs), in `out`; ln of their mean before that, and the sample size
    that they are worth, 1 / sum of squares (Kish 1965)."""
    top = LOWEST
    for i in range(logs.size):
        top = max(top, logs[i])
    total = 0.0
    for i in range(logs.size):
        out[i] = exp(power * (logs[i] - top))
        total += out[i]
    squares = 0.0
    for i in range(logs.size):
        out[i] /= total
        squares += out[i] * out[i]
    return power * top + log(total / logs.size), 1.0 / squares


@kernel
def resample(weights: Floats, start: float, out: npt.NDArray[np.int64]) -> None:
    """Numbers of draws, as often as their weights say, in `out`: systematic resampling (Kitagawa 1996), 0 < start < 1.

    A draw that is worth less than one place stands there once at most.
    """
    total, i = weights[0], 0
    for k in range(out.size):
        while total * out.size < k + start and i < weights.size - 1:
            i += 1
            total += weights[i]
        out[k] = i


@kernel
def normal_equations(
    slopes: Floats,
    variance_slopes: Floats,
    residuals: Floats,
    variance: Floats,
    information: Floats,
    gradient: Floats,
) -> None:
    """Fisher information (T, P, P) and slopes of ln p (T, P) of normal data.

    slopes, variance_slopes (T, P, n): of means and variances; residuals, variance (T, n).
    """
    for t in range(slopes.shape[0]):
        for a in range(slopes.shape[1]):
            total = 0.0
            for p in range(slopes.shape[2]):
                r, v = residuals[t, p], variance[t, p]
                total += slopes[t, a, p] * r / v + 0.5 * variance_slopes[t, a, p] * (r * r / v - 1.0) / v
            gradient[t, a] = total
            for b in range(a + 1):
                total = 0.0
                for p in range(slopes.shape[2]):
                    v = variance[t, p]
                    total += slopes[t, a, p] * slopes[t, b, p] / v
                    total += 0.5 * variance_slopes[t, a, p] * variance_slopes[t, b, p] / (v * v)
                information[t, a, b] = information[t, b, a] = total


@kernel
def logarithms(numbers: Floats) -> Floats:
    """ln of positive numbers (N,)."""
    found = np.empty(numbers.size)
    for i in range(numbers.size):
        found[i] = log(numbers[i])
    return found
