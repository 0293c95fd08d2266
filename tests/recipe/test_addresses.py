"""Values addressed by names."""

from __future__ import annotations

import pytest

from deepbench_fast.effects.noise.gaussian import GaussianNoise
from deepbench_fast.effects.noise.poisson import PoissonNoise
from deepbench_fast.effects.psf.gaussian import GaussianPsf
from deepbench_fast.effects.psf.moffat import MoffatPsf
from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe import Recipe
from deepbench_fast.recipe.addresses import address
from deepbench_fast.values.distributions import Constant, Poisson, Uniform
from tests.recipe.test_recipe import SKY


@pytest.fixture
def sky() -> Recipe:
    return Recipe.from_yaml(SKY)


def test_top_level_keys(sky: Recipe) -> None:
    assert sky.set("samples", 7).samples == 7
    assert sky.set("name", "other").name == "other"
    assert sky.set("targets", "[brightness]").targets == ("brightness",)
    assert sky.set("splits", "{all: 1}").splits == {"all": 1}
    assert sky.set("psf", "null").psf is None
    assert sky.set("noise", "[]").noise == ()
    assert sky.set("image.sampling", "integrate").image.sampling == "integrate"


def test_nothing_else_changes(sky: Recipe) -> None:
    assert sky.set("samples", 7).set("samples", 100_000) == sky
    assert sky.set("catalogues.fields.galaxy.n", "3").set("catalogues.fields.galaxy.n", {"uniform": [0.5, 4]}) == sky


def test_parameters_of_entries_go_by_names(sky: Recipe) -> None:
    changed = sky.set("catalogues.fields.galaxy.n", "{uniform: [1, 2]}").set(
        "catalogues.fields.star.count", "{poisson: 2}"
    )
    changed = changed.set("catalogues.fields.host.theta", "1.5").set("catalogues.fields.star.2.gamma", "3")
    star, galaxy, second, host = changed.catalogues["fields"].objects
    assert galaxy.parameters["n"] == Uniform(1, 2)
    assert star.count == Poisson(2)
    assert host.parameters == {"theta": Constant(1.5)}
    assert second.parameters == {"gamma": Constant(3)}
    assert star.parameters == {}
    assert changed.catalogues["stars"] == sky.catalogues["stars"]


def test_an_entry_can_be_replaced_or_renamed(sky: Recipe) -> None:
    replaced = sky.set("catalogues.fields.galaxy", "{n: 1, count: 2}").catalogues["fields"].objects[1]
    assert (replaced.name, replaced.count, replaced.parameters) == ("galaxy", Constant(2), {"n": Constant(1)})
    host = sky.set("catalogues.fields.host", "{n: 1}").catalogues["fields"].objects[3]
    assert (host.name, host.parameters) == ("host", {"n": Constant(1)})
    renamed = sky.set("catalogues.fields.star.2.name", "faint").catalogues["fields"].objects[2]
    assert renamed.name == "faint"


def test_keys_of_catalogues(sky: Recipe) -> None:
    assert sky.set("catalogues.fields.weight", "1/3").catalogues["fields"].weight * 3 == 1
    assert sky.set("catalogues.fields.psf", "null").psf_of("fields") is None
    assert (
        sky.set("catalogues.stars.objects", "[galaxy]").set("catalogues.stars.galaxy.n", 1).noise_of("stars")
        == sky.noise
    )


def test_noise_and_psf_go_by_model(sky: Recipe) -> None:
    assert sky.set("noise.gaussian.sigma", "0.5").noise == (GaussianNoise(sigma=0.5),)
    assert sky.set("psf.gaussian.sigma", "{uniform: [1, 2]}").psf == GaussianPsf(sigma=Uniform(1, 2))
    plain = Recipe.of_kind("star")
    assert plain.set("noise.gaussian.sigma", 0.5).noise == (GaussianNoise(sigma=0.5),)
    assert plain.set("psf.gaussian.sigma", 0.5).psf == GaussianPsf(sigma=0.5)
    assert plain.set("noise.gaussian", {"sigma": 1}).noise == (GaussianNoise(sigma=1),)


def test_models_are_added_by_their_names(sky: Recipe) -> None:
    both = sky.set("noise.poisson", {"level": 2}).set("noise.poisson.subtract", "true")
    assert both.noise == (*sky.noise, PoissonNoise(level=2, subtract=True))
    assert sky.set("psf.moffat", {"gamma": 2, "alpha": 3}).psf == MoffatPsf(gamma=2, alpha=3)
    assert sky.set("noise.gaussian", {"snr": 20}).noise == (GaussianNoise(snr=20),)


