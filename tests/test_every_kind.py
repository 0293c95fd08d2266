"""The promises, for every kind and every way to render it: same bytes in files, on the fly, in ranges, after a loss."""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from deepbench_fast import Recipe, generate, samples, verify
from deepbench_fast.kinds.registry import kinds
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.parameter_noise import noisy_parameters
from deepbench_fast.recipe.parameter_noise_rules import AT_REST
from deepbench_fast.store.format import ARRAYS

WAYS = [(kind.name, settings, options) for kind in kinds().values() for settings, options in kind.renderings()]


def recipe_of(kind: str, settings: dict[str, object], options: dict[str, str]) -> Recipe:
    """Two objects of a kind in each image, PSF, noise, and all extras; or a system with both sorts of noise."""
    if kinds()[kind].dynamics is not None:
        return series_of(kind, options)
    name, value = next(iter(settings.items()))
    recipe = Recipe.of_kind(kind).set("image.shape", [20, 24]).set(f"image.{name}", value).set("samples", 60)
    recipe = recipe.set(f"catalogues.{kind}.{kind}.count", {"integers": [1, 3]})
    for option, chosen in options.items():
        recipe = recipe.set(f"catalogues.{kind}.{kind}.{option}", chosen)
    recipe = recipe.set("psf", {"gaussian": {"sigma": {"uniform": [0, 1]}}})
    recipe = recipe.set("noise", [{"gaussian": {"sigma": {"uniform": [0, 0.1]}}}])
    return recipe.set("extras", ["clean", "masks", "variance"]).set("targets", ["brightness", f"count.{kind}"])


def series_of(kind: str, options: dict[str, str]) -> Recipe:
    outputs = [*kinds()[kind].dynamics.outputs]
    entry = Entry.parse({kind: options})
    levels: dict[str, object] = {key: {"uniform": [0, 0.2]} for key in noisy_parameters(entry)}
    for key in levels.keys() & set(AT_REST):
        levels[key] = {"absolute": 0 if entry.solver == "exact" else {"uniform": [0, 0.2]}}
    data = {
        "samples": 60,
        "series": {"start": 0.5, "stop": 3, "steps": 20, "outputs": outputs},
        "parameter_noise": levels,
        "noise": [{"gaussian": {"sigma": {"uniform": [0, 0.1]}}}],
        "extras": ["clean"],
        "targets": ["catalogue", f"count.{kind}"],
        "catalogues": {kind: {"objects": [{kind: options}]}},
    }
    return Recipe.parse(data)


@pytest.mark.parametrize(
    ("kind", "settings", "options"),
    WAYS,
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else value,
)
def test_promises(kind: str, settings: dict[str, object], options: dict[str, str], tmp_path: Path) -> None:
    recipe = recipe_of(kind, settings, options)
    data = "images" if kinds()[kind].dynamics is None else "series"
    path = tmp_path / "whole.h5"
    digest = generate(recipe, path, threads=2).digest
    assert generate(recipe, tmp_path / "one.h5", threads=1).digest == digest
    assert verify(path, "all").same

    with h5py.File(path) as file:
        assert np.isfinite(file[data][:]).all()
        assert (file["clean"][:].max(axis=(1, 2)) > 0).mean() > 0.9
        part = samples(recipe.set("samples", 10**9), 17, 29)
        for name in set(ARRAYS) & set(file):
            assert part[name].tobytes() == file[name][17:29].tobytes()
        rows = file[f"objects/{kind}"][:]
        inside = rows[(rows["sample"] >= 17) & (rows["sample"] < 29)]
        assert part.tables.objects[kind].tobytes() == inside.tobytes()

    os.replace(path, tmp_path / "lost.h5.part")
    with h5py.File(tmp_path / "lost.h5.part", "r+") as file:
        file[data][3] = 0
    assert generate(recipe, tmp_path / "lost.h5", resume=True).digest == digest
