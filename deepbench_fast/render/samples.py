"""Samples on the fly: the same bytes as in a file, without one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepbench_fast.draw.free_parameters import chosen_catalogue
from deepbench_fast.draw.tables import call_roll
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.render.batch import Batch, Item
from deepbench_fast.render.simulator import simulator

ROLL = 2**16

Samples = Batch
"""The former name of `Batch`."""


def samples(recipe: Recipe, start: int, stop: int) -> Batch:
    """Samples `start` to `stop - 1` of the dataset that `recipe` describes, in memory.

    Any range may be asked for, also beyond `recipe.samples`: a longer dataset begins with the shorter one. They are of
    all splits; those of one alone are the samples of `recipe.of_split(name)`.
    Raises UsageError unless 0 <= start <= stop.
    """
    return simulator(recipe).batch(start, stop)


def samples_at(recipe: Recipe, numbers: Sequence[int]) -> Batch:
    """The samples with these numbers, in their order, with the tables that `samples` gives them.

    Raises UsageError for a number below 0 or one that no dataset has.
    """
    own = simulator(recipe)
    for number in numbers:
        own.plan.check_range(number, number + 1)
    made, order = np.unique(np.asarray(numbers, np.int64), return_inverse=True)
    batch = own.some(made)
    for table in batch.tables.objects.values():
        table["sample"] = made[table["sample"]]
    return batch[order]


def first_of(recipe: Recipe, catalogue: str, count: int) -> list[int]:
    """Numbers of the first `count` samples of a catalogue, as many as the recipe makes."""
    plan = simulator(recipe).plan
    label = chosen_catalogue(plan, catalogue)
    found: list[int] = []
    for first in range(0, plan.samples, ROLL):
        classes = call_roll(plan, first, min(first + ROLL, plan.samples)).catalogue
        found += (first + np.flatnonzero(classes == label)).tolist()
        if len(found) >= count:
            break
    return found[:count]


def sample(recipe: Recipe, index: int) -> Item:
    """Sample number `index` as `{"image" or "series", "target", "label", "index"}`, as `Dataset[index]` gives it."""
    return simulator(recipe).some([index])[0]
