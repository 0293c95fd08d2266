"""Distributions, compiled to the rows that `kernels/draw.py` runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import UsageError
from deepbench_fast.kernels.random import program as codes
from deepbench_fast.values.distributions.distribution import (
    Choice,
    Constant,
    Distribution,
    Grid,
    Integers,
    LogUniform,
    Normal,
    Offset,
    Poisson,
    Scaled,
    Table,
    Uniform,
)
from deepbench_fast.values.distributions.varied import Varied


@dataclass
class Column:
    """One column of one group of rows: where it goes and what it is drawn from.

    `stride` is the number of members for each step of a grid, or of rows for each member of a table in order.
    """

    stream: str
    number: int
    distribution: Distribution | Varied
    integer: bool = False
    base: int = -1
    factor: int = -1
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
        self, groups: npt.NDArray[np.int64], numbers: Mapping[tuple[int, str], npt.NDArray[np.float64]]
    ) -> Programs:
        """A group for each row: that of its number, with numbers of its own for some (column of the group, field).

        All groups have as many columns.
        """
        from deepbench_fast.kernels.random.columns import derive

        rows = self.rows.reshape(len(self.first) - 1, -1)[groups]
        for (column, field), drawn in numbers.items():
            rows[field][:, column] = drawn
        still = (rows["code"] == codes.NORMAL) & (rows["sigma"] == 0)
        rows["code"][still] = codes.CONSTANT
        rows["low"][still] = rows["mean"][still]
        first = np.arange(0, rows.size + 1, max(1, rows.shape[1]), dtype=np.int64)
        derive(rows.reshape(-1))
        return Programs(rows.reshape(-1), first, self.values, self.cumulative)

    def deviations(self, rows: npt.NDArray[Any] | None = None) -> npt.NDArray[np.float64]:
        """The standard deviation of what each program draws, or each of some of them."""
        from deepbench_fast.kernels.random.spread import standard_deviations

        rows = self.rows if rows is None else rows
        found = np.empty(len(rows))
        standard_deviations(rows, self.values, self.cumulative, found)
        return found

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
    rows = np.zeros(len(columns), codes.PROGRAM)
    options = _Options()
    for row, column in zip(rows, columns, strict=True):
        row["stream"] = streams[column.stream]
        row["column"], row["integer"] = column.number, column.integer
        row["base"], row["factor"], row["of_integer"] = column.base, column.factor, column.of_integer
        row["low"], row["high"] = -math.inf, math.inf
        row["stride"] = column.stride
        _fill(row, column.distribution, options)
    derive(rows)
    first = np.array([0, *accumulate(len(group) for group in groups)], np.int64)
    return Programs(rows, first, *options.flat())


def check_compiled() -> None:
    """Raise UsageError where Numba is switched off: everything that makes or checks samples needs its bits."""
    from deepbench_fast.kernels._jit import plain_python

    if plain_python():
        raise UsageError("NUMBA_DISABLE_JIT is set, and kernels in plain Python give other bits: unset it")


class _Options:
    """The values of choices, grids and tables, one after the other, and the running sums of their weights."""

    def __init__(self) -> None:
        self.values: list[npt.NDArray[np.float64]] = [np.zeros(1)]
        self.cumulative: list[npt.NDArray[np.float64]] = [np.ones(1)]
        self.length = 1

    def add(self, row: Any, code: int, values: Any, cumulative: Any = ()) -> None:
        row["code"], row["first"], row["length"] = code, self.length, len(values)
        self.values.append(np.asarray(values, np.float64))
        self.cumulative.append(np.asarray(cumulative, np.float64) if len(cumulative) else np.ones(len(values)))
        self.length += len(values)

    def flat(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        return np.concatenate(self.values), np.concatenate(self.cumulative)


_CODES = {
    "uniform": codes.UNIFORM,
    "loguniform": codes.LOGUNIFORM,
    "normal": codes.NORMAL,
    "integers": codes.INTEGERS,
    "poisson": codes.POISSON,
}


def _fill(row: Any, distribution: Distribution | Varied, options: _Options) -> None:
    match distribution:
        case Varied(form=form, numbers=numbers):  # those that are drawn come in with each sample
            row["code"] = _CODES[form]
            for field, drawn in numbers.items():
                row[field] = drawn.support[0] if isinstance(drawn, Constant) else math.nan
        case Constant(value=value):
            _constant(row, value)
        case Uniform(low=low, high=high):
            row["code"], row["low"], row["high"] = codes.UNIFORM, low, high
        case LogUniform(low=low, high=high):
            row["code"], row["low"], row["high"] = codes.LOGUNIFORM, low, high
        case Normal(mean=mean, sigma=sigma, low=low, high=high):
            if sigma == 0:
                _constant(row, mean)
            else:
                row["code"], row["mean"], row["sigma"] = codes.NORMAL, mean, sigma
                row["low"] = -math.inf if low is None else low
                row["high"] = math.inf if high is None else high
        case Integers(low=low, high=high):
            row["code"], row["low"], row["high"] = codes.INTEGERS, low, high
        case Choice(values=values, weights=weights):
            options.add(row, codes.CHOICE, values, running_shares([1.0] * len(values) if weights is None else weights))
        case Grid(values=values):
            options.add(row, codes.GRID, values)
        case Table():
            if distribution.absent:
                raise UsageError(f"{distribution}: {distribution.problem}; nothing can be drawn without it")
            options.add(row, codes.TABLE_ROWS if distribution.in_order else codes.TABLE, distribution.values)
        case Poisson(mean=mean):
            row["code"], row["mean"], row["low"] = codes.POISSON, mean, 0.0
        case Offset(by=drawn) | Scaled(of=drawn):
            _fill(row, drawn, options)


def running_shares(weights: Sequence[float]) -> list[float]:
    """Sums of the first 1, 2, ... weights over the sum of all: exact, then rounded once to float64.

    Floats are whole numbers over a power of two, and Python rounds the quotient of two whole numbers correctly.
    """
    ratios = [weight.as_integer_ratio() for weight in weights]
    common = max(denominator for _, denominator in ratios)
    sums = list(accumulate(numerator * (common // denominator) for numerator, denominator in ratios))
    return [part / sums[-1] for part in sums]


def _constant(row: Any, value: float) -> None:
    row["code"], row["low"], row["high"] = codes.CONSTANT, value, value
