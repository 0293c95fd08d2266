"""Coverage of ovals with or without a concentric hole."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.elementary import floor
from deepbench_fast.kernels.shapes.coverage import (
    Patch,
    compose_coverage,
    make_patch,
    patch_area_in_oval,
    set_pixel,
)
from deepbench_fast.kernels.shapes.oval import Outline, Oval, outline_of
from deepbench_fast.kernels.shapes.spans import (
    Float32Array,
    FloatArray,
    Frame,
    Limits,
    Scratch,
    limits_around,
    make_scratch,
    rows_around,
)

# Pixels that an oval touches by less than this are left out; it covers the rounding of its outline.
SLACK = 1e-6


class RingScratch(NamedTuple):
    """Allocated once for all shapes of a table: rows and spans, a row's coverage by columns, a pixel's patch."""

    spans: Scratch
    cover: FloatArray
    patch: Patch


@inline
def make_ring_scratch(frame: Frame) -> RingScratch:
    """Room for one shape; a pixel of an arc is clipped by two half-planes."""
    _, width, pad = frame
    return RingScratch(make_scratch(frame), np.zeros(width + 2 * pad), make_patch(2))


@inline
def _crossing(outline: Outline, dy: float) -> tuple[float, float]:
    """Where the outline meets a height, relative to the centre."""
    half = np.sqrt(max(outline.half2 - outline.bend * dy * dy, 0.0))
    return outline.slope * dy - half, outline.slope * dy + half


@inline
def touched(oval: Oval, outline: Outline, limits: Limits, dy: float) -> tuple[float, float]:
    """Columns (first, one after the last) whose pixels in the row at dy the oval can touch."""
    above = min(max(dy - 0.5, -outline.reach), outline.reach)
    below = min(max(dy + 0.5, -outline.reach), outline.reach)
    left_above, right_above = _crossing(outline, above)
    left_below, right_below = _crossing(outline, below)
    left = min(left_above, left_below)
    right = max(right_above, right_below)
    # The points farthest to the right and to the left, which may lie between the row's bounds.
    farthest = np.sqrt(outline.half2 + outline.slope * outline.slope * (outline.half2 / outline.bend))
    at = outline.slope * (outline.half2 / outline.bend) / farthest
    right = farthest if above <= at <= below else right
    left = -farthest if above <= -at <= below else left
    start = floor(min(max(oval.x + left + (0.5 - SLACK), limits.left), limits.right))
    stop = -floor(-min(max(oval.x + right + (0.5 + SLACK), limits.left), limits.right))
    empty = dy - 0.5 > outline.reach or dy + 0.5 < -outline.reach or oval.limit == 0.0
    return (limits.left, limits.left) if empty else (start, stop)


@inline
def _covered(oval: Oval, outline: Outline, limits: Limits, dy: float) -> tuple[float, float]:
    """Columns (first, one after the last) whose pixels in the row at dy lie wholly in the oval."""
    left_above, right_above = _crossing(outline, dy - 0.5)
    left_below, right_below = _crossing(outline, dy + 0.5)
    left = oval.x + max(left_above, left_below) + 0.5
    right = oval.x + min(right_above, right_below) + 0.5
    start = -floor(-min(max(left, limits.left), limits.right))
    stop = floor(min(max(right, limits.left), limits.right))
    none = abs(dy) + 0.5 >= outline.reach or stop < start
    return (start, start) if none else (start, stop)


@inline
def add_oval(
    cover: FloatArray, frame: Frame, limits: Limits, patch: Patch, oval: Oval, outline: Outline, y: float, sign: float
) -> None:
    """Add, or subtract, an oval's coverage of the pixels of one row."""
    _, _, pad = frame
    start, stop = touched(oval, outline, limits, y - oval.y)
    full_start, full_stop = _covered(oval, outline, limits, y - oval.y)
    corners = set_pixel(patch)
    for j in range(int(start), int(stop)):
        if full_start <= j < full_stop:
            cover[j + pad] += sign
        else:
            cover[j + pad] += sign * patch_area_in_oval(patch, corners, oval, float(j), y)


@kernel
def cover_ring(
    image: Float32Array, frame: Frame, scratch: RingScratch, outer: Oval, hole: Oval, amplitude: float, overlap: int
) -> None:
    """Compose a flat canvas with the coverage of `outer` less that of `hole` (limit 0: none)."""
    outline = outline_of(outer)
    hole_outline = outline_of(hole)
    rows = rows_around(frame, scratch.spans.rows, outer.y, outline.reach)
    limits = limits_around(frame, outer.x, outer.y)
    for i in range(rows.length):
        y = rows.y[i]
        add_oval(scratch.cover, frame, limits, scratch.patch, outer, outline, y, 1.0)
        if hole.limit > 0.0:
            add_oval(scratch.cover, frame, limits, scratch.patch, hole, hole_outline, y, -1.0)
        start, stop = touched(outer, outline, limits, y - outer.y)
        compose_coverage(image, frame, rows.first + i, scratch.cover, start, stop, amplitude, overlap)
