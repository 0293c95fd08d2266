"""The axes of shift: which parts of a recipe each may change, and how far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from deepbench_fast.errors import RecipeError, UsageError
from deepbench_fast.recipe.catalogue import Catalogue
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.extras import INFORMATION
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.targets import Targets
from deepbench_fast.values.distributions import Derived, Distribution, is_whole


@dataclass(frozen=True)
class Axis:
    """What a shift along it changes, in words, and an example of a value for `galaxies` or `morphology`."""

    changes: str
    example: str


AXES: dict[str, Axis] = {
    "noise": Axis("noise, parameter_noise and the noise of targets", "noise.gaussian.sigma=0.5"),
    "psf": Axis("the PSF", "psf.gaussian.sigma=2"),
    "covariate": Axis("what objects are drawn from, within what the recipe draws", "galaxy.n='{uniform: [2, 4]}'"),
    "prevalence": Axis("weights of catalogues", "catalogues.stars.weight=10"),
    "ood": Axis("what objects are drawn from, beyond what the recipe draws", "galaxy.n='{uniform: [4, 6]}'"),
}

OBJECTS = ("covariate", "ood")
"""Axes that change the same keys: what tells them apart is how far."""


def check_changes(axis: str, changes: Sequence[tuple[str, object]], before: Recipe, after: Recipe) -> None:
    """Raise UsageError where values changed what isn't the axis's; it names the first one that does so alone."""
    for key, value in changes:
        with suppress(RecipeError):  # what is valid only beside another one
            check_change(axis, key, before, before.with_changes([(key, value)]))
    check_change(axis, ", ".join(key for key, _ in changes), before, after)


def check_change(axis: str, key: str, before: Recipe, after: Recipe) -> None:
    """Raise UsageError where a value at `key` changed what isn't the axis's."""
    for part in _changed(before, after):
        if part == "objects" and axis in OBJECTS:
            continue
        if part != axis:
            own = f"that is for axis {part}" if part in AXES else "that is for axis covariate or ood"
            whose = own if part in AXES or part == "objects" else "no shift does: change it in the recipe of all rungs"
            raise UsageError(f"{key}: axis {axis} changes {AXES[axis].changes}, not {_PARTS.get(part, part)}; {whose}")


_PARTS = {"objects": "objects", "noise": "noise", "psf": "the PSF", "prevalence": "weights"}


def check_axis(axis: str, source: Recipe, target: Recipe) -> None:
    """Raise UsageError where a shift of objects reaches beyond the recipe or doesn't, against what the axis says."""
    if axis not in OBJECTS:
        return
    beyond = next(_beyond(source, target), None)
    if axis == "covariate" and beyond is not None:
        raise UsageError(f"{beyond}, as the recipe never draws: axis covariate stays within, axis ood is for the rest")
    if axis == "ood" and beyond is None:
        raise UsageError("axis ood: all values are some that the recipe draws, too: axis covariate is for that")


def check_between(axis: str, source: Recipe, rung: Recipe) -> None:
    """Raise UsageError where what lies between two recipes that draw the same values draws others."""
    beyond = next(_beyond(source, rung), None) if axis == "covariate" else None
    if beyond is not None:
        raise UsageError(f"{beyond} between the ends, as the recipe never draws; two rungs need nothing between")


def check_information(source: Recipe, target: Recipe) -> None:
    """Raise UsageError where information would be of other parameters than before, since other ones are random."""
    one, other = source.extras, target.extras
    if one != other:
        names = ", ".join(sorted({*(one.parameters or ())} ^ {*(other.parameters or ())}))
        extra = next(extra for extra in one if extra in INFORMATION)
        raise UsageError(
            f"extras.{extra}: would be of other parameters than before ({names}): "
            f"name them in the recipe, {{{extra}: {{parameters: [...]}}}}"
        )


def _changed(before: Recipe, after: Recipe) -> Iterator[str]:
    """The parts of a recipe that differ: axes, "objects", or keys that no axis changes."""
    fields = {name: (value, getattr(after, name)) for name, value in vars(before).items()}
    for name, (one, other) in fields.items():
        if one == other:
            continue
        if name in ("noise", "parameter_noise"):
            yield "noise"
        elif name == "targets":
            yield "noise" if Targets(one) == Targets(other) else name
        elif name == "catalogues":
            yield from _changed_catalogues(one, other)
        else:
            yield name


