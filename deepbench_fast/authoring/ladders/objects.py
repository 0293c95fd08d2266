"""The axis `objects`: from one object of each entry to the recipe's own number."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from deepbench_fast.authoring.ladders.axis import Axis, from_nothing, in_words, with_entries
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions import Constant, Distribution
from deepbench_fast.values.distributions.exact import one_to


def fewer_objects(recipe: Recipe, fraction: Fraction) -> Recipe:
    """The recipe with counts from one (fraction 0) to its own (1); none stays none.

    At every quantile a smaller fraction never gives more objects: those of a lower rung are the first of a higher one.
    """

    def change(entry: Entry) -> Entry:
        with within("count"):
            count = fewer(entry.count, fraction)
        if count != entry.count:
            _check_rows_in_order(entry)
        return replace(entry, count=count)

    return with_entries(recipe, change)


def fewer(count: Distribution, fraction: Fraction) -> Distribution:
    """A count that is at most 1 at fraction 0, or 1 on average; raises `Invalid` where there is none."""
    if not count.is_random:
        return Constant(one_to(count.support[0], fraction))
    return count.thinned(fraction)


def _check_rows_in_order(entry: Entry) -> None:
    """Raise `Invalid` where other objects than the first ones would have the first rows of a table."""
    for name, drawn in entry.parameters.items():
        if drawn.own.in_order:
            raise Invalid("a table in order gives each object the next row, so that fewer would have others", (name,))


def _label(recipe: Recipe, fraction: Fraction) -> str:
    if fraction > 0:
        return "all objects" if fraction == 1 else f"objects × {in_words(fraction)}"
    once = all(entry.occurs_once for catalogue in recipe.catalogues.values() for entry in catalogue.objects)
    return ("" if once else "≈ ") + "one object each"


AXIS = Axis(
    easier=fewer_objects,
    start=from_nothing,
    label=_label,
    unchanged=lambda recipe: (
        "a sample is the series of one system"
        if recipe.series is not None
        else "no entry has more than one object in a sample"
    ),
)
