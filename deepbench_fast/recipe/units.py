"""Units in a recipe's plain data: what is written with one, `30 deg`, is converted to that of what it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deepbench_fast.effects.registry import NOISES, PSFS
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.registry import find
from deepbench_fast.recipe.addresses import entry_names_in
from deepbench_fast.recipe.catalogue import Catalogue
from deepbench_fast.recipe.parameter_noise import ABSOLUTE
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.image import Image
from deepbench_fast.values.quantity import PIXEL, PIXEL_SCALE, converted, in_unit


@dataclass(frozen=True)
class _Units:
    """Units that follow from the kinds of a recipe; `scale` is the pixel's, in arcseconds, where it is known."""

    scale: float | None
    time: str
    outputs: Mapping[str, str]
    targets: Mapping[str, str]
    systems: Mapping[str, str]


def without_units(recipe: object) -> object:
    """A copy of a recipe's data, valid or not, with plain numbers for those with units.

    Lengths in pixels may be written as angles where `image.pixel_scale` says how many arcseconds a pixel has. Raises
    `Invalid` where a unit is unknown or can't be converted. What isn't known as a parameter is left as it is.
    """
    if not isinstance(recipe, Mapping):
        return recipe
    data = dict(recipe)
    scale = _pixel_scale(data)
    if scale is not None and not isinstance(data["image"], Image):
        data["image"] = {**data["image"], "pixel_scale": scale}
    named = list(_kinds_by_entry(data))
    found = _Units(scale, _time_unit(named), _output_units(data, named), _target_units(named), _system_units(named))
    if isinstance(data.get("series"), Mapping):
        with within("series"):
            data["series"] = _each(data["series"], dict.fromkeys(("start", "stop", "times"), found.time), scale)
    _convert_effects(data, found)
    if isinstance(data.get("targets"), list):
        with within("targets"):
            data["targets"] = [_target(position, item, found) for position, item in enumerate(data["targets"])]
    if isinstance(data.get("catalogues"), Mapping):
        catalogues = {}
        for name, catalogue in data["catalogues"].items():
            with within("catalogues", name):
                catalogues[name] = _catalogue(catalogue, found)
        data["catalogues"] = catalogues
    return data


def _pixel_scale(data: Mapping[str, Any]) -> float | None:
    image = data.get("image")
    if isinstance(image, Image):
        return image.pixel_scale
    if not isinstance(image, Mapping) or image.get("pixel_scale") is None:
        return None
    with within("image", "pixel_scale"):
        scale = checks.number(converted(image["pixel_scale"], PIXEL_SCALE, None))
        if scale <= 0:
            raise Invalid(f"must be above 0, not {checks.quote(image['pixel_scale'])}")
    return scale


def _kinds_by_entry(data: Mapping[str, Any]) -> Iterator[tuple[str, Kind]]:
    """Name and kind of every entry whose kind is known."""
    catalogues = data.get("catalogues")
    for catalogue in catalogues.values() if isinstance(catalogues, Mapping) else ():
        if isinstance(catalogue, Catalogue):
            yield from ((entry.name, known) for entry in catalogue.objects if (known := find(entry.kind)) is not None)
        objects = catalogue.get("objects") if isinstance(catalogue, Mapping) else None
        if isinstance(objects, Mapping):
            objects = checks.items(objects, "")
        if isinstance(objects, list):
            for name, item in zip(entry_names_in(objects), objects, strict=True):
                of_kind = next(iter(item), None) if isinstance(item, Mapping) else getattr(item, "kind", item)
                if isinstance(of_kind, str) and (known := find(of_kind)) is not None:
                    yield name, known


def _time_unit(named: list[tuple[str, Kind]]) -> str:
    units = {kind.dynamics.time_unit for _, kind in named if kind.dynamics is not None}
    return units.pop() if len(units) == 1 else ""


def _output_units(data: Mapping[str, Any], named: list[tuple[str, Kind]]) -> dict[str, str]:
    """Units of the outputs of series, and of `sigma` where those of one recipe share theirs."""
    outputs: dict[str, str] = {}
    chosen: list[str] = []
    for _, kind in named:
        if kind.dynamics is not None:
            chosen += kind.dynamics.default_outputs
            for name, output in kind.dynamics.outputs.items():
                outputs[name] = output.unit if outputs.get(name, output.unit) == output.unit else ""
    series = data.get("series")
    given = series.get("outputs") if isinstance(series, Mapping) else getattr(series, "outputs", None)
    shown = given if isinstance(given, list | tuple) and given else chosen
    units = {outputs.get(name, "") for name in shown if isinstance(name, str)}
    return {**outputs, "sigma": units.pop() if len(units) == 1 else ""}


