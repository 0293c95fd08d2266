"""Instance masks: which object gives a pixel its light."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel


@kernel
def claim_pixels(
    masks: npt.NDArray[np.uint16],
    brightest: npt.NDArray[np.float32],
    light: npt.NDArray[np.float32],
    samples: npt.NDArray[np.int64],
    numbers: npt.NDArray[np.int64],
    threshold: float,
) -> None:
    """Give each object the pixels in which it is the brightest so far.

    `light` holds one object a row, shape (objects, pixels); it belongs to image `samples[k]` and has the number
    `numbers[k]` there. It claims a pixel where its light is above `threshold` times its own brightest pixel and above
    `brightest`, shape (images, pixels), which it then raises; at equal light the earlier object keeps the pixel.
    """
    share = np.float32(threshold)
    for k in range(light.shape[0]):
        own = light[k]
        peak = np.float32(0.0)
        for p in range(own.size):
            peak = max(peak, own[p])
        least = share * peak
        mask = masks[samples[k]]
        best = brightest[samples[k]]
        number = np.uint16(numbers[k])
        for p in range(own.size):
            claims = own[p] > least and own[p] > best[p]
            mask[p] = number if claims else mask[p]
            best[p] = own[p] if claims else best[p]
