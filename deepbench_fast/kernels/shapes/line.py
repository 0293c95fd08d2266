"""Straight lines with butt caps."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbench_fast.kernels._jit import inline
from deepbench_fast.kernels.shapes.convex import Convex, Edges, set_rectangle
from deepbench_fast.kernels.shapes.kernels import convex_kernels


@inline
def _set_line(row: Any, edges: Edges) -> Convex:
    """The rectangle of width `line_width` centred on the segment from (x1, y1) to (x2, y2), and as long as that.

    From 1 pixel of width on it has no gaps. A line from a point to itself has no pixels.
    """
    dx = row.x2 - row.x1
    dy = row.y2 - row.y1
    length = np.sqrt(dx * dx + dy * dy)
    c = dx / length if length > 0.0 else 1.0
    s = dy / length if length > 0.0 else 0.0
    reach = set_rectangle(edges, c, s, length, row.line_width)
    return Convex(0.5 * (row.x1 + row.x2), 0.5 * (row.y1 + row.y2), 4, reach, np.inf)


line, line_coverage = convex_kernels(_set_line)
