"""Rectangles, turned about their centres."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbench_fast.kernels._jit import inline
from deepbench_fast.kernels.shapes.convex import Convex, Edges, set_rectangle
from deepbench_fast.kernels.shapes.degrees import sincos_degrees
from deepbench_fast.kernels.shapes.kernels import convex_kernels


@inline
def _set_rectangle(row: Any, edges: Edges) -> Convex:
    """The width lies along the direction that is turned counter-clockwise from +x towards +y by the angle.

    A rectangle of whole pixels has width * height of them (see `half_plane` for centres on an edge). Without fill, the
    rectangle with all edges moved inward by the line width is cut out, if both its sides are positive.
    """
    s, c = sincos_degrees(row.angle)
    reach = set_rectangle(edges, c, s, row.width, row.height)
    return Convex(row.x, row.y, 4, reach, np.inf if row.fill != 0 else row.line_width)


rectangle, rectangle_coverage = convex_kernels(_set_rectangle)
