"""Configurations for DeepBench 0.2.3 that are refused: one line with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast.authoring.deepbench import convert
from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe import Recipe
from tests.recipe.configurations import CONFIGURATIONS, PENDULUM, RECTANGLE, STAR, converted

WRONG = [
    ("", 1, "", "is empty"),
    ("# nothing but a comment\n", 1, "", "is empty"),
    ("[1, 2]", 1, "", "must be keys with values"),
    ("just text", 1, "", "must be keys with values"),
    ("a: [1", 1, "", "not valid YAML"),
    ("a: !!python/object:os.system {}", 1, "", "tags"),
    ("a: !!int 3", 1, "", "tags"),
    ("a: &a [*a]", 1, "", "refers to nothing"),
    ("a: &a [x, x]\nb: &b [" + "*a, " * 400 + "]\nc: &c [" + "*b, " * 400 + "]\n", 3, "", "values"),
    ("a: " + "[" * 30 + "]" * 30, 1, "", "deep"),
    ("a: 1\n---\nb: 2", 2, "", "second document"),
    ("a: 1\nb: 2\na: 3", 3, "", "twice"),
    ("a: " + "x" * 2**20, None, "", "longer"),
    (STAR.replace("object_type: sky", "object_typ: sky"), 1, "object_type", "is missing"),
    (STAR.replace("total_runs: 2", ""), 1, "total_runs", "is missing"),
    (STAR.replace("total_runs: 2", "total_runs:"), 4, "total_runs", "has no value"),
    (STAR.replace("type: sky", "type: skyy"), 2, "object_type", "did you mean 'sky'"),
    (STAR.replace("SkyImage", "SkyImages"), 3, "object_name", "did you mean 'SkyImage'"),
    (STAR.replace("SkyImage", "ShapeImage"), 3, "object_name", "allowed: SkyImage"),
    (STAR.replace("SkyImage", "[a]"), 3, "object_name", "must be text"),
    (STAR.replace("runs: 2", "runs: 0"), 4, "total_runs", "whole number from 1"),
    (STAR.replace("runs: 2", "runs: 2.5"), 4, "total_runs", "whole number"),
    (STAR.replace("runs: 2", "runs: many"), 4, "total_runs", "whole number"),
    (STAR.replace("runs: 2", "runs: true"), 4, "total_runs", "whole number"),
    (STAR + "seed: -1", 8, "seed", "whole number from 0"),
    (STAR + "seed: [1, 2]", 8, "seed", "whole number"),
    (STAR + "name: [a]", 8, "name", "text"),
    (STAR + "parameter_noise: -0.1", 8, "parameter_noise", "0 or above"),
    (STAR + "parameter_noise: some", 8, "parameter_noise", "a number"),
    (STAR.replace("{image_shape: [16, 16]}", "16"), 5, "image_parameters", "keys with values"),
    (STAR.replace("image_shape", "image_shap"), 5, "image_parameters.image_shap", "did you mean 'image_shape'"),
    (STAR.replace("[16, 16]", "[16, 16, 3]"), 5, "image_parameters.image_shape", "two whole numbers"),
    (STAR.replace("[16, 16]", "[16, 0]"), 5, "image_parameters.image_shape", "whole number from 1"),
    (STAR.replace("[16, 16]", "[16, 10.5]"), 5, "image_parameters.image_shape", "whole number"),
    (STAR.replace("[16, 16]", "[16, 16], scale: 3"), 5, "image_parameters.scale", "true or false"),
    (
        STAR.replace("[16, 16]", "[16, 16], object_noise_type: salt"),
        5,
        "image_parameters.object_noise_type",
        "gaussian",
    ),
    (
        STAR.replace("[16, 16]", "[16, 16], object_noise_level: -1"),
        5,
        "image_parameters.object_noise_level",
        "0 or above",
    ),
    (
        STAR.replace("[16, 16]", "[16, 16], object_noise_level: .nan"),
        5,
        "image_parameters.object_noise_level",
        "finite",
    ),
    (
        STAR.replace("[16, 16]", "[16, 16], object_noise_type: poisson, object_noise_level: 1e10"),
        5,
        "image_parameters.object_noise_level",
        "must be from 0 to 1e9",
    ),
    (STAR.replace("star:", "sta:"), 7, "object_parameters.sta", "did you mean 'star'"),
    (STAR.replace("instance: {}", "instanse: {}"), 7, "object_parameters.star.instanse", "did you mean 'instance'"),
    (STAR.replace("{center_x: 5, center_y: 7}", "[5, 7]"), 7, "object_parameters.star.object", "keys with values"),
    (STAR.replace("center_x: 5, ", ""), 7, "object_parameters.star.object.center_x", "is missing"),
    (STAR.replace("center_x: 5", "center_x: left"), 7, "object_parameters.star.object.center_x", "a number"),
    (STAR.replace("center_x: 5", "center_x: [5, 6]"), 7, "object_parameters.star.object.center_x", "a number"),
    (STAR.replace("center_x: 5", "center_z: 5"), 7, "object_parameters.star.object.center_z", "did you mean"),
    (STAR.replace("{}", "{radius: 0}"), 7, "object_parameters.star.instance.radius", "must be"),
    (STAR.replace("{}", "{noise_level: [1, 2]}"), 7, "object_parameters.star.instance.noise_level", "a number"),
    (STAR.replace("{}", "{amplitude: -1}"), 7, "object_parameters.star.instance.amplitude", "must be"),
    (STAR.replace("star", "galaxy").replace("{}", "{n: 12}"), 7, "object_parameters.galaxy.instance.n", "0.5 to 10"),
    (
        STAR.replace("star", "galaxy").replace("{}", "{ellipse: 1.0}"),
        7,
        "object_parameters.galaxy.instance.ellipse",
        "0 to 0.95",
    ),
    (
        STAR.replace("star", "spiral_galaxy").replace("{}", "{spiral_pitch: 1.4}"),
        7,
        "object_parameters.spiral_galaxy.instance.spiral_pitch",
        "must be from",
    ),
    (
        STAR.replace("star", "spiral_galaxy").replace("{}", "{winding_number: 9}"),
        7,
        "object_parameters.spiral_galaxy.instance.winding_number",
        "from 1 to 8",
    ),
    (
        STAR.replace("type: sky", "type: astro").replace("SkyImage", "NBodyObject"),
        3,
        "object_name",
        "makes nothing",
    ),
    (
        STAR.replace("type: sky", "type: astro").replace("SkyImage", "StarObject"),
        5,
        "image_parameters.image_dimensions",
        "",
    ),
    (RECTANGLE.replace("[14, 14]", "[14]"), 7, "object_parameters.rectangle.object.center", "two numbers"),
    (RECTANGLE.replace("[14, 14]", "[14, up]"), 7, "object_parameters.rectangle.object.center", "a number"),
    (RECTANGLE.replace("width: 8", "width: 0"), 7, "object_parameters.rectangle.object.width", "from 1e-9 to"),
    (RECTANGLE.replace("width: 8", "width: true"), 7, "object_parameters.rectangle.object.width", "a number"),
    (RECTANGLE.replace("width: 8", "fill: maybe"), 7, "object_parameters.rectangle.object.fill", "true or false"),
    (RECTANGLE.replace("width: 8", "line_width: 0"), 7, "object_parameters.rectangle.object.line_width", "above 0"),
    (
        RECTANGLE.replace("instance: {}", "instance: {widht: 3}"),
        7,
        "object_parameters.rectangle.instance.widht",
        "width",
    ),
    (
        RECTANGLE.replace("rectangle", "polygon").replace("width: 8, height: 6", "vertices: 2"),
        7,
        "object_parameters.polygon.object.vertices",
        "whole number from 3",
    ),
    (
        RECTANGLE.replace(
            "rectangle: {object: {center: [14, 14], width: 8, height: 6}", "line: {object: {start: [1, 1], end: [1, 1]}"
        ),
        7,
        "object_parameters.line.object.end",
        "must differ",
    ),
    (RECTANGLE.replace("rectangle:", "- rectangle: 3\n  - arc:"), 7, "object_parameters.rectangle", "keys with values"),
    (RECTANGLE.replace("[28, 28]", "[28, x]"), 5, "image_parameters.image_shape", "whole number"),
    (PENDULUM.replace("[0.0, 1.0, 2.0]", "[]"), 6, "object_parameters.time", "at least one"),
    (PENDULUM.replace("[0.0, 1.0, 2.0]", "[0, 2, 1]"), 6, "object_parameters.time", "later than"),
    (PENDULUM.replace("[0.0, 1.0, 2.0]", "[-1, 2]"), 6, "object_parameters.time", "from 0"),
    (PENDULUM.replace("[0.0, 1.0, 2.0]", "[0, soon]"), 6, "object_parameters.time", "a number"),
    (PENDULUM.replace("[0.0, 1.0, 2.0]", "{a: 1}"), 6, "object_parameters.time", "a number"),
    (PENDULUM.replace("[0.0, 1.0, 2.0]", "[0, 99999]"), 5, "image_parameters.pendulum_arm_length", "too short"),
    (PENDULUM.replace("time", "times"), 6, "object_parameters.times", "did you mean 'time'"),
    (PENDULUM.replace("radians: 0.5", "radians: 3.14"), 5, "image_parameters.starting_angle_radians", "3.1"),
    (PENDULUM.replace("length: 2", "length: -2"), 5, "image_parameters.pendulum_arm_length", "0.01"),
    (
        PENDULUM.replace(", acceleration_due_to_gravity: 9.8", ""),
        5,
        "image_parameters.acceleration_due_to_gravity",
        "missing",
    ),
    (
        PENDULUM.replace("acceleration_due_to_gravity: 9.8", "phi_planet: 9"),
        5,
        "image_parameters.big_G_newton",
        "missing",
    ),
    (PENDULUM.replace("9.8", "9.8, coefficient_friction: 1e6"), 5, "image_parameters.coefficient_friction", "below"),
    (
        PENDULUM.replace("9.8", "9.8, noise_std_percent: {pendulum_arm_length: 0.5}"),
        5,
        "image_parameters.noise_std_percent.pendulum_arm_length",
        "0 to 0.2",
    ),
    (
        PENDULUM.replace("9.8", "9.8, noise_std_percent: {pendulum_arm: 0.5}"),
        5,
        "image_parameters.noise_std_percent.pendulum_arm",
        "did you mean 'pendulum_arm_length'",
    ),
    (
        PENDULUM.replace("Pendulum", "HamiltonianPendulum").replace("9.8", "9.8, phi_planet: 3"),
        5,
        "image_parameters.phi_planet",
        "",
    ),
    (PENDULUM.replace("Pendulum", "PhysicsObject"), 3, "object_name", "allowed: Pendulum, HamiltonianPendulum"),
]


@pytest.mark.parametrize(("text", "line", "key", "words"), WRONG)
def test_errors_name_file_line_and_key(tmp_path: Path, text: str, line: int | None, key: str, words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        converted(tmp_path, text)
    error = caught.value
    message = str(error)
    assert (error.line, error.key) == (line, key)
    assert words in error.problem
    assert message.startswith(f"{tmp_path}/config.yaml:" + (f"{line}: " if line else " "))
    assert "\n" not in message
    assert len(message) < 1200


def test_a_key_that_breaks_the_line_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        converted(tmp_path, STAR.replace("center_x: 5", '"a\\nb": 5'))
    assert "\n" not in str(caught.value)
    text = converted(tmp_path, STAR + '"# a\\nb: \\u2028": 5\n')
    assert Recipe.from_yaml(text).samples == 2


def test_a_missing_file_and_a_file_that_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="can't be read"):
        convert(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"a: \xff")
    with pytest.raises(RecipeError, match="UTF-8"):
        convert(tmp_path / "bytes.yaml")


LEAVES = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        0.5,
        3,
        1e9,
        1e300,
        10**400,
        "",
        "x",
        "!",
        "yes",
        [],
        [1],
        [1, 2],
        [[1], 2],
        {},
        {"x": 1},
        ".nan",
    ]
)


def leaves(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(leaf for step, item in items for leaf in leaves(item, (*path, step)))]


def refusal(directory: Path, text: str) -> RecipeError | None:
    """Why a configuration is refused; None where it becomes a recipe that loads."""
    try:
        recipe = converted(directory, text)
    except RecipeError as error:
        return error
    Recipe.from_yaml(recipe)
    return None


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")


@given(data=st.data())
@settings(derandomize=True, database=None, deadline=None, max_examples=300)
def test_whatever_a_value_is_there_is_a_recipe_or_one_line(scratch: Path, data: st.DataObject) -> None:
    """One value of a configuration is replaced by another, of any type."""
    name = data.draw(st.sampled_from(list(CONFIGURATIONS)))
    config = yaml.safe_load(CONFIGURATIONS[name].read_text(encoding="utf-8"))
    *path, last = data.draw(st.sampled_from(leaves(config)[1:]))
    owner = config
    for step in path:
        owner = owner[step]
    owner[last] = data.draw(LEAVES)
    error = refusal(scratch, yaml.safe_dump(config))
    assert error is None or (error.key and error.line and "\n" not in str(error))
