"""What the information that samples have of their parameters needs of a recipe: a density, slopes, names for all drawn.

The first thing that stands against it is told, by its key and in one line.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

from deepbench_fast.effects.effect import Effect, Noise
from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe.extras import INFORMATION, PARAMETERS
from deepbench_fast.recipe.systems import output_columns
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, Path, within
from deepbench_fast.values.distributions import Distribution
from deepbench_fast.values.parameter import Parameter

if TYPE_CHECKING:
    from deepbench_fast.recipe.contents import Contents
    from deepbench_fast.recipe.entry import Entry


class Named(NamedTuple):
    """A parameter that has one value in each sample of a catalogue: where it stands, and what it is drawn from."""

    path: Path
    of: str
    declared: Parameter
    drawn: Distribution


def named_parameters(recipe: Contents, catalogue: str) -> dict[str, Named]:
    """Parameters with one value a sample by their names, as `Prior` has them."""
    found = {}
    for path, entry in _entries(recipe, catalogue):
        if entry.occurs_once:
            for declared in kind(entry.kind).parameters_of(entry.form):
                name = declared.name
                if not declared.of_parts:
                    found[f"{entry.name}.{name}"] = Named((*path, name), entry.kind, declared, entry.parameters[name])
    for path, effect in _effects(recipe, catalogue):
        for name, drawn in effect.drawn.items():
            found[f"{effect.stage}.{effect.name}.{name}"] = Named(
                (*path, name), effect.name, effect.parameter(name), drawn
            )
    return found


def information_parameters(recipe: Contents) -> tuple[str, ...]:
    """The parameters that the extras are of: those that they name, or what is drawn and every catalogue has."""
    if recipe.extras.parameters is not None:
        return recipe.extras.parameters
    each = [named_parameters(recipe, name) for name in recipe.catalogues]
    drawn = dict.fromkeys(name for known in each for name, one in known.items() if one.drawn.is_random)
    return tuple(name for name in drawn if all(name in known for known in each))


def information_units(recipe: Contents) -> dict[str, str]:
    """The parameters that the extras are of, with their units ("" where catalogues differ)."""
    each = [named_parameters(recipe, name) for name in recipe.catalogues]
    units = {
        name: {known[name].declared.unit for known in each if name in known} for name in information_parameters(recipe)
    }
    return {name: found.pop() if len(found) == 1 else "" for name, found in units.items()}


def check_information_extras(recipe: Contents) -> None:
    """Raise `Invalid` where a recipe asks for information that its samples don't have."""
    if not recipe.extras.has_information:
        return
    position, extra = next((k, name) for k, name in enumerate(recipe.extras) if name in INFORMATION)
    names = information_parameters(recipe)
    known: dict[str, Named] = {}
    for catalogue in recipe.catalogues:
        for name, one in named_parameters(recipe, catalogue).items():
            if name in names and known.setdefault(name, one).of != one.of:
                raise Invalid(f"'{name}' is of a {known[name].of} here and of a {one.of} there", one.path)
            known.setdefault(name, one)
    for number, name in enumerate(names):
        with within("extras", position, extra, PARAMETERS, number):
            checks.known(name, known, "parameter")
    for catalogue in recipe.catalogues:
        check_likelihood(recipe, catalogue, names)
        _check_one_gain(recipe, catalogue)
    if not names:
        raise Invalid("no parameter is drawn that every catalogue has: name some", ("extras", position))


def check_likelihood(recipe: Contents, catalogue: str, names: Collection[str]) -> None:
    """Raise `Invalid` unless samples of a catalogue have a density with slopes along the parameters of these names, and
    nothing else is drawn; names of parameters that only other catalogues have play no part."""
    if recipe.series is None:
        _check_image(recipe, catalogue)
    else:
        _check_system(recipe, catalogue)
    _check_density(recipe, catalogue)
    _check_nuisances(recipe, catalogue, names)


def _entries(recipe: Contents, catalogue: str) -> Iterator[tuple[Path, Entry]]:
    """The entries of a catalogue with every default filled in, and the paths to them."""
    for position, entry in enumerate(recipe.catalogues[catalogue].objects):
        yield ("catalogues", catalogue, "objects", position, entry.kind), entry.resolved(recipe.image)


def _effects(recipe: Contents, catalogue: str) -> Iterator[tuple[Path, Effect]]:
    """Noise models and the PSF of a catalogue, with the paths to them."""
    own = recipe.catalogues[catalogue]
    path: Path = () if own.noise == "inherit" else ("catalogues", catalogue)
    for position, noise in enumerate(recipe.noise_of(catalogue)):
        yield (*path, "noise", position, noise.name), noise
    psf = recipe.psf_of(catalogue)
    if psf is not None:
        yield (*(() if own.psf == "inherit" else ("catalogues", catalogue)), "psf", psf.name), psf


