"""Declarations of stars and galaxies against the table of default distributions."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast.errors import RecipeError
from deepbench_fast.objects.registry import kind, kinds
from deepbench_fast.recipe.distributions import Distribution, LogUniform, Uniform
from deepbench_fast.recipe.model import Catalogue, Entry, Image, Recipe

WIDE = Image(shape=(101, 201))  # S = 101; frame fractions 0.25 and 0.75 of rows 0..100 and columns 0..200

DEFAULTS: dict[str, dict[str, Distribution]] = {
    "star": {
        "x": Uniform(50, 150),
        "y": Uniform(25, 75),
        "amplitude": LogUniform(1, 10),
        "gamma": Uniform(3.03, 10.1),
        "alpha": Uniform(2.5, 4.765),
    },
    "galaxy": {
        "x": Uniform(50, 150),
        "y": Uniform(25, 75),
        "amplitude": LogUniform(1, 10),
        "r_eff": Uniform(8.08, 25.25),
        "n": Uniform(0.5, 4),
        "ellip": Uniform(0, 0.7),
        "theta": Uniform(0, math.pi),
    },
}
UNITS = {
    "star": ["pix", "pix", "", "pix", ""],
    "galaxy": ["pix", "pix", "", "pix", "", "", "rad"],
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_parameters_units_and_defaults_are_the_published_ones(name: str) -> None:
    parameters = kind(name).parameters
    assert [parameter.name for parameter in parameters] == list(DEFAULTS[name])
    assert [parameter.unit for parameter in parameters] == UNITS[name]
    for parameter in parameters:
        default, expected = parameter.default(WIDE), DEFAULTS[name][parameter.name]
        assert type(default) is type(expected)
        assert default.support == pytest.approx(expected.support, rel=1e-15)


def test_default_lengths_stop_at_the_valid_minimum() -> None:
    small, medium = Image(shape=(3, 50)), Image(shape=(8, 8))
    assert kind("star").parameter("gamma").default(small) == Uniform(0.5, 0.5)
    assert kind("star").parameter("gamma").default(medium) == Uniform(0.5, 0.8)
    assert kind("galaxy").parameter("r_eff").default(small) == Uniform(1, 1)
    assert kind("galaxy").parameter("r_eff").default(medium) == Uniform(1, 2)


@settings(derandomize=True, database=None, deadline=None)
@given(shape=st.tuples(st.integers(1, 16_384), st.integers(1, 16_384)), name=st.sampled_from(sorted(kinds())))
def test_defaults_are_valid_for_every_image(shape: tuple[int, int], name: str) -> None:
    for parameter in kind(name).parameters:
        parameter.check(parameter.default(Image(shape=shape)))


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [
        ("star", "gamma", 0),
        ("star", "gamma", -1),
        ("star", "alpha", 0),
        ("star", "alpha", 100.5),
        ("star", "amplitude", -1),
        ("galaxy", "r_eff", 0),
        ("galaxy", "n", 0.49),
        ("galaxy", "n", 10.01),
        ("galaxy", "ellip", -0.01),
        ("galaxy", "ellip", 0.951),
    ],
)
def test_impossible_values_are_refused(name: str, parameter: str, value: float) -> None:
    entry = Entry(kind=name, parameters={parameter: value})
    with pytest.raises(RecipeError, match="must be") as caught:
        Recipe(catalogues={"c": Catalogue(objects=(entry,))})
    assert caught.value.key.endswith(parameter)


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [
        ("star", "x", -500),
        ("star", "y", 9999.5),
        ("star", "alpha", 1),
        ("star", "alpha", 100),
        ("star", "amplitude", 0),
        ("galaxy", "n", 0.5),
        ("galaxy", "n", 10),
        ("galaxy", "ellip", 0),
        ("galaxy", "ellip", 0.95),
        ("galaxy", "theta", -20),
    ],
)
def test_extreme_values_are_possible(name: str, parameter: str, value: float) -> None:
    Recipe(catalogues={"c": Catalogue(objects=(Entry(kind=name, parameters={parameter: value}),))})


def test_infinite_flux_needs_sampling_center() -> None:
    recipe = Recipe.of_kind("star").set("catalogues.star.star.alpha", {"uniform": [1, 2]})
    with pytest.raises(RecipeError, match="above 1 with sampling integrate") as caught:
        recipe.set("image.sampling", "integrate")
    assert caught.value.key == "catalogues.star.star.alpha"
    Recipe.of_kind("star").set("image.sampling", "integrate")


def test_means_over_pixels_need_a_galaxy_wide_enough() -> None:
    recipe = Recipe.of_kind("galaxy").set("catalogues.galaxy.galaxy", {"r_eff": {"uniform": [2, 5]}, "ellip": 0.8})
    recipe.set("image.sampling", "integrate")
    narrower = recipe.set("catalogues.galaxy.galaxy.ellip", {"uniform": [0, 0.83]})
    with pytest.raises(RecipeError, match=r"must be 0\.35 pix or more, but reaches down to 0\.34") as caught:
        narrower.set("image.sampling", "integrate")
    assert caught.value.key == "catalogues.galaxy.galaxy.r_eff"


@pytest.mark.parametrize("name", kinds())
def test_means_over_pixels_of_the_default_image_need_nothing_set(name: str) -> None:
    Recipe.of_kind(name).set("image.sampling", "integrate")
