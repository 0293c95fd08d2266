"""Moffat point-spread function: its pixel means, and direct convolution of a padded canvas, cut down to the frame."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.blur import _copy_rows, _crop_one
from deepbench_fast.kernels.elementary import exp, log

# The PSF reaches this many pixels at most, and no further than it takes to hold all but LOST of its light.
LARGEST_RADIUS = 15
LOST = 1e-3
# Pixels, pads included, that are convolved at a time: their sums stay in the first-level cache.
STRETCH = 2048

Rule = tuple[tuple[float, float], ...]
# Abscissas in [-1, 1] and half weights of Gauss-Legendre rules.
RULE_8: Rule = (
    (-0.9602898564975363, 0.05061426814518815),
    (-0.7966664774136267, 0.11119051722668725),
    (-0.5255324099163290, 0.15685332293894365),
    (-0.1834346424956498, 0.181341891689181),
    (0.1834346424956498, 0.181341891689181),
    (0.5255324099163290, 0.15685332293894365),
    (0.7966664774136267, 0.11119051722668725),
    (0.9602898564975363, 0.05061426814518815),
)
RULE_4: Rule = (
    (-0.8611363115940526, 0.1739274225687269),
    (-0.3399810435848563, 0.3260725774312731),
    (0.3399810435848563, 0.3260725774312731),
    (0.8611363115940526, 0.1739274225687269),
)
RULE_3: Rule = ((-0.7745966692414834, 5.0 / 18.0), (0.0, 4.0 / 9.0), (0.7745966692414834, 5.0 / 18.0))
# Offsets from the centre up to which the first two rules are needed.
NEAR = 2
MIDDLE = 5


def _side(offset: int, rule: Rule) -> list[tuple[float, float]]:
    """Abscissas and weights for the mean over a pixel's side, of which the central one is taken by halves."""
    centre, half = (0.25, 0.25) if offset == 0 else (float(offset), 0.5)
    return [(centre + half * x, weight) for x, weight in rule]


