"""What shapes share: places, lengths, angles, strokes, and the names of their kernels."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deepbench_fast.kinds.defaults import across, along, always, of_size
from deepbench_fast.values.distributions import Choice, Constant, Distribution, Uniform
from deepbench_fast.values.parameter import FLAG, Parameter

if TYPE_CHECKING:
    from deepbench_fast.values.image import Image

# Beyond these the products of lengths and coordinates in float64 no longer tell neighbouring pixels apart.
FAR = 1e6
# Below this squares of areas vanish, and a shape is lost among rounding errors long before.
SMALLEST = 1e-9
TURNED = 1e6
BRIGHT = 1e20
SHAPE = (256, 256)


def _stroke(image: Image) -> Distribution:
    return Uniform(1.0, max(0.05 * image.size, 1.0))


def length(name: str, meaning: str, low: float, high: float) -> Parameter:
    return Parameter(name, "pix", meaning, SMALLEST, FAR, partial(of_size, low, high, 1.0))


def angle(name: str, meaning: str, default: Distribution) -> Parameter:
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


def turned_box(width: str, height: str) -> tuple[Parameter, ...]:
    """Parameters of what a width and a height about a centre describe; `width` and `height` say what these are."""
    return (
        X,
        Y,
        length("width", width, 0.15, 0.50),
        length("height", height, 0.15, 0.50),
        angle("angle", "direction of the width, from +x towards +y", Uniform(0.0, 180.0)),
        LINE_WIDTH,
        FILL,
        AMPLITUDE,
    )


def kernels_of(name: str) -> dict[str, str]:
    kernel = f"deepbench_fast.kernels.shapes.{name}:{name}"
    return {"sharp": kernel, "coverage": f"{kernel}_coverage"}
