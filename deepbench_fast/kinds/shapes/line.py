"""Lines."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from deepbench_fast.kinds.defaults import across, along
from deepbench_fast.kinds.kind import Kind, Redraw
from deepbench_fast.kinds.shapes.parameters import AMPLITUDE, FAR, LINE_WIDTH, SHAPE, kernels_of
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.number_text import brief
from deepbench_fast.values.parameter import Parameter

if TYPE_CHECKING:
    from deepbench_fast.kinds.kind import Setting
    from deepbench_fast.values.image import Image

# A thinner line misses the centres of some pixels on its way.
THINNEST_LINE = 1.0


def _check_line(setting: Setting, supports: Mapping[str, tuple[float, float]]) -> None:
    if not setting.image.coverage and supports["line_width"][0] < THINNEST_LINE:
        raise Invalid(
            f"must be {brief(THINNEST_LINE)} pix or more: a thinner line has gaps; or set image.coverage: true",
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
    kernels=kernels_of("line"),
    profile="deepbench_fast.kernels.shapes.profiles:line",
    default_shape=SHAPE,
    redraw=Redraw(("x1", "y1", "x2", "y2"), _default_min_length),
    check=_check_line,
)
