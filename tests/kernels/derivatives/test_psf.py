"""PSFs in float64 against sums as they are defined, and the slopes of their weights against differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from deepbench_fast.kernels.derivatives.psf import add_separable, add_transformed, gaussian_slopes, moffat_slopes
from deepbench_fast.kernels.psf.gaussian import gaussian_weights
from deepbench_fast.kernels.psf.moffat import moffat_weights

FRAME = (20, 24, 7)


def richardson(f: Callable[[float], Any], step: float = 1e-3) -> Any:
    a, b, c = ((f(h) - f(-h)) / (2 * h) for h in (step, step / 2, step / 4))
    return (16 * (4 * c - b) / 3 - (4 * b - a) / 3) / 15


@pytest.mark.parametrize("sigma", [0.05, 0.3, 0.7, 0.8, 1.3, 3.0, 11.0])
def test_slopes_of_gaussian_weights(sigma: float) -> None:
    expected = richardson(lambda h: gaussian_weights(sigma + h))
    np.testing.assert_allclose(gaussian_slopes(sigma), expected, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize(("gamma", "alpha", "radius"), [(1.5, 3.0, 6), (0.5, 1.5, 20), (3.0, 2.5, 30), (0.8, 4.7, 5)])
def test_slopes_of_moffat_weights(gamma: float, alpha: float, radius: int) -> None:
    weights, by_gamma, by_alpha = moffat_slopes(gamma, alpha, radius)
    np.testing.assert_array_equal(weights, moffat_weights(gamma, alpha, radius))
    expected = richardson(lambda h: moffat_weights(gamma + h, alpha, radius))
    np.testing.assert_allclose(by_gamma, expected, atol=1e-9 * np.abs(expected).max())
    expected = richardson(lambda h: moffat_weights(gamma, alpha + h, radius))
    np.testing.assert_allclose(by_alpha, expected, atol=1e-9 * np.abs(expected).max())


def summed(canvas: Any, weights: Any) -> Any:
    """Each pixel of the frame as the sum over its neighbours; nothing lies beyond the canvas."""
    height, width, pad = FRAME
    radius = weights.shape[0] - 1
    image = np.pad(canvas.reshape(height + 2 * pad, width + 2 * pad), radius)
    total = np.zeros((height, width))
    for i in range(-radius, radius + 1):
        for j in range(-radius, radius + 1):
            top, left = pad + radius + i, pad + radius + j
            total += weights[abs(i), abs(j)] * image[top : top + height, left : left + width]
    return total.ravel()


def test_blur_is_the_sum_over_the_weights() -> None:
    height, width, pad = FRAME
    canvas = np.random.default_rng(1).random((2, (height + 2 * pad) * (width + 2 * pad)))
    out = np.zeros((2, height * width))
    weights = moffat_weights(1.5, 3.0, 9)
    add_transformed(canvas, FRAME, weights, out)
    np.testing.assert_allclose(out, [summed(one, weights) for one in canvas], rtol=1e-13)
    out[:] = 0.0
    along, across = gaussian_weights(1.3), gaussian_slopes(1.3)
    add_separable(canvas, FRAME, along, across, out)
    np.testing.assert_allclose(out, [summed(one, np.outer(across, along)) for one in canvas], atol=1e-14)
