"""Shapes: pixels whose centre is inside are 1, the others 0; with `coverage: true`, the covered part of each pixel.

Positions are pixel coordinates (x = column, y = row; 0 is the centre of the first pixel). Lengths are in pixels, angles
in degrees, counter-clockwise from +x towards +y. Outlines (`fill: 0`) lie within the filled shape: the outer edges are
the same, the inner ones moved inwards by `line_width`. Defaults scale with S, the smaller side of the image.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from deepbench_fast.kinds.defaults import across, along, always, of_size
from deepbench_fast.kinds.kind import Kind, Redraw
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions import Choice, Constant, Distribution, Integers, Offset, Uniform
from deepbench_fast.values.parameter import FLAG, Parameter

if TYPE_CHECKING:
    from deepbench_fast.kinds.kind import Setting
    from deepbench_fast.values.image import Image

# Beyond these the products of lengths and coordinates in float64 no longer tell neighbouring pixels apart.
FAR = 1e6
# Below this squares of areas vanish, and a shape is lost among rounding errors long before.
SMALLEST = 1e-9
TURNED = 1e6
BRIGHT = 1e20
MOST_VERTICES = 1000
# A thinner line misses the centres of some pixels on its way.
THINNEST_LINE = 1.0
SHAPE = (256, 256)


def _stroke(image: Image) -> Distribution:
    return Uniform(1.0, max(0.05 * image.size, 1.0))


def _length(name: str, meaning: str, low: float, high: float) -> Parameter:
    return Parameter(name, "pix", meaning, SMALLEST, FAR, partial(of_size, low, high, 1.0))


def _angle(name: str, meaning: str, default: Distribution) -> Parameter:
    return Parameter(name, "deg", meaning, -TURNED, TURNED, partial(always, default))


X = Parameter("x", "pix", "column of the centre", -FAR, FAR, partial(across, 0.25, 0.75))
Y = Parameter("y", "pix", "row of the centre", -FAR, FAR, partial(along, 0.25, 0.75))
LINE_WIDTH = Parameter("line_width", "pix", "thickness of the stroke", 0.0, FAR, _stroke, low_open=True)
FILL = Parameter(
    "fill",
    "",
    "1: filled; 0: outline",
    0.0,
    1.0,
    partial(always, Choice((0.0, 1.0))),
    integer=True,
    only=FLAG,
)
AMPLITUDE = Parameter("amplitude", "", "value where it covers", 0.0, BRIGHT, partial(always, Constant(1.0)))


def _turned_box(width: str, height: str) -> tuple[Parameter, ...]:
    """Parameters of what a width and a height about a centre describe; `width` and `height` say what these are."""
    return (
        X,
        Y,
        _length("width", width, 0.15, 0.50),
        _length("height", height, 0.15, 0.50),
        _angle("angle", "direction of the width, from +x towards +y", Uniform(0.0, 180.0)),
        LINE_WIDTH,
        FILL,
        AMPLITUDE,
    )


def _kernels(name: str) -> dict[str, str]:
    kernel = f"deepbench_fast.kernels.shapes.{name}:{name}"
    return {"sharp": kernel, "coverage": f"{kernel}_coverage"}


RECTANGLE = Kind(
    name="rectangle",
    meaning="rectangle: width by height, turned by angle about its centre",
    layer="shape",
    parameters=_turned_box("full width, along angle", "full height, across angle"),
    kernels=_kernels("rectangle"),
    default_shape=SHAPE,
)

POLYGON = Kind(
    name="polygon",
    meaning="regular polygon: equal sides, vertices on a circle, the first at angle + 90 deg",
    layer="shape",
    parameters=(
        X,
        Y,
        _length("radius", "distance of the vertices from the centre", 0.15, 0.35),
        Parameter(
            "vertices", "", "number of vertices", 3.0, MOST_VERTICES, partial(always, Integers(3, 8)), integer=True
        ),
        _angle("angle", "turn about the centre; at 0 a vertex lies in +y", Uniform(0.0, 360.0)),
        LINE_WIDTH,
        FILL,
        AMPLITUDE,
    ),
    kernels=_kernels("polygon"),
    default_shape=SHAPE,
)

ELLIPSE = Kind(
    name="ellipse",
    meaning="ellipse: (u / (width / 2))^2 + (v / (height / 2))^2 < 1, turned by angle",
    layer="shape",
    parameters=_turned_box("full axis along angle", "full axis across angle"),
    kernels=_kernels("ellipse"),
    default_shape=SHAPE,
)

CIRCLE = Kind(
    name="circle",
    meaning="circle: closer to the centre than radius",
    layer="shape",
    parameters=(X, Y, _length("radius", "outer radius", 0.10, 0.30), LINE_WIDTH, FILL, AMPLITUDE),
    kernels=_kernels("circle"),
    default_shape=SHAPE,
)

ARC = Kind(
    name="arc",
    meaning="arc: ring from radius - line_width to radius, from theta1 counter-clockwise to theta2; 360 deg are a ring",
    layer="shape",
    parameters=(
        X,
        Y,
        _length("radius", "outer radius", 0.20, 0.40),
        _angle("theta1", "angle where it begins, from +x towards +y", Uniform(0.0, 360.0)),
        _angle("theta2", "angle where it ends", Offset("theta1", Uniform(60.0, 300.0))),
        LINE_WIDTH,
        AMPLITUDE,
    ),
    kernels=_kernels("arc"),
    default_shape=SHAPE,
)


def _check_line(setting: Setting, supports: Mapping[str, tuple[float, float]]) -> None:
    if not setting.image.coverage and supports["line_width"][0] < THINNEST_LINE:
        raise Invalid(
            f"must be {THINNEST_LINE:g} pix or more: a thinner line has gaps; or set image.coverage: true",
            ("line_width",),
        )


def _default_min_length(image: Image) -> float:
    """A fifth of S; none for the image of one pixel, in which no line has a length."""
    return 0.2 * image.size if max(image.shape) > 1 else 0.0


LINE = Kind(
    name="line",
    meaning="line: from (x1, y1) to (x2, y2), line_width centred on it, square ends",
    layer="shape",
    parameters=(
        Parameter("x1", "pix", "column of the first end", -FAR, FAR, partial(across, 0.1, 0.9)),
        Parameter("y1", "pix", "row of the first end", -FAR, FAR, partial(along, 0.1, 0.9)),
        Parameter("x2", "pix", "column of the second end", -FAR, FAR, partial(across, 0.1, 0.9)),
        Parameter("y2", "pix", "row of the second end", -FAR, FAR, partial(along, 0.1, 0.9)),
        LINE_WIDTH,
        AMPLITUDE,
    ),
    kernels=_kernels("line"),
    default_shape=SHAPE,
    redraw=Redraw(("x1", "y1", "x2", "y2"), _default_min_length),
    check=_check_line,
)

KINDS = (RECTANGLE, POLYGON, ELLIPSE, CIRCLE, ARC, LINE)