def _target_units(named: list[tuple[str, Kind]]) -> dict[str, str]:
    return {f"{name}.{parameter.name}": parameter.unit for name, kind in named for parameter in kind.columns}


def _system_units(named: list[tuple[str, Kind]]) -> dict[str, str]:
    systems = [kind for _, kind in named if kind.dynamics is not None]
    return {parameter.name: parameter.unit for kind in systems for parameter in kind.columns}


def _target(position: int, item: object, found: _Units) -> object:
    if not isinstance(item, Mapping) or len(item) != 1:
        return item
    ((name, options),) = item.items()
    if not isinstance(options, Mapping):
        return item
    with within(position, name):
        return {name: _each(options, {"noise": found.targets.get(name, "")}, found.scale)}


def _catalogue(catalogue: object, found: _Units) -> object:
    if not isinstance(catalogue, Mapping):
        return catalogue
    data = dict(catalogue)
    _convert_effects(data, found)
    if isinstance(data.get("objects"), list):
        objects = []
        for position, item in enumerate(data["objects"]):
            with within("objects", position):
                objects.append(_entry(item, found.scale))
        data["objects"] = objects
    return data


def _entry(item: object, scale: float | None) -> object:
    if not isinstance(item, Mapping) or len(item) != 1:
        return item
    ((name, options),) = item.items()
    if not isinstance(options, Mapping) or (known := find(name)) is None:
        return item
    units = {"count": "", "min_length": PIXEL, "tolerance": ""}
    units |= {"step": known.dynamics.time_unit} if known.dynamics is not None else {}
    with within(name):
        return {name: _each(options, units | {p.name: p.unit for p in known.parameters}, scale)}


def _unfold(data: dict[str, Any]) -> None:
    """Lists in place of what a recipe may write without: a mapping of noise models or objects; and no list of a PSF."""
    for name in ("noise", "objects"):
        if isinstance(data.get(name), Mapping):
            data[name] = checks.items(data[name], "")
    psf = data.get("psf")
    if isinstance(psf, list) and len(psf) == 1:
        data["psf"] = psf[0]


def _convert_effects(data: dict[str, Any], found: _Units) -> None:
    _unfold(data)
    if isinstance(data.get("noise"), list):
        noise = []
        for position, item in enumerate(data["noise"]):
            with within("noise", position):
                noise.append(_effect(item, NOISES, found.outputs, found.scale))
        data["noise"] = noise
    if "psf" in data:
        with within("psf"):
            data["psf"] = _effect(data["psf"], PSFS, {}, found.scale)
    if isinstance(data.get("parameter_noise"), Mapping):
        with within("parameter_noise"):
            data["parameter_noise"] = _levels(data["parameter_noise"], found)


def _levels(levels: Mapping[str, object], found: _Units) -> dict[str, object]:
    """Relative ones have no unit, absolute ones that of their parameter."""
    converted: dict[str, object] = {}
    for name, level in levels.items():
        absolute = isinstance(level, Mapping) and ABSOLUTE in level
        with within(name):
            converted[name] = in_unit(level, found.systems.get(name, "") if absolute else "", found.scale)
    return converted


def _effect(item: object, models: Mapping[str, Any], outputs: Mapping[str, str], scale: float | None) -> object:
    if not isinstance(item, Mapping) or len(item) != 1:
        return item
    ((name, parameters),) = item.items()
    if name not in models or not isinstance(parameters, Mapping):
        return item
    units = {parameter.name: parameter.unit for parameter in models[name].parameters}
    with within(name):
        return {name: _each(parameters, {**units, **outputs} if models[name].of_outputs else units, scale)}


def _each(options: Mapping[str, object], units: Mapping[str, str], scale: float | None) -> dict[str, object]:
    found = {}
    for name, value in options.items():
        with within(name):
            found[name] = in_unit(value, units[name], scale) if name in units else value
    return found
