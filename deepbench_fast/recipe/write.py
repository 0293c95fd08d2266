"""Recipe → plain data → text."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import yaml

from deepbench_fast.recipe import checks
from deepbench_fast.recipe.effects import effect_data
from deepbench_fast.recipe.extras import extras_data
from deepbench_fast.recipe.load import scalar

if TYPE_CHECKING:
    from deepbench_fast.recipe.model import Catalogue, Entry, Recipe


def recipe_data(recipe: Recipe) -> dict[str, Any]:
    """The plain data of a recipe, in a fixed order: what a YAML file would hold."""
    return {
        "version": recipe.version,
        "name": recipe.name,
        "seed": recipe.seed,
        "samples": recipe.samples,
        "image": {**recipe.image.model_dump(), "shape": list(recipe.image.shape)},
        "psf": None if recipe.psf is None else effect_data(recipe.psf),
        "noise": [effect_data(noise) for noise in recipe.noise],
        "splits": {name: fraction_data(fraction) for name, fraction in recipe.splits.items()},
        "targets": list(recipe.targets),
        "extras": extras_data(recipe.extras),
        "catalogues": {name: _catalogue_data(catalogue) for name, catalogue in recipe.catalogues.items()},
    }


def _catalogue_data(catalogue: Catalogue) -> dict[str, Any]:
    data: dict[str, Any] = {"weight": fraction_data(catalogue.weight)}
    if catalogue.psf is None or not isinstance(catalogue.psf, str):
        data["psf"] = None if catalogue.psf is None else effect_data(catalogue.psf)
    if not isinstance(catalogue.noise, str):
        data["noise"] = [effect_data(noise) for noise in catalogue.noise]
    data["objects"] = [_entry_data(entry) for entry in catalogue.objects]
    return data


def _entry_data(entry: Entry) -> dict[str, Any]:
    parameters = {name: drawn.to_yaml_data() for name, drawn in entry.parameters.items()}
    form = {"form": entry.form} if entry.form else {}
    min_length = {} if entry.min_length is None else {"min_length": checks.plain(entry.min_length)}
    return {entry.kind: {"name": entry.name, "count": entry.count.to_yaml_data(), **form, **min_length, **parameters}}


def fraction_data(fraction: Fraction) -> int | float | str:
    """A number where its shortest decimal is exactly the fraction, else text like '1/3'."""
    number = float(fraction)
    return checks.plain(number) if Fraction(repr(number)) == fraction else str(fraction)


def canonical(data: object) -> str:
    """One text for one recipe, whatever the version of the YAML library."""
    return json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def to_yaml(data: object) -> str:
    """YAML in which floats stand with the digits that give them back exactly."""
    return yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=1_000_000, allow_unicode=True
    )


class _Dumper(yaml.SafeDumper):
    """PyYAML's, with quotes around all text that our reader would take for a number."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        style = None if isinstance(scalar(data), str) else "'"
        return self.represent_scalar("tag:yaml.org,2002:str", data, style)


_Dumper.add_representer(str, _Dumper.represent_str)
