"""The two kernels of a kind of shape, by pixel centres and by coverage, from what one row of its table is.

Both are called as kernel(canvas, frame, table, first, overlap): each row's shape is composed into canvas[row.sample -
first]. `canvas` is float32 (T, P), of the first kernel also uint8, which holds whole amplitudes up to 255; `frame` is
(height, width, pad), `table` is sorted by sample, lengths in it are in pixels and above 0, `overlap` is a code of
`compose`. Nothing is raised: the table must be valid. The first gives the pixels whose centres lie inside, as
`profiles` defines it, the amplitude; the second gives each pixel the part of it that its covered area is, exactly: by
clipping the pixels at the boundary, of outlines the shape's less the hole's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.shapes.convex import Convex, Edges, draw_convex, make_edges
from deepbench_fast.kernels.shapes.convex_coverage import cover_convex, make_convex_scratch
from deepbench_fast.kernels.shapes.oval import Oval
from deepbench_fast.kernels.shapes.ring import draw_ring
from deepbench_fast.kernels.shapes.ring_coverage import cover_ring, make_ring_scratch
from deepbench_fast.kernels.shapes.spans import make_scratch

Canvas: TypeAlias = npt.NDArray[Any]
Frame: TypeAlias = tuple[int, int, int]
Table: TypeAlias = npt.NDArray[Any]
Kernel: TypeAlias = Callable[[Canvas, Frame, Table, int, int], None]


@inline
def _four(table: Table) -> int:
    return 4


def convex_kernels(
    set_shape: Callable[[Any, Edges], Convex], most_edges: Callable[[Table], int] = _four
) -> tuple[Kernel, Kernel]:
    """Those of a shape with straight edges: `set_shape` writes the edges of a row, of which a table has so many."""

    @kernel
    def sharp(canvas: Canvas, frame: Frame, table: Table, first: int, overlap: int) -> None:
        edges = make_edges(most_edges(table))
        scratch = make_scratch(frame)
        for k in range(table.shape[0]):
            row = table[k]
            shape = set_shape(row, edges)
            value = canvas.dtype.type(row.amplitude)
            draw_convex(canvas[row.sample - first], frame, scratch, edges, shape, value, overlap)

    @kernel
    def coverage(canvas: Canvas, frame: Frame, table: Table, first: int, overlap: int) -> None:
        edges = make_edges(most_edges(table))
        scratch = make_convex_scratch(frame, edges.nx.shape[0])
        for k in range(table.shape[0]):
            row = table[k]
            shape = set_shape(row, edges)
            cover_convex(canvas[row.sample - first], frame, scratch, edges, shape, row.amplitude, overlap)

    return sharp, coverage


def ring_kernels(ovals_of: Callable[[Any], tuple[Oval, Oval]]) -> tuple[Kernel, Kernel]:
    """Those of an oval with or without a hole: `ovals_of` gives both of a row."""

    @kernel
    def sharp(canvas: Canvas, frame: Frame, table: Table, first: int, overlap: int) -> None:
        scratch = make_scratch(frame)
        for k in range(table.shape[0]):
            row = table[k]
            outer, hole = ovals_of(row)
            value = canvas.dtype.type(row.amplitude)
            draw_ring(canvas[row.sample - first], frame, scratch, outer, hole, value, overlap)

    @kernel
    def coverage(canvas: Canvas, frame: Frame, table: Table, first: int, overlap: int) -> None:
        scratch = make_ring_scratch(frame)
        for k in range(table.shape[0]):
            row = table[k]
            outer, hole = ovals_of(row)
            cover_ring(canvas[row.sample - first], frame, scratch, outer, hole, row.amplitude, overlap)

    return sharp, coverage
