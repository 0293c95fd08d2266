"""The axis `classes`: from the first two catalogues to all of them."""

from __future__ import annotations

from fractions import Fraction

from deepbench_fast.authoring.ladders.axis import Axis, from_nothing
from deepbench_fast.recipe import rules as consistency
from deepbench_fast.recipe.parameter_noise import Level
from deepbench_fast.recipe.parameter_noise_rules import check_parameter_noise
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.targets import Targets
from deepbench_fast.values.checks import Invalid

FEWEST = 2


def fewer_classes(recipe: Recipe, fraction: Fraction) -> Recipe:
    """The recipe with its first catalogues, from two (fraction 0) to all (1), each with as many members as before.

    Targets that these catalogues can't have are left out. Where the number of samples is no multiple of the stratum
    that the weights make, the numbers of members are equal up to one stratum.
    """
    total = len(recipe.catalogues)
    kept = total if total <= FEWEST else FEWEST + round((total - FEWEST) * fraction)
    if kept == total:
        return recipe
    catalogues = dict(list(recipe.catalogues.items())[:kept])
    share = sum(c.weight for c in catalogues.values()) / sum(c.weight for c in recipe.catalogues.values())
    fewer = recipe.model_copy(update={"catalogues": catalogues, "samples": max(1, int(recipe.samples * share))})
    if recipe.series is not None:
        levels = {name: level for name, level in recipe.parameter_noise.items() if _can_scatter(fewer, name, level)}
        fewer = fewer.model_copy(update={"parameter_noise": levels})
    return fewer.model_copy(update={"targets": _possible_targets(fewer)})


def _can_scatter(recipe: Recipe, name: str, level: Level) -> bool:
    try:
        check_parameter_noise(recipe.model_copy(update={"parameter_noise": {name: level}}))
    except Invalid:
        return False
    return True


def _possible_targets(recipe: Recipe) -> Targets:
    names = [name for name in recipe.targets if _is_possible(recipe, name)] or ["catalogue"]
    return Targets(names, {name: drawn for name, drawn in recipe.targets.noise.items() if name in names})


def _is_possible(recipe: Recipe, target: str) -> bool:
    try:
        consistency.check_targets(recipe.model_copy(update={"targets": Targets((target,))}))
    except Invalid:
        return False
    return True


def _unchanged(recipe: Recipe) -> str:
    catalogues = len(recipe.catalogues)
    return f"it needs more than {FEWEST} catalogues, and the recipe has {catalogues}"


AXIS = Axis(
    easier=fewer_classes,
    start=from_nothing,
    label=lambda recipe, fraction: f"{len(recipe.catalogues)} classes",
    unchanged=_unchanged,
)
