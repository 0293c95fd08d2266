"""Numbers with units, against the factors themselves."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest

from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe import Recipe
from deepbench_fast.values.distributions import Choice, Constant, Distribution, Normal, Scaled, Uniform
from deepbench_fast.values.quantity import in_unit

DEGREE = math.pi / 180


def galaxy(scale: object = None, **parameters: object) -> Recipe:
    image = {} if scale is None else {"pixel_scale": scale}
    return Recipe(image=image, catalogues={"a": {"objects": [{"galaxy": parameters}]}})


def drawn(recipe: Recipe, name: str) -> Distribution:
    return recipe.catalogues["a"].objects[0].parameters[name]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("30 deg", 30 * DEGREE),
        ("30deg", 30 * DEGREE),
        (" -0.5  rad ", -0.5),
        ("1e1 deg", 10 * DEGREE),
        ("1_000 mrad", 1.0),
        ("90°", math.pi / 2),
        ("60 arcmin", DEGREE),
        (".5 rad", 0.5),
        ("1. rad", 1.0),
        ("1_ rad", 1.0),
        ("1__0_.5_ mrad", 0.0105),
    ],
)
def test_angles(text: str, value: float) -> None:
    assert drawn(galaxy(theta=text), "theta").support == pytest.approx((value, value), rel=1e-14)


@pytest.mark.parametrize("scale", [0.2, "0.2 arcsec", "200 mas", "0.2 arcsec / pix", "0.2 arcsec/pix"])
def test_lengths_in_angles(scale: object) -> None:
    recipe = galaxy(scale, r_eff="0.5 arcsec", x="3 pix")
    assert drawn(recipe, "r_eff").support[0] == pytest.approx(2.5)
    assert drawn(recipe, "x") == Constant(3)
    assert recipe.image.pixel_scale == pytest.approx(0.2)
    assert Recipe.from_yaml(recipe.to_yaml()) == recipe.resolved()


def test_the_pixel_scale_changes_no_draw() -> None:
    assert "pixel_scale" not in galaxy().to_yaml()
    assert galaxy().hash() != galaxy(0.2).hash()


def test_quantities_within_distributions() -> None:
    recipe = galaxy(
        0.5,
        theta={"uniform": ["0 deg", "180 deg"]},
        x={"normal": {"mean": "7 arcsec", "sigma": 1, "low": "10 pix"}},
        y={"offset": {"from": "x", "by": {"choice": {"values": [0, "1 arcsec"], "weights": [1, 3]}}}},
        n={"grid": {"low": 1, "high": 2, "steps": 3}},
        ellip={"uniform": ["5 %", 0.5]},
        r_eff={"scaled": {"by": "n", "of": {"uniform": [1, "150 %"]}}},
    )
    assert drawn(recipe, "theta") == Uniform(0, 180 * DEGREE)
    assert drawn(recipe, "x") == Normal(14, 1, 10)
    assert drawn(recipe, "y").own == Choice((0, 2), (1, 3))  # type: ignore[union-attr]
    assert drawn(recipe, "ellip") == Uniform(0.05, 0.5)
    assert drawn(recipe, "r_eff") == Scaled("n", Uniform(1, 1.5))
    assert Recipe.from_yaml(recipe.to_yaml()) == recipe.resolved()


def test_effects_counts_and_options() -> None:
    recipe = Recipe(
        image={"pixel_scale": 0.5},
        psf={"moffat": {"gamma": "1 arcsec", "alpha": 3}},
        noise=[{"ccd": {"sky": "5 adu", "gain": "2 electron / adu", "read_noise": "3 electron"}}],
        catalogues={
            "a": {"psf": {"gaussian": {"sigma": "0.25 arcsec"}}, "objects": [{"line": {"min_length": "3 arcsec"}}]}
        },
    )
    assert recipe.psf is not None
    assert recipe.psf.drawn["gamma"] == Constant(2)
    assert recipe.psf_of("a").drawn["sigma"] == Constant(0.5)  # type: ignore[union-attr]
    assert recipe.noise[0].drawn["read_noise"].support[0] == 3
    assert recipe.catalogues["a"].objects[0].min_length == 6


def pendulum(**more: object) -> Recipe:
    return Recipe(**{"catalogues": {"a": {"objects": [{"pendulum": {"length": "150 cm"}}]}}, **more})


def test_series() -> None:
    recipe = pendulum(
        series={"start": "500 ms", "stop": "0.5 min", "steps": 5, "outputs": ["x", "angle"]},
        noise=[{"gaussian": {"x": "1 cm", "angle": {"uniform": ["0 deg", "1 deg"]}}}],
        parameter_noise={"length": "5 %"},
        targets=[{"pendulum.length": {"noise": {"normal": [0, "10 cm"]}}}, "pendulum.angle"],
    )
    assert recipe.time.moments == pytest.approx((0.5, 7.875, 15.25, 22.625, 30))
    assert recipe.noise[0].drawn == {"x": Constant(0.01), "angle": Uniform(0, DEGREE)}
    assert recipe.parameter_noise["length"] == Constant(0.05)
    assert recipe.targets.noise == {"pendulum.length": Normal(0, 0.1)}
    assert drawn(recipe, "length") == Constant(1.5)
    assert pendulum(series={"times": [0, "1 min"]}).time.times == (0, 60)
    assert pendulum(noise=[{"gaussian": {"sigma": "1 cm"}}]).noise[0].drawn["sigma"] == Constant(0.01)
    assert Recipe.from_yaml(recipe.to_yaml()) == recipe.resolved()


def test_units_in_values_that_are_set() -> None:
    recipe = galaxy(0.5).set("catalogues.a.galaxy.theta", "{uniform: [0 deg, 90 deg]}")
    assert drawn(recipe, "theta") == Uniform(0, math.pi / 2)
    assert drawn(recipe.set("catalogues.a.galaxy.r_eff", "2 arcsec"), "r_eff") == Constant(4)
    assert galaxy().set("image.pixel_scale", "0.5 arcsec").image.pixel_scale == 0.5
    assert recipe.set("psf.gaussian.sigma", "1 arcsec").psf.drawn["sigma"] == Constant(2)  # type: ignore[union-attr]
    assert recipe.set("targets", ["galaxy.theta"]).set("targets.galaxy.theta.noise", "5 deg").targets.noise == {
        "galaxy.theta": Constant(5 * DEGREE)
    }
    assert pendulum().set("series.stop", "1 min").time.stop == 60


def test_a_pixel_scale_by_which_angles_became_pixels_stays() -> None:
    recipe = galaxy(0.5, r_eff="2 arcsec")
    assert recipe.set("image.pixel_scale", 0.5) == recipe
    with pytest.raises(RecipeError, match=r"image\.pixel_scale: can't be set"):
        recipe.set("image.pixel_scale", 0.25)
    with pytest.raises(RecipeError, match=r"image\.pixel_scale: can't be set"):
        recipe.set("image", {"pixel_scale": 0.25})


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("theta: 30 dge", "unknown unit 'dge' in '30 dge'"),
        ("theta: 30 m", "must be in rad or a unit like it, not '30 m'"),
        ("theta: {uniform: [0, 30 pix]}", "must be in rad or a unit like it, not '30 pix'"),
        ("theta: 3 mag(AB)", "must be in rad or a unit like it"),
        ("theta: 1e999 deg", "must be a finite number"),
        ("theta: deg", "must be a number or one distribution"),
        ("theta: 30 deg to 40 deg", "unknown unit"),
        ("r_eff: 0.5 arcsec", "needs image.pixel_scale"),
        ("r_eff: 0.5 kpc", "must be in pix or a unit like it"),
        ("n: 3 pix", "has no unit: write a number, not '3 pix'"),
        ("count: 3 pix", "has no unit: write a number"),
        ("r_eff: {scaled: {by: n, of: 3 pix}}", "has no unit: write a number"),
    ],
)
def test_wrong_units_are_named_with_file_line_and_key(line: str, words: str) -> None:
    text = f"catalogues:\n  a:\n    objects:\n    - galaxy:\n        {line}\n"
    with pytest.raises(RecipeError) as caught:
        Recipe.from_yaml(text, source="sky.yaml")
    assert words in caught.value.problem
    assert str(caught.value).startswith(f"sky.yaml:5: catalogues.a.galaxy.{line.partition(':')[0]}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "key", "words"),
    [
        ("image: {pixel_scale: 0}", "image.pixel_scale", "must be above 0, not 0"),
        ("image: {pixel_scale: -1 arcsec}", "image.pixel_scale", "must be above 0, not '-1 arcsec'"),
        ("image: {pixel_scale: 3 pix}", "image.pixel_scale", "must be in arcsec / pix or a unit like it"),
        ("image: {pixel_scale: true}", "image.pixel_scale", "must be a number"),
        ("image: {pixel_scale: small}", "image.pixel_scale", "must be a number"),
        ("psf: {gaussian: {sigma: 1 arcsec}}", "psf.gaussian.sigma", "needs image.pixel_scale"),
        ("noise: [gaussian: {sigma: 1 adu}]", "noise.gaussian.sigma", "has no unit"),
        ("targets: [{galaxy.theta: {noise: 3 pix}}]", "targets.galaxy.theta.noise", "must be in rad"),
        ("targets: [{brightness: {noise: 3 pix}}]", "targets.brightness.noise", "has no unit"),
    ],
)
def test_wrong_units_elsewhere(line: str, key: str, words: str) -> None:
    text = f"name: sky\n{line}\ncatalogues: {{a: {{objects: [galaxy: {{r_eff: 1 arcsec}}]}}}}\n"
    if "pixel_scale" not in line:
        text = text.replace("1 arcsec}]", "1}]")
    with pytest.raises(RecipeError) as caught:
        Recipe.from_yaml(text, source="sky.yaml")
    assert words in caught.value.problem
    assert str(caught.value).startswith(f"sky.yaml:2: {key}: ")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"series": {"stop": "3 m"}}, "must be in s or a unit like it"),
        ({"series": {"times": [0, "3 Hz"]}}, "must be in s or a unit like it"),
        ({"noise": [{"gaussian": {"x": "3 s"}}]}, "must be in m or a unit like it"),
        ({"parameter_noise": {"length": "5 cm"}}, "has no unit"),
        (
            {"noise": [{"gaussian": {"sigma": "1 cm"}}], "series": {"outputs": ["x", "angle"]}},
            "has no unit",
        ),
    ],
)
def test_wrong_units_of_series(data: dict[str, object], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        pendulum(**data)


def test_systems_in_natural_units_have_none() -> None:
    bodies = {"a": {"objects": ["n_body"]}}
    with pytest.raises(RecipeError, match=r"series\.stop: has no unit"):
        Recipe(series={"stop": "3 s"}, catalogues=bodies)
    with pytest.raises(RecipeError, match="has no unit"):
        Recipe(catalogues={"a": {"objects": [{"n_body": {"step": "3 s"}}]}})


def test_astropy_is_imported_for_units_alone() -> None:
    code = (
        "import sys; from deepbench_fast.recipe import Recipe; r = Recipe.builtin('sky'); r.set('name', 'a');"
        "assert 'astropy' not in sys.modules; Recipe.of_kind('galaxy').set('catalogues.galaxy.galaxy.theta', '3 deg');"
        "assert 'astropy' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_no_value_of_the_parameter_stays_as_it_stands() -> None:
    for law in (
        {"table": {"file": "5 m", "column": "30 deg"}},
        {"table": "30 deg"},
        {"offset": {"from": "30 deg", "by": {"table": {"file": "5 m", "column": "x"}}}},
        {"scaled": {"by": "30 deg", "of": {"choice": {"values": [1], "weights": ["30 deg"]}}}},
        {"grid": {"low": 0, "high": 1, "steps": "30 deg"}},
    ):
        assert in_unit(law, "rad", None) == law
