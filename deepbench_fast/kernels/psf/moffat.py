"""Moffat point-spread function: its weights, and the convolution of a padded canvas, cut down to the frame."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.elementary import PI, exp, log
from deepbench_fast.kernels.psf.fourier import (
    convolve,
    make_turns,
    make_work,
    tile_of,
    transfer_function,
    transform_size,
)
from deepbench_fast.kernels.psf.gaussian import NARROW, NARROW_RADIUS, _copy_rows, _crop_one, narrow_weights
from deepbench_fast.kernels.psf.taps import add_pairs

# The PSF reaches so far that no more than this share of its light lies beyond, but from the pad's edge no further than
# to the other edge of the frame.
LOST = 1e-4
# The pad is no wider than the frame, nor than this: the memory of a transform grows with the square.
LARGEST_PAD = 2048
# Up to this radius a sum over the weights is faster than transforms.
DIRECT_RADIUS = 8
# Pixels, pads included, that are convolved at a time: their sums stay in the first-level cache.
STRETCH = 2048

# Abscissas in [-1, 1] and half weights of the Gauss-Legendre rule with eight nodes.
RULE: tuple[tuple[float, float], ...] = (
    (-0.9602898564975363, 0.05061426814518815),
    (-0.7966664774136267, 0.11119051722668725),
    (-0.5255324099163290, 0.15685332293894365),
    (-0.1834346424956498, 0.181341891689181),
    (0.1834346424956498, 0.181341891689181),
    (0.5255324099163290, 0.15685332293894365),
    (0.7966664774136267, 0.11119051722668725),
    (0.9602898564975363, 0.05061426814518815),
)
# Length of a panel of that rule in log(t); the mixture's densest part is wider for alpha <= 100.
PANEL = 0.25


@piece
def _widest_pad(side: int) -> int:
    return max(min(side, LARGEST_PAD), DIRECT_RADIUS)


@kernel
def moffat_radius(gamma: float, alpha: float, side: int) -> int:
    """Pixels on each side that the PSF reaches: the least h >= 3 with (1 + h**2 / gamma**2)**(1 - alpha) <= 1e-4.

    No more than twice `side`, the longer side of the frame, taken for at least 8 and at most 2048: so far is a pixel of
    the pad from the frame's other edge. 0 where gamma or alpha is NaN or gamma is not positive: no PSF.
    """
    if not gamma > 0.0 or np.isnan(alpha):
        return 0
    most = 2 * _widest_pad(side)
    exponent = -log(LOST) / (alpha - 1.0)
    if not exponent < 100.0:
        return most
    least = gamma * np.sqrt(exp(exponent) - 1.0)
    return most if least >= most else max(int(least) + 1, NARROW_RADIUS)


@kernel
def moffat_radii(gamma: npt.NDArray[np.float64], alpha: npt.NDArray[np.float64], side: int) -> npt.NDArray[np.int64]:
    """The `moffat_radius` of each sample, float64 (T,) each."""
    radii = np.empty(gamma.size, np.int64)
    for t in range(gamma.size):
        radii[t] = moffat_radius(gamma[t], alpha[t], side)
    return radii


@kernel
def widest_moffat(gamma: npt.NDArray[np.float64], alpha: npt.NDArray[np.float64], side: int) -> int:
    """The pad that `moffat_blur` asks for: the largest `moffat_radius` of the samples, float64 (T,) each, or `side`."""
    widest = 0
    for t in range(gamma.size):
        widest = max(widest, moffat_radius(gamma[t], alpha[t], side))
    return min(widest, _widest_pad(side))


@piece
def _log_gamma(x: float) -> float:
    """log of the gamma function for x >= 1, within 1e-13: Stirling's series (DLMF 5.11.1) from x + 8 on."""
    product = 1.0
    for k in range(8):
        product *= x + k
    z = x + 8.0
    square = 1.0 / (z * z)
    series = (((1.0 / 1188.0 * square - 1.0 / 1680.0) * square + 1.0 / 1260.0) * square - 1.0 / 360.0) * square
    return (z - 0.5) * log(z) - z + 0.5 * log(2.0 * PI) + (series + 1.0 / 12.0) / z - log(product)


