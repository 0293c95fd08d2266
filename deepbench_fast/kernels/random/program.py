"""A program: how one column is drawn for one group of rows, as one row of a table that kernels run.

Nothing here is compiled: a plan can be made, and a file read, without Numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PROGRAM = np.dtype(
    [
        ("code", np.int64),  # of `codes`
        ("stream", np.int64),
        ("column", np.int64),
        ("integer", np.int64),  # 1 where the column holds int64
        ("base", np.int64),  # column whose value is added, or -1
        ("factor", np.int64),  # column whose value multiplies, or -1
        ("of_integer", np.int64),  # 1 where that column holds int64
        ("first", np.int64),  # slice of the arrays of choices, grids and tables
        ("length", np.int64),
        ("stride", np.int64),  # members for each step of a grid; rows for each member of a table
        ("low", np.float64),
        ("high", np.float64),
        ("mean", np.float64),
        ("sigma", np.float64),
        ("start", np.float64),  # found by `derive`: ends of the range that the uniform is mapped to
        ("end", np.float64),
    ]
)


def empty_programs(count: int) -> npt.NDArray[Any]:
    """Rows of zeros between infinite bounds, derived from no other column."""
    rows = np.zeros(count, PROGRAM)
    rows["low"], rows["high"] = -np.inf, np.inf
    rows["base"] = rows["factor"] = -1
    return rows


class Options:
    """The values of choices, grids and tables, one after the other, and the running sums of their shares."""

    def __init__(self) -> None:
        self._values: list[Floats] = [np.zeros(1)]
        self._cumulative: list[Floats] = [np.ones(1)]
        self._length = 1

    def add(self, row: Any, code: int, values: npt.ArrayLike, cumulative: npt.ArrayLike | None = None) -> None:
        """Let a program draw from these values, with the running sums of their shares where it needs them."""
        own = np.asarray(values, np.float64)
        row["code"], row["first"], row["length"] = code, self._length, len(own)
        self._values.append(own)
        self._cumulative.append(np.ones(len(own)) if cumulative is None else np.asarray(cumulative, np.float64))
        self._length += len(own)

    def flat(self) -> tuple[Floats, Floats]:
        """All values, and all running sums."""
        return np.concatenate(self._values), np.concatenate(self._cumulative)
