"""What must hold between the parts of a recipe: names, counts, valid ranges, offsets, targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from deepbench_fast.objects.parameter import Parameter
from deepbench_fast.objects.registry import kind, kinds
from deepbench_fast.recipe import checks
from deepbench_fast.recipe.checks import Invalid, within
from deepbench_fast.recipe.distributions import Distribution, Offset
from deepbench_fast.recipe.effects import check_alone

if TYPE_CHECKING:
    from deepbench_fast.recipe.model import Entry, Image, Recipe

MAX_OBJECTS = 65_535
COUNT = Parameter("count", "", "objects in each sample", 0.0, MAX_OBJECTS, integer=True)

RESERVED = ("weight", "objects", "noise", "psf", "count", "catalogue", "brightness", "split")
"""Names that an entry can't have: keys of a catalogue, targets and streams go by them."""


def entry_name(value: object) -> str:
    """A name for an entry; raises `Invalid`."""
    name = checks.name(value)
    if name in RESERVED:
        raise Invalid(f"can't be '{name}', which means something else; reserved are {', '.join(RESERVED)}")
    return name


def entry_names(entries: Sequence[tuple[str, str]]) -> list[str]:
    """Names of a catalogue's entries from their kinds and own names: unnamed ones are `kind`, `kind.2`, `kind.3` …"""
    names = []
    unnamed: dict[str, int] = {}
    for of_kind, own in entries:
        if not own:
            unnamed[of_kind] = unnamed.get(of_kind, 0) + 1
        number = unnamed.get(of_kind, 1)
        names.append(own or (of_kind if number == 1 else f"{of_kind}.{number}"))
    return names


def check_count(count: Distribution) -> None:
    """Raise `Invalid` unless `count` gives whole numbers that a sample can hold."""
    check_alone(COUNT, count)


def check_objects(recipe: Recipe) -> None:
    """Raise `Invalid` where an entry can draw what its kind can't be."""
    for name, catalogue in recipe.catalogues.items():
        for position, entry in enumerate(catalogue.objects):
            with within("catalogues", name, "objects", position, entry.kind):
                _check_entry(entry, recipe.image)


def _check_entry(entry: Entry, image: Image) -> None:
    declared = kind(entry.kind)
    parameters = entry.resolved(image).parameters
    supports = {}
    for name in {**entry.parameters, **parameters}:  # what was given first, in the order given
        with within(name):
            supports[name] = _support(name, parameters, ())
            declared.parameter(name).check(parameters[name], supports[name])
    if declared.check is not None:
        declared.check(image, supports)


def _support(name: str, parameters: Mapping[str, Distribution], followed: tuple[str, ...]) -> tuple[float, float]:
    """The smallest and the largest value of a parameter, which may be an offset from another one."""
    distribution = parameters[name]
    if not isinstance(distribution, Offset):
        return distribution.support
    if name in followed:
        raise Invalid(f"offsets run in a circle: {' from '.join((*followed[followed.index(name) :], name))}")
    base = checks.known(distribution.parameter, parameters, "parameter to be an offset from")
    (low, high), (least, most) = _support(base, parameters, (*followed, name)), distribution.by.support
    return low + least, high + most


def check_targets(recipe: Recipe) -> None:
    """Raise `Invalid` where a target isn't one number for each sample."""
    entries: dict[str, list[Entry]] = {}
    for catalogue in recipe.catalogues.values():
        for entry in catalogue.objects:
            entries.setdefault(entry.name, []).append(entry)
    allowed = _possible_targets(entries)
    for position, target in enumerate(recipe.targets):
        with within("targets", position):
            named = entries.get(target.rpartition(".")[0], [])
            _check_same_kind(named)
            checks.known(target, allowed, "target")
            if not all(entry.occurs_once for entry in named):
                raise Invalid(f"'{target}' is not one number: '{named[0].name}' must have count 1 wherever it stands")


def _possible_targets(entries: Mapping[str, list[Entry]]) -> list[str]:
    present = {entry.kind for same in entries.values() for entry in same}
    counts = [f"count.{name}" for name in kinds() if name in present]
    parameters = [f"{name}.{p.name}" for name, same in entries.items() for p in kind(same[0].kind).parameters]
    return ["catalogue", "brightness", *counts, *parameters]


def _check_same_kind(entries: Sequence[Entry]) -> None:
    found = sorted({entry.kind for entry in entries})
    if len(found) > 1:
        raise Invalid(f"'{entries[0].name}' is a {' here and a '.join(found)} there; give them different names")
