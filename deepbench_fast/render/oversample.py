"""Scenes on a grid that is finer than the pixels: their objects in sub-pixels, and the way back to pixels.

With the factor n a pixel is n x n sub-pixels, n odd, so that the central one has the pixel's centre: a place p becomes
n p + (n - 1) / 2, a length n times itself. Brightness is that of a unit of the pixels' area, as before.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from deepbench_fast.kernels.image.finer import pixel_centres, pixel_means
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.values.image import Image
from deepbench_fast.values.parameter import Parameter

PLACES = ("x", "y", "x1", "y1", "x2", "y2")
LENGTH = "pix"


def in_sub_pixels(kind: Kind, table: npt.NDArray[Any], factor: int) -> npt.NDArray[Any]:
    """The rows of a kind's table for a grid that is `factor` times finer; those of a user's kind have their places
    alone in sub-pixels, since its kernel asks its function in pixels."""
    if factor == 1:
        return table
    finer = table.copy()
    for parameter in kind.columns:
        if parameter.name in PLACES:
            finer[parameter.name] = factor * table[parameter.name] + 0.5 * (factor - 1)
        elif _is_length(parameter) and not kind.fingerprint:
            finer[parameter.name] = factor * table[parameter.name]
    return finer


def in_pixels(fine: npt.NDArray[Any], image: Image, shapes_alone: bool, out: npt.NDArray[Any]) -> None:
    """Bring images back, shape (samples, sub-pixels) to (samples, pixels): means over pixels, or their centres."""
    means = image.coverage if shapes_alone else image.sampling == "integrate"
    (pixel_means if means else pixel_centres)(fine, image.shape, image.oversample, out)


def _is_length(parameter: Parameter) -> bool:
    return parameter.unit == LENGTH
