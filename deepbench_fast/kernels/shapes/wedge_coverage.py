"""Coverage of rings cut to a sweep of angles."""

from __future__ import annotations

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.shapes.coverage import clip, compose_coverage, patch_area_in_oval, set_pixel
from deepbench_fast.kernels.shapes.oval import Oval, outline_of
from deepbench_fast.kernels.shapes.ring_coverage import RingScratch, add_oval, touched
from deepbench_fast.kernels.shapes.spans import Float32Array, Frame, limits_around, rows_around
from deepbench_fast.kernels.shapes.wedge import Wedge, WedgeScratch, set_wedge_spans


@piece
def _ring_in_wedge(scratch: RingScratch, outer: Oval, hole: Oval, wedge: Wedge, column: float, row: float) -> float:
    """Area of the ring's part in both half-planes and in this pixel."""
    corners = set_pixel(scratch.patch)
    corners = clip(scratch.patch, corners, wedge.start, column, row)
    corners = clip(scratch.patch, corners, wedge.end, column, row)
    disc = patch_area_in_oval(scratch.patch, corners, outer, column, row)
    return disc - patch_area_in_oval(scratch.patch, corners, hole, column, row)


@kernel
def cover_wedge(
    image: Float32Array,
    frame: Frame,
    scratch: RingScratch,
    wedges: WedgeScratch,
    outer: Oval,
    hole: Oval,
    wedge: Wedge,
    amplitude: float,
    overlap: int,
) -> None:
    """Compose a flat canvas with the coverage of the ring's part that belongs to the wedge."""
    _, _, pad = frame
    outline = outline_of(outer)
    hole_outline = outline_of(hole)
    rows = rows_around(frame, scratch.spans.rows, outer.y, outline.reach)
    limits = limits_around(frame, outer.x, outer.y)
    set_wedge_spans(wedges.wedge, rows, limits, wedge, 1.0)
    set_wedge_spans(wedges.whole, rows, limits, wedge, -1.0)
    for i in range(rows.length):
        y = rows.y[i]
        add_oval(scratch.cover, frame, limits, scratch.patch, outer, outline, y, 1.0)
        if hole.limit > 0.0:
            add_oval(scratch.cover, frame, limits, scratch.patch, hole, hole_outline, y, -1.0)
        start, stop = touched(outer, outline, limits, y - outer.y)
        for j in range(int(start), int(stop)):
            ring = scratch.cover[j + pad]
            part = 0.0
            if wedges.whole.start[i] <= j < wedges.whole.stop[i]:
                part = ring
            elif wedges.wedge.start[i] <= j < wedges.wedge.stop[i]:
                part = _ring_in_wedge(scratch, outer, hole, wedge, float(j), y)
            scratch.cover[j + pad] = part if wedge.kept else ring - part
        compose_coverage(image, frame, rows.first + i, scratch.cover, start, stop, amplitude, overlap)
