"""Grids in recipes."""

from __future__ import annotations

import numpy as np
import pytest

from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe import Recipe
from deepbench_fast.values.distributions import Grid, Offset, parse_distribution


def test_both_forms() -> None:
    assert parse_distribution({"grid": [3, 1, 2.5]}) == Grid((3, 1, 2.5))
    spaced = parse_distribution({"grid": {"low": 0.1, "high": 0.7, "steps": 7}})
    assert isinstance(spaced, Grid)
    np.testing.assert_allclose(spaced.values, np.linspace(0.1, 0.7, 7), rtol=1e-15)
    assert (spaced.values[0], spaced.values[-1]) == (0.1, 0.7)
    assert parse_distribution(spaced.to_yaml_data()) == spaced
    assert parse_distribution({"offset": {"from": "x", "by": {"grid": [0, 1]}}}) == Offset("x", Grid((0, 1)))


def test_nature() -> None:
    assert Grid((3, 1, 2)).support == (1, 3)
    assert Grid((3, 1, 2)).is_integer
    assert Grid((3, 1, 2)).is_random
    assert not Grid((3, 1, 2.5)).is_integer
    assert not Grid((3,)).is_random
    assert str(Grid((1, 2))) == "grid [1, 2]"
    assert str(parse_distribution({"grid": {"low": 0, "high": 1, "steps": 5000}})) == "grid of 5000 values from 0 to 1"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ([], "must hold from 1 to 10000 values, not 0"),
        (list(range(10_001)), "must hold from 1 to 10000 values, not 10001"),
        ([1, 2, 1], "must hold every value once"),
        ([1, "a"], "must be a number, not 'a'"),
        ([1, float("nan")], "must be a finite number"),
        (3, "a list of numbers"),
        ("12", "a list of numbers"),
        ({"low": 0, "high": 1}, "lacks its steps"),
        ({"low": 0, "high": 1, "steps": 1}, "steps must be a whole number from 2 to 10000, not 1"),
        ({"low": 0, "high": 1, "steps": 10**6}, "steps must be a whole number from 2"),
        ({"low": 0, "high": 1, "step": 0.1}, "did you mean 'steps'"),
        ({"low": 1, "high": 0, "steps": 3}, "must not be above"),
        ({"low": 1, "high": 1, "steps": 3}, "must hold every value once"),
        ({"low": 0, "high": 5e-324, "steps": 9}, "must hold every value once"),
    ],
)
def test_what_is_no_grid(data: object, problem: str) -> None:
    with pytest.raises(RecipeError, match=problem) as caught:
        parse_distribution({"grid": data})
    assert "\n" not in str(caught.value)


def test_every_value_is_checked() -> None:
    text = "catalogues:\n  a:\n    objects:\n    - galaxy:\n        n: {grid: [1, 99]}\n"
    with pytest.raises(RecipeError, match=r"from 0\.5 to 10, but grid \[1, 99\] reaches from 1 to 99") as caught:
        Recipe.from_yaml(text, source="sweep.yaml")
    assert str(caught.value).startswith("sweep.yaml:5: catalogues.a.galaxy.n:")
    with pytest.raises(RecipeError, match="whole number"):
        Recipe.of_kind("galaxy").set("catalogues.galaxy.galaxy.count", "{grid: [1, 1.5]}")
    Recipe.of_kind("rectangle").set("catalogues.rectangle.rectangle.fill", "{grid: [0, 1]}")
    with pytest.raises(RecipeError, match="0 or 1"):
        Recipe.of_kind("rectangle").set("catalogues.rectangle.rectangle.fill", "{grid: [0, 2]}")
