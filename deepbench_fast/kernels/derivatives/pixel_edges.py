"""Means of light over pixels as integrals along their edges, for kinds whose integral around the centre is known.

Edges are cut into pieces until 7 points of Gauss and 15 of Kronrod agree on them, and the kind says that no point is
too far from others. Slopes are those of the sums over the same pieces; where a pixel is cut at the object's centre, the
cuts move with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline
from deepbench_fast.kernels.derivatives._duals import dual_row, put_slopes
from deepbench_fast.kernels.derivatives.lift import lift

F = TypeVar("F", bound=Callable[..., object])
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

TABLE_ROWS = 128
TOLERANCE = 1e-9
"""How much both sums may differ on a piece, of the pixel's light."""

SMALLEST = 2.0**-40
"""Pieces are no shorter than this part of an edge."""

MOST_PIECES = 20_000
LEFT_OPEN = 1e-6
"""Where cutting ends without agreement, how much of the pixel's light may then be open; else the mean is NaN."""

ROOM = 64
"""Pieces that wait: one more of each length."""

X0, WITH_X0, Y0, WITH_Y0, X1, WITH_X1, Y1, WITH_Y1 = range(8)
"""Of an edge: its ends, as so many times (place - centre)."""

REF_X, REF_Y, REF_U, REF_V, REF_ANGLE, REF_TURNS = range(8, 14)
"""What the kind's `refer` puts down."""

EDGE = 14
POINTS = 15
HELD_PIECES = 8
"""Pieces whose slopes are worked out side by side."""


class Compiler(Protocol):
    """`kernel`, or `kernel_of_a_process`."""

    def __call__(self, function: F) -> F: ...


class Edges(NamedTuple):
    """A kind's functions, all marked `inline`: whether a pixel needs its edges; a table for a row; what angles count
    from in a part of a pixel; the integrand at a part of an edge, which is compiled for slopes, too; whether a piece
    must be cut, whatever its points say."""

    is_needed: Callable[..., Any]
    tabulate: Callable[..., Any]
    refer: Callable[..., Any]
    along: Callable[..., Any]
    must_cut: Callable[..., Any]


def _rules() -> tuple[Floats, Floats, Floats]:
    """Points on [0, 1], their weights (Kronrod 1965), and those of every second one (Gauss)."""
    points = [0.9914553711208126, 0.9491079123427585, 0.8648644233597691, 0.7415311855993945]
    points += [0.5860872354676911, 0.4058451513773972, 0.20778495500789848, 0.0]
    weights = [0.022935322010529224, 0.06309209262997856, 0.10479001032225019, 0.14065325971552592]
    weights += [0.1690047266392679, 0.19035057806478542, 0.20443294007529889, 0.20948214108472782]
    fewer = [0.0, 0.1294849661688697, 0.0, 0.27970539148927664, 0.0, 0.3818300505051189, 0.0, 0.4179591836734694]
    at = np.array([-x for x in points] + points[-2::-1])
    return 0.5 + 0.5 * at, 0.5 * np.array(weights + weights[-2::-1]), 0.5 * np.array(fewer + fewer[-2::-1])


AT, WEIGHTS, FEWER_WEIGHTS = _rules()


