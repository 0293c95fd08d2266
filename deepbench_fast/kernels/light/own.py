"""Batch kernels around the user's own function of a pixel's distance from an object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel_of_a_process

# Gauss-Legendre points and weights on [-1/2, 1/2]: a mean over a cell takes 4 x 4 of them; 3 x 3 tell its error.
POINTS = np.array([-0.43056815579702629, -0.16999052179242813, 0.16999052179242813, 0.43056815579702629])
WEIGHTS = np.array([0.17392742256872693, 0.32607257743127307, 0.32607257743127307, 0.17392742256872693])
FEWER_POINTS = np.array([-0.3872983346207417, 0.0, 0.3872983346207417])
FEWER_WEIGHTS = np.array([0.2777777777777778, 0.4444444444444444, 0.2777777777777778])

# A cell is cut into four where its two means differ by more than this part of the pixel's light, which counts as no less
# than that part of the brightest pixel's in the frame.
TOLERANCE = 3e-5
FAINT = 1e-5
# The cell with the object's centre is cut so often whatever its points say: they miss what is narrower than it.
CUTS_AT_THE_CENTRE = 14
MOST_CUTS = 30
MOST_CELLS = 20_000
# What may be left open of the pixel's light where that ends the cutting.
LEFT_OPEN = 1e-4
# Cells that wait: three of each level, and the four of the last.
ROOM = 3 * MOST_CUTS + 4


def light_kernels(brightness: Callable[..., Any], factor: int = 1) -> dict[str, Callable[..., Any]]:
    """Kernels "center" and "integrate" of `brightness(dx, dy, row)`: each adds its objects to a canvas.

    dx and dy are the columns and rows from the object's centre (row.x, row.y) to the point, float64; row is a row of
    the kind's table. On a grid that is `factor` times finer than the pixels the canvas and (row.x, row.y) are in
    sub-pixels, while dx and dy stay in pixels.

    The mean over a pixel is that of 4 x 4 Gauss-Legendre points where 3 x 3 agree with them to 3e-5; in the pixel of the
    object's centre a mesh that is finer towards it must agree as well. Elsewhere cells are cut into four until that is
    so of each, in units of the pixel's light, or of 1e-5 of the brightest one's. NaN where that doesn't end: the mean
    may be infinite.
    """
    value = inline(brightness)
    step = 1.0 / factor

    @kernel_of_a_process
    def cell_means(x: float, y: float, side: float, row: Any) -> tuple[float, float, float]:
        """Of the cell at the column x and the row y: its mean by 4 x 4 points, by 3 x 3, and that of the size."""
        mean = 0.0
        size = 0.0
        for i in range(POINTS.size):
            for j in range(POINTS.size):
                dx, dy = x + side * POINTS[j] - row.x, y + side * POINTS[i] - row.y
                there = WEIGHTS[i] * WEIGHTS[j] * value(step * dx, step * dy, row)
                mean += there
                size += abs(there)
        fewer = 0.0
        for i in range(FEWER_POINTS.size):
            for j in range(FEWER_POINTS.size):
                dx, dy = x + side * FEWER_POINTS[j] - row.x, y + side * FEWER_POINTS[i] - row.y
                fewer += FEWER_WEIGHTS[i] * FEWER_WEIGHTS[j] * value(step * dx, step * dy, row)
        return mean, fewer, size

    @inline
    def holds_centre(x: float, y: float, side: float, row: Any) -> bool:
        return abs(x - row.x) <= 0.5 * side and abs(y - row.y) <= 0.5 * side

    @kernel_of_a_process
    def by_finer_mesh(x: float, y: float, row: Any) -> tuple[float, float]:
        """Mean of a pixel and of its size by cells that halve towards the object's centre."""
        mean, size, side = 0.0, 0.0, 1.0
        for _ in range(CUTS_AT_THE_CENTRE):
            side *= 0.5
            next_x, next_y = x, y
            inside = False
            for quarter in range(4):
                cell_x, cell_y = x + side * (quarter % 2 - 0.5), y + side * (quarter // 2 - 0.5)
                if not inside and holds_centre(cell_x, cell_y, side, row):
                    next_x, next_y, inside = cell_x, cell_y, True
                else:
                    here, _, size_here = cell_means(cell_x, cell_y, side, row)
                    mean += side * side * here
                    size += side * side * size_here
            x, y = next_x, next_y
        here, _, size_here = cell_means(x, y, side, row)
        return mean + side * side * here, size + side * side * size_here

    @kernel_of_a_process
    def by_cells(x: float, y: float, light: float, row: Any, waiting: npt.NDArray[np.float64]) -> float:
        """Mean of a pixel by cells that are cut until each is right beside this `light`."""
        mean = 0.0
        left = 0.0
        waiting[0, 0], waiting[0, 1], waiting[0, 2] = x, y, 1.0
        count = 1
        cells = 0
        least = 0.5**MOST_CUTS
        while count > 0:
            count -= 1
            cells += 1
            x, y, side = waiting[count, 0], waiting[count, 1], waiting[count, 2]
            here, fewer, _ = cell_means(x, y, side, row)
            error = side * side * abs(here - fewer)
            narrow = side > 0.5**CUTS_AT_THE_CENTRE and holds_centre(x, y, side, row)
            if error <= TOLERANCE * light and not narrow:
                mean += side * side * here
            elif side <= least or cells > MOST_CELLS:
                mean += side * side * here
                left += error
            else:
                half = 0.5 * side
                for quarter in range(4):
                    waiting[count, 0] = x + half * (quarter % 2 - 0.5)
                    waiting[count, 1] = y + half * (quarter // 2 - 0.5)
                    waiting[count, 2] = half
                    count += 1
        return mean if left <= LEFT_OPEN * light else np.nan

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
        waiting = np.empty((ROOM, 3))
        means, errors, sizes = np.empty(columns.size), np.empty(columns.size), np.empty(columns.size)
        for k in range(table.size):
            row = table[k]
            target = canvas[row.sample - first]
            brightest = 0.0
            for p in range(target.size):
                x, y = np.float64(columns[p]), np.float64(rows[p])
                means[p], fewer, sizes[p] = cell_means(x, y, 1.0, row)
                errors[p] = abs(means[p] - fewer)
                if holds_centre(x, y, 1.0, row):
                    finer, sizes[p] = by_finer_mesh(x, y, row)
                    errors[p] = max(errors[p], abs(means[p] - finer))
                if 0.0 <= x < frame[1] and 0.0 <= y < frame[0]:
                    brightest = max(brightest, sizes[p])
            for p in range(target.size):
                light = max(sizes[p], FAINT * brightest)
                if light < np.inf and not errors[p] <= TOLERANCE * light:
                    means[p] = by_cells(np.float64(columns[p]), np.float64(rows[p]), light, row, waiting)
                target[p] += np.float32(means[p])

    return {"center": center, "integrate": integrate}


def value_at(brightness: Callable[..., Any], dtype: np.dtype[Any]) -> object:
    """What the function gives, compiled alone, a pixel away from an object whose columns are 1."""
    return inline(brightness)(1.0, 1.0, np.ones(1, dtype)[0])
