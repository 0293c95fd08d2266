"""Arcs."""

from __future__ import annotations

from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.shapes.parameters import AMPLITUDE, LINE_WIDTH, SHAPE, X, Y, angle, kernels_of, length
from deepbench_fast.values.distributions import Offset, Uniform

ARC = Kind(
    name="arc",
    meaning="arc: ring from radius - line_width to radius, from theta1 counter-clockwise to theta2; 360 deg are a ring",
    layer="shape",
    parameters=(
        X,
        Y,
        length("radius", "outer radius", 0.20, 0.40),
        angle("theta1", "angle where it begins, from +x towards +y", Uniform(0.0, 360.0)),
        angle("theta2", "angle where it ends", Offset("theta1", Uniform(60.0, 300.0))),
        LINE_WIDTH,
        AMPLITUDE,
    ),
    kernels=kernels_of("arc"),
    profile="deepbench_fast.kernels.shapes.profiles:arc",
    default_shape=SHAPE,
)
