"""Regular polygons."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline
from deepbench_fast.kernels.shapes.convex import Convex, Edges, set_edge
from deepbench_fast.kernels.shapes.degrees import cosine_degrees, sincos_degrees
from deepbench_fast.kernels.shapes.kernels import convex_kernels

# Edges are worked out in whole vectors: a remainder would be scalar code.
LANES = 8


@inline
def _whole_vectors(vertices: int) -> int:
    return (vertices + (LANES - 1)) // LANES * LANES


@inline
def _most_vertices(table: npt.NDArray[Any]) -> int:
    most = 3
    for k in range(table.shape[0]):
        most = max(most, table[k].vertices)
    return _whole_vectors(most)


@inline
def _set_polygon(row: Any, edges: Edges) -> Convex:
    """Edges at the distance a = radius cos(180 / vertices) from the centre, of at least three vertices.

    The first vertex lies at the radius in the direction angle + 90 degrees, counter-clockwise from +x towards +y: at
    angle 0 the polygon points to +y. Without fill, the polygon with edges at a - line_width is cut out, if that is
    positive.
    """
    n = row.vertices
    apothem = row.radius * cosine_degrees(180.0 / n)
    for k in range(_whole_vectors(n)):
        s, c = sincos_degrees((row.angle + 90.0) + (2 * k + 1) * 180.0 / n)
        set_edge(edges, k, c, s, apothem)
    return Convex(row.x, row.y, n, row.radius, np.inf if row.fill != 0 else row.line_width)


polygon, polygon_coverage = convex_kernels(_set_polygon, _most_vertices)
