"""Draws single objects of any kind, on frames and at single points, and names scenes by hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels.image.grid import canvas_coordinates, padded_length
from deepbench_fast.kinds.registry import kinds
from tests.kernels.astro.rendering import Image, Kernel
from tests.oracles.light import FloatArray

Parameters = Mapping[str, float]


def table(rows: Sequence[Parameters], samples: Sequence[int]) -> npt.NDArray[Any]:
    """A table of objects of one kind, with the columns that the pipeline gives it: the same in all of a process."""
    kind = next(k for k in kinds().values() if set(rows[0]) <= {parameter.name for parameter in k.parameters})
    parameters = [(parameter.name, "i8" if parameter.integer else "f8") for parameter in kind.parameters]
    result = np.zeros(len(rows), [*((name, "i8") for name in ("sample", "entry", "slot")), *parameters])
    result["sample"] = samples
    for name in rows[0]:
        result[name] = [row[name] for row in rows]
    return result


def arguments(
    rows: Sequence[Parameters], samples: Sequence[int], height: int, width: int, pad: int = 0, first: int = 0
) -> tuple[Any, ...]:
    """Empty canvases and everything else that a kernel takes."""
    canvas = np.zeros((max(samples) - first + 1, padded_length((height + 2 * pad) * (width + 2 * pad))), np.float32)
    return canvas, *canvas_coordinates(height, width, pad), (height, width, pad), table(rows, samples), first


def render(kernel: Kernel, parameters: Parameters, height: int, width: int, pad: int = 0) -> Image:
    """The frame of one object, without its padding."""
    call = arguments([parameters], [0], height, width, pad)
    kernel(*call)
    pixels = call[0][0, : (height + 2 * pad) * (width + 2 * pad)].reshape(height + 2 * pad, width + 2 * pad)
    return pixels[pad : pad + height, pad : pad + width].copy()


def sample(kernel: Kernel, parameters: Parameters, dx: FloatArray, dy: FloatArray) -> Image:
    """Light at offsets from the object's centre: one pixel each, the object moved."""
    dx, dy = np.broadcast_arrays(dx, dy)
    rows = table([parameters] * dx.size, range(dx.size))
    rows["x"], rows["y"] = -dx.ravel(), -dy.ravel()
    canvas = np.zeros((dx.size, padded_length(1)), np.float32)
    kernel(canvas, *canvas_coordinates(1, 1, 0), (1, 1, 0), rows, 0)
    return canvas[:, 0].reshape(dx.shape)


def relative_error(image: npt.NDArray[Any], exact: FloatArray, faintest: float) -> float:
    """Largest relative error where the light is above `faintest`."""
    seen = exact > faintest
    return float(np.max(np.abs(image[seen] / exact[seen] - 1.0), initial=0.0))


def hash_of(scenes: Sequence[tuple[Kernel, Sequence[Parameters]]]) -> str:
    """Hash of one image for each object of each scene."""
    digest = hashlib.sha256()
    for kernel, rows in scenes:
        call = arguments(rows, range(len(rows)), 28, 28, 3)
        kernel(*call)
        digest.update(call[0].tobytes())
    return digest.hexdigest()
