"""Means over pixels by cells that each are a Taylor series, one cell a pixel or many: a strip of cells at a time.

`set_places(cells, columns, rows, origin, shape)` sets where cells are, `set_means(cells, shape)` their means, relative
to a weight. Both are marked `@piece`; `shape` is whatever they take.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from deepbench_fast.kernels._jit import piece
from deepbench_fast.kernels.light.pixel_mean import Pixels, whole_lanes
from deepbench_fast.kernels.light.strips import STRIP, Float32Array, Strips, part_of

ZERO = np.float32(0.0)


class Origin(NamedTuple):
    """Column and row of the pixel nearest the object's centre, and how far cells' centres lie from those of pixels."""

    column: np.float32
    row: np.float32
    x: float
    y: float


SetPlaces: TypeAlias = Callable[[Strips, Float32Array, Float32Array, Origin, Any], None]
SetMeans: TypeAlias = Callable[[Strips, Any], None]


@piece
def set_coarse_means(
    light: Float32Array,
    columns: Float32Array,
    rows: Float32Array,
    nearest: Origin,
    strips: Strips,
    weight: np.float32,
    set_places: SetPlaces,
    set_means: SetMeans,
    shape: Any,
) -> None:
    """Means over all pixels by one cell each."""
    for start in range(0, light.shape[0], STRIP):
        stop = min(start + STRIP, light.shape[0])
        cells, part = part_of(strips, 0, stop - start), light[start:stop]
        set_places(cells, columns[start:stop], rows[start:stop], nearest, shape)
        set_means(cells, shape)
        for i in range(stop - start):
            part[i] = weight * cells.mean[i]


@piece
def set_fine_means(
    pixels: Pixels, count: int, along: int, weight: np.float32, set_places: SetPlaces, set_means: SetMeans, shape: Any
) -> None:
    """Means over the listed pixels by along**2 cells each; `weight` is that of one cell.

    Of few pixels a strip holds many cells each.
    """
    length = whole_lanes(count)
    for start in range(0, length, STRIP):
        size = min(STRIP, length - start)
        stop = start + size
        mean, dx, dy = pixels.mean[start:stop], pixels.dx[start:stop], pixels.dy[start:stop]
        for j in range(size):
            mean[j] = ZERO
        at_once = STRIP // size
        for first in range(0, along * along, at_once):
            number = min(at_once, along * along - first)
            for k in range(number):
                x = ((first + k) % along + 0.5) / along - 0.5
                y = ((first + k) // along + 0.5) / along - 0.5
                set_places(part_of(pixels.strips, k, size), dx, dy, Origin(ZERO, ZERO, x, y), shape)
            set_means(part_of(pixels.strips, 0, number * size), shape)
            for k in range(number):
                of_cells = part_of(pixels.strips, k, size).mean
                for j in range(size):
                    mean[j] += weight * of_cells[j]
