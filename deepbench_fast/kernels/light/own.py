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

# A cell is cut into four where its two means differ by more than this part of the pixel's light. That counts as no less
# than so much of the brightest pixel in the frame.
TOLERANCE = 3e-5
FAINT = 1e-5
# Cells next to the object's centre are cut down to this size whatever their points say: they may miss what is there.
NARROWEST = 2.0**-10
SMALLEST = 2.0**-30
MOST_CELLS = 20_000
# From how far the centre is looked at.
NEAR = 1.0
# What may be left open of the pixel's light where that ends the cutting.
LEFT_OPEN = 1e-4
# Cells that wait: the first four, and three more of each level.
ROOM = 3 * 31 + 4


@inline
def _nearest(centre: float, pixel: float) -> float:
    """The coordinate of a pixel's point that is nearest to this one."""
    return min(max(centre, pixel - 0.5), pixel + 0.5)


def light_kernels(brightness: Callable[..., Any], factor: int = 1) -> dict[str, Callable[..., Any]]:
    """Kernels "center" and "integrate" of `brightness(dx, dy, row)`: each adds its objects to a canvas.

    dx and dy are the columns and rows from the object's centre (row.x, row.y) to the point, float64; row is a row of
    the kind's table. On a grid that is `factor` times finer than the pixels the canvas and (row.x, row.y) are in
    sub-pixels, while dx and dy stay in pixels.

    The mean over a pixel is that of 4 x 4 Gauss-Legendre points where 3 x 3 agree with them to 3e-5, and where, in the
    pixels around the object's centre, a mesh that is finer towards it does so too. Elsewhere cells are cut into four
    until that is so of each, in units of the pixel's light, or of 1e-5 of the brightest one's. NaN where that doesn't
    end: the mean may be infinite.
    """
    value = inline(brightness)
    step = 1.0 / factor

    @kernel_of_a_process
    def cell_means(x: float, y: float, width: float, height: float, row: Any) -> tuple[float, float, float]:
        """Of the cell around the column x and the row y: its mean by 4 x 4 points, by 3 x 3, and that of the size."""
        mean = 0.0
        size = 0.0
        for i in range(POINTS.size):
            for j in range(POINTS.size):
                dx, dy = x + width * POINTS[j] - row.x, y + height * POINTS[i] - row.y
                there = WEIGHTS[i] * WEIGHTS[j] * value(step * dx, step * dy, row)
                mean += there
                size += abs(there)
        fewer = 0.0
        for i in range(FEWER_POINTS.size):
            for j in range(FEWER_POINTS.size):
                dx, dy = x + width * FEWER_POINTS[j] - row.x, y + height * FEWER_POINTS[i] - row.y
                fewer += FEWER_WEIGHTS[i] * FEWER_WEIGHTS[j] * value(step * dx, step * dy, row)
        return mean, fewer, size

    @kernel_of_a_process
    def by_cells(x: float, y: float, light: float, row: Any, waiting: npt.NDArray[np.float64]) -> tuple[float, float]:
        """Mean of a pixel and of its size by cells that are cut until each is right beside this `light`.

        They meet in the pixel's point next to the object's centre; those that touch it are cut down to NARROWEST
        whatever the light is.
        """
        point_x, point_y = _nearest(row.x, x), _nearest(row.y, y)
        count = 0
        for quarter in range(4):
            from_x, to_x = (x - 0.5, point_x) if quarter % 2 == 0 else (point_x, x + 0.5)
            from_y, to_y = (y - 0.5, point_y) if quarter // 2 == 0 else (point_y, y + 0.5)
            if from_x < to_x and from_y < to_y:
                waiting[count, 0], waiting[count, 1] = 0.5 * (from_x + to_x), 0.5 * (from_y + to_y)
                waiting[count, 2], waiting[count, 3] = to_x - from_x, to_y - from_y
                count += 1
        mean, size, left = 0.0, 0.0, 0.0
        cells = 0
        while count > 0:
            count -= 1
            cells += 1
            x, y, width, height = waiting[count, 0], waiting[count, 1], waiting[count, 2], waiting[count, 3]
            longer = max(width, height)
            here, fewer, size_here = cell_means(x, y, width, height, row)
            area = width * height
            error = area * abs(here - fewer)
            touches = abs(x - point_x) < 0.75 * width and abs(y - point_y) < 0.75 * height
            # In a cusp itself the two means are further from the truth than from each other.
            allowed = (0.1 if touches else 1.0) * TOLERANCE * light
            right = error <= allowed and not (touches and longer > NARROWEST)
            if right or longer <= SMALLEST or cells > MOST_CELLS:
                mean += area * here
                size += area * size_here
                left += 0.0 if right else error
            else:
                # A thin cell only along its length, so that it ends up about as long as wide.
                across, down = 1 if height > 2.0 * width else 2, 1 if width > 2.0 * height else 2
                for part in range(across * down):
                    waiting[count, 2], waiting[count, 3] = width / across, height / down
                    waiting[count, 0] = x + (part % across - 0.5 * (across - 1)) * waiting[count, 2]
                    waiting[count, 1] = y + (part // across - 0.5 * (down - 1)) * waiting[count, 3]
                    count += 1
        return mean if left <= LEFT_OPEN * light else np.nan, size

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
        waiting = np.empty((ROOM, 4))
        means, errors, sizes = np.empty(columns.size), np.empty(columns.size), np.empty(columns.size)
        for k in range(table.size):
            row = table[k]
            target = canvas[row.sample - first]
            brightest = 0.0
            for p in range(target.size):
                x, y = np.float64(columns[p]), np.float64(rows[p])
                means[p], fewer, sizes[p] = cell_means(x, y, 1.0, 1.0, row)
                errors[p] = abs(means[p] - fewer)
                if abs(x - row.x) <= NEAR and abs(y - row.y) <= NEAR:
                    finer, sizes[p] = by_cells(x, y, np.inf, row, waiting)
                    errors[p] = max(errors[p], abs(means[p] - finer))
                if 0.0 <= x < frame[1] and 0.0 <= y < frame[0]:
                    brightest = max(brightest, sizes[p])
            for p in range(target.size):
                light = max(sizes[p], FAINT * brightest)
                if light < np.inf and not errors[p] <= TOLERANCE * light:
                    means[p], _ = by_cells(np.float64(columns[p]), np.float64(rows[p]), light, row, waiting)
                target[p] += np.float32(means[p])

    return {"center": center, "integrate": integrate}


def value_at(brightness: Callable[..., Any], dtype: np.dtype[Any]) -> object:
    """What the function gives, compiled alone, a pixel away from an object whose columns are 1."""
    return inline(brightness)(1.0, 1.0, np.ones(1, dtype)[0])
