"""Input of kernels: a block of images as large as the renderer's, and objects drawn from their kinds' defaults."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.layout import Tables
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.kernels.image.grid import canvas_coordinates, padded_length
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.render.renderer import BLOCK_BYTES

PSF_SIGMA = 0.7
PSF_PAD = 3
NOISE_SIGMA = 0.1
KEY = np.array([1, 2], np.uint32)

Float32Array = npt.NDArray[np.float32]


class Canvases(NamedTuple):
    """Arguments of the render kernels: call `kernel(*canvases)`."""

    canvas: Float32Array
    columns: Float32Array
    rows: Float32Array
    frame: tuple[int, int, int]
    table: npt.NDArray[Any]
    first: int


def canvases(kind: str, size: int, *, pad: int = 0) -> Canvases:
    """One object of `kind` in each of as many blank images as the pipeline renders at a time."""
    length = padded_length((size + 2 * pad) ** 2)
    count = max(1, BLOCK_BYTES // (4 * length))
    columns, rows = canvas_coordinates(size, size, pad)
    table = objects(kind, count, size).objects[kind]
    return Canvases(np.zeros((count, length), np.float32), columns, rows, (size, size, pad), table, 0)


def objects(kind: str, samples: int, size: int) -> Tables:
    """Tables of samples with one object of `kind` each."""
    recipe = Recipe.of_kind(kind).with_overrides({"size": [size, size], "samples": samples})
    return draw(make_plan(recipe), 0, samples)


def images(size: int, *, pad: int = 0) -> Float32Array:
    """As many flat images of noise, zero in a margin of `pad` pixels, as the pipeline renders at a time."""
    count = max(1, BLOCK_BYTES // (4 * padded_length((size + 2 * pad) ** 2)))
    frames = np.random.default_rng(0).random((count, size, size), np.float32)
    return np.pad(frames, ((0, 0), (pad, pad), (pad, pad))).reshape(count, -1)


def noise_arguments(count: int, sigma: float = NOISE_SIGMA) -> tuple[Any, Any, Any, Any]:
    """Arguments of `add_gaussian` after the images."""
    return np.full(count, sigma), KEY, np.zeros(count, np.uint32), np.arange(count)
