"""Overrides: a recipe with one value replaced, by its address.

Only what lies on the way to the value is taken apart, to the plain data that its types are made of; the rest of the
recipe stays the objects that it is. The types on the way check themselves when they are put together again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from deepbench_fast.recipe.addresses import entry_names_in
from deepbench_fast.recipe.catalogue import INHERIT
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.targets import targets_data
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid

if TYPE_CHECKING:
    from deepbench_fast.recipe.contents import Contents

OF_IMAGES, OF_SERIES = ("image", "psf"), ("series", "parameter_noise")
AXIS = ("start", "stop", "steps")


def with_value(recipe: Contents, address: str, value: object) -> dict[str, Any]:
    """The fields of a recipe, with `value` where `address` leads; raises `Invalid` for an unknown address."""
    others = OF_IMAGES if recipe.series is not None else OF_SERIES
    fields = {name: field for name, field in vars(recipe).items() if name not in others}
    section, rest = _step(address, list(fields), "key")
    match section:
        case "catalogues" if rest:
            fields[section] = _catalogues(recipe, rest, value)
        case "noise" | "psf" if rest:
            fields[section] = _effects(section, fields[section], rest, value)
        case "series" if rest:
            fields[section] = _series(recipe, rest, value)
        case "image" if rest:
            known = checks.known(rest, list(recipe.image.fields()), "key of image")
            fields[section] = {**recipe.image.data(), known: value}
        case "splits" if rest:
            fields[section] = {**recipe.splits, checks.known(rest, recipe.splits, "key of splits"): value}
        case "parameter_noise" if rest:
            fields[section] = {**recipe.parameter_noise, rest: value}
        case "targets" if rest:
            fields[section] = _targets(recipe, rest, value)
        case _ if rest:
            raise Invalid(f"unknown key {checks.quote(address)}: {section} holds no others")
        case _:
            fields[section] = value
    return fields


def _series(recipe: Contents, key: str, value: object) -> dict[str, Any]:
    """The series with one key replaced; times and start, stop, steps exclude each other."""
    checks.known(key, (*AXIS, "times", "outputs"), "key of series")
    others = AXIS if key == "times" else () if key == "outputs" else ("times",)
    return {**{name: old for name, old in recipe.time.data().items() if name not in others}, key: value}


def _targets(recipe: Contents, rest: str, value: object) -> list[object]:
    """The targets with an option of one replaced, e.g. `brightness.noise`."""
    name, option = _step(rest, recipe.targets, "target of this recipe")
    if not option:
        raise Invalid(f"lacks the option, e.g. targets.{name}.noise")
    targets = targets_data(recipe.targets)
    position = recipe.targets.index(name)
    old = targets[position]
    targets[position] = {name: {**(old[name] if isinstance(old, dict) else {}), option: value}}
    return targets


def _catalogues(recipe: Contents, rest: str, value: object) -> dict[str, Any]:
    catalogues: dict[str, Any] = dict(recipe.catalogues)
    name, rest = _step(rest, catalogues, "catalogue")
    catalogues[name] = _catalogue(recipe, name, rest, value) if rest else value
    return catalogues


def _catalogue(recipe: Contents, name: str, rest: str, value: object) -> dict[str, Any]:
    catalogue = recipe.catalogues[name]
    fields = dict(vars(catalogue))
    names = entry_names_in(catalogue.objects)
    key, rest = _step(rest, [*fields, *names], f"key or entry of {name}")
    if key in names:
        fields["objects"] = list(catalogue.objects)
        position = names.index(key)
        fields["objects"][position] = _entry(catalogue.objects[position], rest, value)
    elif rest and key in ("noise", "psf", "parameter_noise"):
        own = getattr(recipe if fields[key] == INHERIT else catalogue, key)
        fields[key] = {**own, rest: value} if key == "parameter_noise" else _effects(key, own, rest, value)
    elif rest:
        raise Invalid(f"unknown key {checks.quote(f'{key}.{rest}')}: {key} holds no others")
    else:
        fields[key] = value
    return fields


def _entry(entry: Entry, rest: str, value: object) -> dict[str, Any]:
    if rest:
        return {entry.kind: {**entry.given(), rest: value}}
    return {entry.kind: {"name": entry.name, **value} if isinstance(value, Mapping) else value}


def _effects(section: str, own: Any, rest: str, value: object) -> Any:
    """A noise list or a PSF with a model, or one of its parameters, replaced; a model that isn't there yet is added."""
    model, _, parameter = rest.partition(".")
    old = own if section == "noise" else () if own is None else (own,)
    models = [effect.data() for effect in old]
    found: dict[str, Any] = next((item for item in models if model in item), {})
    changed = {model: {**found.get(model, {}), parameter: value} if parameter else value}
    if section == "psf":
        return changed
    return [changed if item is found else item for item in models] + ([] if found else [changed])


def _step(address: str, names: Collection[str], what: str) -> tuple[str, str]:
    """The longest of `names` (which may hold dots) with which `address` begins, and what comes after it."""
    for name in sorted(names, key=len, reverse=True):
        if address == name or (address.startswith(f"{name}.") and address != f"{name}."):
            return name, address[len(name) + 1 :]
    checks.known(address.partition(".")[0], names, what)
    raise Invalid(f"must be a dotted key, not {checks.quote(address)}")