def _finding(compiled: Compiler, edges: Edges) -> Any:
    refer = edges.refer

    @compiled
    def find(number: int, x: float, y: float, side: float, row: Any, edge: Floats) -> bool:
        """Fill in edge number 4 part + side of the pixel around (x, y); False where it has no such part."""
        left, right, low, high = x - 0.5 * side, x + 0.5 * side, y - 0.5 * side, y + 0.5 * side
        inside = left <= row.x <= right and low <= row.y <= high
        part = number // 4
        if not inside and part > 0:
            return False
        middle_x, middle_y = min(max(row.x, left), right), min(max(row.y, low), high)
        from_x, to_x, with_from_x, with_to_x = left, right, 1.0, 1.0
        from_y, to_y, with_from_y, with_to_y = low, high, 1.0, 1.0
        if inside and part % 2 == 0:
            to_x, with_to_x = middle_x, 0.0
        if inside and part % 2 == 1:
            from_x, with_from_x = middle_x, 0.0
        if inside and part // 2 == 0:
            to_y, with_to_y = middle_y, 0.0
        if inside and part // 2 == 1:
            from_y, with_from_y = middle_y, 0.0
        if from_x >= to_x or from_y >= to_y:
            return False
        refer(0.5 * (from_x + to_x) - row.x, 0.5 * (from_y + to_y) - row.y, edge, row)
        which = number % 4
        begins_left, begins_low = which == 0 or which == 3, which < 2
        ends_left, ends_low = which > 1, which == 0 or which == 3
        edge[X0], edge[WITH_X0] = (from_x, with_from_x) if begins_left else (to_x, with_to_x)
        edge[Y0], edge[WITH_Y0] = (from_y, with_from_y) if begins_low else (to_y, with_to_y)
        edge[X1], edge[WITH_X1] = (from_x, with_from_x) if ends_left else (to_x, with_to_x)
        edge[Y1], edge[WITH_Y1] = (from_y, with_from_y) if ends_low else (to_y, with_to_y)
        return True

    return find


def _looking(compiled: Compiler, edges: Edges) -> Any:
    along = edges.along

    @compiled
    def look(begin: float, span: float, row: Any, table: Floats, edge: Floats, values: Floats) -> tuple[float, float]:
        """The mean of the integrand over a piece of an edge, by both rules."""
        x0, y0 = edge[WITH_X0] * (edge[X0] - row.x), edge[WITH_Y0] * (edge[Y0] - row.y)
        x1, y1 = edge[WITH_X1] * (edge[X1] - row.x), edge[WITH_Y1] * (edge[Y1] - row.y)
        for k in range(POINTS):
            values[k] = along(begin + span * AT[k], x0, y0, x1, y1, edge, table, row)
        more, fewer = 0.0, 0.0
        for k in range(POINTS):
            more += WEIGHTS[k] * values[k]
            fewer += FEWER_WEIGHTS[k] * values[k]
        return more, fewer

    return look


def _cutting(compiled: Compiler, edges: Edges, find: Any, look: Any) -> Any:
    must_cut = edges.must_cut

    @compiled
    def cut(
        x: float, y: float, side: float, light: float, row: Any, table: Floats, edge: Floats, pieces: Floats
    ) -> tuple[int, float, float]:
        """Fill `pieces` (n, 3) with edge, begin, span; returns their number, the mean, and how much of it is open."""
        waiting = np.empty((ROOM, 2))
        values = np.empty(POINTS)
        count, mean, left, area = 0, 0.0, 0.0, side * side
        for number in range(16):
            if not find(number, x, y, side, row, edge):
                continue
            x0, y0 = edge[WITH_X0] * (edge[X0] - row.x), edge[WITH_Y0] * (edge[Y0] - row.y)
            x1, y1 = edge[WITH_X1] * (edge[X1] - row.x), edge[WITH_Y1] * (edge[Y1] - row.y)
            waiting[0, 0], waiting[0, 1], waits = 0.0, 1.0, 1
            while waits > 0:
                waits -= 1
                begin, span = waiting[waits, 0], waiting[waits, 1]
                end = begin + span
                smallest = span <= SMALLEST or count >= MOST_PIECES
                right = smallest or not must_cut(
                    x0 + begin * (x1 - x0),
                    y0 + begin * (y1 - y0),
                    x0 + end * (x1 - x0),
                    y0 + end * (y1 - y0),
                    light * area,
                    row,
                )
                if right:
                    more, fewer = look(begin, span, row, table, edge, values)
                    difference = span * abs(more - fewer) / area
                    right = difference <= TOLERANCE * light
                    if right or smallest:
                        pieces[count, 0], pieces[count, 1], pieces[count, 2] = number, begin, span
                        count += 1
                        mean += span * more / area
                        left += 0.0 if right else difference
                        right = True
                if not right:
                    for half in range(2):
                        waiting[waits, 0], waiting[waits, 1] = begin + 0.5 * span * half, 0.5 * span
                        waits += 1
        return count, mean, left

    return cut


