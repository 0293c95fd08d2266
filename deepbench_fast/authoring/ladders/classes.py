"""The axis `classes`: from the first two catalogues to all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from deepbench_fast.authoring.ladders.axis import Axis, from_nothing
from deepbench_fast.recipe.extras import Extras
from deepbench_fast.recipe.information import named_parameters
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.targets import Targets
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.model import FrozenDict

FEWEST = 2


def fewer_classes(recipe: Recipe, fraction: Fraction) -> Recipe:
    """The recipe with its first catalogues, from two (fraction 0) to all (1), each with as many members as before.

    Targets, and parameters of information, that these catalogues can't have are left out. Where the number of samples
    is no multiple of the stratum that the weights make, the numbers of members are equal up to one stratum.
    """
    total = len(recipe.catalogues)
    kept = total if total <= FEWEST else FEWEST + round((total - FEWEST) * fraction)
    if kept == total:
        return recipe
    catalogues = dict(list(recipe.catalogues.items())[:kept])
    share = sum(c.weight for c in catalogues.values()) / sum(c.weight for c in recipe.catalogues.values())
    samples = max(1, int(recipe.samples * share))
    fewer = replace(
        recipe,
        catalogues=catalogues,
        samples=samples,
        targets=Targets(("catalogue",)),
        parameter_noise=FrozenDict(),
        extras=_extras(recipe, catalogues),
    )
    levels = {
        name: level
        for name, level in recipe.parameter_noise.items()
        if _is_possible(fewer, parameter_noise={name: level})
    }
    names = [name for name in recipe.targets if _is_possible(fewer, targets=Targets((name,)))] or ["catalogue"]
    noise = {name: drawn for name, drawn in recipe.targets.noise.items() if name in names}
    return replace(fewer, parameter_noise=levels, targets=Targets(names, noise))


def _extras(recipe: Recipe, catalogues: Iterable[str]) -> Extras:
    extras = recipe.extras
    if extras.parameters is None:
        return extras
    known = {name for catalogue in catalogues for name in named_parameters(recipe, catalogue)}
    return Extras(extras, extras.mask_threshold, [name for name in extras.parameters if name in known])


def _is_possible(recipe: Recipe, **changes: Any) -> bool:
    try:
        replace(recipe, **changes)
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
