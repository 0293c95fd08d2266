"""What noise can't do justice to: more electrons than are counted, more variance than an array of float32 holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from deepbench_fast.effects.effect import Noise
from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe.extras import VARIANCE
from deepbench_fast.recipe.rules import is_absent, support_of
from deepbench_fast.values.checks import Invalid, Path, within
from deepbench_fast.values.number_text import brief

if TYPE_CHECKING:
    from deepbench_fast.recipe.contents import Contents

MOST_VARIANCE = 1e38
"""A third of the most that float32 holds: there are three models of noise."""

LEAST_VARIANCE = 1.2e-38
"""Below it float32 has ever fewer digits, and below 1e-45 nothing but 0."""


def check_noise(recipe: Contents) -> None:
    """Raise `Invalid` where a recipe's ranges reach more electrons, or more variance, than there is room for."""
    for name in recipe.catalogues:
        of_light = any(noise.of_light for noise in recipe.noise_of(name))
        brightest, key = max(_amplitudes(recipe, name), default=(0.0, "")) if of_light else (0.0, "")
        for path, noise in _noises(recipe, name):
            with within(*path):
                noise.check_light(brightest, key)
                if VARIANCE in recipe.extras:
                    _check_variance(noise, brightest, alone=len(recipe.noise_of(name)) == 1)


def _noises(recipe: Contents, catalogue: str) -> Iterator[tuple[Path, Noise]]:
    """Each noise model of a catalogue, with the path to its parameters in the recipe's data."""
    inherited = recipe.catalogues[catalogue].noise == "inherit"
    path: Path = ("noise",) if inherited else ("catalogues", catalogue, "noise")
    for position, noise in enumerate(recipe.noise_of(catalogue)):
        yield (*path, position, noise.name), noise


def _amplitudes(recipe: Contents, catalogue: str) -> Iterator[tuple[float, str]]:
    """The largest brightness that the parameters of each entry name, and the address of the parameter."""
    for entry in recipe.catalogues[catalogue].objects:
        if kind(entry.kind).fingerprint or entry.count.support[1] < 1:
            continue
        parameters = entry.resolved(recipe.image).parameters
        for name in parameters:
            if name.endswith("amplitude") and not is_absent(parameters):
                yield support_of(name, parameters)[1], f"{catalogue}.{entry.name}.{name}"


def _check_variance(noise: Noise, brightest: float, alone: bool) -> None:
    variance, parameter = noise.most_variance(brightest)
    if variance > MOST_VARIANCE:  # not so where a table is absent: then it is NaN
        raise Invalid(
            f"reaches a variance of {brief(variance, 2)}, above the {brief(MOST_VARIANCE)} that the extra "
            f"'{VARIANCE}' can hold",
            (parameter,),
        )
    if alone and 0.0 < variance < LEAST_VARIANCE:
        raise Invalid(
            f"gives a variance of {brief(variance, 2)} at most, below the {brief(LEAST_VARIANCE)} from which on the "
            f"extra '{VARIANCE}' has its digits: give light in a smaller unit",
            (parameter,),
        )
