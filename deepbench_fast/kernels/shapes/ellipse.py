"""Ellipses."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbench_fast.kernels._jit import inline
from deepbench_fast.kernels.shapes.degrees import sincos_degrees
from deepbench_fast.kernels.shapes.kernels import ring_kernels
from deepbench_fast.kernels.shapes.oval import Oval, make_ellipse


@inline
def _ellipse(row: Any) -> tuple[Oval, Oval]:
    """The ellipse of one row of the table, and without fill the hole of semi-axes shorter by the line width.

    The width is turned counter-clockwise from +x towards +y by the angle. There is a hole if both its semi-axes are
    positive: the line has its full width on the axes and is a little thinner between them.
    """
    s, c = sincos_degrees(row.angle)
    a = 0.5 * row.width
    b = 0.5 * row.height
    stroke = np.inf if row.fill != 0 else row.line_width
    return make_ellipse(row.x, row.y, c, s, a, b), make_ellipse(row.x, row.y, c, s, a - stroke, b - stroke)


ellipse, ellipse_coverage = ring_kernels(_ellipse)
