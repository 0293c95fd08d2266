"""Instance masks: which object gives a pixel its light."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._frozen import frozen
from deepbench_fast.kernels._jit import kernel


@kernel
def claim_pixels(
    masks: npt.NDArray[np.uint16],
    brightest: npt.NDArray[Any],
    light: npt.NDArray[Any],
    peaks: npt.NDArray[np.float32],
    samples: npt.NDArray[np.int64],
    numbers: npt.NDArray[np.int64],
    threshold: float,
) -> None:
    """Give each object the pixels in which it is the brightest so far.

    `light`, float32 or uint8, holds one object a row, shape (objects, pixels); it belongs to image `samples[k]` and has
    the number `numbers[k]` there, up to 65,535. It claims a pixel where its light is above `threshold` times its own
    brightest pixel, `peaks[k]`, and above `brightest`, of light's dtype, shape (images, pixels), which it then raises;
    at equal light the earlier object keeps the pixel.
    """
    share = np.float32(threshold)
    for k in range(light.shape[0]):
        own = light[k]
        least = share * peaks[k]
        mask = masks[samples[k]]
        best = brightest[samples[k]]
        number = np.uint16(numbers[k])
        for p in range(own.size):
            here, before, claimed = own[p], frozen(best[p]), frozen(mask[p])
            claims = (here > least) & (here > before)
            mask[p] = number if claims else claimed
            best[p] = here if claims else before


@kernel
def highest_beside(
    light: npt.NDArray[Any],
    side: int,
    left: npt.NDArray[np.int64],
    top: npt.NDArray[np.int64],
    frame: tuple[int, int],
    peaks: npt.NDArray[np.float32],
) -> None:
    """Raise `peaks` to the brightest pixels that views show outside of the frame of `frame` = (rows, columns).

    `light` holds one view a row, shape (views, side * side), whose first pixel is column `left[k]` and row `top[k]` of
    the frame.
    """
    height, width = frame
    for k in range(light.shape[0]):
        peak = peaks[k]
        first, stop = min(max(-left[k], 0), side), min(max(width - left[k], 0), side)
        for row in range(side):
            pixels = light[k, row * side : (row + 1) * side]
            inside = 0 <= row + top[k] < height
            for column in range(first if inside else side):
                peak = max(peak, pixels[column])
            for column in range(stop if inside else side, side):
                peak = max(peak, pixels[column])
        peaks[k] = peak
