"""Configurations for DeepBench 0.2.3: what their recipes make and what their comments say."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import yaml
from astropy.modeling.models import Moffat2D, Sersic2D
from scipy.integrate import solve_ivp
from scipy.ndimage import correlate1d

from deepbench_fast import samples
from deepbench_fast.authoring.deepbench import convert
from deepbench_fast.errors import RecipeError
from deepbench_fast.kernels.psf.gaussian import gaussian_weights
from deepbench_fast.kinds.registry import kinds
from deepbench_fast.recipe import Recipe
from deepbench_fast.render.samples import Samples
from tests.recipe.configurations import CONFIGURATIONS, PENDULUM, RECTANGLE, STAR, converted

FloatArray = npt.NDArray[np.float64]


def recipe_of(name: str, **changes: object) -> Recipe:
    return Recipe.from_yaml(convert(CONFIGURATIONS[name])).with_overrides(changes)


def quiet(name: str, count: int = 1) -> Samples:
    """Samples without noise."""
    return samples(recipe_of(name, noise=[]), 0, count)


def image_of(name: str) -> FloatArray:
    image: FloatArray = quiet(name)["images"][0].astype(np.float64)
    return image


def centroid(image: FloatArray, rows: slice = slice(None), columns: slice = slice(None)) -> tuple[float, float, float]:
    """Sum, mean column and mean row of a part of an image."""
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    light = image[rows, columns]
    total = float(light.sum())
    return total, float((light * x[rows, columns]).sum()) / total, float((light * y[rows, columns]).sum()) / total


# What comes out of every configuration.


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_recipe_loads_and_generates(name: str) -> None:
    text = convert(CONFIGURATIONS[name])
    assert text == convert(CONFIGURATIONS[name])
    assert text.endswith("\n")
    assert max(map(len, text.splitlines())) <= 120
    recipe = Recipe.from_yaml(text)
    assert recipe.samples == yaml.safe_load(CONFIGURATIONS[name].read_text(encoding="utf-8"))["total_runs"]
    made = samples(recipe, 0, 3)
    data = made["series" if recipe.series else "images"]
    assert np.isfinite(data).all()


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_nothing_is_left_to_defaults(name: str) -> None:
    """A configuration is complete, so its recipe says every parameter itself."""
    for catalogue in recipe_of(name).catalogues.values():
        for entry in catalogue.objects:
            declared = kinds()[entry.kind].parameters_of(entry.form)
            unsaid = {p.name for p in declared if not p.found} - set(entry.parameters)
            assert unsaid <= {"amplitude", "gravity"}, unsaid


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_no_comment_stands_twice(name: str) -> None:
    blocks = re.findall(r"(?:^ *# .*\n)+", convert(CONFIGURATIONS[name]), flags=re.MULTILINE)
    assert blocks
    assert len(blocks) == len({" ".join(block.split()) for block in blocks})


COMMENTS = [
    ("default-sky", "`scale: true`"),
    ("default-sky", "the same until this is changed"),
    ("default-sky", "noise comes after the blur"),
    ("default-sky", "infinite up to alpha 1"),
    ("readme-stars", "starts every run from it"),
    ("readme-stars", "`subtract: true`"),
    ("readme-shapes", "seed 42"),
    ("readme-shapes", "`overlap: add`"),
    ("readme-shapes", "Not given: center."),
    ("shapes", "[x, y]"),
    ("shapes", "about a corner"),
    ("shapes", "adds line_width to the width and height"),
    ("shapes", "-radius / (2 vertices)"),
    ("shapes", "takes the number for radians"),
    ("shapes", "thinner than line_width"),
    ("shapes", "up to whole pixels"),
    ("shapes", "fills the disc"),
    ("shapes", "upwards"),
    ("scattered-shape", "ignores the key 'author', and so does this recipe"),
    ("scattered-shape", "is 'parameter_noise' meant?"),
    ("scattered-shape", "one draw from 0 to 2.5"),
    ("scattered-shape", "`instance` for the shape's parameters by mistake"),
    ("scattered-shape", "folder 'results/ellipses'"),
    ("sky", "ten times as large"),
    ("sky", "not square"),
    ("sky", "seed of one object"),
    ("sky", "complement of its pitch"),
    ("sky", "draws this once, when it is imported"),
    ("astro-star", "collections fail for single objects"),
    ("default-physics", "moves each of these times"),
    ("default-physics", "`solver: small_angle`"),
    ("pendulum", "no pendulum"),
    ("pendulum", "sqrt(2) times this"),
    ("pendulum", "makes no use of it"),
    ("hamiltonian", "L^4 times too large"),
    ("hamiltonian", "`noise: [{gaussian: {angle: 0.1, momentum: 0.1}}]`"),
    ("hamiltonian", "`parameter_noise: {length: 0.1}`"),
]


@pytest.mark.parametrize(("name", "words"), COMMENTS)
def test_comments_say_where_the_meaning_differs(name: str, words: str) -> None:
    comments = [line.strip()[2:] for line in convert(CONFIGURATIONS[name]).splitlines() if line.strip().startswith("#")]
    assert words in " ".join(comments)


def test_comments_keep_silent_where_nothing_differs() -> None:
    sharp = convert(CONFIGURATIONS["readme-stars"])
    assert "scale: true" not in sharp  # the configuration says false
    assert "ten times" not in sharp
    assert "corner" not in convert(CONFIGURATIONS["readme-shapes"])


# Light.


def blurred(image: FloatArray) -> FloatArray:
    """The scene on a wider canvas through the PSF, so that light crosses the frame's edges, cut to the frame."""
    quarter = gaussian_weights(0.7)
    weights = np.concatenate([quarter[:0:-1], quarter])
    for axis in (0, 1):
        image = correlate1d(image, weights, axis, mode="constant")
    return image[8:-8, 8:-8]


