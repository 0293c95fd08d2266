"""Contents → plain data → text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml

from deepbench_fast.recipe.extras import extras_data
from deepbench_fast.recipe.load import scalar
from deepbench_fast.recipe.targets import targets_data
from deepbench_fast.values import checks
from deepbench_fast.values.shares import fraction_data

if TYPE_CHECKING:
    from deepbench_fast.recipe.catalogue import Catalogue
    from deepbench_fast.recipe.contents import Contents
    from deepbench_fast.recipe.entry import Entry
    from deepbench_fast.recipe.parameter_noise import Level
    from deepbench_fast.recipe.series import Series


def recipe_data(recipe: Contents) -> dict[str, Any]:
    """The plain data of a recipe, in a fixed order: what a YAML file would hold."""
    return {
        "version": recipe.version,
        "name": recipe.name,
        "seed": recipe.seed,
        "samples": recipe.samples,
        **(_image_data(recipe) if recipe.series is None else _series_data(recipe, recipe.series)),
        "noise": [noise.data() for noise in recipe.noise],
        "splits": {name: fraction_data(fraction) for name, fraction in recipe.splits.items()},
        **({} if recipe.split is None else {"split": recipe.split}),
        "targets": targets_data(recipe.targets),
        "extras": extras_data(recipe.extras),
        "catalogues": {name: _catalogue_data(catalogue) for name, catalogue in recipe.catalogues.items()},
    }


def _image_data(recipe: Contents) -> dict[str, Any]:
    return {
        "image": recipe.image.data(),
        "psf": None if recipe.psf is None else recipe.psf.data(),
    }


def _series_data(recipe: Contents, series: Series) -> dict[str, Any]:
    return {"series": series.data(), "parameter_noise": _levels_data(recipe.parameter_noise)}


def _levels_data(levels: Mapping[str, Level]) -> dict[str, object]:
    return {name: level.to_yaml_data() for name, level in levels.items()}


def _catalogue_data(catalogue: Catalogue) -> dict[str, Any]:
    data: dict[str, Any] = {"weight": fraction_data(catalogue.weight)}
    if not isinstance(catalogue.psf, str):
        data["psf"] = None if catalogue.psf is None else catalogue.psf.data()
    if not isinstance(catalogue.noise, str):
        data["noise"] = [noise.data() for noise in catalogue.noise]
    if not isinstance(catalogue.parameter_noise, str):
        data["parameter_noise"] = _levels_data(catalogue.parameter_noise)
    data["objects"] = [_entry_data(entry) for entry in catalogue.objects]
    return data


def _entry_data(entry: Entry) -> dict[str, Any]:
    parameters = {name: drawn.to_yaml_data() for name, drawn in entry.parameters.items()}
    form = {"form": entry.form} if entry.form else {}
    solver = {"solver": entry.solver} if entry.solver else {}
    numbers = {option: getattr(entry, option) for option in ("min_length", "step", "tolerance", "dimensions")}
    given = {option: checks.plain(number) for option, number in numbers.items() if number is not None}
    kernel = {"kernel": entry.kernel} if entry.kernel else {}
    options = {"name": entry.name, "count": entry.count.to_yaml_data(), **kernel, **form, **solver, **given}
    return {entry.kind: {**options, **parameters}}


def canonical(data: object) -> str:
    """One text for one recipe, whatever the version of the YAML library."""
    return json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def hash_of_data(data: object) -> str:
    """BLAKE2b (128 bits, in hexadecimal) of a recipe's plain data in their canonical form."""
    return hashlib.blake2b(canonical(data).encode(), digest_size=16).hexdigest()


def to_yaml(data: object) -> str:
    """YAML in which floats stand with the digits that give them back exactly."""
    return yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=1_000_000, allow_unicode=True
    )


def to_flow(data: object) -> str:
    """YAML on one line, of text on one line."""
    text = yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, default_flow_style=True, width=1_000_000, allow_unicode=True
    )
    return text.removesuffix("\n").removesuffix("\n...")


class _Dumper(yaml.SafeDumper):
    """PyYAML's, with quotes around all text that our reader would take for a number."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        style = None if isinstance(scalar(data), str) else "'"
        return self.represent_scalar("tag:yaml.org,2002:str", data, style)


_Dumper.add_representer(str, _Dumper.represent_str)
