"""Circles."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.shapes.oval import Oval, make_circle
from deepbench_fast.kernels.shapes.ring import draw_ring
from deepbench_fast.kernels.shapes.ring_coverage import cover_ring, make_ring_scratch
from deepbench_fast.kernels.shapes.spans import make_scratch


@inline
def _circle(row: Any) -> tuple[Oval, Oval]:
    """The circle of one row of the table, and its hole."""
    stroke = np.inf if row.fill != 0 else row.line_width
    return make_circle(row.x, row.y, row.radius), make_circle(row.x, row.y, row.radius - stroke)


@kernel
def circle(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
    overlap: int,
) -> None:
    """Compose each circle's pixels into its sample's canvas.

    A pixel belongs to the circle if d**2 < radius**2, d the distance of its centre from the circle's; without fill, if
    also d >= radius - line_width.

    `canvas` is float32 (T, P), `frame` is (height, width, pad); rows of `table`, sorted by sample, hold sample, x,
    y, radius, line_width [pix, > 0], fill (0 or 1) and amplitude, and go to canvas[sample - first]; `overlap` is a
    code of `compose`. Raises nothing: the table must be valid.
    """
    scratch = make_scratch(frame)
    for k in range(table.shape[0]):
        row = table[k]
        outer, hole = _circle(row)
        draw_ring(canvas[row.sample - first], frame, scratch, outer, hole, np.float32(row.amplitude), overlap)


@kernel
def circle_coverage(
    canvas: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
    overlap: int,
) -> None:
    """Compose each circle, with the part of every pixel's area that it covers, into its sample's canvas.

    Exact; a ring's coverage is the circle's less the hole's. Arguments as in `circle`.
    """
    scratch = make_ring_scratch(frame)
    for k in range(table.shape[0]):
        row = table[k]
        outer, hole = _circle(row)
        cover_ring(canvas[row.sample - first], frame, scratch, outer, hole, row.amplitude, overlap)