def wide_grid(height: int, width: int) -> tuple[FloatArray, FloatArray]:
    y, x = np.mgrid[-8 : height + 8, -8 : width + 8].astype(np.float64)
    return x, y


@pytest.mark.parametrize(
    ("name", "stars"),
    [
        ("default-sky", [(1.0, 14.0, 14.0, 1.0, 1.0)]),
        ("readme-stars", [(1.0, 5.5, 20.0, 0.8, 1.0), (1.0, 21.0, 8.25, 0.8, 1.0), (2.0, 14.0, 14.0, 0.8, 2.5)]),
        ("astro-star", [(4.0, 9.0, 17.0, 2.0, 3.0)]),
    ],
)
def test_stars_are_blurred_moffat_profiles_at_their_places(name: str, stars: list[tuple[float, ...]]) -> None:
    grid = wide_grid(28, 28)
    expected = blurred(sum(Moffat2D(*star)(*grid) for star in stars))
    np.testing.assert_allclose(image_of(name), expected, rtol=3e-5)


@pytest.mark.parametrize(
    ("name", "shape", "x", "y", "r_eff"), [("astro-galaxy", (28, 28), 10.5, 16, 4.0), ("sky", (48, 64), 12, 36, 5.0)]
)
def test_galaxies_are_blurred_sersic_profiles(
    name: str, shape: tuple[int, int], x: float, y: float, r_eff: float
) -> None:
    recipe = recipe_of(name, noise=[])
    others = [entry for c in recipe.catalogues.values() for entry in c.objects if entry.kind != "galaxy"]
    made = samples(recipe, 0, 4)
    galaxies = made.tables.objects["galaxy"]
    grid = wide_grid(*shape)
    for image, galaxy in zip(made["images"].astype(np.float64), galaxies, strict=True):
        expected = blurred(Sersic2D(1.0, r_eff, galaxy["n"], x, y, galaxy["ellip"], galaxy["theta"])(*grid))
        around = np.s_[int(y) - 4 : int(y) + 5, int(x) - 4 : int(x) + 5]
        np.testing.assert_allclose(image[around], expected[around], rtol=0.15 if others else 1e-4)
    assert len(set(galaxies["theta"])) == 4
    assert (np.abs(galaxies["theta"]) <= 1.5).all()


