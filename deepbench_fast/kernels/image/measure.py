"""Sums over images, in an order that no compiler changes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel

LANES = 32


@kernel
def brightness(images: npt.NDArray[np.float32], out: npt.NDArray[np.float64]) -> None:
    """Sum of each image, shape (samples, pixels) → (samples,), in float64.

    Pixel p goes to the partial sum p mod 32; the partial sums are added in order.
    """
    partial = np.zeros(LANES, np.float64)
    pixels = images.shape[1]
    whole = pixels // LANES * LANES
    for t in range(images.shape[0]):
        image = images[t]
        partial[:] = 0.0
        for start in range(0, whole, LANES):
            strip = image[start : start + LANES]
            for lane in range(LANES):
                partial[lane] += np.float64(strip[lane])
        for p in range(whole, pixels):
            partial[p - whole] += np.float64(image[p])
        total = 0.0
        for lane in range(LANES):
            total += partial[lane]
        out[t] = total


@kernel
def quantise(images: npt.NDArray[np.float32], out: npt.NDArray[np.uint8]) -> None:
    """Nearest whole numbers (halves up) from 0 to 255 of images, shape (samples, pixels)."""
    for t in range(images.shape[0]):
        image = images[t]
        bytes_ = out[t]
        for p in range(image.size):
            bytes_[p] = np.uint8(np.int32(min(max(image[p] + np.float32(0.5), np.float32(0.0)), np.float32(255.0))))
