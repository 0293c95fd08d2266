"""The axis `noise`: from none to the recipe's own.

At a fraction f every pixel, output, parameter and target scatters by f times what it does in the recipe.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from deepbench_fast.authoring.ladders.axis import Axis, from_nothing, in_words, with_owners
from deepbench_fast.effects.effects import CcdNoise, GaussianNoise, Noise, PoissonNoise
from deepbench_fast.recipe.catalogue import Catalogue
from deepbench_fast.recipe.parameter_noise import Absolute, Level
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.targets import Targets
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions import Alone, Constant
from deepbench_fast.values.distributions.varied import Varied


def less_noise(recipe: Recipe, fraction: Fraction) -> Recipe:
    """The recipe with its noise, noise on parameters and noise on targets scaled by `fraction`.

    The models stay, at the level 0 if need be, which changes no bit: all rungs have the same columns.
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
            if isinstance(level, Absolute):
                found[name] = Absolute(level.sigma.scaled(factor))
            else:
                found[name] = level.scaled(factor)
    return found


def _each_model(models: tuple[Noise, ...], fraction: Fraction) -> tuple[Noise, ...]:
    found = []
    for position, model in enumerate(models):
        with within("noise", position, model.name):
            found.append(_less(model, fraction))
    return tuple(found)


def _less(model: Noise, fraction: Fraction) -> Noise:
    factors = dict.fromkeys((p.name for p in model.declared if not p.is_flag), fraction)
    match model:
        case GaussianNoise(snr=snr) if snr is not None:
            snr.scaled(Fraction(1))  # raises
            if fraction == 0:
                return GaussianNoise(sigma=Constant(0.0))
            factors = {"snr": 1 / fraction}
        case PoissonNoise():  # its variance is its level
            factors = {"level": fraction**2}
        case CcdNoise():
            factors = _ccd_factors(model, fraction)
    levels = {name: level for name, level in model.parameters().items() if name in factors}
    changed = {}
    for name, level in levels.items():
        with within(name):
            changed[name] = level.scaled(factors[name])
    changed_model: Noise = type(model).parse({**model.parameters(), **changed})
    return changed_model


def _ccd_factors(model: CcdNoise, fraction: Fraction) -> dict[str, Fraction]:
    """Factors by which (S + sky) / gain + (read_noise / gain)^2 becomes fraction^2 times itself.

    A gain of 0 means no photon noise and a read noise in units of the image. A sky that is subtracted stays; one that
    isn't is a background, which falls like that of Poisson noise.
    """
    low, high = model.gain.support
    counts = low > 0
    if not counts and high > 0:
        raise Invalid("must be above 0, or 0 in all samples: the unit of read_noise depends on it", ("gain",))
    model.gain.scaled(Fraction(1))  # raises
    kept = model.subtract_sky.value == 1.0 and fraction > 0
    read_noise = 1 / fraction if counts and fraction > 0 else fraction
    gain = 1 / fraction**2 if counts and fraction > 0 else Fraction(0)
    return {"gain": gain, "read_noise": read_noise, "sky": Fraction(1) if kept else fraction**2}


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
