"""The axis `noise`: from none to the recipe's own.

At a fraction f every pixel, output, parameter and target scatters by f times what it does in the recipe.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from deepbench_fast.authoring.ladders.axis import Axis, from_nothing, in_words, with_owners
from deepbench_fast.effects.effect import Noise
from deepbench_fast.recipe.catalogue import Catalogue
from deepbench_fast.recipe.parameter_noise import Level
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.targets import Targets
from deepbench_fast.values.checks import within
from deepbench_fast.values.distributions import Alone
from deepbench_fast.values.distributions.varied import Varied


def less_noise(recipe: Recipe, fraction: Fraction) -> Recipe:
    """The recipe with its noise, noise on parameters and noise on targets scaled by `fraction`.

    The models stay, at the level 0 if need be, which changes no bit: all rungs have the same columns, but for an `snr`,
    in whose place the rung without noise has a sigma of 0.
    """

    def change(owner: Recipe | Catalogue) -> dict[str, Any]:
        changed: dict[str, Any] = {}
        if isinstance(owner.noise, tuple):
            changed["noise"] = _each_model(owner.noise, fraction)
        if isinstance(owner.parameter_noise, dict):
            with within("parameter_noise"):
                changed["parameter_noise"] = _each(owner.parameter_noise, fraction)
        return changed

    targets = Targets(recipe.targets, _of_targets(recipe.targets, fraction))
    return replace(with_owners(recipe, change), targets=targets)


def _each(levels: dict[str, Level], factor: Fraction) -> dict[str, Level]:
    found: dict[str, Level] = {}
    for name, level in levels.items():
        with within(name):
            found[name] = level.scaled(factor)
    return found


def _each_model(models: tuple[Noise, ...], fraction: Fraction) -> tuple[Noise, ...]:
    found = []
    for position, model in enumerate(models):
        with within("noise", position, model.name):
            found.append(model.softened(fraction))
    return tuple(found)


def _of_targets(targets: Targets, fraction: Fraction) -> dict[str, Alone | Varied]:
    found: dict[str, Alone | Varied] = {}
    for name, drawn in targets.noise.items():
        with within("targets", targets.index(name), name, "noise"):
            found[name] = drawn.scaled(fraction)
    return found


AXIS = Axis(
    easier=less_noise,
    start=from_nothing,
    label=lambda recipe, fraction: "no noise" if fraction == 0 else f"noise × {in_words(fraction)}",
    unchanged=lambda recipe: "the recipe has no noise",
)
