"""Effects by name, and how a recipe says them.

The order is always the same, whatever the order in the recipe: scene, PSF, then the noise: first `ccd`, which acts on
the light, then `poisson`, then `gaussian`, which add to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from deepbench_fast.effects.effect import Effect, Noise, Psf
from deepbench_fast.effects.noise.ccd import CcdNoise
from deepbench_fast.effects.noise.gaussian import GaussianNoise
from deepbench_fast.effects.noise.poisson import PoissonNoise
from deepbench_fast.effects.psf.gaussian import GaussianPsf
from deepbench_fast.effects.psf.moffat import MoffatPsf
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within

E = TypeVar("E", bound=Effect)

NOISES: dict[str, type[Noise]] = {}
PSFS: dict[str, type[Psf]] = {}


def register(*models: type[Noise] | type[Psf]) -> None:
    """Let recipes have these models, by their names."""
    for model in models:
        if issubclass(model, Noise):
            NOISES[model.name] = model
        else:
            PSFS[model.name] = model


register(GaussianNoise, PoissonNoise, CcdNoise, GaussianPsf, MoffatPsf)


def parse_noises(value: object) -> tuple[Noise, ...]:
    """Noise models from a list of one-key mappings, or one mapping, at most one of each; nothing means no noise."""
    noises: list[Noise] = []
    for position, item in enumerate([] if value is None else checks.items(value, "a list, e.g. [{gaussian: ...}]")):
        with within(position):
            noise = item if isinstance(item, Noise) else _parse(NOISES, item, "noise model")
            if noise.name in {other.name for other in noises}:
                raise Invalid("stands twice: noise of one model can stand once in a list", (noise.name,))
            noises.append(noise)
    return tuple(noises)


def parse_psf(value: object) -> Psf | None:
    """A PSF from a one-key mapping, or a list of one; nothing means no blur."""
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    return value if value is None or isinstance(value, Psf) else _parse(PSFS, value, "PSF")


def _parse(models: Mapping[str, type[E]], value: object, what: str) -> E:
    name, parameters = checks.single(value, f"one {what} with its parameters ({', '.join(models)})")
    with within(name):
        model = models[checks.known(name, models, what)]
        other = model.of_outputs
        if other is not None and isinstance(parameters, dict) and not parameters.keys().isdisjoint(other.fields()):
            model = other  # type: ignore[assignment]
        return model.parse(parameters)
