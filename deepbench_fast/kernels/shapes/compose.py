"""How a shape's pixels join what the canvas holds already."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline

Float32Array = npt.NDArray[np.float32]

# Codes of `overlap`, for a pixel a and a shape's value b: max(a, b); a + b - 2ab, which is associative, and exclusive
# or for 0 and 1; a + b. None depends on the order of the shapes but by rounding.
UNION = 0
XOR = 1
ADD = 2

# Stretches of pixels are filled in whole vectors: a remainder would be scalar code.
LANES = 32

TWO = np.float32(2.0)


@inline
def exclusive_or(a: np.float32, b: np.float32) -> np.float32:
    """a + b - 2ab."""
    return a + (b - TWO * (a * b))


@inline
def fill_stretch(image: Float32Array, start: int, count: int, value: np.float32, overlap: int) -> None:
    """Compose `count` > 0 pixels of a flat canvas, from `start` on, with one value.

    The canvas's length is a multiple of `LANES`. Pixels behind the stretch are read and written back, in the last
    vectors of the canvas also pixels before it.
    """
    window = min((count + (LANES - 1)) // LANES * LANES, image.shape[0])
    origin = min(start, image.shape[0] - window)
    pixels = image[origin : origin + window]
    low = np.int32(start - origin)
    high = np.int32(start - origin + count)
    if overlap == UNION:
        for j in range(window):
            inside = (np.int32(j) >= low) & (np.int32(j) < high)
            pixels[j] = value if inside & (value > pixels[j]) else pixels[j]
    elif overlap == XOR:
        for j in range(window):
            inside = (np.int32(j) >= low) & (np.int32(j) < high)
            pixels[j] = exclusive_or(pixels[j], value) if inside else pixels[j]
    else:
        for j in range(window):
            inside = (np.int32(j) >= low) & (np.int32(j) < high)
            pixels[j] = pixels[j] + value if inside else pixels[j]
