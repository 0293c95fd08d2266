"""Distributions, compiled to the rows that `kernels/random/columns.py` runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import UsageError
from deepbench_fast.kernels.random.program import Options, empty_programs
from deepbench_fast.values.distributions import Derived, Distribution
from deepbench_fast.values.distributions.varied import Varied


@dataclass
class Column:
    """One column of one group of rows: where it goes and what it is drawn from.

    `other` is the column of the parameter that a derived law starts from. `stride` is the number of members for each
    step of a grid, or of rows for each member of a table in order.
    """

    stream: str
    number: int
    distribution: Distribution | Varied
    integer: bool = False
    other: int = -1
    of_integer: bool = False
    stride: int = 1


@dataclass(frozen=True, eq=False)
class Programs:
    """Programs of several groups: those of group g are `rows[first[g]:first[g + 1]]`; choices stand in flat arrays."""

    rows: npt.NDArray[Any]
    first: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    cumulative: npt.NDArray[np.float64]

    def arguments(self, key: npt.NDArray[np.uint32]) -> tuple[Any, ...]:
        """What the kernels that draw columns take after the rows' addresses."""
        return self.rows, self.first, key, self.values, self.cumulative

    def without(self, given: set[tuple[int, int]]) -> Programs:
        """The programs but for those of some (group, column)."""
        groups = np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))
        addresses = zip(groups.tolist(), self.rows["column"].tolist(), strict=True)
        return self._chosen(np.array([address not in given for address in addresses], bool))

    def varied(
        self,
        groups: npt.NDArray[np.int64],
        laws: Mapping[int, Varied],
        numbers: Mapping[tuple[int, str], npt.NDArray[np.float64]],
    ) -> Programs:
        """A group for each row: that of its number, with numbers of its own for some (column of the group, field).

        All groups have as many columns; `laws` are those of the columns that have such numbers.
        """
        from deepbench_fast.kernels.random.columns import derive

        rows = self.rows.reshape(len(self.first) - 1, -1)[groups]
        for column, law in laws.items():
            law.fill_drawn(rows[:, column], {field: drawn for (k, field), drawn in numbers.items() if k == column})
        first = np.arange(0, rows.size + 1, max(1, rows.shape[1]), dtype=np.int64)
        derive(rows.reshape(-1))
        return Programs(rows.reshape(-1), first, self.values, self.cumulative)

    def derived(self) -> Programs:
        """The programs of columns that are derived from others."""
        return self._chosen((self.rows["base"] >= 0) | (self.rows["factor"] >= 0))

    def _chosen(self, chosen: npt.NDArray[np.bool_]) -> Programs:
        first = np.concatenate(([0], np.cumsum(chosen)))[self.first]
        return Programs(self.rows[chosen], first, self.values, self.cumulative)


def compile_programs(groups: Sequence[Sequence[Column]], streams: Mapping[str, int]) -> Programs:
    """Compile the columns of each group; within a group they are drawn in the order given.

    Raises UsageError where a table is absent, or kernels aren't compiled.
    """
    from deepbench_fast.kernels.random.columns import derive

    check_compiled()
    columns = [column for group in groups for column in group]
    rows = empty_programs(len(columns))
    options = Options()
    for row, column in zip(rows, columns, strict=True):
        row["stream"] = streams[column.stream]
        row["column"], row["integer"] = column.number, column.integer
        row["of_integer"], row["stride"] = column.of_integer, column.stride
        if isinstance(column.distribution, Derived):
            row[column.distribution.role] = column.other
        column.distribution.fill(row, options)
    derive(rows)
    first = np.array([0, *accumulate(len(group) for group in groups)], np.int64)
    return Programs(rows, first, *options.flat())


def check_compiled() -> None:
    """Raise UsageError where Numba is switched off: everything that makes or checks samples needs its bits."""
    from deepbench_fast.kernels._jit import plain_python

    if plain_python():
        raise UsageError("NUMBA_DISABLE_JIT is set, and kernels in plain Python give other bits: unset it")
