"""Which columns of which entries change with which parameters, and by how much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.entries import PlannedEntry
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.values.distributions import Derived, Scaled

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Source:
    """An entry, and which of its columns change with which parameters: number, place, columns from one to the other."""

    entry: PlannedEntry
    directions: tuple[tuple[int, int, tuple[str, ...]], ...]


def float_columns(kind: Kind) -> list[str]:
    """The columns of a kind's table that have slopes, in order."""
    return [parameter.name for parameter in kind.columns if not parameter.integer]


def chains(entry: PlannedEntry, column: str, named: set[str]) -> Iterator[tuple[str, ...]]:
    """A column, and those that follow from it: each with the columns between."""
    yield (column,)
    following = [
        name for name, drawn in entry.distributions.items() if isinstance(drawn, Derived) and drawn.parameter == column
    ]
    products = [p.name for p in entry.kind.columns if column in p.factors and p.name not in entry.distributions]
    for name in (*following, *products):
        if name not in named:
            for chain in chains(entry, name, named):
                yield column, *chain


def chain_factors(entry: PlannedEntry, chain: tuple[str, ...], table: npt.NDArray[Any]) -> Floats:
    """How much the last column of a chain changes with its first one: 1 for sums, the factor for products."""
    factors = np.ones(len(table))
    for base, name in pairwise(chain):
        drawn = entry.distributions.get(name)
        if isinstance(drawn, Scaled) and not drawn.is_random:
            factors *= drawn.part.support[0]
        elif drawn is None or isinstance(drawn, Scaled):
            factors *= table[name] / table[base]
    return factors
