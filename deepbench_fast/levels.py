"""Columns of `/samples` beside a sample's name: levels of noise and PSF, drawn once a sample or found by rendering."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from deepbench_fast.objects.parameter import Parameter
from deepbench_fast.recipe.distributions import Distribution
from deepbench_fast.recipe.model import Recipe
from deepbench_fast.recipe.series import LEVEL, dynamics_of

NOISE_SNR = Parameter("noise_snr", "", "signal-to-noise ratio of a matched filter", 0.0, math.inf)
FOUND_SIGMA = Parameter("sigma", "", "standard deviation", 0.0, math.inf)


@dataclass(frozen=True)
class SampleParameter:
    """A parameter of a catalogue's noise or PSF, drawn once a sample: a column of `/samples`."""

    column: str
    stream: str
    declared: Parameter
    distribution: Distribution


def sample_parameters(recipe: Recipe, catalogue: str) -> list[SampleParameter]:
    """The parameters of a catalogue's noise models, PSF and noise on parameters, e.g. `noise_gaussian_sigma`."""
    psf = recipe.psf_of(catalogue)
    models = [("noise", model) for model in recipe.noise_of(catalogue)] + ([("psf", psf)] if psf is not None else [])
    drawn = [
        SampleParameter(
            column=f"{stage}_{model.name}_{parameter.name}",
            stream=f"{catalogue}/{stage}.{model.name}.{parameter.name}",
            declared=parameter if recipe.series is None else _with_unit(parameter, recipe, catalogue),
            distribution=model.parameters()[parameter.name],
        )
        for stage, model in models
        for parameter in model.declared
    ]
    levels = {} if recipe.series is None else recipe.parameter_noise_of(catalogue)
    return drawn + [
        SampleParameter(f"parameter_noise_{name}", f"{catalogue}/parameter_noise.{name}", LEVEL, level)
        for name, level in levels.items()
    ]


def _with_unit(parameter: Parameter, recipe: Recipe, catalogue: str) -> Parameter:
    """Noise on one output has the unit of that output."""
    (entry,) = recipe.catalogues[catalogue].objects
    output = dynamics_of(entry).outputs.get(parameter.name)
    return parameter if output is None else replace(parameter, unit=output.unit)


def found_parameters(drawn: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Columns of `/samples` that rendering fills in."""
    found = {"noise_gaussian_sigma": FOUND_SIGMA} if "noise_gaussian_snr" in drawn else {}
    return found | ({"noise_snr": NOISE_SNR} if any(name.startswith("noise_") for name in drawn) else {})
