"""Distributions, compiled to the rows that `kernels/draw.py` runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels import draw as kernels
from deepbench_fast.recipe.distributions import (
    Choice,
    Constant,
    Distribution,
    Integers,
    LogUniform,
    Normal,
    Offset,
    Poisson,
    Scaled,
    Uniform,
)


@dataclass(frozen=True)
class Column:
    """One column of one group of rows: where it goes and what it is drawn from."""

    stream: str
    number: int
    distribution: Distribution
    integer: bool = False
    base: int = -1
    factor: int = -1


@dataclass(frozen=True, eq=False)
class Programs:
    """Programs of several groups: those of group g are `rows[first[g]:first[g + 1]]`; choices stand in flat arrays."""

    rows: npt.NDArray[Any]
    first: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    cumulative: npt.NDArray[np.float64]


def compile_programs(groups: Sequence[Sequence[Column]], streams: Mapping[str, int]) -> Programs:
    """Compile the columns of each group; within a group they are drawn in the order given."""
    columns = [column for group in groups for column in group]
    rows = np.zeros(len(columns), kernels.PROGRAM)
    values: list[float] = []
    cumulative: list[float] = []
    for row, column in zip(rows, columns, strict=True):
        row["stream"] = streams[column.stream]
        row["column"], row["integer"] = column.number, column.integer
        row["base"], row["factor"] = column.base, column.factor
        row["low"], row["high"] = -math.inf, math.inf
        _fill(row, column.distribution, values, cumulative)
    kernels.derive(rows)
    first = np.array([0, *accumulate(len(group) for group in groups)], np.int64)
    return Programs(rows, first, np.array(values or [0.0]), np.array(cumulative or [1.0]))


def _fill(row: Any, distribution: Distribution, values: list[float], cumulative: list[float]) -> None:
    match distribution:
        case Constant(value=value):
            _constant(row, value)
        case Uniform(low=low, high=high):
            row["code"], row["low"], row["high"] = kernels.UNIFORM, low, high
        case LogUniform(low=low, high=high):
            row["code"], row["low"], row["high"] = kernels.LOGUNIFORM, low, high
        case Normal(mean=mean, sigma=sigma, low=low, high=high):
            if sigma == 0:
                _constant(row, mean)
            else:
                row["code"], row["mean"], row["sigma"] = kernels.NORMAL, mean, sigma
                row["low"] = -math.inf if low is None else low
                row["high"] = math.inf if high is None else high
        case Integers(low=low, high=high):
            row["code"], row["low"], row["high"] = kernels.INTEGERS, low, high
        case Choice(values=options, weights=weights):
            row["code"], row["first"], row["length"] = kernels.CHOICE, len(values), len(options)
            shares = [Fraction(w) for w in weights] if weights is not None else [Fraction(1)] * len(options)
            values.extend(float(option) for option in options)
            cumulative.extend(float(part / sum(shares)) for part in accumulate(shares))
        case Poisson(mean=mean):
            row["code"], row["mean"], row["low"] = kernels.POISSON, mean, 0.0
        case Offset(by=drawn) | Scaled(of=drawn):
            _fill(row, drawn, values, cumulative)


def _constant(row: Any, value: float) -> None:
    row["code"], row["low"], row["high"] = kernels.CONSTANT, value, value
