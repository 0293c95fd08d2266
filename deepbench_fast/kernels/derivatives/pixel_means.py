"""Means of light over pixels in float64, and their slopes along the parameters of an object, from its profile alone.

A pixel is one cell of 5 x 5 Gauss-Legendre points where 4 x 4 agree with them, and not by chance; elsewhere it is cut
into cells until they do. Around an object's centre, where profiles may have a cusp, or be narrower than any points see,
cells grow with their distance from it. Slopes are those of the sum over the same cells. Where points don't resolve a
kind, it may be integrated along the edges of pixels: see `pixel_edges`; where no number of cells is enough, along rays:
see `along_rays`, which knows no slopes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel, kernel_of_a_process
from deepbench_fast.kernels.derivatives._duals import dual_row, put_slopes
from deepbench_fast.kernels.derivatives.along_rays import Rays, integrating_along_rays
from deepbench_fast.kernels.derivatives.lift import lift
from deepbench_fast.kernels.derivatives.light import DIRECTIONS
from deepbench_fast.kernels.derivatives.pixel_edges import (
    Compiler,
    Edges,
    adding_along_edges,
    means_by_edges,
    nothing_along_edges,
)
from deepbench_fast.kernels.light.own import POINTS as FOUR
from deepbench_fast.kernels.light.own import WEIGHTS as FOUR_WEIGHTS
from deepbench_fast.kernels.light.pixel_mean import NODES as FIVE
from deepbench_fast.kernels.light.pixel_mean import WEIGHTS as FIVE_WEIGHTS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

TOLERANCE = 2e-8
"""How much both sums may differ in a pixel, of its light; in a cell that part of it which the cell is as long as, since
slopes along places grow as cells shrink."""

ROUGH, ROUGH_NEAR = 0.03, 0.25
"""Sums count as being as far from each other as the squares of a cell's fourth moments times this over its light, too:
they may agree by chance, as across a ridge, which is sharpest near the centre. Where moments fall evenly, both are
about the same."""

CUSP = 1e-4
"""So much less in a cell at the object's centre, where both are further from the truth than from each other."""

CLOSE = 0.25
"""Cells are at the centre that are no farther from it than this part of their length, whosever pixel it is in."""

FAINT, NO_LIGHT = 1e-6, 1e-280
"""A pixel's light counts as no less than this part of the object's brightest pixel, and than the second, below which
numbers lose their digits."""

NARROWEST = 2.0**-10
"""Cells at the object's centre are cut to this part of a pixel, whatever their points say."""

SMALLEST = 2.0**-40
MOST_CELLS = 100_000
LEFT_OPEN = 1e-6
"""Where cutting ends without agreement, and how much of the pixel's light may then be open; else the mean is NaN."""

MORE = 2.0
"""A pixel is that many times as bright as it seemed: its cells are found anew."""

NEAR, HALF = 2.0, 0.5
"""Pixels whose centres are as near to the object's, in pixels, have cells that grow with the distance from it, and are
no longer than half of one: on whole ones beside a cusp both rules may agree by chance."""

ROOM = 3 * 41 + 4
"""Cells that wait: the first four, and three more of each level."""

FINER, COARSER, LANES = 25, 16, 48
"""Points of the finer rule, and room for those of both."""

HELD = 5
"""Cells whose slopes are worked out side by side."""


def _rules() -> Floats:
    """Of the points of both rules: column, row, weight in the finer and in the coarser one, and in the finer one's
    fourth moments along columns and rows, (6, LANES)."""
    found = np.zeros((6, LANES))
    five, five_weights = 0.5 * np.array(FIVE), 0.5 * np.array(FIVE_WEIGHTS)
    for points, weights, first, number in ((five, five_weights, 0, 2), (FOUR, FOUR_WEIGHTS, FINER, 3)):
        stop = first + points.size**2
        found[0, first:stop], found[1, first:stop] = np.tile(points, points.size), np.repeat(points, points.size)
        found[number, first:stop] = np.outer(weights, weights).ravel()
    fourth = np.polynomial.legendre.Legendre.basis(4)
    for axis in (0, 1):
        found[4 + axis, :FINER] = 9.0 * found[2, :FINER] * fourth(2.0 * found[axis, :FINER])
    return found


ACROSS, DOWN, FINER_WEIGHTS, COARSER_WEIGHTS, FOURTH_ACROSS, FOURTH_DOWN = _rules()


