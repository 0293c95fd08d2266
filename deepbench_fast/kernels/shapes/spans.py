"""Spans: which pixels of each row lie inside a shape, found for all its rows at once, and filled.

The span of a row is start <= j < stop in frame columns. Its ends come from the equation of the outline; the pixel
centre nearest to each end is then put to the exact test in float64. So a span holds just the pixels that pass the test,
though those inside are never tested.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.elementary import floor
from deepbench_fast.kernels.shapes.compose import UNION, XOR, Pixels, added, exclusive_or, fill_stretch, larger

FloatArray = npt.NDArray[np.float64]
Float32Array = npt.NDArray[np.float32]
Frame = tuple[int, int, int]

# Loops over rows run to a multiple of this: a remainder would be scalar code.
LANES = 16


class Spans(NamedTuple):
    """First column of each row's span, and the one after its last; no pixels where stop <= start."""

    start: FloatArray
    stop: FloatArray


class Rows(NamedTuple):
    """Canvas rows that a shape can touch: the first, how many, and the y of each (for whole vectors of them)."""

    first: int
    length: int
    y: FloatArray


class Limits(NamedTuple):
    """Columns of a canvas, left <= j < right, and the farthest that one of its pixels is from a shape's centre."""

    left: float
    right: float
    farthest_x: float
    farthest_y: float


class Scratch(NamedTuple):
    """Allocated once for all shapes of a table: the frame row of each canvas row, and room for the spans."""

    rows: FloatArray
    outer: Spans
    hole: Spans


@inline
def make_room(frame: Frame, arrays: int) -> npt.NDArray[np.float64]:
    """So many arrays with a number for each row of the canvas, and for a vector of rows below; in one allocation."""
    height, _, pad = frame
    return np.empty((arrays, height + 2 * pad + LANES))


@inline
def make_scratch(frame: Frame) -> Scratch:
    """Room for the spans of one shape."""
    _, _, pad = frame
    room = make_room(frame, 5)
    rows = room[0]
    for i in range(rows.shape[0]):
        rows[i] = i - pad
    return Scratch(rows, Spans(room[1], room[2]), Spans(room[3], room[4]))


@inline
def rows_around(frame: Frame, rows: FloatArray, y: float, reach: float) -> Rows:
    """Rows from y - reach to y + reach, and one more on each side for rounding."""
    height, _, pad = frame
    top = -float(pad)
    bottom = float(height + pad - 1)
    first = int(floor(min(max(y - reach - 1.0, top), bottom))) + pad
    last = int(floor(min(max(y + reach + 1.0, top - 1.0), bottom))) + pad
    count = max(last + 1 - first, 0)
    whole = (count + (LANES - 1)) // LANES * LANES
    return Rows(first, count, rows[first : first + whole])


@inline
def limits_around(frame: Frame, x: float, y: float) -> Limits:
    """Limits of a canvas about a shape's centre (x, y)."""
    height, width, pad = frame
    left = -float(pad)
    right = float(width + pad)
    return Limits(left, right, max(abs(left - x), abs(right - x)), max(abs(left - y), abs(height + pad - y)))


@inline
def open_spans(spans: Spans, rows: Rows, limits: Limits) -> None:
    """Let every span reach from side to side of the canvas."""
    start = spans.start[: rows.y.shape[0]]
    stop = spans.stop[: rows.y.shape[0]]
    for i in range(rows.y.shape[0]):
        start[i] = limits.left
        stop[i] = limits.right


@inline
def confine(inner: Spans, outer: Spans, rows: Rows) -> None:
    """Cut inner spans to the outer ones; where nothing is left, 0 pixels somewhere inside the outer span."""
    size = rows.y.shape[0]
    inner_start = inner.start[:size]
    inner_stop = inner.stop[:size]
    outer_start = outer.start[:size]
    outer_stop = outer.stop[:size]
    for i in range(size):
        start = min(max(inner_start[i], outer_start[i]), outer_stop[i])
        inner_start[i] = start
        inner_stop[i] = max(min(inner_stop[i], outer_stop[i]), start)


@inline
def _fill_rows(
    image: Pixels,
    frame: Frame,
    rows: Rows,
    start: FloatArray,
    stop: FloatArray,
    value: Any,
    composed: Callable[[Any, Any], Any],
) -> None:
    _, width, pad = frame
    for i in range(rows.length):
        if stop[i] > start[i]:
            place = (rows.first + i) * (width + 2 * pad) + pad + int(start[i])
            fill_stretch(image, place, int(stop[i] - start[i]), value, composed)


@kernel
def fill_spans(
    image: Pixels, frame: Frame, rows: Rows, start: FloatArray, stop: FloatArray, value: Any, overlap: int
) -> None:
    """Compose the pixels start[i] <= j < stop[i] of each row of a flat canvas with one value."""
    if overlap == UNION:
        _fill_rows(image, frame, rows, start, stop, value, larger)
    elif overlap == XOR:
        _fill_rows(image, frame, rows, start, stop, value, exclusive_or)
    else:
        _fill_rows(image, frame, rows, start, stop, value, added)


@inline
def fill_outline(image: Pixels, frame: Frame, rows: Rows, outer: Spans, hole: Spans, value: Any, overlap: int) -> None:
    """Compose what the outer spans hold and the hole's don't."""
    confine(hole, outer, rows)
    fill_spans(image, frame, rows, outer.start, hole.start, value, overlap)
    fill_spans(image, frame, rows, hole.stop, outer.stop, value, overlap)
