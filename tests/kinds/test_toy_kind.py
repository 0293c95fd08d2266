"""A kind that only this test declares goes everywhere: what CONTRIBUTING lists "to add a kind" is complete."""

from __future__ import annotations

import csv
import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from jsonschema import Draft202012Validator

from deepbench_fast import Prior, Recipe, Simulator, export, generate, ladder, open_dataset, samples, verify
from deepbench_fast.kernels._jit import kernel
from deepbench_fast.kinds import registry
from deepbench_fast.kinds.defaults import across, along, always, of_size
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.recipe.json_schema import json_schema
from deepbench_fast.values.distributions import LogUniform
from deepbench_fast.values.parameter import Parameter
from tests.cli.running import run_well


@kernel
def cone_center(
    canvas: npt.NDArray[np.float32],
    columns: npt.NDArray[np.float32],
    rows: npt.NDArray[np.float32],
    frame: tuple[int, int, int],
    table: npt.NDArray[Any],
    first: int,
) -> None:
    """Add amplitude * max(0, 1 - r / radius) at the pixels' centres."""
    for k in range(table.shape[0]):
        image = canvas[table[k].sample - first]
        for i in range(image.shape[0]):
            dx, dy = columns[i] - table[k].x, rows[i] - table[k].y
            image[i] += np.float32(table[k].amplitude * max(0.0, 1.0 - math.sqrt(dx * dx + dy * dy) / table[k].radius))


PLACE = f"{__name__}:cone_center"
CONE = Kind(
    name="cone",
    meaning="cone: amplitude * max(0, 1 - r / radius)",
    layer="light",
    parameters=(
        Parameter("x", "pix", "column of the tip", -1e6, 1e6, partial(across, 0.25, 0.75)),
        Parameter("y", "pix", "row of the tip", -1e6, 1e6, partial(along, 0.25, 0.75)),
        Parameter("amplitude", "", "brightness at the tip", 0.0, 1e20, partial(always, LogUniform(1.0, 10.0))),
        Parameter("radius", "pix", "radius of the base", 1e-3, 1e6, partial(of_size, 0.1, 0.3, 1.0)),
    ),
    kernels={"center": PLACE, "integrate": PLACE},
)

TEXT = """
name: cones
seed: 5
samples: 24
image: {shape: [20, 24]}
psf: {gaussian: {sigma: 0.8}}
noise: [{gaussian: {sigma: {uniform: [0.01, 0.1]}}}]
splits: {train: 3/4, test: 1/4}
targets: [catalogue, cone.radius, brightness]
extras: [clean, masks, variance]
catalogues:
  cones: {objects: [{cone: {radius: {uniform: [3, 6]}}}]}
  mixed:
    weight: 1/2
    objects: [{cone: {radius: 5, amplitude: {normal: [4, 0.4]}}}, {star: {count: {integers: [1, 3]}}}]
"""


@pytest.fixture(autouse=True)
def _declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_own", {})
    registry.register(CONE)


@pytest.fixture
def recipe() -> Recipe:
    return Recipe.from_yaml(TEXT)