def mean_kernels(
    profile: Callable[..., Any],
    own: bool = False,
    edges: Edges | None = None,
    may_hide: Callable[..., Any] | None = None,
    rays: Rays | None = None,
    lit: Mapping[str, tuple[float, float]] | None = None,
) -> tuple[Callable[..., None], Callable[..., None]]:
    """Kernels (mean, slopes) as those of `light.light_kernels`, of means over pixels, which take their `side`, too.

    mean(table, first, columns, rows, side, out), slopes(table, first, columns, rows, side, wanted, places, factors,
    out, slopes). Means are right to 1e-6 of the pixel's light, or of a millionth of the brightest pixel's; NaN where no
    cells are small enough, as for a mean that is infinite. A feature away from the object's centre that is narrower
    than the distance of points, a quarter of a pixel, may be missed, but for kinds with `edges`, or which say by
    may_hide(dx, dy, width, height, light, row) that points of a cell miss something; `light` is that of its pixel.
    Kinds with `rays` have a mean where no cells are small enough, too, but no slopes there: these are NaN.

    Cells are those of objects whose parameters are moved between the ends in `lit`: else nothing would be seen of what
    a parameter that is 0 switches off, whose slope isn't 0.
    """
    compiled: Compiler = kernel_of_a_process if own else kernel
    plain = getattr(profile, "py_func", profile)
    may_hide = may_hide or _hides_nothing
    look, cut = _looking(compiled, inline(plain), may_hide)
    by_rays = _no_rays if rays is None else integrating_along_rays(compiled, inline(plain), rays)
    roads = compiled, look, cut, may_hide, _never if edges is None else edges.is_needed, by_rays
    mean = _kernel(*roads, _nothing, _by_edges(compiled, edges))
    slopes = _kernel(*roads, _adding(compiled, lift(profile)), _by_edges(compiled, edges, slopes=True))
    nothing, no_factors = np.zeros(0, np.int64), np.zeros((0, 0))

    def seen(table: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
        found, moved = table.copy(), np.zeros(len(table), np.bool_)
        for name, ends in (lit or {}).items():
            found[name] = np.clip(table[name], *ends)
            moved |= found[name] != table[name]
        return found, moved

    def mean_alone(
        table: npt.NDArray[Any], first: int, columns: Floats, rows: Floats, side: float, out: Floats
    ) -> None:
        no_slopes = nothing, nothing, no_factors, out, np.zeros((len(out), 0, 0))
        mean(table, *seen(table), first, columns, rows, side, *no_slopes)

    def with_slopes(table: npt.NDArray[Any], *arguments: Any) -> None:
        slopes(table, *seen(table), *arguments)

    return mean_alone, with_slopes


@inline
def _is_at_centre(x: float, y: float, width: float, height: float, row: Any) -> bool:
    """Whether the cell around (x, y) is."""
    gap = max(abs(x - row.x) - 0.5 * width, abs(y - row.y) - 0.5 * height)
    return bool(gap <= CLOSE * max(width, height))


@inline
def _hides_nothing(dx: float, dy: float, width: float, height: float, light: float, row: Any) -> bool:
    """Whether points of a cell may miss what is in it."""
    return False


def _looking(compiled: Compiler, value: Callable[..., Any], may_hide: Callable[..., Any]) -> tuple[Any, Any]:
    """Functions (look, cut): the sums over a cell; a pixel's cells, and the sums over them."""

    @compiled
    def look(
        x: float, y: float, width: float, height: float, rough: float, row: Any, values: Floats
    ) -> tuple[float, float, float]:
        """Of the cell around (x, y): its mean, how far the coarser rule is off, and the mean of the absolute value."""
        for lane in range(LANES):
            values[lane] = value(x + width * ACROSS[lane] - row.x, y + height * DOWN[lane] - row.y, row)
        mean, fewer, size, across, down = 0.0, 0.0, 0.0, 0.0, 0.0
        for lane in range(FINER):
            mean += FINER_WEIGHTS[lane] * values[lane]
            size += FINER_WEIGHTS[lane] * abs(values[lane])
            across += FOURTH_ACROSS[lane] * values[lane]
            down += FOURTH_DOWN[lane] * values[lane]
        for lane in range(FINER, FINER + COARSER):
            fewer += COARSER_WEIGHTS[lane] * values[lane]
        moments = (across * across + down * down) / size if size > 0.0 else 0.0
        return mean, max(abs(mean - fewer), rough * moments), size

    @compiled
    def cut(
        x: float, y: float, side: float, light: float, row: Any, values: Floats, waiting: Floats, cells: Floats
    ) -> tuple[int, float, float]:
        """Fill `cells` (n, 4) with a pixel's cells; returns their number, the mean, and that of the absolute value."""
        near = abs(x - row.x) <= NEAR * side and abs(y - row.y) <= NEAR * side
        rough = ROUGH_NEAR if near else ROUGH
        left_edge, right_edge, top, bottom = x - 0.5 * side, x + 0.5 * side, y - 0.5 * side, y + 0.5 * side
        point_x = min(max(row.x, left_edge), right_edge) if near else left_edge
        point_y = min(max(row.y, top), bottom) if near else top
        waits = 0
        for quarter in range(4):
            from_x, to_x = (left_edge, point_x) if quarter % 2 == 0 else (point_x, right_edge)
            from_y, to_y = (top, point_y) if quarter // 2 == 0 else (point_y, bottom)
            if from_x < to_x and from_y < to_y:
                waiting[waits, 0], waiting[waits, 1] = 0.5 * (from_x + to_x), 0.5 * (from_y + to_y)
                waiting[waits, 2], waiting[waits, 3] = to_x - from_x, to_y - from_y
                waits += 1
        count, mean, size, left = 0, 0.0, 0.0, 0.0
        while waits > 0:
            waits -= 1
            x, y, width, height = waiting[waits, 0], waiting[waits, 1], waiting[waits, 2], waiting[waits, 3]
            here, difference, size_here = look(x, y, width, height, rough, row, values)
            area, longer = width * height / (side * side), max(width, height) / side
            at_centre = _is_at_centre(x, y, width, height, row)
            right = area * difference <= (CUSP if at_centre else 1.0) * TOLERANCE * longer * light
            right = right and not (near and longer > HALF)
            right = right and not may_hide(x - row.x, y - row.y, width, height, light * (side * side), row)
            if (right and not (at_centre and longer > NARROWEST)) or longer <= SMALLEST or count + waits > MOST_CELLS:
                cells[count, 0], cells[count, 1], cells[count, 2], cells[count, 3] = x, y, width, height
                count += 1
                mean += area * here
                size += area * size_here
                left += 0.0 if right else area * difference
            else:
                # A thin cell only along its length, so that it ends up about as long as wide.
                across, down = 1 if height > 2.0 * width else 2, 1 if width > 2.0 * height else 2
                for part in range(across * down):
                    waiting[waits, 2], waiting[waits, 3] = width / across, height / down
                    waiting[waits, 0] = x + (part % across - 0.5 * (across - 1)) * waiting[waits, 2]
                    waiting[waits, 1] = y + (part // across - 0.5 * (down - 1)) * waiting[waits, 3]
                    waits += 1
        return count, mean if left <= LEFT_OPEN * light else np.nan, size

    return look, cut


@inline
def _nothing(
    row: Any,
    held: Floats,
    count: int,
    side: float,
    wanted: Integers,
    places: Integers,
    factors: Floats,
    block: Floats,
    slopes: Floats,
) -> None:
    """In place of slopes, where none are asked for."""


def _adding(compiled: Compiler, dual_value: Callable[..., Any]) -> Any:
    """A function that adds the slopes of `count` cells, (HELD, 5): x, y, width, height and pixel."""

    @compiled
    def add(
        row: Any,
        held: Floats,
        count: int,
        side: float,
        wanted: Integers,
        places: Integers,
        factors: Floats,
        block: Floats,
        slopes: Floats,
    ) -> None:
        lanes = HELD * FINER
        for lane in range(HELD * FINER):
            cell, point = min(lane // FINER, count - 1), lane % FINER
            block[lane] = held[cell, 0] + held[cell, 2] * ACROSS[point]
            block[lanes + lane] = held[cell, 1] + held[cell, 3] * DOWN[point]
        numbers = dual_row(row)
        for lane in range(HELD * FINER):
            light = dual_value(block[lane] - numbers.x, block[lanes + lane] - numbers.y, numbers)
            put_slopes(light, block, 2 * lanes + lane, lanes)
        for q in range(wanted.size):
            start = (2 + wanted[q]) * lanes
            for cell in range(count):
                total = 0.0
                for point in range(FINER):
                    total += FINER_WEIGHTS[point] * block[start + cell * FINER + point]
                area = held[cell, 2] * held[cell, 3] / (side * side)
                slopes[places[q], int(held[cell, 4])] += factors[q] * (area * total)

    return add


@inline
def _no_rays(x: float, y: float, side: float, light: float, faintest: float, row: Any) -> float:
    """In place of rays, where a kind has none."""
    return np.nan


@inline
def _never(dx: float, dy: float, side: float, row: Any) -> bool:
    """Whether a pixel of a kind without them needs its edges."""
    return False


def _by_edges(compiled: Compiler, edges: Edges | None, slopes: bool = False) -> Any:
    """What adds the pixels that need their edges."""
    if edges is None:
        return _nothing_by_edges
    return means_by_edges(compiled, edges, adding_along_edges(compiled, edges) if slopes else nothing_along_edges)


@inline
def _nothing_by_edges(
    row: Any,
    seen: Any,
    moved: bool,
    columns: Floats,
    rows: Floats,
    side: float,
    light: Floats,
    wanted: Integers,
    places: Integers,
    factors: Floats,
    block: Floats,
    out: Floats,
    slopes: Floats,
) -> None:
    """In place of edges, where a kind has none."""


def _kernel(
    compiled: Compiler,
    look: Any,
    cut: Any,
    may_hide: Any,
    is_needed: Any,
    by_rays: Any,
    add_slopes: Any,
    add_by_edges: Any,
) -> Any:
    @compiled
    def means_over_pixels(
        table: npt.NDArray[Any],
        lit: npt.NDArray[Any],
        moved: npt.NDArray[np.bool_],
        first: int,
        columns: Floats,
        rows: Floats,
        side: float,
        wanted: Integers,
        places: Integers,
        factors: Floats,
        out: Floats,
        slopes: Floats,
    ) -> None:
        values, waiting, cells = np.empty(LANES), np.empty((ROOM, 4)), np.empty((MOST_CELLS + ROOM, 4))
        means, differences, sizes = np.empty(columns.size), np.empty(columns.size), np.empty(columns.size)
        block, held = np.empty((DIRECTIONS + 2) * HELD * FINER), np.empty((HELD, 5))
        for k in range(table.size):
            row, seen, t = table[k], lit[k], table[k].sample - first
            brightest = 0.0
            for p in range(columns.size):
                x, y = columns[p], rows[p]
                means[p], differences[p], sizes[p] = look(x, y, side, side, ROUGH, seen, values)
                if abs(x - row.x) <= NEAR * side and abs(y - row.y) <= NEAR * side:
                    differences[p] = np.inf
                if _is_at_centre(x, y, side, side, row):
                    _, _, sizes[p] = cut(x, y, side, np.inf, seen, values, waiting, cells)
                brightest = max(brightest, sizes[p])
            for p in range(columns.size):
                sizes[p] = max(sizes[p], FAINT * brightest, NO_LIGHT)
            add_by_edges(
                row,
                seen,
                moved[k],
                columns,
                rows,
                side,
                sizes,
                wanted,
                places,
                factors[k],
                block,
                out[t],
                slopes[t],
            )
            count = 0
            for p in range(columns.size):
                if is_needed(columns[p] - row.x, rows[p] - row.y, side, row):
                    continue
                light, number, x, y = sizes[p], 1, columns[p], rows[p]
                cells[0, 0], cells[0, 1], cells[0, 2], cells[0, 3] = x, y, side, side
                hides = may_hide(x - row.x, y - row.y, side, side, light * (side * side), seen)
                if light < np.inf and (hides or not differences[p] <= TOLERANCE * light):
                    number, means[p], size = cut(x, y, side, light, seen, values, waiting, cells)
                    # What points missed at first makes a pixel brighter than it seemed.
                    while np.isnan(means[p]) and MORE * light < size < np.inf:
                        light = size
                        number, means[p], size = cut(x, y, side, light, seen, values, waiting, cells)
                if np.isnan(means[p]) and light < np.inf:
                    x, y, number = columns[p] - row.x, rows[p] - row.y, 0
                    means[p] = by_rays(x, y, side, light, max(FAINT * brightest, NO_LIGHT), row)
                    for q in range(wanted.size):
                        slopes[t, places[q], p] = np.nan
                elif moved[k]:
                    means[p] = 0.0
                    for cell in range(number):
                        x, y, width, height = cells[cell, 0], cells[cell, 1], cells[cell, 2], cells[cell, 3]
                        here, _, _ = look(x, y, width, height, ROUGH, row, values)
                        means[p] += width * height / (side * side) * here
                brightest = means[p] if means[p] > brightest else brightest
                out[t, p] += means[p]
                for cell in range(number if wanted.size > 0 else 0):
                    held[count, :4] = cells[cell]
                    held[count, 4] = p
                    count += 1
                    if count == HELD:
                        add_slopes(row, held, count, side, wanted, places, factors[k], block, slopes[t])
                        count = 0
            if count > 0:
                add_slopes(row, held, count, side, wanted, places, factors[k], block, slopes[t])

    return means_over_pixels
