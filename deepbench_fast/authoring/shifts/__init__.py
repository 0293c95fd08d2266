"""Shifts: recipes from that of the training data to one that differs along a single axis, sharing their draws.

Every rung is a recipe of its own. What an axis doesn't touch is the same to the last bit on all rungs; what it touches
has the same quantiles: member k of a catalogue is the same galaxy in more noise, behind another PSF, further out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from deepbench_fast.authoring.ladders import named_rungs, number_of_rungs, same_dataset
from deepbench_fast.authoring.ladders.axis import with_entries
from deepbench_fast.authoring.shifts.axes import AXES, check_axis, check_between, check_changes, check_information
from deepbench_fast.authoring.shifts.between import between
from deepbench_fast.errors import RecipeError, UsageError
from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe import addresses
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.load import parse_value
from deepbench_fast.recipe.recipe import Recipe, checked_recipe
from deepbench_fast.recipe.write import recipe_data
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within

__all__ = ["AXES", "rung_labels", "shift"]


def shift(recipe: Recipe, axis: str, rungs: int, values: Mapping[str, object]) -> list[Recipe]:
    """Recipes from `recipe`, the first one, to `recipe` with these values, the last one, along one axis.

    `values` are as for `Recipe.set`: addresses with YAML text or data. What they may change:

    - `noise`: noise on pixels, outputs, parameters and targets;
    - `psf`: the PSF;
    - `covariate`: what objects and their numbers are drawn from, within what the recipe draws;
    - `prevalence`: weights of the catalogues;
    - `ood`: what objects and their numbers are drawn from, beyond what the recipe draws, and objects of other kinds.

    At rung r of K the numbers of each law lie (r - 1) / (K - 1) of the way, of a loguniform their logarithms, of
    choices with the same values the weights. The recipes have every default filled in and are called
    `<name>-<axis>-shift-rung-1` and so on. Raises UsageError, in one line, for values that the axis doesn't change,
    and where there is nothing between the two for more than two rungs.
    """
    rungs = number_of_rungs(rungs)
    try:
        checks.known(axis, AXES, "axis")
    except Invalid as invalid:
        raise UsageError(invalid.problem) from None
    first = _with_lengths(checked_recipe(recipe))
    with within("values"):
        given = checks.mapping(values, "addresses with values, e.g. {'noise.gaussian.sigma': 0.5}")
    changes = [(key, parse_value(value, key) if isinstance(value, str) else value) for key, value in given.items()]
    last = first.with_changes(changes)
    check_changes(axis, changes, first, last)
    source, target = first.resolved(), last.resolved()
    if same_dataset(source, target):
        raise UsageError(f"axis {axis}: the values change nothing; give some that do, e.g. {AXES[axis].example}")
    check_axis(axis, source, target)
    check_information(source, target)
    found = [_rung(axis, source, target, Fraction(k, rungs - 1)) for k in range(rungs)]
    for rung in found[1:-1]:
        check_between(axis, source, rung)
    return named_rungs(found, f"{source.name}-{axis}-shift")


def rung_labels(axis: str, rungs: int) -> list[dict[str, str]]:
    """What each recipe of a shift is: axis → a few words, e.g. {"noise": "half of the shift"}."""
    words = ["as it is", *(f"{100 * k / (rungs - 1):.3g} % of the shift" for k in range(1, rungs - 1)), "shifted"]
    return [{axis: word} for word in words]


def _with_lengths(recipe: Recipe) -> Recipe:
    """The recipe with a `min_length` for all ends that are drawn again: its default depends on which ends are given."""

    def change(entry: Entry) -> Entry:
        if entry.min_length is not None or kind(entry.kind).redraw is None:
            return entry
        return replace(entry, min_length=entry.resolved(recipe.image).min_length)

    return with_entries(recipe, change)


def _rung(axis: str, source: Recipe, target: Recipe, fraction: Fraction) -> Recipe:
    try:
        return between(source, target, fraction)
    except Invalid as invalid:
        key = addresses.address(recipe_data(target), invalid.path)
        raise RecipeError(f"axis {axis}: {invalid.problem}; two rungs need nothing between", key=key) from None
