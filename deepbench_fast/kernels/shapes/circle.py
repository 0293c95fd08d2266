"""Circles."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbench_fast.kernels._jit import inline
from deepbench_fast.kernels.shapes.kernels import ring_kernels
from deepbench_fast.kernels.shapes.oval import Oval, make_circle


@inline
def _circle(row: Any) -> tuple[Oval, Oval]:
    """The circle of one row of the table, and without fill the hole of a radius shorter by the line width."""
    stroke = np.inf if row.fill != 0 else row.line_width
    return make_circle(row.x, row.y, row.radius), make_circle(row.x, row.y, row.radius - stroke)


circle, circle_coverage = ring_kernels(_circle)
