"""Gaussian point-spread function: separable convolution of a padded canvas, cut down to the frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.elementary import exp
from deepbench_fast.kernels.psf.taps import add_pairs

# Standard deviations after which the PSF is cut off, as in scipy.ndimage.
TRUNCATE = 4.0
# Pixels whose sums are built up tap after tap while they stay in the first-level cache.
STRETCH = 2048
# Pixels of the intermediate image held at a time, and its least height in pads: bounds of the memory and of the rows
# that are computed twice, for two strips.
STRIP_PIXELS = 32768
STRIP_PADS = 8

# Samples of a Gaussian narrower than this have neither its variance nor its higher moments.
NARROW = 0.75
NARROW_RADIUS = 3


@piece
def radius_of(sigma: float) -> int:
    """Pixels on each side that the PSF reaches: int(4 sigma + 0.5), 3 for sigma < 0.75; 0 for 0 and NaN."""
    if not sigma > 0.0:
        return 0
    return NARROW_RADIUS if sigma < NARROW else int(TRUNCATE * sigma + 0.5)


@kernel
def widest_gaussian(sigma: npt.NDArray[np.float64]) -> int:
    """The largest radius of the samples, float64 (T,): the pad that `blur` asks for."""
    widest = 0
    for t in range(sigma.size):
        widest = max(widest, radius_of(sigma[t]))
    return widest


@piece
def narrow_weights(variance: float) -> tuple[float, float, float, float]:
    """The weights w_0 .. w_3, w_-k = w_k, whose moments 0 to 7 are those of a Gaussian of this variance.

    With t = variance: sum of w_k k^2 = t, of w_k k^4 = 3 t^2, of w_k k^6 = 15 t^3. So a scene that pixels resolve is
    blurred by as much as by the Gaussian itself. For t < 0.37 w_2 is negative, at most 0.0061.
    """
    t = variance
    w_1 = t * ((5.0 * t - 13.0) * t + 12.0) / 16.0
    w_2 = -t * ((5.0 * t - 10.0) * t + 3.0) / 40.0
    w_3 = t * ((15.0 * t - 15.0) * t + 4.0) / 720.0
    return 1.0 - 2.0 * (w_1 + w_2 + w_3), w_1, w_2, w_3


@kernel
def gaussian_weights(sigma: float) -> npt.NDArray[np.float64]:
    """Weights w_0 .. w_r of a Gaussian of `sigma` > 0 pixels, w_-k = w_k; their sum is 1.

    From sigma = 0.75 on those of scipy.ndimage.gaussian_filter1d, w_k = exp(-k^2 / (2 sigma^2)) / (1 + 2 sum over j of
    exp(-j^2 / (2 sigma^2))), r = int(4 sigma + 0.5); below, those of `narrow_weights`, r = 3.
    """
    if sigma < NARROW:
        return np.array(narrow_weights(sigma * sigma))
    radius = radius_of(sigma)
    weights = np.ones(radius + 1, np.float64)
    total = 1.0
    for k in range(1, radius + 1):
        weights[k] = exp(-0.5 * (k / sigma) * (k / sigma))
        total += 2.0 * weights[k]
    for k in range(radius + 1):
        weights[k] /= total
    return weights


@piece
def _centre_and_three_pairs(
    sums: npt.NDArray[np.float32],
    centre: npt.NDArray[np.float32],
    before: npt.NDArray[np.float32],
    after: npt.NDArray[np.float32],
    before_next: npt.NDArray[np.float32],
    after_next: npt.NDArray[np.float32],
    before_last: npt.NDArray[np.float32],
    after_last: npt.NDArray[np.float32],
    weights: tuple[np.float32, np.float32, np.float32, np.float32],
) -> None:
    w_0, w_1, w_2, w_3 = weights
    for i in range(sums.size):
        total = (w_0 * centre[i] + w_1 * (before[i] + after[i])) + w_2 * (before_next[i] + after_next[i])
        sums[i] = total + w_3 * (before_last[i] + after_last[i])


@kernel
def _convolve(
    source: npt.NDArray[np.float32],
    stride: int,
    weights: npt.NDArray[np.float64],
    sums: npt.NDArray[np.float32],
) -> None:
    """sums[i] = w_0 f(0) + w_1 (f(-1) + f(1)) + ... + w_r (f(-r) + f(r)), added in this order.

    f(k) = source[i + (r + k) stride]; r = weights.size - 1 >= 3; the weights are rounded to float32.
    """
    centre = (weights.size - 1) * stride
    rounded = np.float32(weights[0]), np.float32(weights[1]), np.float32(weights[2]), np.float32(weights[3])
    for start in range(0, sums.size, STRETCH):
        part = sums[start : min(start + STRETCH, sums.size)]
        taps = source[start:]
        _centre_and_three_pairs(
            part,
            taps[centre:],
            taps[centre - stride :],
            taps[centre + stride :],
            taps[centre - 2 * stride :],
            taps[centre + 2 * stride :],
            taps[centre - 3 * stride :],
            taps[centre + 3 * stride :],
            rounded,
        )
        add_pairs(part, taps, stride, weights, 4)


@piece
def _copy_rows(source: npt.NDArray[Any], stride: int, pixels: npt.NDArray[Any], height: int, width: int) -> None:
    """Copy `height` rows of `width` pixels, which start `stride` apart in `source`, to a contiguous image."""
    for row in range(height):
        from_row = source[row * stride : row * stride + width]
        to_row = pixels[row * width : (row + 1) * width]
        for column in range(width):
            to_row[column] = from_row[column]


@piece
def _blur_one(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    weights: npt.NDArray[np.float64],
    strip: int,
    blurred_rows: npt.NDArray[np.float32],
    blurred: npt.NDArray[np.float32],
    pixels: npt.NDArray[np.float32],
    stop: npt.NDArray[np.int64],
) -> None:
    """Blur one flat canvas into the image `pixels`, `strip` rows at a time."""
    height, width, pad = frame
    stride = width + 2 * pad
    radius = weights.size - 1
    for first in range(0, height, strip):
        if stop[0] != 0:
            return
        rows = min(strip, height - first)
        # Both passes run over rows and pads alike, as over one long row. Where a tap of the first pass crosses from one
        # row into the next, its centre lies in the pad, at least `radius` wide, and nothing reads that pixel later.
        along = (rows + 2 * radius - 1) * stride + width
        across = (rows - 1) * stride + width
        corner = (first + pad - radius) * stride + pad - radius
        _convolve(canvas[corner:], 1, weights, blurred_rows[:along])
        _convolve(blurred_rows, stride, weights, blurred[:across])
        _copy_rows(blurred, stride, pixels[first * width :], rows, width)


@piece
def _crop_one(canvas: npt.NDArray[Any], frame: tuple[int, int, int], pixels: npt.NDArray[Any]) -> None:
    height, width, pad = frame
    stride = width + 2 * pad
    if pad == 0:
        _copy_rows(canvas, height * width, pixels, 1, height * width)
    else:
        _copy_rows(canvas[pad * stride + pad :], stride, pixels, height, width)


@kernel
def crop(canvas: npt.NDArray[Any], frame: tuple[int, int, int], out: npt.NDArray[Any]) -> None:
    """Copy the frame out of each padded canvas.

    canvas: float32 or uint8 (T, P), flat, P >= (height + 2 pad) (width + 2 pad); frame = (height, width, pad); out: of
    the same dtype (T, height * width).
    """
    for t in range(canvas.shape[0]):
        _crop_one(canvas[t], frame, out[t])


@kernel
def blur(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    sigma: npt.NDArray[np.float64],
    out: npt.NDArray[np.float32],
    stop: npt.NDArray[np.int64],
) -> None:
    """Convolve each canvas with a Gaussian PSF and cut out the frame: light leaks in from outside, out at the edges.

    canvas: float32 (T, P), flat, P >= (height + 2 pad) (width + 2 pad); frame = (height, width, pad); sigma: float64
    (T,), pixels; NaN and 0 leave a sample as it is; out: float32 (T, height * width), contiguous, and of no use where
    stop[0] was set meanwhile: the kernel then returns soon.

    Along the rows, then along the columns: sum over |k| <= r of w_k f(x + k), with the weights of `gaussian_weights`
    rounded to float32, added in the order centre, pair +-1, pair +-2, ... So a sample's bits depend neither on the pad
    nor on other samples. From sigma = 0.75 on equal to scipy.ndimage.gaussian_filter(canvas, sigma, mode="constant")
    within 1e-6.

    Raises ValueError where a radius is larger than the pad, or a sigma infinite.
    """
    height, width, pad = frame
    stride = width + 2 * pad
    strip = min(height, max(STRIP_PADS * pad, STRIP_PIXELS // stride))
    blurred_rows = np.empty((strip + 2 * pad) * stride, np.float32)
    blurred = np.empty(strip * stride, np.float32)
    for t in range(canvas.shape[0]):
        if TRUNCATE * sigma[t] + 0.5 >= pad + 1 or radius_of(sigma[t]) > pad:
            raise ValueError("the canvas is padded by less than the radius of the PSF")
        if radius_of(sigma[t]) == 0:
            _crop_one(canvas[t], frame, out[t])
        else:
            _blur_one(canvas[t], frame, gaussian_weights(sigma[t]), strip, blurred_rows, blurred, out[t], stop)
