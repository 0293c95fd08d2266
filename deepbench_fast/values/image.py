"""The image in a recipe: its shape, and how objects become pixels."""

from __future__ import annotations

import math
from typing import Annotated

from deepbench_fast.values import checks, schemas
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.fields import one_of, takes, yes_or_no
from deepbench_fast.values.model import Model
from deepbench_fast.values.number_text import brief

MAX_SIDE = 16_384
MAX_OVERSAMPLE = 15
HIGHEST_CUTOFF = 1e20

OPEN_SHAPE = (0, 0)
"""The shape that an image has until a recipe gives it that of its kinds."""


@takes(
    "[rows, columns] in pixels. Default: the largest that a kind of the recipe has by default.",
    schemas.list_of(schemas.whole(1, MAX_SIDE), 2, 2),
)
def _shape(value: object) -> tuple[int, int]:
    sides = checks.sequence(value, "two whole numbers [rows, columns]")
    if len(sides) != 2:
        raise Invalid(f"must be two whole numbers [rows, columns], not {checks.quote(value)}")
    height, width = (checks.whole_number(side, 1, MAX_SIDE) for side in sides)
    return height, width


@takes(
    "Arcseconds a pixel: lengths can then be written in angles. It changes no pixel.",
    schemas.any_of(schemas.number(0.0, math.inf, low_open=True), schemas.WRITTEN, schemas.NULL),
)
def _pixel_scale(value: object) -> float | None:
    return None if value is None else checks.positive(value)


@takes(
    "How many times finer than the pixels all is drawn and blurred; odd.",
    {"enum": [*range(1, MAX_OVERSAMPLE + 1, 2)]},
)
def _oversample(value: object) -> int:
    factor = checks.whole_number(value, 1, MAX_OVERSAMPLE)
    if factor % 2 == 0:
        raise Invalid(f"must be odd, so that a sub-pixel lies at the pixel's centre, not {factor}")
    return factor


@takes(
    "Brightness below which an object's light is left out of a pixel; 0: nothing is.",
    schemas.number(0.0, HIGHEST_CUTOFF),
)
def _cutoff(value: object) -> float:
    cutoff = checks.number(value, "a brightness")
    if not 0.0 <= cutoff <= HIGHEST_CUTOFF:
        raise Invalid(f"must be a brightness from 0 to {brief(HIGHEST_CUTOFF)}, not {checks.quote(value)}")
    return cutoff


class Image(Model):
    """Shape (rows, columns) and dtype of an image, and how objects become pixels.

    Light: `sampling` is "center" (its value at the pixel's centre) or "integrate" (mean over the pixel). With
    `oversample` n, odd, all is drawn and blurred on a grid n times as fine and brought back to the pixels. Shapes:
    `coverage` false gives 1 to pixels whose centre is inside, true the part of each pixel that is inside; where shapes
    overlap, `overlap` takes the largest ("union"), those that an odd number of shapes covers ("xor") or the sum
    ("add"). Then light adds. Images of shapes alone can have dtype "uint8", in which sums stop at 255. With
    `pixel_scale`, in arcseconds a pixel, lengths can be written in angles; it changes no pixel.

    `cutoff` is the brightness, before the PSF, below which the light of an object is left out of a pixel (of a
    sub-pixel where there are such): it changes no pixel by more than itself times the number of the sample's objects,
    and objects are evaluated only where they can be as bright. 0 leaves nothing out.
    """

    shape: Annotated[tuple[int, int], _shape] = OPEN_SHAPE
    dtype: Annotated[
        str, one_of("float32", "uint8", meaning="Type of the pixels; uint8 is for sharp shapes without noise.")
    ] = "float32"
    sampling: Annotated[
        str, one_of("center", "integrate", meaning="Light at the pixel's centre, or its mean over the pixel.")
    ] = "center"
    oversample: Annotated[int, _oversample] = 1
    overlap: Annotated[str, one_of("union", "xor", "add", meaning="What shapes that overlap become.")] = "union"
    coverage: Annotated[bool, yes_or_no("Whether pixels hold the part of them that a shape covers.")] = False
    pixel_scale: Annotated[float | None, _pixel_scale] = None
    cutoff: Annotated[float, _cutoff] = 0.0

    def data(self) -> dict[str, object]:
        """The plain data of the image; what changes nothing is left out."""
        left_out = {"oversample": 1, "pixel_scale": None, "cutoff": 0.0}
        given = {name: value for name, value in vars(self).items() if left_out.get(name, ...) != value}
        return {**given, "shape": list(self.shape)}

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.shape[0]

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.shape[1]

    @property
    def size(self) -> int:
        """The smaller side, with which default lengths scale."""
        return min(self.shape)
