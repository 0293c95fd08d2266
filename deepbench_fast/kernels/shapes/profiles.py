"""What shapes are: the brightness of each kind at an offset from its centre, one number in float64.

These are the definitions: the amplitude inside, 0 outside. A kernel gives a pixel the brightness at its centre, bit by
bit, or with `coverage` the mean over its area. `row` is a row of the kind's table, or anything with its columns as
attributes. Offsets are in pixels, columns (x) and rows (y); a line's are from its middle.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.elementary import floor
from deepbench_fast.kernels.shapes.degrees import cosine_degrees, sincos_degrees


@kernel
def rectangle(dx: float, dy: float, row: Any) -> float:
    """Inside the four edges; an outline not inside those that are moved inward by `line_width`."""
    s, c = sincos_degrees(row.angle)
    a, b = 0.5 * row.width, 0.5 * row.height
    stroke = _stroke(row)
    drawn = _in_box(dx, dy, c, s, a, b) and not _in_box(dx, dy, c, s, a - stroke, b - stroke)
    return float(row.amplitude) if drawn else 0.0


@kernel
def polygon(dx: float, dy: float, row: Any) -> float:
    """Inside all edges, at radius cos(180 deg / vertices) from the centre; an outline not inside those moved inward."""
    apothem = row.radius * cosine_degrees(180.0 / row.vertices)
    hole = apothem - _stroke(row)
    drawn = _in_polygon(dx, dy, row, apothem) and not (hole > 0.0 and _in_polygon(dx, dy, row, hole))
    return float(row.amplitude) if drawn else 0.0


@kernel
def ellipse(dx: float, dy: float, row: Any) -> float:
    """u**2 / a**2 + v**2 / b**2 < 1, a and b half the width and height; an outline not with both less `line_width`."""
    s, c = sincos_degrees(row.angle)
    u, v = c * dx + s * dy, c * dy - s * dx
    a, b = 0.5 * row.width, 0.5 * row.height
    stroke = _stroke(row)
    drawn = _in_ellipse(u, v, a, b) and not _in_ellipse(u, v, a - stroke, b - stroke)
    return float(row.amplitude) if drawn else 0.0


@kernel
def circle(dx: float, dy: float, row: Any) -> float:
    """d < radius; an outline also d >= radius - line_width."""
    return float(row.amplitude) if _in_ring(dx, dy, row.radius, row.radius - _stroke(row)) else 0.0


@kernel
def arc(dx: float, dy: float, row: Any) -> float:
    """radius - line_width <= d < radius, and seen from theta1, which counts, to theta2, which doesn't.

    A sweep of 360 degrees or more, either way, is a whole ring; theta1 = theta2 is nothing.
    """
    drawn = _in_ring(dx, dy, row.radius, row.radius - row.line_width) and _in_sweep(dx, dy, row.theta1, row.theta2)
    return float(row.amplitude) if drawn else 0.0


@kernel
def line(dx: float, dy: float, row: Any) -> float:
    """Inside the rectangle of width `line_width` about the segment; a segment from a point to itself has none."""
    along, up = row.x2 - row.x1, row.y2 - row.y1
    length = np.sqrt(along * along + up * up)
    if not length > 0.0:
        return 0.0
    drawn = _in_box(dx, dy, along / length, up / length, 0.5 * length, 0.5 * row.line_width)
    return float(row.amplitude) if drawn else 0.0


@inline
def _stroke(row: Any) -> float:
    return np.inf if row.fill != 0 else row.line_width


@inline
def _within(dx: float, dy: float, nx: float, ny: float, offset: float) -> bool:
    """Inside an edge with outward normal (nx, ny) at a distance from the centre.

    A point on the edge counts as if it were moved by (eps, eps**2): shapes that share an edge tile.
    """
    beyond = (nx * dx + ny * dy) - offset
    return beyond < 0.0 or (beyond == 0.0 and (nx < 0.0 or (nx == 0.0 and ny < 0.0)))


@inline
def _in_box(dx: float, dy: float, c: float, s: float, a: float, b: float) -> bool:
    """Inside a rectangle with half sides a along (c, s) and b across; nothing is, where one is 0 or less."""
    return (
        _within(dx, dy, c, s, a)
        and _within(dx, dy, -c, -s, a)
        and _within(dx, dy, -s, c, b)
        and _within(dx, dy, s, -c, b)
    )


@inline
def _in_polygon(dx: float, dy: float, row: Any, apothem: float) -> bool:
    inside = True
    for k in range(row.vertices):
        s, c = sincos_degrees((row.angle + 90.0) + (2 * k + 1) * 180.0 / row.vertices)
        inside = inside and _within(dx, dy, c, s, apothem)
    return inside


@inline
def _in_ellipse(u: float, v: float, a: float, b: float) -> bool:
    """Without divisions, since boundaries through pixel centres are then met exactly wherever products are exact."""
    x, y, limit = b * u, a * v, a * b
    return a > 0.0 and b > 0.0 and x * x + y * y < limit * limit


@inline
def _in_ring(dx: float, dy: float, outer: float, inner: float) -> bool:
    square = dx * dx + dy * dy
    return square < outer * outer and not (inner > 0.0 and square < inner * inner)


@inline
def _in_sweep(dx: float, dy: float, theta1: float, theta2: float) -> bool:
    turn = theta2 - theta1
    sweep = 360.0 if abs(turn) >= 360.0 else turn - 360.0 * floor(turn / 360.0)
    s1, c1 = sincos_degrees(theta1)
    s2, c2 = sincos_degrees(theta2)
    if sweep >= 360.0:
        return True
    if sweep > 180.0:
        return not _between(dx, dy, s2, c2, s1, c1)
    if sweep == 180.0:
        # Two quarters: the rays at both ends have the same cross product, and only the first of them counts.
        return _between(dx, dy, s1, c1, c1, -s1) or _between(dx, dy, c1, -s1, -s1, -c1)
    return _between(dx, dy, s1, c1, s2, c2)


@inline
def _between(dx: float, dy: float, s1: float, c1: float, s2: float, c2: float) -> bool:
    """From the ray along (c1, s1), which counts, to that along (c2, s2), less than half a turn on, which doesn't."""
    return s1 * dx - c1 * dy <= 0.0 and c2 * dy - s2 * dx < 0.0
