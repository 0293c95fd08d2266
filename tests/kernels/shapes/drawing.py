"""Draws shapes by the batch kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels.image.grid import padded_length
from deepbench_fast.kernels.shapes.compose import UNION
from deepbench_fast.kinds.registry import kind as kind_called
from deepbench_fast.values.image import Image as Settings

Kernel = Callable[..., None]
Image = npt.NDArray[Any]
Shape = tuple[str, Mapping[str, float]]

KINDS = ("rectangle", "polygon", "ellipse", "circle", "arc", "line")
KERNELS: dict[str, list[Kernel]] = {
    name: [kind_called(name).kernel(Settings(coverage=coverage)) for coverage in (False, True)] for name in KINDS
}
DEFAULTS = {"angle": 0.0, "line_width": 1.0, "fill": 1, "amplitude": 1.0}


def table(kind: str, rows: Sequence[Mapping[str, float]], samples: Sequence[int]) -> npt.NDArray[Any]:
    """A table of shapes of one kind, as the kernels take it."""
    columns = kind_called(kind).columns
    identity = [(name, "i8") for name in ("sample", "entry", "slot")]
    result = np.zeros(len(rows), identity + [(own.name, "i8" if own.integer else "f8") for own in columns])
    result["sample"] = samples
    for own in columns:
        result[own.name] = [row[own.name] if own.name in row else DEFAULTS[own.name] for row in rows]
    return result


def blank(count: int, height: int, width: int, pad: int = 0, dtype: str = "float32") -> Image:
    """Empty canvases."""
    return np.zeros((count, padded_length((height + 2 * pad) * (width + 2 * pad))), dtype)


def frames(canvas: Image, height: int, width: int, pad: int = 0) -> Image:
    """The frames of canvases, without their padding."""
    size = (height + 2 * pad) * (width + 2 * pad)
    assert not np.any(canvas[:, size:])
    pixels = canvas[:, :size].reshape(-1, height + 2 * pad, width + 2 * pad)
    return np.ascontiguousarray(pixels[:, pad : pad + height, pad : pad + width])


def draw(
    shapes: Sequence[Shape],
    height: int,
    width: int | None = None,
    pad: int = 0,
    *,
    overlap: int = UNION,
    coverage: bool = False,
    dtype: str = "float32",
) -> Image:
    """One image of shapes, in this order."""
    width = height if width is None else width
    canvas = blank(1, height, width, pad, dtype)
    for kind, parameters in shapes:
        KERNELS[kind][coverage](canvas, (height, width, pad), table(kind, [parameters], [0]), 0, overlap)
    return frames(canvas, height, width, pad)[0]


def draw_each(
    kind: str, rows: Sequence[Mapping[str, float]], height: int, width: int, pad: int = 0, *, coverage: bool = False
) -> Image:
    """One image a shape."""
    canvas = blank(len(rows), height, width, pad)
    KERNELS[kind][coverage](canvas, (height, width, pad), table(kind, rows, range(len(rows))), 0, UNION)
    return frames(canvas, height, width, pad)
