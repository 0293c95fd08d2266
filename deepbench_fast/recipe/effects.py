"""What happens to the scene: the point spread function that blurs it and the noise on its pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import model_validator

from deepbench_fast.objects.parameter import Parameter
from deepbench_fast.recipe import checks
from deepbench_fast.recipe.base import Drawn, Model
from deepbench_fast.recipe.checks import Invalid, within
from deepbench_fast.recipe.distributions import Distribution


class _Effect(Model):
    """A model of noise or blur; its parameters are drawn once per sample."""

    name: ClassVar[str]
    declared: ClassVar[tuple[Parameter, ...]]

    def parameters(self) -> dict[str, Distribution]:
        """The distribution of each parameter."""
        return {parameter.name: getattr(self, parameter.name) for parameter in self.declared}

    @model_validator(mode="after")
    def _check(self) -> Any:
        for parameter in self.declared:
            with within(parameter.name):
                check_alone(parameter, getattr(self, parameter.name))
        return self


class GaussianNoise(_Effect):
    """Adds to each pixel a normal deviate of mean 0 and standard deviation sigma."""

    name: ClassVar[str] = "gaussian"
    declared: ClassVar[tuple[Parameter, ...]] = (Parameter("sigma", "", "standard deviation", 0.0, 1e30),)

    sigma: Drawn


class GaussianPsf(_Effect):
    """Blurs with a Gaussian of standard deviation sigma, in pixels; 0 leaves the scene as it is."""

    name: ClassVar[str] = "gaussian"
    declared: ClassVar[tuple[Parameter, ...]] = (Parameter("sigma", "pix", "standard deviation", 0.0, 100.0),)

    sigma: Drawn


NOISES: dict[str, type[GaussianNoise]] = {"gaussian": GaussianNoise}
PSFS: dict[str, type[GaussianPsf]] = {"gaussian": GaussianPsf}


def check_alone(parameter: Parameter, distribution: Distribution) -> None:
    """Check a parameter that stands alone, with no other one of the same object to be an offset from."""
    if hasattr(distribution, "parameter"):
        raise Invalid("can't be an offset: there is no other parameter to add to")
    parameter.check(distribution)


def parse_noises(value: object) -> tuple[GaussianNoise, ...]:
    """Noise models from a list of one-key mappings, at most one of each model; nothing means no noise."""
    noises: list[GaussianNoise] = []
    for position, item in enumerate([] if value is None else checks.sequence(value, "a list, e.g. [{gaussian: ...}]")):
        with within(position):
            noise = item if isinstance(item, GaussianNoise) else _parse(NOISES, item, "noise model")
            if noise.name in {other.name for other in noises}:
                raise Invalid("stands twice: noise of one model can stand once in a list", (noise.name,))
            noises.append(noise)
    return tuple(noises)


def parse_psf(value: object) -> GaussianPsf | None:
    """A PSF from a one-key mapping; nothing means no blur."""
    psf: GaussianPsf | None = value if value is None or isinstance(value, GaussianPsf) else _parse(PSFS, value, "PSF")
    return psf


def effect_data(effect: GaussianNoise | GaussianPsf) -> dict[str, object]:
    """The plain data of a noise model or PSF."""
    return {effect.name: {name: drawn.to_yaml_data() for name, drawn in effect.parameters().items()}}


def _parse(models: Mapping[str, type[Model]], value: object, what: str) -> Any:
    model, parameters = checks.single(value, f"one {what} with its parameters ({', '.join(models)})")
    with within(model):
        return models[checks.known(model, models, what)].parse(parameters)
