"""Arcs: rings cut to a sweep of angles."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.elementary import floor
from deepbench_fast.kernels.shapes.degrees import sincos_degrees
from deepbench_fast.kernels.shapes.oval import Oval, make_circle
from deepbench_fast.kernels.shapes.ring import draw_ring
from deepbench_fast.kernels.shapes.ring_coverage import cover_ring, make_ring_scratch
from deepbench_fast.kernels.shapes.spans import make_scratch
from deepbench_fast.kernels.shapes.wedge import between, draw_wedge, make_wedge_scratch
from deepbench_fast.kernels.shapes.wedge_coverage import cover_wedge


class Arc(NamedTuple):
    """Circle and hole; sweep from 0 to 360 degrees; sine and cosine of the two angles."""

    outer: Oval
    hole: Oval
    sweep: float
    s1: float
    c1: float
    s2: float
    c2: float


@inline
def _arc(row: Any) -> Arc:
    """The arc of one row of the table."""
    turn = row.theta2 - row.theta1
    sweep = 360.0 if abs(turn) >= 360.0 else turn - 360.0 * floor(turn / 360.0)
    s1, c1 = sincos_degrees(row.theta1)
    s2, c2 = sincos_degrees(row.theta2)
    outer = make_circle(row.x, row.y, row.radius)
    return Arc(outer, make_circle(row.x, row.y, row.radius - row.line_width), sweep, s1, c1, s2, c2)


@kernel
def arc(
    canvas: npt.NDArray[Any],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
    overlap: int,
) -> None:
    """Compose each arc's pixels into its sample's canvas.

    A pixel belongs to the arc if max(radius - line_width, 0) <= d < radius, d the distance of its centre from the
    arc's, and if it is seen from there at an angle from theta1, which counts, to theta2, which doesn't,
    counter-clockwise from +x towards +y. The angles are compared by cross products, without an arc tangent. A sweep of
    360 degrees or more, either way, is a whole ring; theta1 = theta2 has no pixels; other sweeps count modulo 360.

    `canvas` is float32 or uint8 (T, P), `frame` is (height, width, pad); rows of `table`, sorted by sample, hold
    sample, x, y, radius [pix, > 0], theta1, theta2 [deg], line_width [pix, > 0] and amplitude, whole in bytes, and go
    to canvas[sample - first]; `overlap` is a code of `compose`. Raises nothing: the table must be valid.
    """
    scratch = make_scratch(frame)
    wedges = make_wedge_scratch(frame)
    for k in range(table.shape[0]):
        row = table[k]
        image = canvas[row.sample - first]
        value = canvas.dtype.type(row.amplitude)
        a = _arc(row)
        x, y = row.x, row.y
        if a.sweep >= 360.0:
            draw_ring(image, frame, scratch, a.outer, a.hole, value, overlap)
        elif a.sweep == 180.0:
            # Two quarters: the rays at both ends have the same cross product, and only the first of them counts.
            quarter = between(x, y, a.s1, a.c1, a.c1, -a.s1, True)
            draw_wedge(image, frame, scratch, wedges, a.outer, a.hole, quarter, value, overlap)
            quarter = between(x, y, a.c1, -a.s1, -a.s1, -a.c1, True)
            draw_wedge(image, frame, scratch, wedges, a.outer, a.hole, quarter, value, overlap)
        elif a.sweep > 180.0:
            missing = between(x, y, a.s2, a.c2, a.s1, a.c1, False)
            draw_wedge(image, frame, scratch, wedges, a.outer, a.hole, missing, value, overlap)
        elif a.sweep > 0.0:
            wedge = between(x, y, a.s1, a.c1, a.s2, a.c2, True)
            draw_wedge(image, frame, scratch, wedges, a.outer, a.hole, wedge, value, overlap)


@kernel
def arc_coverage(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
    overlap: int,
) -> None:
    """Compose each arc, with the part of every pixel's area that it covers, into its sample's canvas.

    Exact: the pixel is clipped by the two rays, and the areas of what is left in the circle and in the hole subtracted.
    Arguments as in `arc`.
    """
    scratch = make_ring_scratch(frame)
    wedges = make_wedge_scratch(frame)
    for k in range(table.shape[0]):
        row = table[k]
        image = canvas[row.sample - first]
        a = _arc(row)
        x, y = row.x, row.y
        if a.sweep >= 360.0:
            cover_ring(image, frame, scratch, a.outer, a.hole, row.amplitude, overlap)
        elif a.sweep > 180.0:
            missing = between(x, y, a.s2, a.c2, a.s1, a.c1, False)
            cover_wedge(image, frame, scratch, wedges, a.outer, a.hole, missing, row.amplitude, overlap)
        elif a.sweep > 0.0:
            wedge = between(x, y, a.s1, a.c1, a.s2, a.c2, True)
            cover_wedge(image, frame, scratch, wedges, a.outer, a.hole, wedge, row.amplitude, overlap)
