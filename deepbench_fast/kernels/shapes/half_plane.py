"""Half-planes: spans of shapes with straight edges."""

from __future__ import annotations

from typing import NamedTuple

from deepbench_fast.kernels._frozen import frozen
from deepbench_fast.kernels._jit import piece
from deepbench_fast.kernels.elementary import floor
from deepbench_fast.kernels.image.grid import nearest_integer
from deepbench_fast.kernels.shapes.spans import FloatArray, Limits, Rows, Spans

# Where an edge meets a row is known to within 2**-48 of the largest term of its equation; four times that must be less
# than a pixel.
PRECISION = 2.0**-46


class HalfPlane(NamedTuple):
    """Points with nx (x - x0) + ny (y - y0) - offset below 0; or equal to 0, if closed."""

    nx: float
    ny: float
    offset: float
    closed: bool
    x0: float
    y0: float


@piece
def half_plane(nx: float, ny: float, offset: float, x0: float, y0: float) -> HalfPlane:
    """The inner side of an edge with outward normal (nx, ny) at a distance from (x0, y0).

    A pixel centre on the edge counts as if it were moved by (eps, eps**2): shapes that share an edge tile.
    """
    return HalfPlane(nx, ny, offset, nx < 0.0 or (nx == 0.0 and ny < 0.0), x0, y0)


@piece
def moved(plane: HalfPlane, distance: float) -> HalfPlane:
    """The half-plane with its edge moved outward."""
    return HalfPlane(plane.nx, plane.ny, plane.offset + distance, plane.closed, plane.x0, plane.y0)


@piece
def half_extent(plane: HalfPlane) -> float:
    """Distance from a pixel's centre to the corner that is farthest out of the half-plane."""
    return 0.5 * (abs(plane.nx) + abs(plane.ny))


@piece
def contains(plane: HalfPlane, column: float, dy: float) -> bool:
    """The exact test: is the pixel centre at this column, dy rows from y0, inside?"""
    s = (plane.nx * (column - plane.x0) + plane.ny * dy) - plane.offset
    return (s < 0.0) | ((s == 0.0) & plane.closed)


@piece
def _bisect(plane: HalfPlane, limits: Limits, dy: float, inside: bool) -> float:
    """First column of the canvas where the test's result is `inside`; the result changes once along a row."""
    low = limits.left
    high = limits.right
    while low < high:
        middle = floor(0.5 * (low + high))
        if contains(plane, middle, dy) == inside:
            high = middle
        else:
            low = middle + 1.0
    return low


@piece
def _cut_by_bisection(start: FloatArray, stop: FloatArray, rows: Rows, limits: Limits, plane: HalfPlane) -> None:
    for i in range(rows.length):
        dy = rows.y[i] - plane.y0
        if plane.nx < 0.0:
            start[i] = max(start[i], _bisect(plane, limits, dy, True))
        else:
            stop[i] = min(stop[i], _bisect(plane, limits, dy, False))


@piece
def cut(spans: Spans, rows: Rows, limits: Limits, plane: HalfPlane) -> None:
    """Cut each span down to its pixels inside the half-plane."""
    size = rows.y.shape[0]
    start = spans.start[:size]
    stop = spans.stop[:size]
    y = rows.y
    terms = abs(plane.nx) * limits.farthest_x + abs(plane.ny) * limits.farthest_y + abs(plane.offset)
    if plane.nx == 0.0:
        for i in range(size):
            stop[i] = frozen(stop[i]) if contains(plane, plane.x0, y[i] - plane.y0) else start[i]
        return
    if terms * PRECISION > abs(plane.nx):
        _cut_by_bisection(start, stop, rows, limits, plane)
        return
    slope = plane.ny / plane.nx
    foot = plane.x0 + plane.offset / plane.nx
    # Columns farther out need no care, but must fit the conversion to whole numbers.
    low = limits.left - 1.0
    high = limits.right + 1.0
    if plane.nx < 0.0:
        for i in range(size):
            dy = y[i] - plane.y0
            nearest = nearest_integer(min(max(foot - slope * dy, low), high))
            start[i] = max(frozen(start[i]), nearest if contains(plane, nearest, dy) else nearest + 1.0)
    else:
        for i in range(size):
            dy = y[i] - plane.y0
            nearest = nearest_integer(min(max(foot - slope * dy, low), high))
            stop[i] = min(frozen(stop[i]), nearest + 1.0 if contains(plane, nearest, dy) else nearest)
