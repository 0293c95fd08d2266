"""What an axis of difficulty is, and the walk over the parts of a recipe that axes share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from deepbench_fast.recipe.catalogue import Catalogue
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.values.checks import within


@dataclass(frozen=True)
class Axis:
    """One way from easy to hard.

    `easier` is the recipe at a fraction of the way: 1 is the recipe itself, `start` gives the fraction of rung 1 on a
    ladder of so many rungs. It raises `Invalid`, with the path to what can't be changed. `label` says in a few words
    what a rung is, from its recipe and its fraction; `unchanged` why a recipe has nothing to change.
    """

    easier: Callable[[Recipe, Fraction], Recipe]
    start: Callable[[int], Fraction]
    label: Callable[[Recipe, Fraction], str]
    unchanged: Callable[[Recipe], str]

    def fraction(self, rung: int, rungs: int) -> Fraction:
        """How far rung number `rung` (from 1) is along the axis: equal steps up to 1."""
        first = self.start(rungs)
        return first + (1 - first) * Fraction(rung - 1, rungs - 1)


def from_nothing(rungs: int) -> Fraction:
    """Rung 1 has none of what makes the recipe hard."""
    return Fraction(0)


def from_one_step(rungs: int) -> Fraction:
    """Rung 1 is one step above nothing, where all members would be equal."""
    return Fraction(1, rungs)


def in_words(fraction: Fraction) -> str:
    """A fraction to two digits."""
    return f"{float(fraction):.2g}"


def with_entries(recipe: Recipe, change: Callable[[Entry], Entry]) -> Recipe:
    """The recipe with every entry changed."""
    catalogues = {}
    for name, catalogue in recipe.catalogues.items():
        entries = []
        for position, entry in enumerate(catalogue.objects):
            with within("catalogues", name, "objects", position, entry.kind):
                entries.append(change(entry))
        catalogues[name] = replace(catalogue, objects=tuple(entries))
    return replace(recipe, catalogues=catalogues)


def with_owners(recipe: Recipe, change: Callable[[Recipe | Catalogue], dict[str, Any]]) -> Recipe:
    """The recipe with keys changed that stand at its top or in a catalogue: noise, PSF."""

    catalogues = {}
    for name, catalogue in recipe.catalogues.items():
        with within("catalogues", name):
            catalogues[name] = replace(catalogue, **change(catalogue))
    return replace(recipe, **change(recipe), catalogues=catalogues)
