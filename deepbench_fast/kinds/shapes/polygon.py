"""Regular polygons."""

from __future__ import annotations

from functools import partial

from deepbench_fast.kinds.defaults import always
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.shapes.parameters import AMPLITUDE, FILL, LINE_WIDTH, SHAPE, X, Y, angle, kernels_of, length
from deepbench_fast.values.distributions import Integers, Uniform
from deepbench_fast.values.parameter import Parameter

MOST_VERTICES = 1000

POLYGON = Kind(
    name="polygon",
    meaning="regular polygon: equal sides, vertices on a circle, the first at angle + 90 deg",
    layer="shape",
    parameters=(
        X,
        Y,
        length("radius", "distance of the vertices from the centre", 0.15, 0.35),
        Parameter(
            "vertices", "", "number of vertices", 3.0, MOST_VERTICES, partial(always, Integers(3, 8)), integer=True
        ),
        angle("angle", "turn about the centre; at 0 a vertex lies in +y", Uniform(0.0, 360.0)),
        LINE_WIDTH,
        FILL,
        AMPLITUDE,
    ),
    kernels=kernels_of("polygon"),
    profile="deepbench_fast.kernels.shapes.profiles:polygon",
    default_shape=SHAPE,
)
