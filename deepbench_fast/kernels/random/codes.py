"""Which quantile draws a column: the codes of programs, without arrays."""

from __future__ import annotations

CONSTANT, UNIFORM, LOGUNIFORM, NORMAL, INTEGERS, CHOICE, POISSON = range(7)
NORMAL_UPPER_TAIL = 7
GRID, TABLE, TABLE_ROWS = 8, 9, 10