def test_a_spiral_stands_at_its_centre_with_as_many_arms_as_asked() -> None:
    image = image_of("astro-spiral")
    total, x, y = centroid(image)
    assert total > 0
    assert abs(x - 28) < 0.5
    assert abs(y - 35) < 0.5
    angle = np.radians(np.arange(0, 360, 2))
    ring = image[np.rint(35 + 10 * np.sin(angle)).astype(int), np.rint(28 + 10 * np.cos(angle)).astype(int)]
    waves = np.abs(np.fft.rfft(ring))[1:9]
    assert int(np.argmax(waves)) + 1 == 2


def test_the_spirals_pitch_is_the_angle_between_arm_and_circle() -> None:
    """DeepBench takes tan of its complement. An arm's ridge moves by d ln r = tan(pitch) d phi."""
    image = image_of("astro-spiral")
    angle = np.radians(np.arange(0.0, 360.0, 0.5))

    def ridge(radius: float) -> float:
        columns, rows = 28 + radius * np.cos(angle), 35 + radius * np.sin(angle)
        ring = image[np.rint(rows).astype(int), np.rint(columns).astype(int)]
        return float(np.angle((ring * np.exp(2j * angle)).sum()) / 2)

    inner, outer = 8.0, 16.0
    turned = (ridge(outer) - ridge(inner)) % np.pi
    expected = (np.log(outer / inner) / np.tan(0.35)) % np.pi
    assert abs((turned - expected + np.pi / 2) % np.pi - np.pi / 2) < 0.12


def test_noise_has_the_levels_asked_for() -> None:
    made = samples(recipe_of("sky"), 0, 40)
    noise = made["images"].astype(np.float64) - samples(recipe_of("sky", noise=[]), 0, 40)["images"]
    assert abs(noise.mean() - 0.75) < 0.01  # the star's 0.25 and the galaxy's 0.5
    assert abs(noise.var() - (0.75 + 0.05**2)) < 0.02
    assert not np.array_equal(noise[0], noise[1])


def test_images_without_objects_are_noise_alone() -> None:
    noise = samples(recipe_of("empty-sky"), 0, 50)["images"].astype(np.float64)
    assert abs(noise.mean() - 4) < 0.1
    assert abs(noise.var() - 4) < 0.2
    assert not samples(recipe_of("empty-shape"), 0, 2)["images"].any()


# Shapes.


def test_every_shape_has_its_place_and_size() -> None:
    image = image_of("shapes")
    assert image.shape == (60, 120)
    assert set(np.unique(image)) == {0.0, 1.0}
    upper = slice(28, 60)
    assert centroid(image, upper, slice(0, 35)) == (200.0, 19.5, 39.5)  # an even number of pixels each way
    assert np.ptp(np.nonzero(image[upper, :35])[0]) == 19  # upright: turned by 90 degrees
    area, x, y = centroid(image, upper, slice(35, 65))
    hexagon = 6 / 2 * np.sin(np.pi / 3)
    assert area == pytest.approx(hexagon * (8**2 - (8 - 2 / np.cos(np.pi / 6)) ** 2), rel=0.1)
    assert (x, y) == pytest.approx((50, 40), abs=0.2)
    area, x, y = centroid(image, upper, slice(66, 95))
    assert area == pytest.approx(np.pi * 19.1 * 9 / 4, rel=0.05)
    assert (x, y) == pytest.approx((80, 40), abs=0.1)
    area, x, y = centroid(image, slice(0, 28), slice(80, 120))
    assert area == pytest.approx(np.pi * (12**2 - 8**2), rel=0.05)
    assert (x, y) == pytest.approx((100, 15), abs=0.1)
    assert image[15, 100] == 0
    area, x, y = centroid(image, slice(0, 28), slice(0, 60))
    assert area == pytest.approx(2 * np.hypot(40, 20), rel=0.15)
    assert (x, y) == pytest.approx((30, 15), abs=0.3)
    assert image[24, 12] == image[6, 48] == 1  # from the upper left down to the right
    assert image[6, 12] == image[24, 48] == 0


