"""Ellipses."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.shapes.degrees import sincos_degrees
from deepbench_fast.kernels.shapes.oval import Oval, make_ellipse
from deepbench_fast.kernels.shapes.ring import draw_ring
from deepbench_fast.kernels.shapes.ring_coverage import cover_ring, make_ring_scratch
from deepbench_fast.kernels.shapes.spans import make_scratch


@inline
def _ellipse(row: Any) -> tuple[Oval, Oval]:
    """The ellipse of one row of the table, and its hole."""
    s, c = sincos_degrees(row.angle)
    a = 0.5 * row.width
    b = 0.5 * row.height
    stroke = np.inf if row.fill != 0 else row.line_width
    return make_ellipse(row.x, row.y, c, s, a, b), make_ellipse(row.x, row.y, c, s, a - stroke, b - stroke)


@kernel
def ellipse(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
    overlap: int,
) -> None:
    """Compose each ellipse's pixels into its sample's canvas.

    A pixel belongs to the ellipse if (u / (width/2))**2 + (v / (height/2))**2 < 1 at its centre; u runs along the
    width, turned counter-clockwise from +x towards +y by the angle. Without fill, the ellipse with semi-axes shorter by
    the line width is cut out, if both are positive: the line has its full width on the axes and is a little thinner
    between them.

    `canvas` is float32 (T, P), `frame` is (height, width, pad); rows of `table`, sorted by sample, hold sample, x, y,
    width, height [pix, > 0], angle [deg], line_width [pix, > 0], fill (0 or 1) and amplitude, and go to
    canvas[sample - first]; `overlap` is a code of `compose`. Raises nothing: the table must be valid.
    """
    scratch = make_scratch(frame)
    for k in range(table.shape[0]):
        row = table[k]
        outer, hole = _ellipse(row)
        draw_ring(canvas[row.sample - first], frame, scratch, outer, hole, np.float32(row.amplitude), overlap)


@kernel
def ellipse_coverage(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
    overlap: int,
) -> None:
    """Compose each ellipse, with the part of every pixel's area that it covers, into its sample's canvas.

    Exact: the pixel is mapped to where the ellipse is the unit circle. The coverage of an outline is the ellipse's less
    the hole's. Arguments as in `ellipse`.
    """
    scratch = make_ring_scratch(frame)
    for k in range(table.shape[0]):
        row = table[k]
        outer, hole = _ellipse(row)
        cover_ring(canvas[row.sample - first], frame, scratch, outer, hole, row.amplitude, overlap)