def test_options_of_entries_go_by_names() -> None:
    spiral = Recipe.of_kind("spiral_galaxy").set("catalogues.spiral_galaxy.spiral_galaxy.form", "ringermacher_mead")
    assert spiral.catalogues["spiral_galaxy"].objects[0].form == "ringermacher_mead"
    line = Recipe.of_kind("line").set("catalogues.line.line.min_length", 20)
    assert line.catalogues["line"].objects[0].min_length == 20
    square = Recipe.of_kind("rectangle").set("catalogues.rectangle.rectangle.fill", "true")
    assert square.catalogues["rectangle"].objects[0].parameters == {"fill": Constant(1)}
    assert square.set("image.coverage", "true").image.coverage is True


def test_a_catalogue_gets_noise_and_psf_of_its_own(sky: Recipe) -> None:
    changed = sky.set("catalogues.fields.noise.gaussian.sigma", 0.5).set("catalogues.fields.psf.gaussian.sigma", 3)
    assert changed.noise_of("fields") == (GaussianNoise(sigma=0.5),)
    assert changed.psf_of("fields") == GaussianPsf(sigma=3)
    assert changed.noise_of("stars") == sky.noise
    assert changed.psf_of("stars") == sky.psf


def test_names_with_dots_are_found() -> None:
    recipe = Recipe.from_yaml("catalogues: {a: {objects: [star]}, a.b: {objects: [star: {name: star.x}, star]}}")
    changed = recipe.set("catalogues.a.b.star.x.gamma", 2).set("catalogues.a.star.gamma", 3)
    assert changed.catalogues["a.b"].objects[0].parameters == {"gamma": Constant(2)}
    assert changed.catalogues["a.b"].objects[1].parameters == {}
    assert changed.catalogues["a"].objects[0].parameters == {"gamma": Constant(3)}


@pytest.mark.parametrize(
    ("key", "value", "named", "words"),
    [
        ("sampels", "3", "sampels", "did you mean 'samples'?"),
        ("samples", "0", "samples", "whole number from 1"),
        ("samples", "[1", "samples", "is not valid YAML"),
        ("samples.x", "3", "samples.x", "samples holds no others"),
        ("image.shap", "[1, 2]", "image.shap", "did you mean 'shape'?"),
        ("image.", "[1, 2]", "image.", "must be a dotted key"),
        ("", "3", "", "unknown key ''"),
        (".", "3", ".", "unknown key ''"),
        ("splits.trian", "0.5", "splits.trian", "did you mean 'train'?"),
        ("splits.train", "0.5", "splits", "must sum to exactly 1"),
        ("noise.gaussian.sigma", "-1", "noise.gaussian.sigma", "not -1"),
        ("noise.gausian.sigma", "1", "noise.gausian", "did you mean 'gaussian'?"),
        ("psf.gaussian.sgma", "1", "psf.gaussian.sgma", "did you mean 'sigma'?"),
        ("catalogues.filds.galaxy.n", "1", "catalogues.filds.galaxy.n", "did you mean 'fields'?"),
        ("catalogues.fields.galxy.n", "1", "catalogues.fields.galxy.n", "did you mean 'galaxy'?"),
        ("catalogues.fields.galaxy.m", "1", "catalogues.fields.galaxy.m", "unknown parameter of galaxy 'm'"),
        ("catalogues.fields.galaxy.n", "99", "catalogues.fields.galaxy.n", "from 0.5 to 10, not 99"),
        ("catalogues.fields.galaxy.n", "", "catalogues.fields.galaxy.n", "not nothing"),
        ("catalogues.fields.galaxy", "3", "catalogues.fields.galaxy", "parameters with values"),
        ("catalogues.fields.weight.x", "3", "catalogues.fields.weight.x", "weight holds no others"),
        ("catalogues.fields.objects", "[quasar]", "catalogues.fields.quasar", "unknown kind"),
        ("catalogues.fields.noise.gaussian.sigma", "-1", "catalogues.fields.noise.gaussian.sigma", "not -1"),
    ],
)
def test_wrong_addresses_and_values_are_named(sky: Recipe, key: str, value: str, named: str, words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        sky.set(key, value)
    assert caught.value.key == named
    assert words in caught.value.problem
    assert "\n" not in str(caught.value)


def test_paths_through_data_become_addresses() -> None:
    data = {
        "catalogues": {"f": {"objects": ["star", {"galaxy": {"n": 1}}, {"galaxy": {"name": "host"}}, {"star": None}]}}
    }
    path = ("catalogues", "f", "objects")
    assert address(data, (*path, 1, "galaxy", "n", "uniform", 0)) == "catalogues.f.galaxy.n"
    assert address(data, (*path, 2, "galaxy")) == "catalogues.f.host"
    assert address(data, (*path, 3)) == "catalogues.f.star.2"
    assert address(data, ("noise", 0, "gaussian", "sigma", "uniform", 1)) == "noise.gaussian.sigma"
    assert address(data, ("catalogues", "f", "noise", 0, "gaussian", "sigma")) == "catalogues.f.noise.gaussian.sigma"
    assert address(data, ("targets", 3)) == "targets"
    assert address(data, ()) == ""