def test_the_polygons_angle_is_in_degrees() -> None:
    """A hexagon turned by 30 degrees has a vertex on +x, 8 pixels from the centre."""
    image = image_of("shapes")
    assert image[40, 57] == 1
    assert image[32, 50] == 0


def test_the_readmes_rectangle_is_as_large_as_asked() -> None:
    recipe = recipe_of("readme-shapes", noise=[])
    (entry, arc) = recipe.catalogues["shapes"].objects
    alone = Recipe.from_yaml(recipe.to_yaml()).with_overrides({"catalogues.shapes.arc.amplitude": 0})
    assert (entry.kind, arc.kind) == ("rectangle", "arc")
    assert (samples(alone, 0, 20)["images"].sum(axis=(1, 2)) == 12 * 7).all()


def test_what_a_configuration_leaves_open_differs_from_sample_to_sample() -> None:
    made = quiet("default-shapes", 30)
    rectangles = made.tables.objects["rectangle"]
    for parameter in ("x", "y", "width", "height"):
        assert set(rectangles[parameter]) <= set(range(10, 16))
        assert len(set(rectangles[parameter])) > 3
    assert (made["images"].sum(axis=(1, 2)) == rectangles["width"] * rectangles["height"]).all()


def test_parameter_noise_reaches_to_both_sides_and_stays_in_range() -> None:
    ellipses = quiet("scattered-shape", 400).tables.objects["ellipse"]
    for parameter, low, high in (("x", 17.5, 22.5), ("y", 12.5, 17.5), ("width", 6.5, 11.5), ("height", 0.0, 4.0)):
        values = ellipses[parameter]
        assert low <= values.min() < low + 0.2
        assert high - 0.2 < values.max() <= high
    assert abs(np.corrcoef(ellipses["x"], ellipses["y"])[0, 1]) < 0.2
    assert (ellipses["fill"] == 1).all()


def test_the_name_is_the_folders() -> None:
    assert recipe_of("scattered-shape").name == "ellipses"
    assert recipe_of("shapes").name == "shapes"


@pytest.mark.parametrize("name", ["runs/1e3", "a: b", "# c", "x, y", "'quoted'", "null", "größe", "[1", ".nan", "-"])
def test_any_name_survives(tmp_path: Path, name: str) -> None:
    text = converted(tmp_path, STAR + yaml.safe_dump({"name": name}, allow_unicode=True))
    assert Recipe.from_yaml(text).name == name.rpartition("/")[2]


def test_seeds() -> None:
    assert recipe_of("readme-stars").seed == 11
    assert recipe_of("shapes").seed == 0
    assert recipe_of("default-sky").seed == 0


# Pendulums.


def swing(length: float, gravity: float, angle: float, times: FloatArray, damping: float = 0.0) -> FloatArray:
    """Angle and angular velocity of a pendulum released from rest."""
    solved = solve_ivp(
        lambda _, s: (s[1], -gravity / length * np.sin(s[0]) - damping * s[1]),
        (0.0, times[-1]),
        (angle, 0.0),
        t_eval=times,
        method="DOP853",
        rtol=1e-12,
        atol=1e-12,
    )
    states: FloatArray = solved.y
    return states


@pytest.mark.parametrize(
    ("name", "times"), [("default-physics", np.arange(10.0)), ("readme-pendulum", np.linspace(0.0, 1.0, 10))]
)
def test_pendulums_swing_as_their_equation_says(name: str, times: FloatArray) -> None:
    made = samples(recipe_of(name), 0, 3)
    angle, _ = swing(2.0, 9.8, 0.25, times)
    for series in made["series"]:
        np.testing.assert_allclose(series[:, 0], 2.0 * np.sin(angle), atol=1e-7)