@piece
def _narrow_part(gamma: float, alpha: float, weights: npt.NDArray[np.float64]) -> None:
    """Replace the samples of the mixture's narrow Gaussians by weights that are right for them.

    A Moffat profile is a mixture of Gaussians, (1 + r**2 / gamma**2)**-alpha = 1 / Gamma(alpha) * integral over t > 0
    of t**(alpha - 1) exp(-t) exp(-t r**2 / gamma**2), of variances gamma**2 / (2 t). Samples of those narrower than
    NARROW, which pixels don't resolve, have neither their light nor their variance.
    """
    square = gamma * gamma
    low = log(square / (2.0 * NARROW * NARROW))
    # Beyond, less than 1e-12 of the light is left.
    high = log(alpha + 8.0 * np.sqrt(alpha) + 30.0)
    panels = int((high - low) / PANEL) + 1
    samples = np.empty(NARROW_RADIUS + 1, np.float64)
    log_factor = log(alpha - 1.0) - _log_gamma(alpha)
    for panel in range(panels if low < high else 0):
        for abscissa, half_weight in RULE:
            log_t = low + (high - low) / panels * (panel + 0.5 + 0.5 * abscissa)
            t = exp(log_t)
            # The share of the light that Gaussians of this t have: their t is gamma-distributed, with alpha - 1.
            light = exp(log_factor + (alpha - 1.0) * log_t - t) * half_weight * ((high - low) / panels)
            peak = t / (PI * square)
            own = narrow_weights(0.5 * square / t)
            for i in range(NARROW_RADIUS + 1):
                samples[i] = exp(-(t / square) * (i * i))
            for i in range(NARROW_RADIUS + 1):
                for j in range(NARROW_RADIUS + 1):
                    weights[i, j] += light * (own[i] * own[j] - peak * (samples[i] * samples[j]))


@kernel
def moffat_weights(gamma: float, alpha: float, radius: int) -> npt.NDArray[np.float64]:
    """Quarter of the PSF, w[i, j] for 0 <= i, j <= radius: the light of the pixel (i, j) from the PSF's centre.

    (alpha - 1) / (pi gamma**2) (1 + (i**2 + j**2) / gamma**2)**-alpha (Moffat 1969, A&A 3, 455) at the pixels'
    centres, so that the light of the infinite plane is 1; gamma [pix] >= 0.5, 1 < alpha <= 100. Where gamma is small,
    the weights with i, j <= 3 are those of `blur` for the narrow ones among the Gaussians that the profile is made of.
    """
    weights = np.empty((radius + 1, radius + 1), np.float64)
    inverse = 1.0 / (gamma * gamma)
    peak = (alpha - 1.0) / PI * inverse
    for i in range(radius + 1):
        for j in range(i + 1):
            weights[i, j] = peak * exp(-alpha * log(1.0 + (i * i + j * j) * inverse))
            weights[j, i] = weights[i, j]
    _narrow_part(gamma, alpha, weights)
    return weights


@piece
def _fold(folded: npt.NDArray[np.float32], before: npt.NDArray[np.float32], after: npt.NDArray[np.float32]) -> None:
    for i in range(folded.size):
        folded[i] = before[i] + after[i]


@piece
def _add_centre(sums: npt.NDArray[np.float32], centre: npt.NDArray[np.float32], weight: np.float32) -> None:
    for i in range(sums.size):
        sums[i] += weight * centre[i]


@piece
def _add_row(sums: npt.NDArray[np.float32], row: npt.NDArray[np.float32], weights: npt.NDArray[np.float64]) -> None:
    """Add w_0 f(0), then w_1 (f(-1) + f(1)), ... w_r (f(-r) + f(r)), where f(k) = row[i + r + k]."""
    _add_centre(sums, row[weights.size - 1 :], np.float32(weights[0]))
    add_pairs(sums, row, 1, weights, 1)


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


@piece
def _sum_one(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    weights: npt.NDArray[np.float64],
    folded: npt.NDArray[np.float32],
    sums: npt.NDArray[np.float32],
    pixels: npt.NDArray[np.float32],
    stop: npt.NDArray[np.int64],
) -> None:
    """Convolve one flat canvas into the image `pixels`, as many rows at a time as `sums` has room for."""
    height, width, pad = frame
    stride = width + 2 * pad
    radius = weights.shape[0] - 1
    most = sums.size // stride
    for first in range(0, height, most):
        if stop[0] != 0:
            return
        rows = min(most, height - first)
        # Rows and the pads between them alike, as one long row: nothing reads the sums in the pads.
        corner = (first + pad - radius) * stride + pad - radius
        _convolve(canvas[corner:], stride, weights, folded, sums[: (rows - 1) * stride + width])
        _copy_rows(sums, stride, pixels[first * width :], rows, width)