def _check_image(recipe: Contents, catalogue: str) -> None:
    for path, entry in _entries(recipe, catalogue):
        if kind(entry.kind).layer == "shape":
            raise Invalid("is a shape: pixels don't change smoothly with its edges", path)
    if recipe.image.dtype != "float32":
        raise Invalid("uint8: pixels that are rounded to whole numbers have no density", ("image", "dtype"))


def _check_system(recipe: Contents, catalogue: str) -> None:
    ((path, entry),) = _entries(recipe, catalogue)
    dynamics = kind(entry.kind).dynamics
    if dynamics is not None and dynamics.parts is not None:
        if entry.form == "random":
            raise Invalid("random draws where bodies start, which has no names", (*path, "form"))
        mass = entry.parameters.get("mass")
        if mass is not None and mass.is_random:
            raise Invalid("is drawn for each body: give it a number", (*path, "mass"))
    if recipe.parameter_noise_of(catalogue):
        own: Path = () if recipe.catalogues[catalogue].parameter_noise == "inherit" else ("catalogues", catalogue)
        raise Invalid("is latent: samples scatter by what no parameter says", (*own, "parameter_noise"))


def _check_density(recipe: Contents, catalogue: str) -> None:
    noises = {path: model for path, model in _effects(recipe, catalogue) if isinstance(model, Noise)}
    own: Path = () if recipe.catalogues[catalogue].noise == "inherit" else ("catalogues", catalogue)
    if not noises:
        raise Invalid("without noise samples have no density: give the recipe noise", (*own, "noise"))
    if recipe.series is not None:
        _check_outputs(recipe, catalogue, noises)
        return
    for path, model in noises.items():
        if type(model).law.__func__ is Noise.law.__func__:  # type: ignore[attr-defined]
            raise Invalid("its likelihood isn't known", path)
    if [model.name for model in noises.values()] == ["poisson"]:
        raise Invalid(
            "poisson noise alone has no density: a pixel less its light is a whole number; add gaussian noise",
            next(iter(noises)),
        )
    if not any(_is_normal(model) for model in noises.values()):
        zero = next((*path, name) for path, model in noises.items() for name in model.drawn if name in NORMAL)
        raise Invalid("is 0 in all samples: then the noise has no density", zero)


NORMAL = ("sigma", "snr", "read_noise")
"""Parameters of noise that make it normal where they aren't 0."""


def _is_normal(model: Noise) -> bool:
    return any(name in NORMAL and drawn.support[1] != 0.0 for name, drawn in model.drawn.items())


def _check_outputs(recipe: Contents, catalogue: str, noises: dict[Path, Noise]) -> None:
    (entry,) = recipe.catalogues[catalogue].objects
    levels = {name: drawn for model in noises.values() for name, drawn in model.drawn.items()}
    for _, _, output in output_columns(entry.resolved(recipe.image), recipe.time.outputs):
        level = levels.get("sigma", levels.get(output))
        if level is None or level.support[1] == 0.0:
            raise Invalid(f"the output {output} has none, and no density: give it noise", next(iter(noises)))


def _check_nuisances(recipe: Contents, catalogue: str, names: Collection[str]) -> None:
    """Raise `Invalid` for the first thing that is drawn and isn't named, and for what is named and has no slope."""
    for name, one in named_parameters(recipe, catalogue).items():
        if name not in names and one.drawn.is_random:
            raise Invalid("is drawn, but not among the parameters: name it, or give it a number", one.path)
        if name in names and one.declared.integer:
            raise Invalid("is a whole number: nothing changes with it by small steps", one.path)
    for path, entry in _entries(recipe, catalogue):
        if entry.count.is_random:
            raise Invalid("is drawn: samples with other objects have other parameters", (*path, "count"))
        random = [name for name, drawn in entry.parameters.items() if drawn.is_random]
        if random and not entry.occurs_once:
            raise Invalid(
                "is drawn for each of several objects, which have no names: write an entry for each of them",
                (*path, random[0]),
            )


def _check_one_gain(recipe: Contents, catalogue: str) -> None:
    """Raise `Invalid` where two counts of different units stand together: the information of their sum isn't known."""
    models = {model.name: (path, model) for path, model in _effects(recipe, catalogue)}
    if "poisson" in models and "ccd" in models:
        path, ccd = models["ccd"]
        if not {0.0, 1.0}.issuperset(ccd.drawn["gain"].possible or (math.nan,)):
            raise Invalid("must be 1 or 0 beside poisson noise: else the information isn't known", (*path, "gain"))
