"""Wedges: rings cut to a sweep of angles."""

from __future__ import annotations

from typing import Any, NamedTuple

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.shapes.compose import Pixels
from deepbench_fast.kernels.shapes.half_plane import HalfPlane, cut, half_extent, moved
from deepbench_fast.kernels.shapes.oval import Oval, outline_of, set_oval_spans
from deepbench_fast.kernels.shapes.spans import (
    FloatArray,
    Frame,
    Limits,
    Rows,
    Scratch,
    Spans,
    confine,
    fill_spans,
    limits_around,
    make_room,
    open_spans,
    rows_around,
)


class Wedge(NamedTuple):
    """Two half-planes; an arc's points lie in both, or, if not `kept`, anywhere but in both."""

    start: HalfPlane
    end: HalfPlane
    kept: bool


class WedgeScratch(NamedTuple):
    """Room for the spans of a wedge, of the pixels wholly in it, and of what remains of a ring."""

    wedge: Spans
    whole: Spans
    rest: Spans


@piece
def make_wedge_scratch(frame: Frame) -> WedgeScratch:
    room = make_room(frame, 6)
    return WedgeScratch(Spans(room[0], room[1]), Spans(room[2], room[3]), Spans(room[4], room[5]))


@piece
def between(x: float, y: float, s1: float, c1: float, s2: float, c2: float, kept: bool) -> Wedge:
    """k1 >= 0 and k2 < 0, k = c dy - s dx: from the ray along (c1, s1), which counts, to the other, which doesn't."""
    return Wedge(HalfPlane(s1, -c1, 0.0, True, x, y), HalfPlane(-s2, c2, 0.0, False, x, y), kept)


@piece
def set_wedge_spans(spans: Spans, rows: Rows, limits: Limits, wedge: Wedge, shift: float) -> None:
    """Spans of a wedge whose sides are moved outward, by a part of a pixel's extent across them."""
    open_spans(spans, rows, limits)
    cut(spans, rows, limits, moved(wedge.start, shift * half_extent(wedge.start)))
    cut(spans, rows, limits, moved(wedge.end, shift * half_extent(wedge.end)))


@piece
def _fill_common(
    image: Pixels,
    frame: Frame,
    rows: Rows,
    pair: tuple[FloatArray, FloatArray],
    other: tuple[FloatArray, FloatArray],
    rest: Spans,
    value: Any,
    overlap: int,
) -> None:
    """Compose the pixels that lie in the spans of both pairs of bounds."""
    for i in range(rows.length):
        rest.start[i] = max(pair[0][i], other[0][i])
        rest.stop[i] = min(pair[1][i], other[1][i])
    fill_spans(image, frame, rows, rest.start, rest.stop, value, overlap)


@kernel
def draw_wedge(
    image: Pixels,
    frame: Frame,
    scratch: Scratch,
    wedges: WedgeScratch,
    outer: Oval,
    hole: Oval,
    wedge: Wedge,
    value: Any,
    overlap: int,
) -> None:
    """Compose a flat canvas with the pixels of the ring that belong to the wedge."""
    rows = rows_around(frame, scratch.rows, outer.y, outline_of(outer).reach)
    limits = limits_around(frame, outer.x, outer.y)
    disc, empty, inside = scratch.outer, scratch.hole, wedges.wedge
    set_oval_spans(disc, rows, limits, outer)
    set_oval_spans(empty, rows, limits, hole)
    set_wedge_spans(inside, rows, limits, wedge, 0.0)
    confine(empty, disc, rows)
    confine(inside, disc, rows)
    for side in range(2):
        ring = (disc.start, empty.start) if side == 0 else (empty.stop, disc.stop)
        if wedge.kept:
            _fill_common(image, frame, rows, ring, (inside.start, inside.stop), wedges.rest, value, overlap)
        else:
            _fill_common(image, frame, rows, ring, (disc.start, inside.start), wedges.rest, value, overlap)
            _fill_common(image, frame, rows, ring, (inside.stop, disc.stop), wedges.rest, value, overlap)
