"""Coverage of convex shapes with straight edges, filled or outlined."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.shapes.convex import Convex, Edges, has_hole
from deepbench_fast.kernels.shapes.coverage import (
    Patch,
    clip,
    compose_coverage,
    make_patch,
    patch_area,
    set_pixel,
)
from deepbench_fast.kernels.shapes.half_plane import cut, half_extent, half_plane, moved
from deepbench_fast.kernels.shapes.spans import (
    Float32Array,
    FloatArray,
    Frame,
    Limits,
    Rows,
    Scratch,
    Spans,
    confine,
    limits_around,
    make_scratch,
    open_spans,
    rows_around,
)


class ConvexScratch(NamedTuple):
    """Allocated once for all shapes of a table: rows and spans, the coverage of all pixels, a pixel's patch."""

    spans: Scratch
    cover: FloatArray
    patch: Patch


@piece
def make_convex_scratch(frame: Frame, edges: int) -> ConvexScratch:
    """Room for one shape."""
    height, width, pad = frame
    return ConvexScratch(make_scratch(frame), np.zeros((height + 2 * pad, width + 2 * pad)), make_patch(edges))


@piece
def set_pixel_spans(
    touched: Spans, full: Spans, rows: Rows, limits: Limits, edges: Edges, shape: Convex, shift: float
) -> None:
    """Spans of the pixels that can touch the shape, and of those wholly inside; the edges are moved by `shift`."""
    open_spans(touched, rows, limits)
    open_spans(full, rows, limits)
    for k in range(shape.edges):
        plane = half_plane(edges.nx[k], edges.ny[k], edges.offset[k] + shift, shape.x, shape.y)
        cut(touched, rows, limits, moved(plane, half_extent(plane)))
        cut(full, rows, limits, moved(plane, -half_extent(plane)))
    confine(full, touched, rows)


@piece
def _pixel_coverage(patch: Patch, edges: Edges, shape: Convex, shift: float, column: float, row: float) -> float:
    corners = set_pixel(patch)
    for k in range(shape.edges):
        plane = half_plane(edges.nx[k], edges.ny[k], edges.offset[k] + shift, shape.x, shape.y)
        corners = clip(patch, corners, plane, column, row)
    return patch_area(patch, corners)


@piece
def add_convex(
    scratch: ConvexScratch, frame: Frame, rows: Rows, limits: Limits, edges: Edges, shape: Convex, inset: float
) -> None:
    """Add the coverage of the shape whose edges are moved inward; subtract it if they are moved at all."""
    _, _, pad = frame
    touched, full = scratch.spans.outer, scratch.spans.hole
    set_pixel_spans(touched, full, rows, limits, edges, shape, -inset)
    sign = -1.0 if inset > 0.0 else 1.0
    for i in range(rows.length):
        for j in range(int(touched.start[i]), int(touched.stop[i])):
            whole = full.start[i] <= j < full.stop[i]
            part = 1.0 if whole else _pixel_coverage(scratch.patch, edges, shape, -inset, float(j), rows.y[i])
            scratch.cover[rows.first + i, j + pad] += sign * part


@kernel
def cover_convex(
    image: Float32Array,
    frame: Frame,
    scratch: ConvexScratch,
    edges: Edges,
    shape: Convex,
    amplitude: float,
    overlap: int,
) -> None:
    """Compose a flat canvas with the coverage of the pixels: the shape's less the hole's."""
    rows = rows_around(frame, scratch.spans.rows, shape.y, shape.reach)
    limits = limits_around(frame, shape.x, shape.y)
    if has_hole(edges, shape):
        add_convex(scratch, frame, rows, limits, edges, shape, shape.stroke)
    add_convex(scratch, frame, rows, limits, edges, shape, 0.0)
    touched = scratch.spans.outer
    for i in range(rows.length):
        cover = scratch.cover[rows.first + i]
        start, stop = touched.start[i], touched.stop[i]
        compose_coverage(image, frame, rows.first + i, cover, start, stop, amplitude, overlap)