@kernel
def _by_sums(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    gamma: npt.NDArray[np.float64],
    alpha: npt.NDArray[np.float64],
    radii: npt.NDArray[np.int64],
    out: npt.NDArray[np.float32],
    stop: npt.NDArray[np.int64],
) -> None:
    """Blur the samples whose PSF reaches no further than DIRECT_RADIUS; those without one are cut out as they are."""
    stride = frame[1] + 2 * frame[2]
    sums = np.empty(max(STRETCH // stride, 1) * stride, np.float32)
    folded = np.empty(sums.size + 2 * DIRECT_RADIUS, np.float32)
    weights = np.zeros((1, 1), np.float64)
    last_gamma = np.nan
    last_alpha = np.nan
    for t in range(canvas.shape[0]):
        if stop[0] != 0:
            return
        if radii[t] == 0:
            _crop_one(canvas[t], frame, out[t])
        elif radii[t] <= DIRECT_RADIUS:
            if gamma[t] != last_gamma or alpha[t] != last_alpha:
                weights = moffat_weights(gamma[t], alpha[t], radii[t])
                last_gamma = gamma[t]
                last_alpha = alpha[t]
            _sum_one(canvas[t], frame, weights, folded, sums, out[t], stop)


def _by_transforms(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    gamma: npt.NDArray[np.float64],
    alpha: npt.NDArray[np.float64],
    radii: npt.NDArray[np.int64],
    out: npt.NDArray[np.float32],
    stop: npt.NDArray[np.int64],
) -> None:
    """Blur the samples whose PSF reaches further than DIRECT_RADIUS."""
    height, width, pad = frame
    stride = width + 2 * pad
    planned, made = 0, (np.nan, np.nan)
    for t in np.flatnonzero(radii > DIRECT_RADIUS).tolist():
        radius = int(radii[t])
        if radius != planned:
            planned = radius
            margin = widest_moffat(gamma[t : t + 1], alpha[t : t + 1], max(height, width))
            # From a pad to the frame's other edge it is no further than this.
            longer = [margin + min(radius, side + margin) for side in (height, width)]
            tile = [tile_of(side, more) for side, more in zip((height, width), longer, strict=True)]
            rows, columns = (transform_size(part + more) for part, more in zip(tile, longer, strict=True))
            turns, work = (make_turns(rows), make_turns(columns)), make_work(rows, columns)
        if (gamma[t], alpha[t]) != made:
            made = gamma[t], alpha[t]
            transfer = transfer_function(moffat_weights(*made, radius), *turns, work, stop)
        for top in range(0, height, tile[0]):
            for left in range(0, width, tile[1]):
                if stop[0] != 0:
                    return
                shape = min(tile[0], height - top), min(tile[1], width - left)
                corner = (top + pad - margin) * stride + left + pad - margin
                to = out[t, top * width + left :]
                convolve(canvas[t, corner:], stride, margin, shape, transfer, turns, work, to, width, stop)


def moffat_blur(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    gamma: npt.NDArray[np.float64],
    alpha: npt.NDArray[np.float64],
    out: npt.NDArray[np.float32],
    stop: npt.NDArray[np.int64],
) -> None:
    """Convolve each canvas with a Moffat PSF and cut out the frame: light leaks in from outside, out at the edges.

    canvas: float32 (T, P), flat, P >= (height + 2 pad) (width + 2 pad); frame = (height, width, pad); gamma [pix] and
    alpha > 1: float64 (T,), where NaN leaves a sample as it is; out: float32 (T, height * width), contiguous, and of no
    use where stop[0] was set meanwhile: the kernel then returns soon.

    The sum over the (2 h + 1)**2 nearest pixels of w(|i|, |j|) f(row + i, column + j), with the weights of
    `moffat_weights` and h of `moffat_radius` for the longer side of the frame. f is the canvas as far as this sample
    alone would have it padded, and 0 beyond; nothing is put back for the light beyond h. Up to h = 8 it is a sum, with
    weights rounded to float32: row by row in the order 0, +-1, +-2, ..., within each the column 0, +-1, +-2, ...,
    symmetric pairs added first; within 1e-6 of a positive scene. For larger h it is taken by transforms in float64
    (`fourier`), within 1e-7 of itself and 1e-14 of the scene's largest value. So a sample's bits depend neither on the
    pad nor on other samples. Moffat (1969), A&A 3, 455.

    Raises ValueError where the canvas is padded by less than that.
    """
    side = max(frame[:2])
    if widest_moffat(gamma, alpha, side) > frame[2]:
        raise ValueError("the canvas is padded by less than the radius of the PSF")
    radii = moffat_radii(gamma, alpha, side)
    # Apart, so that who has narrow PSFs only need not wait until transforms are compiled.
    if (radii <= DIRECT_RADIUS).any():
        _by_sums(canvas, frame, gamma, alpha, radii, out, stop)
    if (radii > DIRECT_RADIUS).any():
        _by_transforms(canvas, frame, gamma, alpha, radii, out, stop)
