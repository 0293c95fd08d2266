"""Batch kernels around the user's own function of a pixel's distance from an object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel_of_a_process

# Gauss-Legendre points and weights on [-1/2, 1/2], of fourth order: a mean over a pixel takes 4 x 4 of them.
POINTS = np.array([-0.43056815579702629, -0.16999052179242813, 0.16999052179242813, 0.43056815579702629])
WEIGHTS = np.array([0.17392742256872693, 0.32607257743127307, 0.32607257743127307, 0.17392742256872693])


def light_kernels(brightness: Callable[..., Any], factor: int = 1) -> dict[str, Callable[..., Any]]:
    """Kernels "center" and "integrate" of `brightness(dx, dy, row)`: each adds its objects to a canvas.

    dx and dy are the columns and rows from the object's centre (row.x, row.y) to the point, float64; row is a row of
    the kind's table. The mean over a pixel is that of 4 x 4 Gauss-Legendre points. On a grid that is `factor` times
    finer than the pixels the canvas and (row.x, row.y) are in sub-pixels, while dx and dy stay in pixels.
    """
    value = inline(brightness)
    step = 1.0 / factor

    @kernel_of_a_process
    def center(
        canvas: npt.NDArray[np.float32],
        columns: npt.NDArray[np.float32],
        rows: npt.NDArray[np.float32],
        frame: tuple[int, int, int],
        table: npt.NDArray[Any],
        first: int,
    ) -> None:
        for k in range(table.size):
            row = table[k]
            target = canvas[row.sample - first]
            for p in range(target.size):
                target[p] += np.float32(value(step * (columns[p] - row.x), step * (rows[p] - row.y), row))

    @kernel_of_a_process
    def integrate(
        canvas: npt.NDArray[np.float32],
        columns: npt.NDArray[np.float32],
        rows: npt.NDArray[np.float32],
        frame: tuple[int, int, int],
        table: npt.NDArray[Any],
        first: int,
    ) -> None:
        for k in range(table.size):
            row = table[k]
            target = canvas[row.sample - first]
            for p in range(target.size):
                mean = 0.0
                for i in range(POINTS.size):
                    for j in range(POINTS.size):
                        dx, dy = columns[p] + POINTS[j] - row.x, rows[p] + POINTS[i] - row.y
                        mean += WEIGHTS[i] * WEIGHTS[j] * value(step * dx, step * dy, row)
                target[p] += np.float32(mean)

    return {"center": center, "integrate": integrate}


def value_at(brightness: Callable[..., Any], dtype: np.dtype[Any]) -> object:
    """What the function gives, compiled alone, a pixel away from an object whose columns are 1."""
    return inline(brightness)(1.0, 1.0, np.ones(1, dtype)[0])