def test_noise_on_a_pendulums_parameters_is_relative_and_fixed_in_time() -> None:
    made = samples(recipe_of("pendulum"), 0, 2000)
    rows = made.tables.objects["pendulum"]
    for parameter, nominal, level in (("length", 1.5, 0.1), ("big_g", 10.0, 0.05), ("phi_planet", 0.98, 0.02)):
        assert abs(rows[parameter].mean() / nominal - 1) < 4 * level / np.sqrt(2000)
        assert abs(rows[parameter].std() / (nominal * level) - 1) < 0.08
    assert (rows["angle"] == 1.2).all()
    times = np.array([0.0, 0.5, 2.0, 2.25])
    for row, series in zip(rows[:5], made["series"][:5], strict=True):
        damping = 0.1 / (2.0 * row["length"] ** 2)
        angle, _ = swing(row["length"], row["big_g"] * row["phi_planet"], 1.2, times, damping)
        np.testing.assert_allclose(series[:, 0], row["length"] * np.sin(angle), atol=1e-7)


def test_the_hamiltonian_pendulum_starts_at_its_angle_with_the_right_momentum() -> None:
    """Reference values at 3.7 s: angle -0.0750037, p -6.3169023."""
    made = samples(recipe_of("hamiltonian"), 0, 2)
    angle, momentum, velocity, force = made["series"][0].T
    assert made.outputs == ("angle", "momentum", "velocity", "force")
    assert (angle[0], momentum[0]) == (0.25, 0.0)
    assert angle[2] == pytest.approx(-0.07500374919988203, abs=1e-8)
    assert momentum[2] == pytest.approx(-6.31690225890737, abs=1e-6)
    np.testing.assert_allclose(velocity, momentum / (3 * 2.0**2), atol=1e-12)
    np.testing.assert_allclose(force, -3 * 9.8 * 2.0 * np.sin(angle), rtol=1e-9)


# How configurations may be written.


def parameters(text: str) -> dict[str, object]:
    (catalogue,) = yaml.safe_load(text)["catalogues"].values()
    (entry,) = catalogue["objects"]
    (values,) = entry.values()
    assert isinstance(values, dict)
    return values


@pytest.mark.parametrize(
    ("written", "parameter", "meant"),
    [
        ("width: 0x1F", "width", 31),
        ("width: 017", "width", 15),
        ("width: 1_2.5", "width", 12.5),
        ("width: [9]", "width", 9),
        ("fill: yes", "fill", True),
        ("fill: off", "fill", False),
        ("fill: 1", "fill", True),
        ("fill: TRUE", "fill", True),
        ("angle: -30.5", "angle", -30.5),
    ],
)
def test_values_mean_what_they_mean_to_deepbench(tmp_path: Path, written: str, parameter: str, meant: object) -> None:
    text = converted(tmp_path, RECTANGLE.replace("width: 8, ", "").replace("center:", f"{written}, center:"))
    assert parameters(text)[parameter] == meant


def test_merge_keys_bring_in_other_mappings(tmp_path: Path) -> None:
    text = RECTANGLE.replace("{center: [14, 14], width: 8, height: 6}", "&a {width: 8, center: [14, 14]}").replace(
        "instance: {}", "instance: {<<: *a, height: 6, width: 3}"
    )
    values = parameters(converted(tmp_path, text))
    assert values["height"] == 6
    assert values["width"] == 8  # `object` goes before `instance`
    with pytest.raises(RecipeError, match=r"config.yaml:7: .*needs a mapping"):
        converted(tmp_path, RECTANGLE.replace("instance: {}", "instance: {<<: 3}"))


def test_a_line_of_an_error_in_a_merged_mapping_is_that_of_its_source(tmp_path: Path) -> None:
    text = "extra: &a\n  height: tall\n" + RECTANGLE.replace("height: 6", "<<: *a")
    with pytest.raises(RecipeError) as caught:
        converted(tmp_path, text)
    assert (caught.value.line, caught.value.key) == (2, "object_parameters.rectangle.object.height")


