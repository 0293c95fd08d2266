"""Parameters that no image tells apart: those of objects of one kind that a recipe draws from the same laws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations, product

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.free_parameters import free_parameters
from deepbench_fast.draw.plan import Plan
from deepbench_fast.recipe.entry import Entry

Integers = npt.NDArray[np.int64]

MOST_ORDERS = 120
"""All of five objects that are alike; of more some."""


def exchanges(plan: Plan, catalogue: int, names: Sequence[str]) -> Integers:
    """Orders (M, P) of the parameters called `names` in which an image is as likely and they are, too.

    The light of objects adds up, so that those of one kind with the same laws may have each other's names. The order as
    it is isn't among them.
    """
    groups = [] if plan.is_series else _alike(plan, catalogue, names)
    orders = []
    for moves in product(*(permutations(range(len(group))) for group in groups)):
        order = np.arange(len(names))
        for group, move in zip(groups, moves, strict=True):
            order[group] = group[list(move)]
        orders.append(order)
        if len(orders) > MOST_ORDERS:
            break
    return np.array(orders[1:], np.int64).reshape(-1, len(names))


def _alike(plan: Plan, catalogue: int, names: Sequence[str]) -> list[Integers]:
    """Of each group of objects that differ by their names alone, the numbers of their parameters (objects, each)."""
    possible = free_parameters(plan, catalogue)
    groups: list[tuple[Entry, dict[str, list[int]]]] = []
    for number, name in enumerate(names):
        planned = possible[name].entry
        if planned is None:
            continue
        entry = planned.entry
        objects = next((objects for one, objects in groups if replace(entry, name=one.name) == one), None)
        if objects is None:
            groups.append((entry, objects := {}))
        objects.setdefault(entry.name, []).append(number)
    return [np.array(list(objects.values())) for _, objects in groups]
