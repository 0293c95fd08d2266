"""Images of light in float64, and their slopes along the parameters of an object, from its profile alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel, kernel_of_a_process
from deepbench_fast.kernels.derivatives._duals import dual_row, put_slopes
from deepbench_fast.kernels.derivatives.lift import lift

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
LANES = 64
"""Pixels that are worked out side by side."""

DIRECTIONS = 128
"""Slopes of a pixel that there is room for."""


def light_kernels(profile: Callable[..., Any], own: bool = False) -> tuple[Callable[..., None], Callable[..., None]]:
    """Kernels (mean, slopes) of a kind of light by the float64 profile that defines it.

    mean(table, first, columns, rows, out): adds each row's light to out[row.sample - first], float64 (T, pixels).
    slopes(table, first, columns, rows, wanted, places, factors, out, slopes): also adds, for each q, `factors[k, q]`
    times the slope along the kind's float64 column number `wanted[q]` to slopes[t, places[q]], float64 (T, P, pixels),
    for row number k. `columns`, `rows`: float64 (pixels,). A kind of the user's `own` is compiled in each process.
    """
    compiled = kernel_of_a_process if own else kernel
    value, dual_value = inline(getattr(profile, "py_func", profile)), lift(profile)

    @compiled
    def mean(table: npt.NDArray[Any], first: int, columns: Floats, rows: Floats, out: Floats) -> None:
        for k in range(table.size):
            row = table[k]
            target = out[row.sample - first]
            for p in range(columns.size):
                target[p] += value(columns[p] - row.x, rows[p] - row.y, row)

    @compiled
    def slopes(
        table: npt.NDArray[Any],
        first: int,
        columns: Floats,
        rows: Floats,
        wanted: Integers,
        places: Integers,
        factors: Floats,
        out: Floats,
        slopes: Floats,
    ) -> None:
        block = np.empty((DIRECTIONS + 3) * LANES)
        for k in range(table.size):
            row, t = dual_row(table[k]), table[k].sample - first
            for begin in range(0, columns.size, LANES):
                used = min(LANES, columns.size - begin)
                for lane in range(LANES):
                    place = min(begin + lane, columns.size - 1)
                    block[lane] = columns[place]
                    block[LANES + lane] = rows[place]
                for lane in range(LANES):
                    light = dual_value(block[lane] - row.x, block[LANES + lane] - row.y, row)
                    block[2 * LANES + lane] = light.v
                    put_slopes(light, block, 3 * LANES + lane, LANES)
                for lane in range(used):
                    out[t, begin + lane] += block[2 * LANES + lane]
                for q in range(wanted.size):
                    start = (3 + wanted[q]) * LANES
                    for lane in range(used):
                        slopes[t, places[q], begin + lane] += factors[k, q] * block[start + lane]

    return mean, slopes