def test_a_filled_shape_needs_no_line_and_a_thin_line_is_widened(tmp_path: Path) -> None:
    filled = parameters(converted(tmp_path, RECTANGLE.replace("width: 8", "width: 8, fill: true, line_width: 0")))
    assert filled["fill"] is True
    line = "line: {object: {start: [2, 2], end: [9, 9], line_width: 0.5}, instance: {}}"
    text = converted(tmp_path, RECTANGLE[: RECTANGLE.index("  rectangle")] + f"  {line}\n")
    assert parameters(text)["line_width"] == 1
    assert "0.5 in the configuration" in text


@pytest.mark.parametrize(
    ("theta1", "theta2", "expected"), [(10, 410, 50), (0, 720, 720), (300, 75, 75), (20, 380, 380)]
)
def test_arcs_of_more_than_a_turn(tmp_path: Path, theta1: int, theta2: int, expected: int) -> None:
    arc = f"arc: {{object: {{theta1: {theta1}, theta2: {theta2}}}, instance: {{}}}}"
    text = converted(tmp_path, RECTANGLE[: RECTANGLE.index("  rectangle")] + f"  {arc}\n")
    assert parameters(text)["theta2"] == expected


def test_gravity_is_that_of_the_planet_where_its_noise_is_null(tmp_path: Path) -> None:
    both = PENDULUM.replace("acceleration", "big_G_newton: 2, phi_planet: 4.9, acceleration")
    text = converted(tmp_path, both)
    assert (parameters(text)["gravity"], "big_g" in parameters(text)) == (9.8, False)
    null = both.replace("big_G", "noise_std_percent: {acceleration_due_to_gravity: null, phi_planet: 0.1}, big_G")
    values = parameters(converted(tmp_path, null))
    assert (values["form"], values["big_g"], values["phi_planet"]) == ("hierarchical", 2, 4.9)


def test_noise_of_what_plays_no_part_is_named(tmp_path: Path) -> None:
    unused = PENDULUM.replace("acceleration", "noise_std_percent: {phi_planet: 0.1, big_G_newton: null}, acceleration")
    assert "Not used, since gravity is given: noise of phi_planet." in converted(tmp_path, unused)


def test_noiseless_series(tmp_path: Path) -> None:
    noisy = PENDULUM.replace("acceleration", "noise_std_percent: {starting_angle_radians: 0.1}, acceleration")
    assert Recipe.from_yaml(converted(tmp_path, noisy)).parameter_noise
    text = converted(tmp_path, noisy.replace("time:", "noiseless: true, time:"))
    assert not Recipe.from_yaml(text).parameter_noise
    assert "angle: 0.1" in text


@pytest.mark.parametrize(
    ("time", "axis"),
    [
        ("[0, 0.5, 1]", {"start": 0, "stop": 1, "steps": 3}),
        ("[1, 2, 4]", {"times": [1, 2, 4]}),
        ("[0, 3]", {"times": [0, 3]}),
        ("2.5", {"times": [2.5]}),
    ],
)
def test_times(tmp_path: Path, time: str, axis: dict[str, object]) -> None:
    data = yaml.safe_load(converted(tmp_path, PENDULUM.replace("[0.0, 1.0, 2.0]", time)))
    assert data["series"] == {**axis, "outputs": ["x"]}


def test_whole_numbers_as_times_are_remarked_on(tmp_path: Path) -> None:
    words = "cuts length, angle and gravity to whole numbers"
    whole = PENDULUM.replace("[0.0, 1.0, 2.0]", "[0, 1, 2]")
    assert words in converted(tmp_path, whole)
    assert words not in converted(tmp_path, PENDULUM)
    assert words not in converted(tmp_path, whole.replace("Pendulum", "HamiltonianPendulum"))


def test_keys_beside_object_and_instance_are_remarked_on(tmp_path: Path) -> None:
    for config in (STAR, RECTANGLE):
        text = converted(tmp_path, config.replace("instance: {}", "instance: {}, objekt: 3"))
        assert "DeepBench ignores the key 'objekt' (is 'object' meant?)." in text


def test_a_null_seed_and_a_null_name_are_none(tmp_path: Path) -> None:
    recipe = Recipe.from_yaml(converted(tmp_path, "seed: null\nname: ~\n" + STAR))
    assert (recipe.seed, recipe.name) == (0, "config")
