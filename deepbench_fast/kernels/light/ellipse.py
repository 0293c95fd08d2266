"""Which pixels have their centres in an ellipse: rows, and columns of a row."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from deepbench_fast.kernels._jit import piece
from deepbench_fast.kernels.elementary import floor


class Ellipse(NamedTuple):
    """All points with xx dx**2 + 2 xy dx dy + yy dy**2 <= limit about the centre (x, y)."""

    x: float
    y: float
    xx: float
    xy: float
    yy: float
    limit: float


@piece
def determinant(ellipse: Ellipse) -> float:
    """xx yy - xy**2."""
    return ellipse.xx * ellipse.yy - ellipse.xy * ellipse.xy


@piece
def half_chord(ellipse: Ellipse, dy: float) -> float:
    """Half the length of the chord along x at this offset from the centre, 0 beside the ellipse."""
    return float(np.sqrt(max(ellipse.xx * ellipse.limit - determinant(ellipse) * dy * dy, 0.0)) / ellipse.xx)


@piece
def extent(low: float, high: float, first: int, stop: int) -> tuple[int, int]:
    """The whole numbers from low to high that are in first .. stop - 1: the first one and the one after the last."""
    low = min(max(low, float(first)), float(stop))
    high = min(max(high, first - 1.0), stop - 1.0)
    return int(-floor(-low)), int(floor(high)) + 1


@piece
def rows_of(ellipse: Ellipse, first: int, stop: int) -> tuple[int, int]:
    """The rows of an ellipse, of those from first to stop - 1: the first one and the one after the last."""
    reach = np.sqrt(ellipse.limit * ellipse.xx / determinant(ellipse))
    return extent(ellipse.y - reach, ellipse.y + reach, first, stop)


@piece
def columns_of(ellipse: Ellipse, row: int, first: int, stop: int) -> tuple[int, int]:
    """The columns of an ellipse in a row, of those from first to stop - 1, likewise."""
    dy = row - ellipse.y
    half, middle = half_chord(ellipse, dy), ellipse.x - ellipse.xy * dy / ellipse.xx
    return extent(middle - half, middle + half, first, stop)
