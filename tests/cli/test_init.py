"""`init`: what it prints is a recipe, and gives the same dataset as the name alone."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from deepbench_fast import Recipe, samples
from deepbench_fast.kinds.registry import kind, kinds
from deepbench_fast.recipe import builtin_recipes
from tests.cli.running import run, run_well


@pytest.mark.parametrize("name", kinds())
def test_a_kind_written_out_is_the_kind(name: str) -> None:
    text = run_well("init", name).out
    written, alone = Recipe.from_yaml(text), Recipe.of_kind(name)
    assert written.resolved() == alone.resolved()
    assert written.to_yaml() == alone.to_yaml()
    assert max(map(len, text.splitlines())) < 250


@pytest.mark.parametrize("name", kinds())
def test_every_parameter_stands_there_with_range_and_meaning(name: str) -> None:
    text = run_well("init", name).out
    for parameter in kind(name).parameters:
        if not parameter.found:
            assert re.search(rf"^ +(# )?{parameter.name}: .* # ", text, re.MULTILINE)
            assert f"{parameter.meaning}; {parameter.allowed}" in text
    for option in set(kind(name).options) & {"form", "solver", "step", "tolerance", "dimensions", "min_length"}:
        assert re.search(rf"^ +(# )?{option}: ", text, re.MULTILINE)


@pytest.mark.parametrize("name", kinds())
def test_the_examples_behind_comments_are_valid(name: str) -> None:
    """All at once: PSF, noise, splits, extras, the image's options."""
    text = run_well("init", name).out
    used = re.sub(r"^( *)# (?=(psf|noise|splits|extras|parameter_noise|sampling|coverage|pixel_scale|weight|name):)",
                  r"\1", text, flags=re.MULTILINE)  # fmt: skip
    used = re.sub(r"^#   - ", "  - ", used, flags=re.MULTILINE)
    target = re.search(r"or e\.g\. (\[.*\])", text)
    assert target
    recipe = Recipe.from_yaml(used.replace("name: mine", f"name: {name}")).set("targets", target[1])
    (catalogue,) = recipe.catalogues
    assert recipe.noise_of(catalogue)
    assert recipe.extras
    assert recipe.splits
    assert kind(name).dynamics is None or kind(name).name == "n_body" or recipe.parameter_noise


@pytest.mark.parametrize("name", builtin_recipes())
def test_a_built_in_recipe_is_its_text(name: str) -> None:
    text = run_well("init", name).out
    assert "#" in text
    assert Recipe.from_yaml(text) == Recipe.builtin(name)


def test_samples_of_what_is_printed_are_the_same() -> None:
    written = Recipe.from_yaml(run_well("init", "line").out)
    ours, theirs = (samples(recipe, 0, 20)["images"] for recipe in (written, Recipe.of_kind("line")))
    assert np.array_equal(ours, theirs)


def test_a_file_is_written_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    ran = run_well("init", "galaxy", "-o", path)
    assert ran.out == ""
    assert Recipe.load(path).to_yaml() == Recipe.of_kind("galaxy").to_yaml()
    before = path.read_bytes()
    again = run("init", "star", "-o", path)
    assert (again.status, again.out) == (1, "")
    assert again.err == f"Error: {path} exists: it is not replaced\n"
    assert path.read_bytes() == before


@pytest.mark.parametrize("command", [("init", "galaxy"), ("schema",)])
def test_a_hyphen_is_standard_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_well(*command, "-o", "-") == run_well(*command)
    assert not list(tmp_path.iterdir())


def test_errors_are_one_line(tmp_path: Path) -> None:
    unknown = run("init", "galxy")
    assert (unknown.status, unknown.out, unknown.err.count("\n")) == (2, "", 1)
    assert "did you mean 'galaxy'?" in unknown.err
    nowhere = run("init", "galaxy", "-o", tmp_path / "nowhere" / "x.yaml")
    assert (nowhere.status, nowhere.err.count("\n")) == (1, 1)
    assert "nowhere" in nowhere.err
