"""Pixel centres on a flat canvas: where each pixel of a padded frame stands.

Pixel (row i, column j) of a frame is the unit square centred at x = j, y = i. A canvas is the frame with `pad` more
pixels on each side, flattened row by row; its length is rounded up to a multiple of `LANES`, so that loops over pixels
fill whole vectors however short the rows are. Every pixel knows its column and row in the frame, never in the canvas:
no value that is computed from them can depend on the padding.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline
from deepbench_fast.kernels.elementary import MAGIC

LANES = 32


def padded_length(n: int) -> int:
    """`n` rounded up to a multiple of `LANES`."""
    return -(-n // LANES) * LANES


def canvas_coordinates(height: int, width: int, pad: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Column and row in the frame of each pixel of the flat canvas of a (height, width) frame padded by `pad` pixels.

    Returns two float32 arrays of length `padded_length((height + 2 * pad) * (width + 2 * pad))`. Indices run from -pad.
    The tail beyond the last pixel counts on into rows below the canvas: finite, and of no use.
    """
    canvas_width = width + 2 * pad
    rows, columns = np.divmod(np.arange(padded_length((height + 2 * pad) * canvas_width)), canvas_width)
    return (columns - pad).astype(np.float32), (rows - pad).astype(np.float32)


@inline
def nearest_integer(x: float) -> float:
    """The integer nearest to `x` as a float64, ties to even; abs(x) < 2**51."""
    return (x + MAGIC) - MAGIC


@inline
def canvas_index(frame: tuple[int, int, int], column: float, row: float) -> int:
    """Place on the flat canvas of the pixel at a whole frame column and row; -1 where the canvas has no such pixel."""
    height, width, pad = frame
    if column < -pad or column >= width + pad or row < -pad or row >= height + pad:
        return -1
    return (int(row) + pad) * (width + 2 * pad) + int(column) + pad