def _octant_nodes() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Squared radius and weight of each node, and where the nodes of each pixel end.

    Pixels come in the order (0, 0), (1, 0), (1, 1), (2, 0) ...: the first ones are those of a smaller radius.
    """
    radii: list[float] = []
    weights: list[float] = []
    ends: list[int] = []
    for i in range(LARGEST_RADIUS + 1):
        rule = RULE_8 if i <= NEAR else RULE_4 if i <= MIDDLE else RULE_3
        for j in range(i + 1):
            for x, x_weight in _side(i, rule):
                for y, y_weight in _side(j, rule):
                    radii.append(x * x + y * y)
                    weights.append(x_weight * y_weight)
            ends.append(len(radii))
    return np.array(radii), np.array(weights), np.array(ends)


NODE_RADII2, NODE_WEIGHTS, NODE_ENDS = _octant_nodes()


@inline
def _light_beyond(radius: float, gamma: float, alpha: float) -> float:
    ratio = radius / gamma
    return exp((1.0 - alpha) * log(1.0 + ratio * ratio))


@inline
def moffat_radius(gamma: float, alpha: float) -> int:
    """Pixels on each side that the PSF reaches: the least h >= 1 with at most 1e-3 of the light beyond, or 15.

    0 where gamma or alpha is NaN or gamma is not positive: no PSF.
    """
    if not gamma > 0.0 or np.isnan(alpha):
        return 0
    radius = 1
    while radius < LARGEST_RADIUS and _light_beyond(radius, gamma, alpha) > LOST:
        radius += 1
    return radius


@inline
def moffat_lost(gamma: float, alpha: float) -> float:
    """Share of the PSF's light beyond its radius h, (1 + h**2 / gamma**2)**(1 - alpha), which the sum puts back; 0
    where there is no PSF."""
    radius = moffat_radius(gamma, alpha)
    return 0.0 if radius == 0 else _light_beyond(radius, gamma, alpha)


@kernel
def widest_moffat(gamma: npt.NDArray[np.float64], alpha: npt.NDArray[np.float64]) -> int:
    """The largest `moffat_radius` of the samples, float64 (T,) each: the pad that `moffat_blur` asks for."""
    widest = 0
    for t in range(gamma.size):
        widest = max(widest, moffat_radius(gamma[t], alpha[t]))
    return widest


@kernel
def moffat_weights(gamma: float, alpha: float) -> npt.NDArray[np.float64]:
    """Quarter of the PSF, w[i, j] for 0 <= i, j <= h = moffat_radius(gamma, alpha): pixel means divided by their sum.

    The mean of (1 + r**2 / gamma**2)**-alpha over the pixel whose centre is (i, j) from the PSF's (Moffat 1969, A&A 3,
    455) by Gauss-Legendre rules; w is symmetric and the sum over all (2 h + 1)**2 pixels is 1. gamma [pix] and alpha
    positive. For gamma >= 0.3 and alpha <= 100 the error of a mean is below 1e-5 of it where it is above 1e-4 of the
    central one, and below 1e-8 of the central one everywhere.
    """
    radius = moffat_radius(gamma, alpha)
    pixels = (radius + 1) * (radius + 2) // 2
    nodes = np.empty(NODE_ENDS[pixels - 1], np.float64)
    inverse = 1.0 / (gamma * gamma)
    for n in range(nodes.size):
        nodes[n] = NODE_WEIGHTS[n] * exp(-alpha * log(1.0 + NODE_RADII2[n] * inverse))
    weights = np.empty((radius + 1, radius + 1), np.float64)
    total = 0.0
    pixel = 0
    node = 0
    for i in range(radius + 1):
        for j in range(i + 1):
            mean = 0.0
            while node < NODE_ENDS[pixel]:
                mean += nodes[node]
                node += 1
            weights[i, j] = mean
            weights[j, i] = mean
            total += mean * (1.0 if i == 0 else 4.0 if j == 0 or j == i else 8.0)
            pixel += 1
    return weights / total


@inline
def _fold(folded: npt.NDArray[np.float32], before: npt.NDArray[np.float32], after: npt.NDArray[np.float32]) -> None:
    for i in range(folded.size):
        folded[i] = before[i] + after[i]


@inline
def _add_centre(sums: npt.NDArray[np.float32], centre: npt.NDArray[np.float32], weight: np.float32) -> None:
    for i in range(sums.size):
        sums[i] += weight * centre[i]


@inline
def _add_pair(
    sums: npt.NDArray[np.float32],
    before: npt.NDArray[np.float32],
    after: npt.NDArray[np.float32],
    weight: np.float32,
) -> None:
    for i in range(sums.size):
        sums[i] += weight * (before[i] + after[i])


@inline
def _add_three_pairs(
    sums: npt.NDArray[np.float32],
    before1: npt.NDArray[np.float32],
    after1: npt.NDArray[np.float32],
    weight1: np.float32,
    before2: npt.NDArray[np.float32],
    after2: npt.NDArray[np.float32],
    weight2: np.float32,
    before3: npt.NDArray[np.float32],
    after3: npt.NDArray[np.float32],
    weight3: np.float32,
) -> None:
    for i in range(sums.size):
        total = sums[i] + weight1 * (before1[i] + after1[i])
        total = total + weight2 * (before2[i] + after2[i])
        sums[i] = total + weight3 * (before3[i] + after3[i])


@inline
def _add_row(sums: npt.NDArray[np.float32], row: npt.NDArray[np.float32], weights: npt.NDArray[np.float64]) -> None:
    """Add w_0 f(0), then w_1 (f(-1) + f(1)), ... w_r (f(-r) + f(r)), where f(k) = row[i + r + k]."""
    radius = weights.size - 1
    _add_centre(sums, row[radius:], np.float32(weights[0]))
    # Slices, one a tap: an index with an offset that is not provably positive would leave the loops scalar.
    threes = radius // 3 * 3
    for k in range(1, threes + 1, 3):
        _add_three_pairs(
            sums,
            row[radius - k :],
            row[radius + k :],
            np.float32(weights[k]),
            row[radius - k - 1 :],
            row[radius + k + 1 :],
            np.float32(weights[k + 1]),
            row[radius - k - 2 :],
            row[radius + k + 2 :],
            np.float32(weights[k + 2]),
        )
    for k in range(threes + 1, radius + 1):
        _add_pair(sums, row[radius - k :], row[radius + k :], np.float32(weights[k]))


@kernel
def _convolve(
    source: npt.NDArray[np.float32],
    stride: int,
    weights: npt.NDArray[np.float64],
    folded: npt.NDArray[np.float32],
    sums: npt.NDArray[np.float32],
) -> None:
    """Sums over all pixels within the radius: row 0, then rows +-1, +-2, ... added to each other first.

    The pixel of sums[i] is source[i + radius * (stride + 1)]; the weights are rounded to float32.
    """
    radius = weights.shape[0] - 1
    row = folded[: sums.size + 2 * radius]
    sums[:] = np.float32(0.0)
    _add_row(sums, source[radius * stride :], weights[0])
    for i in range(1, radius + 1):
        _fold(row, source[(radius - i) * stride :], source[(radius + i) * stride :])
        _add_row(sums, row, weights[i])


@inline
def _blur_one(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    weights: npt.NDArray[np.float64],
    folded: npt.NDArray[np.float32],
    sums: npt.NDArray[np.float32],
    pixels: npt.NDArray[np.float32],
) -> None:
    """Convolve one flat canvas into the image `pixels`, as many rows at a time as `sums` has room for."""
    height, width, pad = frame
    stride = width + 2 * pad
    radius = weights.shape[0] - 1
    most = sums.size // stride
    for first in range(0, height, most):
        rows = min(most, height - first)
        # Rows and the pads between them alike, as one long row: nothing reads the sums in the pads.
        corner = (first + pad - radius) * stride + pad - radius
        _convolve(canvas[corner:], stride, weights, folded, sums[: (rows - 1) * stride + width])
        _copy_rows(sums, stride, pixels[first * width :], rows, width)


@kernel
def moffat_blur(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    gamma: npt.NDArray[np.float64],
    alpha: npt.NDArray[np.float64],
    out: npt.NDArray[np.float32],
) -> None:
    """Convolve each canvas with a Moffat PSF and cut out the frame: light leaks in from outside, out at the edges.

    canvas: float32 (T, P), flat, P >= (height + 2 pad) (width + 2 pad); frame = (height, width, pad); gamma [pix] and
    alpha > 1: float64 (T,), where NaN leaves a sample as it is; out: float32 (T, height * width), contiguous.

    The sum over the (2 h + 1)**2 nearest pixels of w(|i|, |j|) f(row + i, column + j), with the weights of
    `moffat_weights` rounded to float32: row by row in the order 0, +-1, +-2, ..., within each the column 0, +-1, +-2,
    ..., symmetric pairs added first. So a sample's bits depend neither on the pad nor on other samples. Equal to
    scipy.signal.convolve2d within 1e-6 of a positive scene. Moffat (1969), A&A 3, 455.

    Raises ValueError where `moffat_radius` is larger than the pad.
    """
    _, width, pad = frame
    stride = width + 2 * pad
    sums = np.empty(max(STRETCH // stride, 1) * stride, np.float32)
    folded = np.empty(sums.size + 2 * LARGEST_RADIUS, np.float32)
    weights = np.zeros((1, 1), np.float64)
    last_gamma = np.nan
    last_alpha = np.nan
    for t in range(canvas.shape[0]):
        radius = moffat_radius(gamma[t], alpha[t])
        if radius > pad:
            raise ValueError("the canvas is padded by less than the radius of the PSF")
        if radius == 0:
            _crop_one(canvas[t], frame, out[t])
            continue
        if gamma[t] != last_gamma or alpha[t] != last_alpha:
            weights = moffat_weights(gamma[t], alpha[t])
            last_gamma = gamma[t]
            last_alpha = alpha[t]
        _blur_one(canvas[t], frame, weights, folded, sums, out[t])
