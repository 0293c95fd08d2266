"""Point spread functions in float64: images and their slopes blurred alike, and the slopes of the weights.

Blur is linear, so the slope of a blurred image along a parameter of the light is the blurred slope, and along a
parameter of the PSF it is the image blurred by the slopes of the weights. Weights are those of `kernels.psf`, not
rounded to float32.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.derivatives._duals import put_slopes, variable
from deepbench_fast.kernels.derivatives.lift import lift
from deepbench_fast.kernels.elementary import PI, exp, log
from deepbench_fast.kernels.psf import fourier
from deepbench_fast.kernels.psf.gaussian import NARROW, NARROW_RADIUS, gaussian_weights, narrow_weights
from deepbench_fast.kernels.psf.moffat import PANEL, RULE, _log_gamma
from deepbench_fast.kernels.stopping import NEVER

Floats = npt.NDArray[np.float64]
Frame = tuple[int, int, int]
# Pixels whose sums are built up tap after tap while they stay in the first-level cache.
STRETCH = 1024


@kernel
def gaussian_slopes(sigma: float) -> Floats:
    """d/d sigma of `gaussian_weights`; the radius counts as given."""
    weights = gaussian_weights(sigma)
    slopes = np.empty_like(weights)
    if sigma < NARROW:
        t = sigma * sigma
        slopes[1] = ((15.0 * t - 26.0) * t + 12.0) / 16.0
        slopes[2] = -((15.0 * t - 20.0) * t + 3.0) / 40.0
        slopes[3] = ((45.0 * t - 30.0) * t + 4.0) / 720.0
        slopes[0] = -2.0 * (slopes[1] + slopes[2] + slopes[3])
        for k in range(slopes.size):
            slopes[k] *= 2.0 * sigma
        return slopes
    mean = 0.0
    for k in range(1, weights.size):
        mean += 2.0 * (k * k) * weights[k]
    for k in range(weights.size):
        slopes[k] = weights[k] * (k * k - mean) / (sigma * sigma * sigma)
    return slopes


@inline
def _add_taps(source: Floats, stride: int, weights: Floats, sums: Floats) -> None:
    """sums[i] += w_0 f(0) + w_1 (f(-1) + f(1)) + ..., f(k) = source[i + (r + k) stride]."""
    centre = (weights.size - 1) * stride
    for i in range(sums.size):
        sums[i] += weights[0] * source[centre + i]
    for k in range(1, weights.size):
        before, after = source[centre - k * stride :], source[centre + k * stride :]
        for i in range(sums.size):
            sums[i] += weights[k] * (before[i] + after[i])


@kernel
def add_separable(canvas: Floats, frame: Frame, along: Floats, across: Floats, out: Floats) -> None:
    """Add to each image the canvas blurred by along[|j|] across[|i|].

    canvas: (images, (height + 2 pad) (width + 2 pad)), frame = (height, width, pad); out: (images, height * width).
    """
    height, width, pad = frame
    stride = width + 2 * pad
    radius = along.size - 1
    rows = np.empty((height + 2 * radius) * stride)
    sums = np.empty(height * stride)
    for image in range(canvas.shape[0]):
        source = canvas[image, (pad - radius) * stride + pad - radius :]
        length = (height + 2 * radius - 1) * stride + width
        rows[:length] = 0.0
        for start in range(0, length, STRETCH):
            _add_taps(source[start:], 1, along, rows[start : min(start + STRETCH, length)])
        length = (height - 1) * stride + width
        sums[:length] = 0.0
        for start in range(0, length, STRETCH):
            _add_taps(rows[start:], stride, across, sums[start : min(start + STRETCH, length)])
        for i in range(height):
            for j in range(width):
                out[image, i * width + j] += sums[i * stride + j]


@inline
def _weight(i: int, j: int, gamma: float, alpha: float) -> float:
    """A weight of the Moffat PSF, operation by operation as `moffat_weights` has it."""
    square = gamma * gamma
    inverse = 1.0 / square
    weight = (alpha - 1.0) / PI * inverse * exp(-alpha * log(1.0 + (i * i + j * j) * inverse))
    if i > NARROW_RADIUS or j > NARROW_RADIUS:
        return weight
    low = log(square / (2.0 * NARROW * NARROW))
    high = log(alpha + 8.0 * np.sqrt(alpha) + 30.0)
    if not low < high:
        return weight
    panels = int((high - low) / PANEL) + 1
    log_factor = log(alpha - 1.0) - _log_gamma(alpha)
    for panel in range(panels):
        for abscissa, half_weight in RULE:
            log_t = low + (high - low) / panels * (panel + 0.5 + 0.5 * abscissa)
            t = exp(log_t)
            light = exp(log_factor + (alpha - 1.0) * log_t - t) * half_weight * ((high - low) / panels)
            w_0, w_1, w_2, w_3 = narrow_weights(0.5 * square / t)
            own_i = w_0 if i == 0 else (w_1 if i == 1 else (w_2 if i == 2 else w_3))
            own_j = w_0 if j == 0 else (w_1 if j == 1 else (w_2 if j == 2 else w_3))
            weight += light * (
                own_i * own_j - t / (PI * square) * (exp(-(t / square) * (i * i)) * exp(-(t / square) * (j * j)))
            )
    return weight


_dual_weight = lift(_weight)


@kernel
def moffat_slopes(gamma: float, alpha: float, radius: int) -> tuple[Floats, Floats, Floats]:
    """The weights of `moffat_weights`, and their slopes along gamma and alpha; the radius counts as given."""
    weights, by_gamma, by_alpha = (
        np.empty((radius + 1, radius + 1)),
        np.empty((radius + 1, radius + 1)),
        np.empty((radius + 1, radius + 1)),
    )
    slopes = np.empty(2)
    for i in range(radius + 1):
        for j in range(i + 1):
            weight = _dual_weight(i, j, variable(gamma, 0, 2), variable(alpha, 1, 2))
            put_slopes(weight, slopes, 0, 1)
            weights[i, j], by_gamma[i, j], by_alpha[i, j] = weight.v, slopes[0], slopes[1]
            weights[j, i], by_gamma[j, i], by_alpha[j, i] = weight.v, slopes[0], slopes[1]
    return weights, by_gamma, by_alpha


def add_transformed(canvas: Floats, frame: Frame, weights: Floats, out: Floats) -> None:
    """Add to each image the canvas blurred by weights[|i|, |j|], by transforms; nothing lies beyond the canvas.

    Arrays as in `add_separable`. Error: 1e-15 of the brightest pixel, times the logarithm of the size.
    """
    height, width, pad = frame
    radius = weights.shape[0] - 1
    sizes = [fourier.transform_size(side + pad + min(radius, side + pad)) for side in (height, width)]
    turns, work = (fourier.make_turns(sizes[0]), fourier.make_turns(sizes[1])), fourier.make_work(*sizes)
    transfer = fourier.transfer_function(weights, *turns, work, NEVER.flag)
    blurred = np.empty(height * width)
    for image, source in zip(out, canvas, strict=True):
        shape = height, width
        fourier.convolve(source, width + 2 * pad, pad, shape, transfer, turns, work, blurred, width, NEVER.flag)
        image += blurred
