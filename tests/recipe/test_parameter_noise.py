"""Noise on the parameters of systems, in recipes: relative and absolute, what it may be, and whom it concerns."""

from __future__ import annotations

import pickle

import pytest

from deepbench_fast import Recipe
from deepbench_fast.authoring.ladders import ladder
from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe.parameter_noise import Absolute, parse_parameter_noise
from deepbench_fast.values.distributions import Constant, Grid, Uniform

TEXT = """name: swings
series: {stop: 5, steps: 5}
parameter_noise: %s
catalogues:
  a: {objects: [{pendulum: %s}]}
  b: {%s objects: [hamiltonian_pendulum]}
"""


def swings(levels: str, pendulum: str = "{}", own: str = "") -> Recipe:
    return Recipe.from_yaml(TEXT % (levels, pendulum, own and f"parameter_noise: {own},"), source="swings.yaml")


def test_a_level_is_relative_or_absolute() -> None:
    levels = parse_parameter_noise({"length": 0.1, "velocity": {"absolute": {"uniform": [0, 1]}}})
    assert levels == {"length": Constant(0.1), "velocity": Absolute(Uniform(0, 1))}
    assert parse_parameter_noise(levels) == levels
    assert hash(levels["velocity"]) == hash(Absolute(Uniform(0, 1)))
    assert pickle.loads(pickle.dumps(levels)) == levels
    assert str(levels["velocity"]) == "absolute {uniform: [0, 1]}"
    assert parse_parameter_noise({"mass": {"absolute": {"grid": [0, 1]}}}) == {"mass": Absolute(Grid((0, 1)))}


def test_absolute_levels_are_in_the_parameters_unit() -> None:
    levels = swings("{velocity: {absolute: 180 deg / min}, mass: {absolute: {uniform: [1 g, 5 g]}}}").parameter_noise
    assert levels["velocity"].support[0] == pytest.approx(0.05235987755982988)
    assert levels["mass"].support == pytest.approx((0.001, 0.005))


def test_the_recipe_in_the_file_says_the_same() -> None:
    recipe = swings("{velocity: {absolute: 0.5}, length: 0.1}", "{}", "{angle: {absolute: {uniform: [0, 0.1]}}}")
    assert Recipe.from_yaml(recipe.to_yaml()) == recipe.resolved()
    relative = swings("{velocity: 0.1}", "{velocity: 5}")
    assert relative.set("parameter_noise.velocity", {"absolute": 0.1}).hash() != relative.hash()


def test_weaker_noise_is_on_the_ladder() -> None:
    half, whole = ladder(swings("{velocity: {absolute: 0.5}, length: 0.1}"), "noise", 3)[1:]
    assert whole.parameter_noise == {"velocity": Absolute(Constant(0.5)), "length": Constant(0.1)}
    assert half.parameter_noise == {"velocity": Absolute(Constant(0.25)), "length": Constant(0.05)}
    assert Recipe.from_yaml(half.to_yaml()) == half.resolved()


def test_noise_that_is_nothing_without_a_class_is_left_out_with_it() -> None:
    text = TEXT % ("{velocity: 0.1}", "{}", "") + "  c: {objects: [{pendulum: {velocity: 1}}]}\n"
    fewer, whole = ladder(Recipe.from_yaml(text), "classes", 2)
    assert (list(fewer.catalogues), fewer.parameter_noise) == (["a", "b"], {})
    assert whole.parameter_noise
    assert Recipe.from_yaml(fewer.to_yaml())


def test_relative_noise_on_what_moves_somewhere_is_some() -> None:
    assert swings("{velocity: 0.1}", "{velocity: 1}").parameter_noise_of("b") == {"velocity": Constant(0.1)}
    assert swings("{velocity: 0}").parameter_noise  # as the lowest rung of a ladder has it
    assert swings("{friction: {absolute: 0}}", "{solver: exact}")


@pytest.mark.parametrize(
    ("levels", "pendulum", "own", "key", "words"),
    [
        ("{velocity: 0.1}", "{}", "", "parameter_noise.velocity", "always 0: give it in rad / s, e.g. {velocity: {abs"),
        ("{friction: 0.1}", "{}", "", "parameter_noise.friction", "always 0: give it in N m s"),
        ("{}", "{}", "{velocity: 0.1}", "catalogues.b.parameter_noise.velocity", "velocity is always 0"),
        ("{velocity: {absolute: 1}}", "{solver: exact}", "", "parameter_noise.velocity", "with solver exact"),
        ("{friction: {absolute: 1}}", "{solver: exact}", "", "parameter_noise.friction", "velocity to be 0"),
        ("{velocity: {absolute: 30}}", "{}", "", "parameter_noise.velocity", "must be from 0 to 20 rad / s, not 30"),
        ("{angle: {absolute: 40 deg}}", "{}", "", "parameter_noise.angle", "must be from 0 to 0.62 rad"),
        (
            "{length: {absolute: 0.3}}",
            "{}",
            "",
            "parameter_noise.length",
            "0.2 m, a fifth of the least length, not",
        ),
        ("{mass: {absolute: {uniform: [0, 1]}}}", "{}", "", "parameter_noise.mass", "but uniform [0, 1] can be more"),
        ("{friction: {absolute: 2}}", "{}", "", "parameter_noise.friction", "1.25262 N m s, a fifth of the least fric"),
        ("{big_g: {absolute: 1}}", "{form: hierarchical}", "", "parameter_noise.big_g", "must be at most 1.33486e-11"),
        ("{friction: {absolute: 2}}", "{form: hierarchical}", "", "parameter_noise.friction", "at most 1.253"),
        ("{velocity: {absolute: 1}}", "{}", "{velocity: 0}", "catalogues.b.parameter_noise.velocity", "absolute in a"),
        ("{velocity: {absolute: 1 m}}", "{}", "", "parameter_noise.velocity", "must be in rad / s"),
        ("{velocity: 0.1 rad / s}", "{}", "", "parameter_noise.velocity", "has no unit"),
        ("{velocity: {absolut: 1}}", "{}", "", "parameter_noise.velocity", "did you mean 'absolute'?"),
        ("{velocity: {absolute: }}", "{}", "", "parameter_noise.velocity", "must be a number"),
        (
            "{velocity: {absolute: {absolute: 1}}}",
            "{}",
            "",
            "parameter_noise.velocity",
            "distribution 'absolute'",
        ),
        ("{mass: {absolute: {scaled: {by: length, of: 1}}}}", "{}", "", "parameter_noise.mass", "can't be scaled"),
        ("{velocity: {absolute: -1}}", "{}", "", "parameter_noise.velocity", "must be from 0 to 20 rad / s, not -1"),
    ],
)
def test_what_can_not_be_is_named_with_file_line_and_key(
    levels: str, pendulum: str, own: str, key: str, words: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        swings(levels, pendulum, own)
    assert words in caught.value.problem
    line = 6 if key.startswith("catalogues") else 3
    assert str(caught.value).startswith(f"swings.yaml:{line}: {key}: ")
