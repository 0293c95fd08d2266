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