def _changed_catalogues(before: Mapping[str, Catalogue], after: Mapping[str, Catalogue]) -> Iterator[str]:
    if list(before) != list(after)[: len(before)]:
        yield "which catalogues there are"
        return
    if len(after) > len(before):
        yield "objects"
    for name, one in before.items():
        other = after[name]
        if one.weight != other.weight:
            yield "prevalence"
        if (one.noise, one.parameter_noise) != (other.noise, other.parameter_noise):
            yield "noise"
        if one.psf != other.psf:
            yield "psf"
        if one.objects != other.objects:
            yield from _changed_objects(one.objects, other.objects)


def _changed_objects(before: tuple[Entry, ...], after: tuple[Entry, ...]) -> Iterator[str]:
    """Of entries that stay, options are no matter of shifts: solvers, steps, the least length of segments."""
    others = {entry.name: entry for entry in after}
    for one in before:
        other = others.get(one.name, one)
        stays = (one.kind, one.form) == (other.kind, other.form)
        if stays and replace(other, count=one.count, parameters=one.parameters) != one:
            yield f"options of {one.name}"
    yield "objects"


def _beyond(source: Recipe, target: Recipe) -> Iterator[str]:
    """What the target draws and the source never does, in words."""
    for name, catalogue in target.catalogues.items():
        if name not in source.catalogues:
            yield f"catalogues.{name} is a class"
            continue
        known = {entry.name: entry for entry in source.catalogues[name].objects}
        left = {entry.name for entry in catalogue.objects}
        yield from (f"catalogues.{name} has no {entry}" for entry in known if entry not in left)
        for entry in catalogue.objects:
            address, one = f"catalogues.{name}.{entry.name}", known.get(entry.name)
            if one is None or (one.kind, one.form) != (entry.kind, entry.form):
                yield f"{address} is a {entry.kind}"
                continue
            if not _within(one.count, entry.count, {}, {}):
                yield f"{address}.count takes numbers"
            for parameter, law in entry.parameters.items():
                if not _within(one.parameters[parameter], law, one.parameters, entry.parameters):
                    yield f"{address}.{parameter} {_words(one.parameters[parameter], law, entry.parameters)}"


def _within(one: Distribution, other: Distribution, of_one: _Laws, of_other: _Laws) -> bool:
    """Whether all that the other law can give can be given by the one, beside the same other parameters."""
    if one == other:
        return True
    if isinstance(one, Derived):
        if _follow_alike(one, other):
            return _within(one.own, other.own, {}, {})
        least, most = one.part_ends_from(_ends(of_other[one.parameter], of_other), _ends(other, of_other))
        if (options := one.own.possible) is not None:
            return least == most and least in options
        low, high = _ends(one.own, {})
        return low <= least and most <= high
    if (options := one.possible) is not None:
        values = other.possible
        return values is not None and set(values) <= set(options)
    (low, high), (least, most) = _ends(one, of_one), _ends(other, of_other)
    return low <= least and most <= high and (not one.is_integer or is_whole(other, of_other))


def _follow_alike(one: Derived, other: Distribution) -> bool:
    """Whether both start from the same parameter, and in the same way."""
    return isinstance(other, type(one)) and other.parameter == one.parameter


def _words(one: Distribution, other: Distribution, of_other: _Laws) -> str:
    """What the other law gives and the one never does."""
    if not isinstance(one, Derived):
        low, high = _ends(other, of_other)
        return f"takes values from {low:g} to {high:g}"
    return f"is {other}" if _follow_alike(one, other) else f"is {other} whatever {one.parameter} is"


_Laws = Mapping[str, Distribution]


def _ends(law: Distribution, laws: _Laws) -> tuple[float, float]:
    """The ends of where a law has a density."""
    ends = law.own.bounds if law.own.is_random else law.own.support
    return law.ends_from(_ends(laws[law.parameter], laws), ends) if isinstance(law, Derived) else ends
