"""Declarations of astronomical kinds against the table of default distributions."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast.errors import RecipeError
from deepbench_fast.kinds.registry import kind, kinds
from deepbench_fast.recipe.catalogue import Catalogue
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.values.distributions import (
    Choice,
    Constant,
    Distribution,
    Integers,
    LogUniform,
    Normal,
    Scaled,
    Uniform,
)
from deepbench_fast.values.image import Image

IN_IMAGES = sorted(name for name, found in kinds().items() if found.dynamics is None)
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
    "spiral_galaxy": {
        "x": Uniform(50, 150),
        "y": Uniform(25, 75),
        "amplitude": LogUniform(1, 10),
        "r_eff": Uniform(15.15, 30.3),
        "inclination": Uniform(0, 1),
        "theta": Uniform(0, 2 * math.pi),
        "arms": Integers(2, 4),
        "arm_strength": Uniform(0.5, 0.9),
        "arm_width": Uniform(0.3, 0.8),
        "phase": Uniform(0, 2 * math.pi),
        "handedness": Choice((-1, 1)),
        "bulge_fraction": Uniform(0, 0.3),
        "pitch": Uniform(0.17, 0.52),
        "rm_scale": Uniform(15.15, 30.3),
        "rm_b": Uniform(0.4, 1),
        "rm_n": Choice((4, 6, 8)),
    },
    "lens": {
        "x": Uniform(90, 110),
        "y": Uniform(45, 55),
        "theta_e": Uniform(15.15, 30.3),
        "q": Uniform(0.5, 1),
        "phi": Uniform(0, math.pi),
        "softening": Constant(0),
        "gamma1": Normal(0, 0.03, -0.15, 0.15),
        "gamma2": Normal(0, 0.03, -0.15, 0.15),
        "source_dx": Scaled("theta_e", Uniform(-0.5, 0.5)),
        "source_dy": Scaled("theta_e", Uniform(-0.5, 0.5)),
        "source_amplitude": LogUniform(1, 10),
        "source_r_eff": Uniform(3.03, 8.08),
        "source_n": Uniform(0.5, 2),
        "source_ellip": Uniform(0, 0.6),
        "source_theta": Uniform(0, math.pi),
    },
}
UNITS = {
    "star": ["pix", "pix", "", "pix", ""],
    "galaxy": ["pix", "pix", "", "pix", "", "", "rad"],
    "spiral_galaxy": ["pix", "pix", "", "pix", "rad", "rad", "", "", "rad", "rad", "", "", "rad", "pix", "", ""],
    "lens": ["pix", "pix", "pix", "", "rad", "pix", "", "", "pix", "pix", "", "pix", "", "", "rad"],
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_parameters_units_and_defaults_are_the_published_ones(name: str) -> None:
    parameters = kind(name).parameters
    assert [parameter.name for parameter in parameters] == list(DEFAULTS[name])
    assert [parameter.unit for parameter in parameters] == UNITS[name]
    for parameter in parameters:
        default, expected = parameter.default(WIDE), DEFAULTS[name][parameter.name]
        assert type(default) is type(expected)
        if isinstance(default, Choice | Normal | Scaled):
            assert default == expected
        assert default.support == pytest.approx(expected.support, rel=1e-14)


def test_default_lengths_stop_at_the_valid_minimum() -> None:
    small, medium = Image(shape=(3, 50)), Image(shape=(8, 8))
    assert kind("star").parameter("gamma").default(small) == Uniform(0.5, 0.5)
    assert kind("star").parameter("gamma").default(medium) == Uniform(0.5, 0.8)
    assert kind("galaxy").parameter("r_eff").default(small) == Uniform(1, 1)
    assert kind("galaxy").parameter("r_eff").default(medium) == Uniform(1, 2)


@settings(derandomize=True, database=None, deadline=None)
@given(shape=st.tuples(st.integers(1, 16_384), st.integers(1, 16_384)), name=st.sampled_from(IN_IMAGES))
def test_defaults_are_valid_for_every_image(shape: tuple[int, int], name: str) -> None:
    Recipe.of_kind(name).with_overrides({"size": shape})


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
        ("spiral_galaxy", "inclination", 1.41),
        ("spiral_galaxy", "arms", 0),
        ("spiral_galaxy", "arms", 9),
        ("spiral_galaxy", "arms", 2.5),
        ("spiral_galaxy", "arm_strength", 1.01),
        ("spiral_galaxy", "arm_width", 0),
        ("spiral_galaxy", "handedness", 0),
        ("spiral_galaxy", "bulge_fraction", -0.01),
        ("spiral_galaxy", "pitch", 0.05),
        ("spiral_galaxy", "pitch", 1.06),
        ("lens", "theta_e", 0),
        ("lens", "q", 0.19),
        ("lens", "q", 1.01),
        ("lens", "softening", -1),
        ("lens", "gamma1", 0.31),
        ("lens", "gamma2", -0.31),
        ("lens", "source_n", 0.4),
        ("lens", "source_ellip", 0.96),
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
        ("spiral_galaxy", "inclination", 0),
        ("spiral_galaxy", "arms", 8),
        ("spiral_galaxy", "handedness", -1),
        ("spiral_galaxy", "arm_strength", 0),
        ("spiral_galaxy", "pitch", math.radians(5)),
        ("spiral_galaxy", "pitch", math.radians(60)),
        ("lens", "q", 1),
        ("lens", "q", 0.2),
        ("lens", "gamma1", -0.3),
    ],
)
def test_extreme_values_are_possible(name: str, parameter: str, value: float) -> None:
    Recipe(catalogues={"c": Catalogue(objects=(Entry(kind=name, parameters={parameter: value}),))})


def test_forms_of_spirals_have_parameters_of_their_own() -> None:
    spiral = kind("spiral_galaxy")
    assert list(spiral.forms) == ["logarithmic", "ringermacher_mead"]
    own = {form: {parameter.name for parameter in spiral.parameters_of(form)} for form in spiral.forms}
    assert own["logarithmic"] - own["ringermacher_mead"] == {"pitch"}
    assert own["ringermacher_mead"] - own["logarithmic"] == {"rm_scale", "rm_b", "rm_n"}
    assert own["logarithmic"] | own["ringermacher_mead"] == set(DEFAULTS["spiral_galaxy"])
    for form in spiral.forms:
        entry = Entry(kind="spiral_galaxy", form=form).resolved(WIDE)
        assert list(entry.parameters) == [parameter.name for parameter in spiral.parameters_of(form)]
    assert Entry(kind="spiral_galaxy").form == "logarithmic"
    assert Entry(kind="galaxy").form == ""


def test_other_kinds_have_no_forms() -> None:
    with pytest.raises(RecipeError, match="form: is no option of galaxy"):
        Entry(kind="galaxy", form="logarithmic")
    assert kind("galaxy").parameters_of("") == kind("galaxy").parameters


def test_targets_are_parameters_that_some_object_has() -> None:
    text = "{targets: [spiral_galaxy.TARGET], catalogues: {c: {objects: [spiral_galaxy: {form: ringermacher_mead}]}}}"
    Recipe.from_yaml(text.replace("TARGET", "rm_n"))
    with pytest.raises(RecipeError, match=r"unknown target 'spiral_galaxy\.pitch'"):
        Recipe.from_yaml(text.replace("TARGET", "pitch"))
    both = text.replace("{c:", "{d: {objects: [spiral_galaxy]}, c:")
    Recipe.from_yaml(both.replace("TARGET", "pitch"))
    Recipe.from_yaml(both.replace("TARGET", "rm_b"))


@pytest.mark.parametrize(
    ("softening", "fine"),
    [
        (0, True),
        (4, True),
        (4.1, False),
        ({"uniform": [0, 4.1]}, False),
        ({"scaled": {"by": "theta_e", "of": {"uniform": [0, 0.5]}}}, True),
        ({"scaled": {"by": "theta_e", "of": {"uniform": [0, 0.51]}}}, False),
        ({"scaled": {"by": "source_r_eff", "of": 1}}, True),
        ({"scaled": {"by": "source_r_eff", "of": 2}}, False),
    ],
)
def test_the_core_of_a_lens_is_at_most_half_its_einstein_radius(softening: object, fine: bool) -> None:
    options = {"theta_e": {"uniform": [8, 12]}, "source_r_eff": 3, "softening": softening}
    if fine:
        Recipe.of_kind("lens").set("catalogues.lens.lens", options)
        return
    with pytest.raises(RecipeError, match=r"must not be above 0\.5 theta_e, which .* can be; \{scaled") as caught:
        Recipe.of_kind("lens").set("catalogues.lens.lens", options)
    assert caught.value.key == "catalogues.lens.lens.softening"


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


@pytest.mark.parametrize("name", IN_IMAGES)
def test_means_over_pixels_of_the_default_image_need_nothing_set(name: str) -> None:
    Recipe.of_kind(name).set("image.sampling", "integrate")