def adding_along_edges(compiled: Compiler, edges: Edges) -> Any:
    """A function that adds the slopes of `count` pieces, (HELD_PIECES, 4): edge, begin, span and pixel."""
    find, dual_along = _finding(compiled, edges), lift(edges.along)

    @compiled
    def add(
        row: Any,
        held: Floats,
        count: int,
        columns: Floats,
        rows: Floats,
        side: float,
        table: Floats,
        wanted: Integers,
        places: Integers,
        factors: Floats,
        block: Floats,
        slopes: Floats,
    ) -> None:
        numbers = dual_row(row)
        edge = np.empty(EDGE)
        for piece in range(count):
            pixel = int(held[piece, 3])
            find(int(held[piece, 0]), columns[pixel], rows[pixel], side, row, edge)
            x0, y0 = edge[WITH_X0] * (edge[X0] - numbers.x), edge[WITH_Y0] * (edge[Y0] - numbers.y)
            x1, y1 = edge[WITH_X1] * (edge[X1] - numbers.x), edge[WITH_Y1] * (edge[Y1] - numbers.y)
            for k in range(POINTS):
                value = dual_along(held[piece, 1] + held[piece, 2] * AT[k], x0, y0, x1, y1, edge, table, numbers)
                put_slopes(value, block, piece * POINTS + k, HELD_PIECES * POINTS)
        for q in range(wanted.size):
            for piece in range(count):
                start, total = wanted[q] * HELD_PIECES * POINTS + piece * POINTS, 0.0
                for k in range(POINTS):
                    total += WEIGHTS[k] * block[start + k]
                slopes[places[q], int(held[piece, 3])] += factors[q] * (held[piece, 2] * total / (side * side))

    return add


def means_by_edges(compiled: Compiler, edges: Edges, add_slopes: Any) -> Any:
    """A function that adds the means over the pixels that need their edges, and their slopes.

    `light` is about what the pixels have, `slopes` is (P, pixels); NaN where no pieces are small enough.
    """
    is_needed, tabulate = edges.is_needed, edges.tabulate
    find, look = _finding(compiled, edges), _looking(compiled, edges)
    cut = _cutting(compiled, edges, find, look)

    @compiled
    def add_by_edges(
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
        table, edge, pieces = np.empty((3, TABLE_ROWS)), np.empty(EDGE), np.empty((MOST_PIECES + 3 * ROOM, 3))
        held, values = np.empty((HELD_PIECES, 4)), np.empty(POINTS)
        tabulate(row, table)
        count = 0
        for p in range(columns.size):
            if not is_needed(columns[p] - row.x, rows[p] - row.y, side, row):
                continue
            number, mean, left = cut(columns[p], rows[p], side, light[p], seen, table, edge, pieces)
            if moved:
                mean = 0.0
                for piece in range(number):
                    find(int(pieces[piece, 0]), columns[p], rows[p], side, row, edge)
                    begin, span = pieces[piece, 1], pieces[piece, 2]
                    mean += span / (side * side) * look(begin, span, row, table, edge, values)[0]
            out[p] += mean if left <= LEFT_OPEN * light[p] else np.nan
            for piece in range(number if wanted.size > 0 else 0):
                held[count, :3] = pieces[piece]
                held[count, 3] = p
                count += 1
                if count == HELD_PIECES:
                    add_slopes(row, held, count, columns, rows, side, table, wanted, places, factors, block, slopes)
                    count = 0
        if count > 0:
            add_slopes(row, held, count, columns, rows, side, table, wanted, places, factors, block, slopes)

    return add_by_edges


@inline
def nothing_along_edges(
    row: Any,
    held: Floats,
    count: int,
    columns: Floats,
    rows: Floats,
    side: float,
    table: Floats,
    wanted: Integers,
    places: Integers,
    factors: Floats,
    block: Floats,
    slopes: Floats,
) -> None:
    """In place of slopes, where none are asked for."""
