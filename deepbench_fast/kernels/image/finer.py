"""Images drawn on a finer grid, brought back to their pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel


@kernel
def pixel_means(
    fine: npt.NDArray[np.float32], shape: tuple[int, int], factor: int, out: npt.NDArray[np.float32]
) -> None:
    """The mean of the factor x factor sub-pixels of each pixel, summed row by row in float64.

    fine: float32 (T, factor**2 * height * width), flat, the pixel grid of (factor * height, factor * width); shape =
    (height, width); out: float32 (T, height * width).
    """
    height, width = shape
    weight = 1.0 / (factor * factor)
    sums = np.empty(width)
    for t in range(out.shape[0]):
        for row in range(height):
            sums[:] = 0.0
            for i in range(factor):
                start = (row * factor + i) * width * factor
                strip = fine[t, start : start + width * factor]
                for column in range(width):
                    for j in range(factor):
                        sums[column] += np.float64(strip[column * factor + j])
            for column in range(width):
                out[t, row * width + column] = np.float32(sums[column] * weight)


@kernel
def pixel_centres(fine: npt.NDArray[Any], shape: tuple[int, int], factor: int, out: npt.NDArray[Any]) -> None:
    """The central one of the factor x factor sub-pixels of each pixel, factor being odd; arguments as in
    `pixel_means`, or both uint8."""
    height, width = shape
    middle = factor // 2
    for t in range(out.shape[0]):
        for row in range(height):
            start = (row * factor + middle) * width * factor + middle
            for column in range(width):
                out[t, row * width + column] = fine[t, start + column * factor]
