"""Samples on the fly: the same bytes as in a file, without one."""

from __future__ import annotations

from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.render.batch import Batch, Item
from deepbench_fast.render.simulator import simulator

Samples = Batch
"""The former name of `Batch`."""


def samples(recipe: Recipe, start: int, stop: int) -> Batch:
    """Samples `start` to `stop - 1` of the dataset that `recipe` describes, in memory.

    Any range may be asked for, also beyond `recipe.samples`: a longer dataset begins with the shorter one. They are of
    all splits; those of one alone are the samples of `recipe.of_split(name)`.
    Raises UsageError unless 0 <= start <= stop.
    """
    return simulator(recipe).batch(start, stop)


def sample(recipe: Recipe, index: int) -> Item:
    """Sample number `index` as `{"image" or "series", "target", "label", "index"}`, as `Dataset[index]` gives it."""
    return simulator(recipe).batch(index, index + 1)[0]
