"""Ovals with or without a concentric hole: what ellipses and circles have in common."""

from __future__ import annotations

from typing import Any

from deepbench_fast.kernels._jit import kernel
from deepbench_fast.kernels.shapes.compose import Pixels
from deepbench_fast.kernels.shapes.oval import Oval, outline_of, set_oval_spans
from deepbench_fast.kernels.shapes.spans import (
    Frame,
    Scratch,
    fill_outline,
    fill_spans,
    limits_around,
    rows_around,
)


@kernel
def draw_ring(image: Pixels, frame: Frame, scratch: Scratch, outer: Oval, hole: Oval, value: Any, overlap: int) -> None:
    """Compose a flat canvas with the pixels whose centres lie inside `outer` and not inside `hole` (limit 0: none)."""
    rows = rows_around(frame, scratch.rows, outer.y, outline_of(outer).reach)
    limits = limits_around(frame, outer.x, outer.y)
    set_oval_spans(scratch.outer, rows, limits, outer)
    if hole.limit > 0.0:
        set_oval_spans(scratch.hole, rows, limits, hole)
        fill_outline(image, frame, rows, scratch.outer, scratch.hole, value, overlap)
    else:
        fill_spans(image, frame, rows, scratch.outer.start, scratch.outer.stop, value, overlap)
