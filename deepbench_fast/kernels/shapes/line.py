"""Straight lines with butt caps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.shapes.convex import Convex, Edges, draw_convex, make_edges, set_rectangle
from deepbench_fast.kernels.shapes.convex_coverage import cover_convex, make_convex_scratch
from deepbench_fast.kernels.shapes.spans import make_scratch


@inline
def _set_line(row: Any, edges: Edges) -> Convex:
    """Edges of one row of the table; a line from a point to itself has none inside."""
    dx = row.x2 - row.x1
    dy = row.y2 - row.y1
    length = np.sqrt(dx * dx + dy * dy)
    c = dx / length if length > 0.0 else 1.0
    s = dy / length if length > 0.0 else 0.0
    reach = set_rectangle(edges, c, s, length, row.line_width)
    return Convex(0.5 * (row.x1 + row.x2), 0.5 * (row.y1 + row.y2), 4, reach, np.inf)


@kernel
def line(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
    overlap: int,
) -> None:
    """Compose each line's pixels into its sample's canvas.

    A line is the rectangle of width `line_width` centred on the segment from (x1, y1) to (x2, y2), which ends where
    the segment ends; its pixels are those of `rectangle`. From 1 pixel of width on it has no gaps. A segment of length
    0 has no pixels.

    `canvas` is float32 (T, P), `frame` is (height, width, pad); rows of `table`, sorted by sample, hold sample, x1,
    y1, x2, y2, line_width [pix, > 0] and amplitude, and go to canvas[sample - first]; `overlap` is a code of
    `compose`. Raises nothing: the table must be valid.
    """
    edges = make_edges(4)
    scratch = make_scratch(frame)
    for k in range(table.shape[0]):
        row = table[k]
        shape = _set_line(row, edges)
        draw_convex(canvas[row.sample - first], frame, scratch, edges, shape, np.float32(row.amplitude), overlap)


@kernel
def line_coverage(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
    overlap: int,
) -> None:
    """Compose each line, with the part of every pixel's area that it covers, into its sample's canvas.

    Exact, by clipping the pixels at the boundary. Arguments as in `line`.
    """
    edges = make_edges(4)
    scratch = make_convex_scratch(frame, edges.nx.shape[0])
    for k in range(table.shape[0]):
        row = table[k]
        shape = _set_line(row, edges)
        cover_convex(canvas[row.sample - first], frame, scratch, edges, shape, row.amplitude, overlap)