def expected(row: Any, shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    fall = 1.0 - np.hypot(columns - row["x"], rows - row["y"]) / row["radius"]
    light: npt.NDArray[np.float64] = row["amplitude"] * np.maximum(0.0, fall)
    return light


def test_recipes_write_check_and_describe_it(recipe: Recipe) -> None:
    assert Recipe.from_yaml(recipe.to_yaml()).hash() == recipe.hash()
    narrower = recipe.set("catalogues.cones.cone.radius", "{uniform: [3, 4]}")
    assert narrower.hash() != recipe.hash()
    with pytest.raises(Exception, match=r"catalogues\.cones\.cone\.radius: must be from 0\.001 to 1000000"):
        recipe.set("catalogues.cones.cone.radius", -1)
    schema = json_schema()
    assert Draft202012Validator(schema).is_valid({"catalogues": {"c": {"objects": [{"cone": {"radius": 4}}]}}})
    assert not Draft202012Validator(schema).is_valid({"catalogues": {"c": {"objects": [{"cone": {"radios": 4}}]}}})


def test_samples_are_the_closed_form(recipe: Recipe) -> None:
    bare = Recipe.of_kind("cone").with_overrides({"size": (20, 24)})
    made = samples(bare, 0, 8)
    for image, row in zip(made["images"], made.tables.objects["cone"], strict=True):
        np.testing.assert_allclose(image, expected(row, (20, 24)), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("override", [{"image.oversample": 3}, {"image.sampling": "integrate"}, {"size": (8, 40)}])
def test_images_of_other_settings(recipe: Recipe, override: dict[str, object]) -> None:
    assert np.isfinite(samples(recipe.with_overrides(override), 0, 6)["images"]).all()


def test_files_are_read_verified_and_resumed(recipe: Recipe, tmp_path: Path) -> None:
    path = tmp_path / "cones.h5"
    generate(recipe, path, threads=2)
    assert verify(path, regenerate="all").same
    made = samples(recipe, 0, 24)
    dataset = open_dataset(path)
    assert tuple(dataset.target_names) == ("catalogue", "cone.radius", "brightness")
    np.testing.assert_array_equal(dataset[:]["images"], made["images"])
    np.testing.assert_array_equal(dataset.objects("cone")["radius"].value, made.tables.objects["cone"]["radius"])
    assert set(np.unique(dataset[:]["masks"])) >= {0, 1}
    assert (dataset[:]["targets"][:, 1] == made.tables.objects["cone"]["radius"]).all()


@pytest.mark.parametrize("format", ["npy", "png", "jpeg", "fits", "csv", "parquet"])
def test_it_is_exported(recipe: Recipe, format: str, tmp_path: Path) -> None:
    generate(recipe, tmp_path / "cones.h5")
    assert export(tmp_path / "cones.h5", tmp_path / "out", format).samples == 24
    if format == "csv":
        (table,) = (tmp_path / "out").rglob("*cone*.csv")
        with table.open(newline="") as rows:
            assert len(list(csv.DictReader(rows))) == 24


def test_it_is_simulated_and_scored(recipe: Recipe) -> None:
    prior = Prior(recipe, ["cone.radius", "cone.amplitude"], catalogue="cones")
    drawn = prior.sample(50, 3)
    inside = -math.log(3.0) - np.log(drawn[:, 1] * math.log(10.0))
    np.testing.assert_allclose(prior.log_prob(drawn), inside, rtol=1e-12)
    bare = recipe.with_overrides({"psf": None, "noise": [], "extras": []})
    given = {"cone.x": 10.0, "cone.y": 9.0, "cone.amplitude": [1.0, 2.0], "cone.radius": 4.0}
    made = Simulator(bare, catalogue="cones").given(given, seed=1)
    for image, row in zip(made["images"], made.tables.objects["cone"], strict=True):
        np.testing.assert_allclose(image, expected(row, (20, 24)), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("axis", ["noise", "spread", "objects", "balance"])
def test_ladders_climb_to_it(recipe: Recipe, axis: str) -> None:
    first, *_, last = ladder(recipe, axis, 3)
    assert last.set("name", recipe.name).hash() == recipe.hash()
    assert samples(first, 0, 4)["images"].shape == (4, 20, 24)


def test_commands_know_it(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "cones.yaml").write_text(TEXT)

    assert "radius of the base" in run_well("describe", "cone").out
    assert "cone" in run_well("list").out
    assert "cone" in run_well("schema").json["$defs"]["entry"]["anyOf"][0]["enum"]
    assert "24" in run_well("plan", tmp_path / "cones.yaml").out
    run_well("preview", tmp_path / "cones.yaml", "-o", tmp_path / "cones.png")
    run_well("generate", tmp_path / "cones.yaml", tmp_path / "cones.h5")
    assert "cone" in run_well("info", tmp_path / "cones.h5").out
    assert "cone" in run_well("show", tmp_path / "cones.h5", 3).out
    run_well("verify", tmp_path / "cones.h5", "--regenerate", "all")
