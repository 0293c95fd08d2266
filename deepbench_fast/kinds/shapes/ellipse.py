"""Ellipses."""

from __future__ import annotations

from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.shapes.parameters import SHAPE, kernels_of, turned_box

ELLIPSE = Kind(
    name="ellipse",
    meaning="ellipse: (u / (width / 2))^2 + (v / (height / 2))^2 < 1, turned by angle",
    layer="shape",
    parameters=turned_box("full axis along angle", "full axis across angle"),
    kernels=kernels_of("ellipse"),
    profile="deepbench_fast.kernels.shapes.profiles:ellipse",
    default_shape=SHAPE,
)
