"""Targets with noise of their own, in recipes."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from deepbench_fast.authoring.ladders import ladder
from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe import Recipe
from deepbench_fast.recipe.targets import Targets, parse_targets, targets_data
from deepbench_fast.values.distributions import Constant, Normal
from deepbench_fast.values.distributions.varied import Varied, parse_noise

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
        ("targets: [{catalogue: {noise: 1}}]", "targets.catalogue.noise", "a label has no noise"),
        (
            "targets: [{galaxy.n: {noise: {grid: [0, 1]}}}]",
            "targets.galaxy.n.noise",
            "it is drawn alone, for each sample",
        ),
        ("targets: [{galaxy.n: {noise: {offset: {from: x, by: 1}}}}]", "targets.galaxy.n.noise", "it is drawn alone"),
        ("targets: [{galaxy.n: {noise: {normal: [0, -1]}}}]", "targets.galaxy.n.noise", "sigma must not be negative"),
        ("targets: [{galaxy.n: {noise: loud}}]", "targets.galaxy.n.noise", "must be a number or one distribution"),
        ("targets: [{galaxy.n: {nois: 1}}]", "targets.galaxy.n.nois", "did you mean 'noise'"),
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


LAWS = [
    {"normal": [0, {"uniform": [0.01, 0.2]}]},
    {"normal": [{"normal": [0, 1]}, 0.1]},
    {"normal": {"mean": 0, "sigma": {"loguniform": [0.1, 1]}, "low": -1, "high": {"uniform": [1, 2]}}},
    {"uniform": [{"uniform": [-2, -1]}, {"uniform": [1, 2]}]},
    {"loguniform": [1, {"uniform": [1, 2]}]},
    {"integers": [{"integers": [-3, 0]}, {"choice": [0, 5]}]},
    {"poisson": {"choice": [0, 5, 1e6]}},
]


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_the_numbers_of_noise_may_be_drawn(law: dict[str, Any]) -> None:
    noise = parse_noise(law)
    assert isinstance(noise, Varied)
    assert noise.to_yaml_data() == law
    assert noise.is_random
    assert (parse_noise(noise), hash(parse_noise(law))) == (noise, hash(noise))
    assert pickle.loads(pickle.dumps(noise)) == noise
    recipe = Recipe.of_kind("galaxy").set("targets", [{"galaxy.n": {"noise": law}}])
    assert Recipe.from_yaml(recipe.to_yaml()) == recipe.resolved()


def test_the_support_is_that_of_all_samples() -> None:
    assert parse_noise(LAWS[3]).support == (-2, 2)
    assert parse_noise({"normal": [0, {"uniform": [0, 1]}]}).support == pytest.approx((-8.3, 8.3))
    assert parse_noise({"poisson": {"mean": {"choice": [2, 3]}}}).to_yaml_data() == {"poisson": {"choice": [2, 3]}}
    assert isinstance(parse_noise({"normal": [0, 1]}), Normal)
    assert str(parse_noise(LAWS[0])) == "normal [0, {uniform: [0.01, 0.2]}]"


@pytest.mark.parametrize(
    ("noise", "words"),
    [
        (
            "{normal: [0, {uniform: [-0.1, 0.2]}]}",
            "sigma must not be negative, not -0.1, where sigma is uniform",
        ),
        ("{normal: [0, {uniform: [0.2, 0.1]}]}", "normal: sigma: uniform: low (0.2) must not be above high (0.1)"),
        ("{normal: {mean: 0, sigma: {choice: [0.1, 1]}, low: 3}}", "within 8 sigma of the mean, where sigma is choice"),
        (
            "{uniform: [{uniform: [0, 2]}, 1]}",
            "low (2) must not be above high (1), where low is uniform [0, 2]",
        ),
        ("{loguniform: [{uniform: [0, 1]}, 2]}", "loguniform: low must be above 0, not 0, where low is"),
        ("{integers: [0, {uniform: [0, 2]}]}", "integers: high must be a whole number, but uniform [0, 2] gives other"),
        ("{poisson: {uniform: [0, 2e6]}}", "poisson: mean must be from 0 to 1000000, not 2000000, where mean is"),
        ("{normal: [0, {normal: [0.5, {uniform: [0, 1]}]}]}", "normal: sigma: normal: sigma must be a number"),
        ("{normal: [0, {grid: [0, 1]}]}", "normal: sigma can't be grid [0, 1]: it is drawn alone"),
        ("{normal: [0, {offset: {from: x, by: 1}}]}", "normal: sigma can't be offset"),
        ("{normal: {sigma: {uniform: [0, 1]}}}", "normal: lacks its mean"),
        ("{normal: {mean: 0, sigm: {uniform: [0, 1]}}}", "normal: unknown key 'sigm'; did you mean 'sigma'?"),
        ("{normal: [0, {unifrm: [0, 1]}]}", "unknown distribution 'unifrm'; did you mean 'uniform'?"),
        ("{normal: [0, {uniform: [0, 1]}, 3]}", "normal: must be two numbers"),
        ("{choice: [0, {uniform: [0, 1]}]}", "choice: values must be a number"),
    ],
)
def test_wrong_levels_are_named_with_file_line_and_key(noise: str, words: str) -> None:
    text = f"name: sky\ntargets: [{{galaxy.n: {{noise: {noise}}}}}]\ncatalogues: {{a: {{objects: [galaxy]}}}}\n"
    with pytest.raises(RecipeError) as caught:
        Recipe.from_yaml(text, source="sky.yaml")
    assert words in caught.value.problem
    assert str(caught.value).startswith("sky.yaml:2: targets.galaxy.n.noise: ")


def test_only_noise_on_targets_has_numbers_that_are_drawn() -> None:
    for key in ("noise.gaussian.sigma", "catalogues.galaxy.galaxy.n"):
        with pytest.raises(RecipeError, match="sigma must be a number"):
            Recipe.of_kind("galaxy").set(key, LAWS[0])


def test_the_ladder_scales_levels() -> None:
    recipe = Recipe.of_kind("galaxy").set("targets", [{"galaxy.n": {"noise": LAWS[2]}}])
    none, half, whole = (rung.targets.noise["galaxy.n"] for rung in ladder(recipe, "noise", 3))
    assert none == Constant(0)
    assert whole == parse_noise(LAWS[2])
    data = {"mean": 0, "sigma": {"loguniform": [0.05, 0.5]}, "low": -0.5, "high": {"uniform": [0.5, 1]}}
    assert half.to_yaml_data() == {"normal": data}
    with pytest.raises(RecipeError, match="has no scaled twin"):
        ladder(recipe.set("targets.galaxy.n.noise", LAWS[6]), "noise", 3)


def test_levels_may_have_units() -> None:
    recipe = Recipe.of_kind("galaxy").set("targets", ["galaxy.theta"])
    noise = recipe.set(
        "targets.galaxy.theta.noise", {"normal": ["0 deg", {"uniform": ["0 deg", "180 deg"]}]}
    ).targets.noise
    assert noise["galaxy.theta"].numbers["sigma"].support[1] == pytest.approx(3.141592653589793)
