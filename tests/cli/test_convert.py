"""`convert`: from a configuration for DeepBench to a recipe, and on to a dataset."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepbench_fast.authoring.deepbench import convert
from deepbench_fast.recipe import Recipe
from tests.cli.running import run, run_well

CONFIG = """
object_type: sky
object_name: SkyImage
total_runs: 20
seed: 5
image_parameters: {image_shape: [16, 16], object_noise_level: 0.1}
object_parameters:
  star: {object: {center_x: 5, center_y: 7}, instance: {}}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def test_the_recipe_is_printed(config: Path) -> None:
    ran = run_well("convert", config)
    assert ran.out == convert(config)
    assert ran.err == ""
    recipe = Recipe.from_yaml(ran.out)
    assert (recipe.name, recipe.seed, recipe.samples) == ("config", 5, 20)


def test_the_recipe_is_written_and_generates(config: Path, tmp_path: Path) -> None:
    recipe, dataset = tmp_path / "recipe.yaml", tmp_path / "images.h5"
    ran = run_well("convert", config, "-o", recipe)
    assert ran.out == ""
    assert f"generate {recipe}" in ran.err
    assert recipe.read_text(encoding="utf-8") == convert(config)
    run_well("generate", recipe, dataset)
    info = run_well("info", dataset, "--json").json
    assert (info["samples"], str(info["seed"])) == (20, "5")


def test_an_existing_file_is_kept_unless_told_otherwise(config: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("mine", encoding="utf-8")
    ran = run("convert", config, "-o", recipe)
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert "--overwrite" in ran.err
    assert recipe.read_text(encoding="utf-8") == "mine"
    run_well("convert", config, "-o", recipe, "--overwrite")
    assert recipe.read_text(encoding="utf-8") == convert(config)


def test_a_place_that_cannot_be_written_is_one_line(config: Path, tmp_path: Path) -> None:
    ran = run("convert", config, "-o", tmp_path / "none" / "recipe.yaml")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert "can't be written" in ran.err


def test_what_cannot_be_converted_is_one_line_and_writes_nothing(config: Path, tmp_path: Path) -> None:
    config.write_text(CONFIG.replace("center_x: 5", "center_x: left"), encoding="utf-8")
    recipe = tmp_path / "recipe.yaml"
    ran = run("convert", config, "-o", recipe)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert f"{config}:8: object_parameters.star.object.center_x: must be a number" in ran.err
    assert not recipe.exists()


@pytest.mark.parametrize("arguments", [["convert"], ["convert", "none.yaml"], ["convert", "."], ["convert", "a", "b"]])
def test_wrong_usage_is_one_line(arguments: list[str]) -> None:
    ran = run(*arguments)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
