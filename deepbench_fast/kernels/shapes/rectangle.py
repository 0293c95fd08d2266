"""Rectangles, turned about their centres."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.shapes.convex import Convex, Edges, draw_convex, make_edges, set_rectangle
from deepbench_fast.kernels.shapes.convex_coverage import cover_convex, make_convex_scratch
from deepbench_fast.kernels.shapes.degrees import sincos_degrees
from deepbench_fast.kernels.shapes.spans import make_scratch


@inline
def _set_rectangle(row: Any, edges: Edges) -> Convex:
    """Edges of one row of the table."""
    s, c = sincos_degrees(row.angle)
    reach = set_rectangle(edges, c, s, row.width, row.height)
    return Convex(row.x, row.y, 4, reach, np.inf if row.fill != 0 else row.line_width)


@kernel
def rectangle(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
    overlap: int,
) -> None:
    """Compose each rectangle's pixels into its sample's canvas.

    A pixel belongs to the rectangle if its centre lies inside the four edges (see `half_plane` for centres on an edge):
    a rectangle of whole pixels has width * height of them. The width lies along the direction that is turned
    counter-clockwise from +x towards +y by the angle. Without fill, the rectangle with all edges moved inward by the
    line width is cut out, if both its sides are positive.

    `canvas` is float32 (T, P), `frame` is (height, width, pad); rows of `table`, sorted by sample, hold sample, x,
    y, width, height [pix, > 0], angle [deg], line_width [pix, > 0], fill (0 or 1) and amplitude, and go to
    canvas[sample - first]; `overlap` is a code of `compose`. Raises nothing: the table must be valid.
    """
    edges = make_edges(4)
    scratch = make_scratch(frame)
    for k in range(table.shape[0]):
        row = table[k]
        shape = _set_rectangle(row, edges)
        draw_convex(canvas[row.sample - first], frame, scratch, edges, shape, np.float32(row.amplitude), overlap)


@kernel
def rectangle_coverage(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
    overlap: int,
) -> None:
    """Compose each rectangle, with the part of every pixel's area that it covers, into its sample's canvas.

    Exact, by clipping the pixels at the boundary; an outline's coverage is the rectangle's less the hole's. Arguments
    as in `rectangle`.
    """
    edges = make_edges(4)
    scratch = make_convex_scratch(frame, edges.nx.shape[0])
    for k in range(table.shape[0]):
        row = table[k]
        shape = _set_rectangle(row, edges)
        cover_convex(canvas[row.sample - first], frame, scratch, edges, shape, row.amplitude, overlap)
