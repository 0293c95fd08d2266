"""Targets with noise of their own, in recipes."""

from __future__ import annotations

import pickle

import pytest

from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe import Recipe
from deepbench_fast.recipe.distributions import Constant, Normal
from deepbench_fast.recipe.targets import Targets, parse_targets, targets_data

DATA = ["catalogue", {"galaxy.r_eff": {"noise": {"normal": [0, 0.1]}}}, "brightness"]


def test_targets_are_their_names() -> None:
    targets = parse_targets(DATA)
    assert targets == Targets(["catalogue", "galaxy.r_eff", "brightness"], {"galaxy.r_eff": Normal(0, 0.1)})
    assert list(targets) == ["catalogue", "galaxy.r_eff", "brightness"]
    assert targets != Targets(targets)
    assert Targets(["catalogue"]) == ("catalogue",)
    assert targets_data(targets) == DATA
    assert pickle.loads(pickle.dumps(targets)) == targets
    assert parse_targets(targets) == targets
    assert hash(parse_targets(DATA)) == hash(targets)
    for silent in (None, {}):
        assert parse_targets([{"catalogue": silent}]) == Targets(["catalogue"])


def test_the_resolved_recipe_gives_the_same_back() -> None:
    recipe = Recipe.of_kind("galaxy").set("targets", DATA)
    assert Recipe.from_yaml(recipe.to_yaml()) == recipe.resolved()
    assert recipe.hash() != Recipe.of_kind("galaxy").set("targets", list(recipe.targets)).hash()


def test_noise_is_set_by_its_address() -> None:
    recipe = Recipe.of_kind("galaxy").set("targets", DATA)
    assert recipe.set("targets.galaxy.r_eff.noise", 0).targets.noise == {"galaxy.r_eff": Constant(0)}
    both = recipe.set("targets.brightness.noise", "{normal: [0, 2]}").targets
    assert both.noise == {"galaxy.r_eff": Normal(0, 0.1), "brightness": Normal(0, 2)}
    for key, words in (
        ("targets.galaxy.n.noise", "unknown target of this recipe 'galaxy'"),
        ("targets.brightness.nose", "did you mean 'noise'"),
        ("targets.brightness", "lacks the option"),
        ("targets.catalogue.noise", "a label has no noise"),
    ):
        with pytest.raises(RecipeError, match=words) as caught:
            recipe.set(key, "{normal: [0, 2]}")
        assert caught.value.key.startswith("targets")


@pytest.mark.parametrize(
    ("line", "key", "words"),
    [
        ("targets: [{catalogue: {noise: 1}}]", "targets.catalogue", "a label has no noise"),
        ("targets: [{galaxy.n: {noise: {grid: [0, 1]}}}]", "targets.galaxy.n", "it is drawn alone, for each sample"),
        ("targets: [{galaxy.n: {noise: {offset: {from: x, by: 1}}}}]", "targets.galaxy.n", "it is drawn alone"),
        ("targets: [{galaxy.n: {noise: {normal: [0, -1]}}}]", "targets.galaxy.n", "sigma must not be negative"),
        ("targets: [{galaxy.n: {noise: loud}}]", "targets.galaxy.n", "must be a number or one distribution"),
        ("targets: [{galaxy.n: {nois: 1}}]", "targets.galaxy.n", "did you mean 'noise'"),
        ("targets: [{galaxy.n: 1}]", "targets.galaxy.n", "options with values"),
        ("targets: [{galaxy.n: {noise: 1}, brightness: {noise: 1}}]", "targets", "must be one target"),
        ("targets: [{galaxy.m: {noise: 1}}]", "targets", "unknown target 'galaxy.m'"),
        ("targets: [galaxy.n, {galaxy.n: {noise: 1}}]", "targets", "stands twice"),
        ("targets: {galaxy.n: {noise: 1}}", "targets", "must be a list"),
        ("targets: [3]", "targets", "must be text"),
    ],
)
def test_wrong_targets_are_named_with_file_line_and_key(line: str, key: str, words: str) -> None:
    text = f"name: sky\n{line}\ncatalogues: {{a: {{objects: [galaxy]}}}}\n"
    with pytest.raises(RecipeError) as caught:
        Recipe.from_yaml(text, source="sky.yaml")
    assert words in caught.value.problem
    assert str(caught.value).startswith(f"sky.yaml:2: {key}: ")
