"""Addresses: the dotted keys by which people name a value of a recipe, e.g. `catalogues.fields.galaxy.n`.

They go by names: an entry's name in place of `objects`, its position and its kind; a noise model's name in place of its
position.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from deepbench_fast.recipe.names import entry_names
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, Path


def address(data: Any, path: Path) -> str:
    """The address of what `path` leads to in the plain data of a recipe, valid or not; it ends at a parameter."""
    match path:
        case ("catalogues", catalogue, "objects", int(position), *rest):
            names = entry_names_in(data["catalogues"][catalogue]["objects"])
            return ".".join(["catalogues", str(catalogue), names[position], *_words(rest[1:])[:1]])
        case ("catalogues", catalogue, *rest):
            return ".".join(["catalogues", str(catalogue), *_words(rest)[:3]])
        case _:
            return ".".join(_words(path)[: 3 if path[:1] in (("noise",), ("psf",)) else 2])


def _words(path: Iterable[str | int]) -> list[str]:
    return [step for step in path if isinstance(step, str)]


def entry_names_in(objects: Any) -> list[str]:
    """Names of the entries in the plain data of a catalogue's objects, valid or not."""
    named = []
    for item in objects:
        of_kind, options = next(iter(item.items())) if isinstance(item, dict) and item else (item, None)
        own = options.get("name", "") if isinstance(options, dict) else ""
        named.append((str(of_kind)[:64], own if isinstance(own, str) else ""))
    return entry_names(named)


def replace(data: dict[str, Any], address: str, value: object) -> None:
    """Put `value` where `address` leads in the plain data of a valid recipe; raises `Invalid` for an unknown one."""
    section, rest = _step(address, [*data, "split"], "key")
    match section:
        case "noise" | "psf" if rest:
            _replace_effect(data, section, rest, value)
        case "catalogues" if rest:
            _replace_in_catalogue(data, rest, value)
        case "parameter_noise" if rest:
            data[section][rest] = value
        case "series" if rest:
            data[section] = _series_with(data[section], rest, value)
        case "image" | "splits" if rest:
            keys = [*data[section], *(["pixel_scale", "oversample"] if section == "image" else [])]
            data[section][checks.known(rest, keys, f"key of {section}")] = value
        case "targets" if rest:
            _replace_in_target(data, rest, value)
        case _ if rest:
            raise Invalid(f"unknown key {checks.quote(address)}: {section} holds no others")
        case _:
            data[section] = value


def _replace_in_target(data: dict[str, Any], rest: str, value: object) -> None:
    """Replace an option of a target, e.g. `brightness.noise`."""
    names = [item if isinstance(item, str) else next(iter(item)) for item in data["targets"]]
    name, option = _step(rest, names, "target of this recipe")
    if not option:
        raise Invalid(f"lacks the option, e.g. targets.{name}.noise")
    position = names.index(name)
    old = data["targets"][position]
    data["targets"][position] = {name: {**({} if isinstance(old, str) else old[name]), option: value}}


def _series_with(series: dict[str, Any], key: str, value: object) -> dict[str, Any]:
    """A series with one key replaced; times and start, stop, steps exclude each other."""
    checks.known(key, ("start", "stop", "steps", "times", "outputs"), "key of series")
    others = ("start", "stop", "steps") if key == "times" else () if key == "outputs" else ("times",)
    return {**{name: old for name, old in series.items() if name not in others}, key: value}


def _replace_in_catalogue(data: dict[str, Any], rest: str, value: object) -> None:
    name, rest = _step(rest, data["catalogues"], "catalogue")
    if not rest:
        data["catalogues"][name] = value
        return
    catalogue = data["catalogues"][name]
    entries = dict(zip(entry_names_in(catalogue["objects"]), catalogue["objects"], strict=True))
    keys = ["weight", "objects", "noise", "psf", "parameter_noise", *entries]
    key, rest = _step(rest, keys, f"key or entry of {name}")
    if key in entries:
        _replace_in_entry(entries[key], rest, value)
    elif rest and key == "parameter_noise":
        catalogue[key] = {**catalogue.get(key, data[key]), rest: value}
    elif rest and key in ("noise", "psf"):
        catalogue.setdefault(key, data[key])
        _replace_effect(catalogue, key, rest, value)
    elif rest:
        raise Invalid(f"unknown key {checks.quote(f'{key}.{rest}')}: {key} holds no others")
    else:
        catalogue[key] = value


def _replace_in_entry(entry: dict[str, Any], rest: str, value: object) -> None:
    (of_kind,) = entry
    if rest:
        entry[of_kind][rest] = value
    else:
        own = {"name": entry[of_kind]["name"]}
        entry[of_kind] = {**own, **value} if isinstance(value, dict) else value


def _replace_effect(owner: dict[str, Any], section: str, rest: str, value: object) -> None:
    """Replace a model, or one of its parameters, of a noise list or a PSF; a model that isn't there yet is added."""
    model, _, parameter = rest.partition(".")
    models = [dict(item) for item in owner[section]] if section == "noise" else [dict(owner[section] or {})]
    found = next((item for item in models if model in item), None)
    if found is None:
        found = {model: {}}
        models = [*models, found] if section == "noise" else [found]
    found[model] = {**found[model], parameter: value} if parameter else value
    owner[section] = models if section == "noise" else models[0]


def _step(address: str, names: Collection[str], what: str) -> tuple[str, str]:
    """The longest of `names` (which may hold dots) with which `address` begins, and what comes after it."""
    for name in sorted(names, key=len, reverse=True):
        if address == name or (address.startswith(f"{name}.") and address != f"{name}."):
            return name, address[len(name) + 1 :]
    checks.known(address.partition(".")[0], names, what)
    raise Invalid(f"must be a dotted key, not {checks.quote(address)}")
