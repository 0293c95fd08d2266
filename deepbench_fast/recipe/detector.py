"""What noise can't do justice to: more electrons than are counted, more variance than an array of float32 holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from deepbench_fast.effects.effects import CcdNoise, GaussianNoise, Noise
from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe.extras import VARIANCE
from deepbench_fast.recipe.rules import is_absent, support_of
from deepbench_fast.values.checks import Invalid, Path

if TYPE_CHECKING:
    from deepbench_fast.recipe.contents import Contents

MOST_ELECTRONS = 2.0**50
"""The most that the noise of a CCD counts in a pixel."""

MOST_VARIANCE = 1e38
"""A third of the most that float32 holds: there are three models of noise."""

SMALLEST_DRAW = 2.0**-53
"""Share of its high end that a distribution from 0 gives at least, but for 0 itself."""


def check_noise(recipe: Contents) -> None:
    """Raise `Invalid` where a recipe's ranges reach more electrons, or more variance, than there is room for."""
    for name in recipe.catalogues:
        counted = any(isinstance(noise, CcdNoise) for noise in recipe.noise_of(name))
        brightest, key = max(_amplitudes(recipe, name), default=(0.0, "")) if counted else (0.0, "")
        for path, noise in _noises(recipe, name):
            if isinstance(noise, CcdNoise):
                _check_electrons(noise, brightest, key, path)
            if VARIANCE in recipe.extras:
                _check_variance(noise, brightest, path)


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


def _check_electrons(noise: CcdNoise, brightest: float, key: str, path: Path) -> None:
    if is_absent({"gain": noise.gain, "sky": noise.sky}):
        return
    electrons = noise.gain.support[1] * (brightest + noise.sky.support[1])
    if electrons > MOST_ELECTRONS:
        light = f" with {key} up to {brightest:.3g}" if key else ""
        raise Invalid(
            f"reaches {electrons:.2g} electrons in a pixel{light}, but counts at most {MOST_ELECTRONS:.2g}; lower it",
            (*path, "gain"),
        )


def _check_variance(noise: Noise, brightest: float, path: Path) -> None:
    if is_absent(noise.parameters()):
        return
    variance, parameter = 0.0, ""
    if isinstance(noise, GaussianNoise) and noise.sigma is not None:
        variance, parameter = noise.sigma.support[1] ** 2, "sigma"
    elif isinstance(noise, CcdNoise):
        low, high = noise.gain.support
        least = (low or high * SMALLEST_DRAW) or 1.0
        reading = noise.read_noise.support[1] / least
        variance, parameter = reading * reading + (brightest + noise.sky.support[1]) / least, "gain"
    if not variance <= MOST_VARIANCE:
        raise Invalid(
            f"reaches a variance of {variance:.2g}, above the {MOST_VARIANCE:g} that the extra '{VARIANCE}' can hold",
            (*path, parameter),
        )
