"""Ovals: spans of ellipses and circles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from deepbench_fast.kernels._jit import inline
from deepbench_fast.kernels.elementary import floor
from deepbench_fast.kernels.image.grid import nearest_integer
from deepbench_fast.kernels.shapes.spans import FloatArray, Limits, Rows, Spans

# Where an outline meets a row is known to the pixel while the longer semi-axis times the ratio of the axes is below
# this: near the top and the bottom of an oval, rounding errors of 2**-50 grow to their square root.
LARGEST_CERTAIN = 2.0**20


class Oval(NamedTuple):
    """Points with (fu u)**2 + (fv v)**2 < limit, u = c dx + s dy, v = c dy - s dx about (x, y).

    Without divisions, since boundaries through pixel centres are then met exactly wherever the products are exact.
    """

    x: float
    y: float
    c: float
    s: float
    fu: float
    fv: float
    limit: float


class Outline(NamedTuple):
    """How an oval meets the rows: at dx = slope dy -+ sqrt(half2 - bend dy**2); it reaches `reach` rows up and down."""

    slope: float
    half2: float
    bend: float
    reach: float


@inline
def make_circle(x: float, y: float, radius: float) -> Oval:
    """d**2 < radius**2; nothing for a radius <= 0."""
    return Oval(x, y, 1.0, 0.0, 1.0, 1.0, radius * radius if radius > 0.0 else 0.0)


@inline
def make_ellipse(x: float, y: float, c: float, s: float, a: float, b: float) -> Oval:
    """(b u)**2 + (a v)**2 < (a b)**2 for semi-axes a along (c, s) and b; nothing for a semi-axis <= 0."""
    product = a * b if a > 0.0 and b > 0.0 else 0.0
    return Oval(x, y, c, s, b, a, product * product)


@inline
def outline_of(oval: Oval) -> Outline:
    """The equation of the outline, solved for the column."""
    u2 = oval.fu * oval.fu
    v2 = oval.fv * oval.fv
    xx = u2 * oval.c * oval.c + v2 * oval.s * oval.s
    xy = (u2 - v2) * oval.c * oval.s
    bend = (u2 / xx) * (v2 / xx)
    half2 = oval.limit / xx
    return Outline(-xy / xx, half2, bend, np.sqrt(half2 / bend))


@inline
def holds(oval: Oval, column: float, dy: float) -> bool:
    """The exact test: is the pixel centre at this column, dy rows from the centre, inside?"""
    dx = column - oval.x
    u = oval.fu * (oval.c * dx + oval.s * dy)
    v = oval.fv * (oval.c * dy - oval.s * dx)
    return u * u + v * v < oval.limit


@inline
def _bisect(oval: Oval, inside: float, outside: float, dy: float) -> float:
    """The column inside that is next to the outline, between a column inside and one that counts as outside."""
    while abs(outside - inside) > 1.0:
        middle = floor(0.5 * (inside + outside))
        if holds(oval, middle, dy):
            inside = middle
        else:
            outside = middle
    return inside


@inline
def _set_by_bisection(
    start: FloatArray, stop: FloatArray, rows: Rows, limits: Limits, oval: Oval, outline: Outline
) -> None:
    for i in range(rows.length):
        dy = rows.y[i] - oval.y
        middle = nearest_integer(min(max(oval.x + outline.slope * dy, limits.left), limits.right - 1.0))
        if holds(oval, middle, dy):
            start[i] = _bisect(oval, middle, limits.left - 1.0, dy)
            stop[i] = _bisect(oval, middle, limits.right, dy) + 1.0
        else:
            start[i] = limits.left
            stop[i] = limits.left


@inline
def set_oval_spans(spans: Spans, rows: Rows, limits: Limits, oval: Oval) -> None:
    """Spans of the pixels whose centres lie inside the oval."""
    size = rows.y.shape[0]
    start = spans.start[:size]
    stop = spans.stop[:size]
    y = rows.y
    outline = outline_of(oval)
    shorter = min(oval.fu, oval.fv)
    # Also for what is not a number: an axis beyond the range of squares.
    if not (np.sqrt(oval.limit) * max(oval.fu, oval.fv) <= LARGEST_CERTAIN * shorter * shorter):
        _set_by_bisection(start, stop, rows, limits, oval, outline)
        return
    # Columns farther out need no care, but must fit the conversion to whole numbers.
    low = limits.left - 1.0
    high = limits.right + 1.0
    for i in range(size):
        dy = y[i] - oval.y
        middle = oval.x + outline.slope * dy
        half = np.sqrt(max(outline.half2 - outline.bend * dy * dy, 0.0))
        first = nearest_integer(min(max(middle - half, low), high))
        last = nearest_integer(min(max(middle + half, low), high))
        first = first if holds(oval, first, dy) else first + 1.0
        last = last + 1.0 if holds(oval, last, dy) else last
        start[i] = max(first, limits.left)
        stop[i] = min(last, limits.right)
