"""Ladders of difficulty: recipes from easy to hard that share their draws.

Every rung is a recipe of its own. What an axis doesn't touch is the same to the last bit on all rungs; what it touches
has the same quantiles: member k of a catalogue is the same galaxy in less noise, among fewer neighbours, nearer to the
median one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from deepbench_fast.authoring.ladders import balance, classes, noise, objects, spread
from deepbench_fast.authoring.ladders.axis import Axis
from deepbench_fast.errors import RecipeError, UsageError
from deepbench_fast.recipe import addresses
from deepbench_fast.recipe.recipe import Recipe, checked_recipe
from deepbench_fast.recipe.write import recipe_data
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid

__all__ = ["AXES", "ladder", "rung_axes"]

MOST_RUNGS = 1000
LONGEST_NAME = 180

AXES: dict[str, Axis] = {
    "noise": noise.AXIS,
    "objects": objects.AXIS,
    "classes": classes.AXIS,
    "balance": balance.AXIS,
    "spread": spread.AXIS,
}
"""The axes of difficulty, in the order in which several are applied."""


def ladder(recipe: Recipe, axes: str | Iterable[str], rungs: int, *, imbalance: str | None = None) -> list[Recipe]:
    """Recipes of rising difficulty along one axis or several at once; the last one is the recipe itself.

    At rung r of K, with f = (r - 1) / (K - 1):

    - `noise`: all noise scatters f times as much as in the recipe, from none. A background that isn't subtracted falls
      with f^2; that of a `ccd` has less noise for it than f times the recipe's;
    - `objects`: counts grow from one (on average, of a poisson) to the recipe's; fewer objects are the first of more;
    - `classes`: the first 2 + round(f (C - 2)) of C catalogues, each with the members that it has in the recipe;
    - `balance`: shares of the catalogues are (1 - f) / C + f times the recipe's, or those of `imbalance` ("1:2:4");
    - `spread`: ranges of parameters are r / K as wide about their medians, in the logarithm for a loguniform.

    The recipes have every default filled in and are called `<name>-rung-1` and so on. Raises UsageError for fewer than
    two rungs, an unknown axis, an axis that changes nothing and rungs that would be equal, and RecipeError, which names
    the key, for a distribution that can't be changed in this way.
    """
    chosen = _chosen(axes)
    rungs = number_of_rungs(rungs)
    if imbalance is not None and "balance" not in chosen:
        raise UsageError("imbalance: is for the axis balance")
    top = checked_recipe(recipe).resolved()
    top = top if imbalance is None else balance.with_imbalance(top, imbalance)
    for name in chosen:
        if same_dataset(_easier(top, [name], 1, rungs), top):
            raise UsageError(f"axis {name}: there is nothing to change; {AXES[name].unchanged(top)}")
    found = [_easier(top, chosen, rung, rungs) for rung in range(1, rungs + 1)]
    return named_rungs(found, top.name)


def number_of_rungs(rungs: object) -> int:
    """How many there shall be. Raises UsageError where there can't be so many."""
    return checks.whole_argument("rungs", rungs, 2, MOST_RUNGS)


def named_rungs(rungs: Sequence[Recipe], name: str) -> list[Recipe]:
    """The recipes as `<name>-rung-1` and so on, checked like ones that were read; UsageError where two are the same."""
    for number in range(1, len(rungs)):
        if same_dataset(rungs[number], rungs[number - 1]):
            both = f"rungs {number} and {number + 1} of {len(rungs)}"
            raise UsageError(f"{both} would be the same dataset: ask for fewer")
    return [_named(rung, f"{name[:LONGEST_NAME]}-rung-{number}") for number, rung in enumerate(rungs, 1)]


def same_dataset(one: Recipe, other: Recipe) -> bool:
    """Whether two recipes make the same samples: of weights the ratios count."""
    return recipe_data(_with_shares(one)) == recipe_data(_with_shares(other))


def rung_axes(rungs: Sequence[Recipe], axes: str | Iterable[str]) -> list[dict[str, str]]:
    """What each recipe of a ladder is: axis → a few words, e.g. {"noise": "noise × 0.5"}."""
    chosen = _chosen(axes)
    return [
        {name: AXES[name].label(rung, AXES[name].fraction(number, len(rungs))) for name in chosen}
        for number, rung in enumerate(rungs, 1)
    ]


def _chosen(axes: str | Iterable[str]) -> list[str]:
    names = checks.names("axis", axes)
    for name in names:
        try:
            checks.known(name, AXES, "axis")
        except Invalid as invalid:
            raise UsageError(invalid.problem) from None
    if not names or len(set(names)) < len(names):
        raise UsageError("axis: give one or more of " + ", ".join(AXES) + ", each of them once")
    return [name for name in AXES if name in names]


def _easier(top: Recipe, axes: Sequence[str], rung: int, rungs: int) -> Recipe:
    recipe = top
    for name in axes:
        axis = AXES[name]
        if (fraction := axis.fraction(rung, rungs)) == 1:
            continue
        try:
            recipe = axis.easier(recipe, fraction)
        except Invalid as invalid:
            key = addresses.address(recipe_data(recipe), invalid.path)
            raise RecipeError(f"axis {name}: {invalid.problem}", key=key) from None
    return recipe


def _with_shares(recipe: Recipe) -> Recipe:
    """The recipe with weights that sum to 1."""
    total = sum(catalogue.weight for catalogue in recipe.catalogues.values())
    catalogues = {name: replace(own, weight=own.weight / total) for name, own in recipe.catalogues.items()}
    return replace(recipe, catalogues=catalogues)


def _named(recipe: Recipe, name: str) -> Recipe:
    """The recipe with a name, and checked like one that was read."""
    data = {**recipe_data(recipe), "name": name}
    try:
        named: Recipe = Recipe.parse(data)
    except Invalid as invalid:
        raise RecipeError(f"on {name}: {invalid.problem}", key=addresses.address(data, invalid.path)) from None
    return named
