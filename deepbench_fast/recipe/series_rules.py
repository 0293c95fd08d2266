"""What must hold in a recipe of series, and in one of images for the lack of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from deepbench_fast.effects.effect import Noise
from deepbench_fast.effects.registry import NOISES
from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe.extras import OF_SERIES
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, Path, within
from deepbench_fast.values.distributions import Derived
from deepbench_fast.values.image import Image
from deepbench_fast.values.parameter import check_alone

if TYPE_CHECKING:
    from deepbench_fast.recipe.contents import Contents
    from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.rules import default_shape
from deepbench_fast.recipe.series import MAX_VALUES, Series
from deepbench_fast.recipe.systems import dynamics_of, moves, output_columns


def is_series(recipe: Contents) -> bool:
    """Whether the samples are series; raises `Invalid` where some are images and others series."""
    sorts: dict[bool, str] = {}
    for name, catalogue in recipe.catalogues.items():
        for entry in catalogue.objects:
            sorts.setdefault(moves(entry), f"{name} ({entry.kind})")
    if len(sorts) > 1:
        height, width = recipe.image.shape
        steps = (recipe.series or Series()).steps
        raise Invalid(
            f"one dataset has one sample shape, but {sorts[False]} makes images of {height}×{width} pixels and "
            f"{sorts[True]} series of {steps} steps: put them into recipes of their own",
            ("catalogues",),
        )
    return True in sorts or (not sorts and recipe.series is not None)


def default_outputs(recipe: Contents) -> tuple[str, ...]:
    """The outputs where a recipe is silent: those of its kinds, or what all of them have."""
    found = [dynamics_of(entry) for c in recipe.catalogues.values() for entry in c.objects]
    defaults = {dynamics.default_outputs for dynamics in found}
    return defaults.pop() if len(defaults) == 1 else ("kinetic", "potential", "energy")


def check_series(recipe: Contents) -> None:
    """Raise `Invalid` where a recipe of series asks for what only images have, or for samples of several shapes."""
    series = recipe.time
    if recipe.image not in (Image(), Image(shape=default_shape(recipe))):
        raise Invalid("can't stand in a recipe of series: their shape follows from series", ("image",))
    for name, catalogue in recipe.catalogues.items():
        with within("catalogues", name, "objects"):
            entry = _only_system(catalogue.objects)
        _check_outputs(entry, series)
    for path, owner in _owners(recipe):
        if owner.psf is not None and owner.psf != "inherit":
            raise Invalid("blurs images; a series has none", (*path, "psf"))
        for position, noise in enumerate(owner.noise if isinstance(owner.noise, tuple) else ()):
            with within(*path, "noise", position, noise.name):
                _check_noise(noise, series)
    for position, extra in enumerate(recipe.extras):
        if extra not in OF_SERIES:
            raise Invalid(
                f"'{extra}' is for images; a series can have {checks.listed(OF_SERIES)}", ("extras", position)
            )
    if "brightness" in recipe.targets:
        raise Invalid("'brightness' is for images", ("targets", recipe.targets.index("brightness")))
    shapes: dict[tuple[str, ...], str] = {}
    for name, catalogue in recipe.catalogues.items():
        entry = catalogue.objects[0].resolved(recipe.image)
        with within("catalogues", name, "objects", 0, entry.kind):
            _check_parts(entry)
            _check_fixed_size(entry, series)
        columns = tuple(column for column, _, _ in output_columns(entry, series.outputs))
        shapes.setdefault(columns, f"{name} ({entry.kind})")
    if len(shapes) > 1:
        raise Invalid(_different_columns(shapes, len(series.moments)), ("catalogues",))
    if len(series.moments) * len(next(iter(shapes))) > MAX_VALUES:
        raise Invalid(f"makes more than {MAX_VALUES} numbers of each sample", ("series", "steps"))


def check_no_series(recipe: Contents) -> None:
    """Raise `Invalid` where a recipe of images asks for what only series have."""
    if recipe.series is not None:
        raise Invalid("is for systems that move; the objects of this recipe make images", ("series",))
    for path, owner in _owners(recipe):
        if owner.parameter_noise not in ("inherit", {}):
            raise Invalid("is for series", (*path, "parameter_noise"))
        for position, noise in enumerate(owner.noise if isinstance(owner.noise, tuple) else ()):
            if not isinstance(noise, NOISES[noise.name]):
                step: Path = (*path, "noise", position, noise.name, next(iter(noise.drawn)))
                raise Invalid("is an output of series; noise on images has sigma or snr", step)


def _owners(recipe: Contents) -> Iterator[tuple[Path, Any]]:
    yield (), recipe
    for name, catalogue in recipe.catalogues.items():
        yield ("catalogues", name), catalogue


def _check_noise(noise: Noise, series: Series) -> None:
    possible = [name for name, model in NOISES.items() if model.of_outputs]
    if noise.name not in possible:
        raise Invalid(f"is noise of images; a series can have {checks.listed(possible)}")
    noise.check_outputs(series.outputs)


def _only_system(objects: tuple[Entry, ...]) -> Entry:
    if len(objects) != 1:
        raise Invalid(f"must hold one system, since a sample is its series; it holds {len(objects)}")
    (entry,) = objects
    if not entry.occurs_once:
        raise Invalid(f"must be 1: a sample is the series of one system, not {entry.count}", (0, entry.kind, "count"))
    return entry


def _different_columns(shapes: dict[tuple[str, ...], str], steps: int) -> str:
    (one, first), (other, second) = list(shapes.items())[:2]
    if len(one) != len(other):
        return (
            f"one dataset has one sample shape, but {first} makes series of {steps}×{len(one)} and {second} of "
            f"{steps}×{len(other)}"
        )
    mine, theirs = next((a, b) for a, b in zip(one, other, strict=True) if a != b)
    return f"the columns of one dataset mean the same, but {first} has {mine} where {second} has {theirs}"


def _check_outputs(entry: Entry, series: Series) -> None:
    for position, name in enumerate(series.outputs):
        with within("series", "outputs", position):
            checks.known(name, dynamics_of(entry).outputs, f"output of {entry.kind}")


def _check_parts(entry: Entry) -> None:
    """Raise `Invalid` where a parameter of a system and one of its parts, or their number, start from each other."""
    declared, counted_by = kind(entry.kind), dynamics_of(entry).parts_count
    of_parts = [parameter.name for parameter in declared.parameters if parameter.of_parts]
    for name, drawn in entry.parameters.items():
        with within(name):
            if name in (*of_parts, counted_by):
                check_alone(declared.parameter(name), drawn)
            elif isinstance(drawn, Derived) and drawn.parameter in of_parts:
                raise Invalid(f"can't start from {drawn.parameter}, of which each part has its own")


def _check_fixed_size(entry: Entry, series: Series) -> None:
    """Raise `Invalid` where the number of columns would differ from sample to sample."""
    dynamics = dynamics_of(entry)
    for name in series.outputs:
        if dynamics.outputs[name].axes and entry.parameters[dynamics.parts_count].is_random:
            problem = f"must be one number where the outputs hold {name}: one dataset has one sample shape"
            raise Invalid(f"{problem}, not {entry.parameters[dynamics.parts_count]}", (dynamics.parts_count,))
