"""Positions that scale with the image."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from deepbench_fast import Recipe, samples
from deepbench_fast.errors import RecipeError
from deepbench_fast.kinds.registry import kinds
from deepbench_fast.values.distributions import Constant, Frame, Uniform, parse_distribution


def of_galaxy(text: str, shape: str = "[32, 48]") -> Recipe:
    return Recipe.from_yaml(f"image: {{shape: {shape}}}\ncatalogues: {{a: {{objects: [galaxy: {{{text}}}]}}}}")


@pytest.mark.parametrize(
    ("data", "law"),
    [
        ({"frame": 0.5}, Frame(Fraction(1, 2), Fraction(1, 2))),
        ({"frame": [0, 1]}, Frame(Fraction(0), Fraction(1))),
        ({"frame": [-0.1, 1.1]}, Frame(Fraction(-1, 10), Fraction(11, 10))),
        ({"frame": "16/31"}, Frame(Fraction(16, 31), Fraction(16, 31))),
        ({"frame": ["1/3", 0.75]}, Frame(Fraction(1, 3), Fraction(3, 4))),
    ],
)
def test_it_is_read_and_written(data: object, law: Frame) -> None:
    assert parse_distribution(data) == law == parse_distribution(law.to_yaml_data())


@pytest.mark.parametrize("pixels", [1, 2, 28, 255, 16_384])
@pytest.mark.parametrize(("low", "high"), [(0, 1), ("0.25", "0.75"), ("1/3", "2/3"), (-2, 3)])
def test_it_is_a_uniform_law_of_pixels_exactly_rounded(low: str, high: str, pixels: int) -> None:
    low_part, high_part = Fraction(low), Fraction(high)
    low_end, high_end = float(low_part * (pixels - 1)), float(high_part * (pixels - 1))
    expected = Uniform(low_end, high_end) if pixels > 1 else Constant(0.0)
    assert Frame(low_part, high_part).on(pixels) == expected
    assert Frame(low_part, low_part).on(pixels) == Constant(low_end)


@pytest.mark.parametrize("name", ["star", "galaxy", "lens", "rectangle", "line"])
def test_it_is_for_every_position_along_its_own_axis(name: str) -> None:
    positions = [p.name for p in kinds()[name].parameters if p.axis is not None]
    assert len(positions) in (2, 4)
    recipe = Recipe.of_kind(name).with_overrides({"size": [20, 50]})
    for position in positions:
        recipe = recipe.set(f"{name}.{position}", {"frame": [0.1, 1]})
    (entry,) = recipe.resolved().catalogues[name].objects
    for position in positions:
        last = 19 if position.startswith("y") else 49
        assert entry.parameters[position] == Uniform(float(Fraction(last, 10)), last)


def test_it_follows_the_size_and_draws_what_the_uniform_law_draws() -> None:
    free, fixed = of_galaxy("x: {frame: [0, 1]}, y: {frame: 0.5}"), of_galaxy("x: {uniform: [0, 47]}, y: 15.5")
    assert free.hash() == fixed.hash()
    assert free.to_yaml() == fixed.to_yaml()
    np.testing.assert_array_equal(samples(free, 0, 9)["image"], samples(fixed, 0, 9)["image"])
    larger = free.with_overrides({"size": [64, 96]})
    assert larger.hash() == of_galaxy("x: {uniform: [0, 95]}, y: 31.5", "[64, 96]").hash()


@pytest.mark.parametrize("size", [[64, 64], [40, 300]])
@pytest.mark.parametrize("name", ["sky", "lensing", "mixed", "deepuq"])
def test_centres_of_built_in_recipes_stay_in_the_frame(name: str, size: list[int]) -> None:
    batch = samples(Recipe.builtin(name).with_overrides({"size": size}), 0, 40)
    for table in batch.tables.objects.values():
        for axis, last in (("y", size[0] - 1), ("x", size[1] - 1)):
            assert table[axis].min() >= 0
            assert table[axis].max() <= last
        middle = {(size[0] - 1) / 2, (size[1] - 1) / 2}
        if {"radius", "theta1"} <= set(table.dtype.names) and name == "lensing":  # arcs about the centre
            assert set(table["x"]) | set(table["y"]) == middle


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("r_eff: {frame: 0.5}", "galaxy.r_eff: can't be a part of the frame: that is for positions (x, y)"),
        ("count: {frame: 1}", "galaxy.count: can't be a part of the frame: that is for positions"),
        ("x: {frame: [1, 0]}", "galaxy.x: frame: low (1) must be below high (0)"),
        ("x: {frame: [0]}", "galaxy.x: frame: must be one number or two, [low, high], not [0]"),
        ("x: {frame: middle}", "galaxy.x: frame: must be a number or a fraction like 1/3, not 'middle'"),
        ("x: {frame: 3 pix}", "galaxy.x: has no unit: write a number, not '3 pix'"),
        ("x: {offset: {from: y, by: {frame: 1}}}", "galaxy.x: offset: by must be a number or a distribution that"),
        ("x: {frame: 1e300}", "galaxy.x: must be from -1000000 to 1000000 pix"),
    ],
)
def test_what_is_wrong_is_one_line(text: str, problem: str) -> None:
    with pytest.raises(RecipeError) as caught:
        of_galaxy(text)
    assert problem in str(caught.value)


def test_it_is_for_no_noise_and_no_system_that_moves() -> None:
    for text in (
        "noise: {gaussian: {sigma: {frame: 1}}}\ncatalogues: {a: {objects: [star]}}",
        "catalogues: {a: {objects: [n_body: {x: {frame: 1}}]}}",
        "catalogues: {a: {objects: [pendulum: {length: {frame: 1}}]}}",
    ):
        with pytest.raises(RecipeError):
            Recipe.from_yaml(text)
