"""Circles."""

from __future__ import annotations

from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.shapes.parameters import AMPLITUDE, FILL, LINE_WIDTH, SHAPE, X, Y, kernels_of, length

CIRCLE = Kind(
    name="circle",
    meaning="circle: closer to the centre than radius",
    layer="shape",
    parameters=(X, Y, length("radius", "outer radius", 0.10, 0.30), LINE_WIDTH, FILL, AMPLITUDE),
    kernels=kernels_of("circle"),
    profile="deepbench_fast.kernels.shapes.profiles:circle",
    default_shape=SHAPE,
)
