"""Convex shapes with straight edges, filled or outlined: what rectangles, polygons and lines have in common."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.shapes.compose import Pixels
from deepbench_fast.kernels.shapes.half_plane import cut, half_plane
from deepbench_fast.kernels.shapes.spans import (
    FloatArray,
    Frame,
    Limits,
    Rows,
    Scratch,
    Spans,
    fill_outline,
    fill_spans,
    limits_around,
    open_spans,
    rows_around,
)


class Edges(NamedTuple):
    """Outward unit normals of a shape's edges, and their distances from its centre."""

    nx: FloatArray
    ny: FloatArray
    offset: FloatArray


class Convex(NamedTuple):
    """A shape: centre, number of edges, rows that it reaches up and down, thickness of its outline (inf: filled)."""

    x: float
    y: float
    edges: int
    reach: float
    stroke: float


@inline
def make_edges(count: int) -> Edges:
    """Room for the edges of one shape."""
    room = np.empty((3, count))
    return Edges(room[0], room[1], room[2])


@inline
def set_edge(edges: Edges, k: int, nx: float, ny: float, offset: float) -> None:
    """Write edge k."""
    edges.nx[k] = nx
    edges.ny[k] = ny
    edges.offset[k] = offset


@inline
def set_rectangle(edges: Edges, c: float, s: float, width: float, height: float) -> float:
    """Edges of a rectangle whose width lies along (c, s); returns how far it reaches up and down."""
    set_edge(edges, 0, c, s, 0.5 * width)
    set_edge(edges, 1, -c, -s, 0.5 * width)
    set_edge(edges, 2, -s, c, 0.5 * height)
    set_edge(edges, 3, s, -c, 0.5 * height)
    return 0.5 * (abs(s) * width + abs(c) * height)


@inline
def has_hole(edges: Edges, shape: Convex) -> bool:
    """Whether the edges, moved inward by the stroke, still bound something."""
    least = np.inf
    for k in range(shape.edges):
        least = min(least, edges.offset[k] - shape.stroke)
    return least > 0.0


@inline
def set_spans(spans: Spans, rows: Rows, limits: Limits, edges: Edges, shape: Convex, shift: float) -> None:
    """Spans inside all edges, moved outward by `shift`."""
    open_spans(spans, rows, limits)
    for k in range(shape.edges):
        plane = half_plane(edges.nx[k], edges.ny[k], edges.offset[k] + shift, shape.x, shape.y)
        cut(spans, rows, limits, plane)


@kernel
def draw_convex(
    image: Pixels,
    frame: Frame,
    scratch: Scratch,
    edges: Edges,
    shape: Convex,
    value: Any,
    overlap: int,
) -> None:
    """Compose a flat canvas with the pixels whose centres lie inside the edges and not inside the hole."""
    rows = rows_around(frame, scratch.rows, shape.y, shape.reach)
    limits = limits_around(frame, shape.x, shape.y)
    set_spans(scratch.outer, rows, limits, edges, shape, 0.0)
    if has_hole(edges, shape):
        set_spans(scratch.hole, rows, limits, edges, shape, -shape.stroke)
        fill_outline(image, frame, rows, scratch.outer, scratch.hole, value, overlap)
    else:
        fill_spans(image, frame, rows, scratch.outer.start, scratch.outer.stop, value, overlap)
