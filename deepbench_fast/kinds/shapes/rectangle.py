"""Rectangles."""

from __future__ import annotations

from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.shapes.parameters import SHAPE, kernels_of, turned_box

RECTANGLE = Kind(
    name="rectangle",
    meaning="rectangle: width by height, turned by angle about its centre",
    layer="shape",
    parameters=turned_box("full width, along angle", "full height, across angle"),
    kernels=kernels_of("rectangle"),
    profile="deepbench_fast.kernels.shapes.profiles:rectangle",
    default_shape=SHAPE,
)
