"""Columns of `/samples` beside a sample's name: levels of noise and PSF, drawn once a sample or found by rendering."""

from __future__ import annotations

from dataclasses import dataclass, replace

from deepbench_fast.draw.entries import streams_below
from deepbench_fast.effects.effect import Effect
from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe.parameter_noise import Absolute, declared_level
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.systems import dynamics_of
from deepbench_fast.values.distributions import Distribution
from deepbench_fast.values.parameter import Parameter


@dataclass(frozen=True)
class SampleParameter:
    """A parameter of a catalogue's noise or PSF, drawn once a sample: a column of `/samples`.

    `name` is how a recipe says it, e.g. `noise.gaussian.sigma`.
    """

    name: str
    column: str
    stream: str
    declared: Parameter
    distribution: Distribution


def sample_parameters(recipe: Recipe, catalogue: str) -> list[SampleParameter]:
    """The parameters of a catalogue's noise models, PSF and noise on parameters, e.g. `noise_gaussian_sigma`."""
    psf = recipe.psf_of(catalogue)
    models: list[Effect] = [*recipe.noise_of(catalogue), *([] if psf is None else [psf])]
    found = [
        (f"{model.stage}.{model.name}.{name}", model.parameter(name), drawn)
        for model in models
        for name, drawn in model.drawn.items()
    ]
    if recipe.series is not None:
        found = [(name, _with_unit(declared, recipe, catalogue), drawn) for name, declared, drawn in found]
        (entry,) = recipe.catalogues[catalogue].objects
        for name, level in recipe.parameter_noise_of(catalogue).items():
            drawn = level.sigma if isinstance(level, Absolute) else level
            found.append((f"parameter_noise.{name}", declared_level(kind(entry.kind), name, level), drawn))
    streams = streams_below(catalogue, {name: drawn for name, _, drawn in found})
    return [
        SampleParameter(name, name.replace(".", "_"), streams[name], declared, drawn) for name, declared, drawn in found
    ]


def _with_unit(parameter: Parameter, recipe: Recipe, catalogue: str) -> Parameter:
    """Noise on one output has the unit of that output."""
    (entry,) = recipe.catalogues[catalogue].objects
    output = dynamics_of(entry).outputs.get(parameter.name)
    return parameter if output is None else replace(parameter, unit=output.unit)
