"""Pixel centres on a flat canvas: where each pixel of a padded frame stands.

Pixel (row i, column j) of a frame is the unit square centred at x = j, y = i. A canvas is the frame with `pad` more
pixels on each side, flattened row by row; its length is rounded up to a multiple of `LANES`, so that loops over pixels
fill whole vectors however short the rows are. Every pixel knows its column and row in the frame, never in the canvas:
no value that is computed from them can depend on the padding.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline
from deepbench_fast.kernels.elementary import MAGIC

LANES = 16


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


class Spans(NamedTuple):
    """Where pixels stand in a flat array: of the row `first` + k the columns from starts[k] to stops[k] - 1, each at
    places[k] + column. Rows and columns are the frame's."""

    first: int
    starts: npt.NDArray[np.int64]
    stops: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]


@inline
def spans_of(frame: tuple[int, int, int]) -> Spans:
    """All pixels of the flat canvas of `frame` = (height, width, pad)."""
    height, width, pad = frame
    rows = np.arange(height + 2 * pad)
    starts = np.full(rows.shape[0], -pad)
    return Spans(-pad, starts, starts + (width + 2 * pad), rows * (width + 2 * pad) + pad)


@inline
def place_of(spans: Spans, column: float, row: float) -> int:
    """Place in the flat array of the pixel at a whole column and row; -1 where it isn't among the spans."""
    if not spans.first <= row < spans.first + spans.starts.shape[0]:
        return -1
    k = int(row) - spans.first
    if not spans.starts[k] <= column < spans.stops[k]:
        return -1
    return int(spans.places[k] + int(column))
