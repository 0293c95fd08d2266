"""A program: how one column is drawn for one group of rows, as one row of a table that kernels run.

Nothing here is compiled: a plan can be made, and a file read, without Numba.
"""

from __future__ import annotations

import numpy as np

CONSTANT, UNIFORM, LOGUNIFORM, NORMAL, INTEGERS, CHOICE, POISSON = range(7)
NORMAL_UPPER_TAIL = 7
GRID, TABLE, TABLE_ROWS = 8, 9, 10

PROGRAM = np.dtype(
    [
        ("code", np.int64),
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
