"""Regular polygons."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.shapes.convex import Convex, Edges, draw_convex, make_edges, set_edge
from deepbench_fast.kernels.shapes.convex_coverage import cover_convex, make_convex_scratch
from deepbench_fast.kernels.shapes.degrees import cosine_degrees, sincos_degrees
from deepbench_fast.kernels.shapes.spans import make_scratch


@inline
def _most_vertices(table: npt.NDArray[Any]) -> int:
    most = 3
    for k in range(table.shape[0]):
        most = max(most, table[k].vertices)
    return most


@inline
def _set_polygon(row: Any, edges: Edges) -> Convex:
    """Edges of one row of the table."""
    n = row.vertices
    apothem = row.radius * cosine_degrees(180.0 / n)
    for k in range(n):
        s, c = sincos_degrees((row.angle + 90.0) + (2 * k + 1) * 180.0 / n)
        set_edge(edges, k, c, s, apothem)
    return Convex(row.x, row.y, n, row.radius, np.inf if row.fill != 0 else row.line_width)


@kernel
def polygon(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
    overlap: int,
) -> None:
    """Compose each regular polygon's pixels into its sample's canvas.

    The first vertex lies at the radius in the direction angle + 90 degrees, counter-clockwise from +x towards +y: at
    angle 0 the polygon points to +y. A pixel belongs to it if its centre lies inside all edges, at the distance
    a = radius cos(180 / vertices) from the centre (see `half_plane` for centres on an edge). Without fill, the polygon
    with edges at a - line_width is cut out, if that is positive.

    `canvas` is float32 (T, P), `frame` is (height, width, pad); rows of `table`, sorted by sample, hold sample, x,
    y, radius [pix, > 0], vertices (>= 3), angle [deg], line_width [pix, > 0], fill (0 or 1) and amplitude, and go
    to canvas[sample - first]; `overlap` is a code of `compose`. Raises nothing: the table must be valid.
    """
    edges = make_edges(_most_vertices(table))
    scratch = make_scratch(frame)
    for k in range(table.shape[0]):
        row = table[k]
        shape = _set_polygon(row, edges)
        draw_convex(canvas[row.sample - first], frame, scratch, edges, shape, np.float32(row.amplitude), overlap)


@kernel
def polygon_coverage(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
    overlap: int,
) -> None:
    """Compose each polygon, with the part of every pixel's area that it covers, into its sample's canvas.

    Exact, by clipping the pixels at the boundary; an outline's coverage is the polygon's less the hole's. Arguments as
    in `polygon`.
    """
    edges = make_edges(_most_vertices(table))
    scratch = make_convex_scratch(frame, edges.nx.shape[0])
    for k in range(table.shape[0]):
        row = table[k]
        shape = _set_polygon(row, edges)
        cover_convex(canvas[row.sample - first], frame, scratch, edges, shape, row.amplitude, overlap)
