"""Recipes from data that Python's users have: arrays, tuples, quantities."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import pandas as pd
import pytest
from astropy import units as u

from deepbench_fast import Recipe, RecipeError
from deepbench_fast.values.python_data import as_data

LIST = [1.0, 1.5, 2.0]


def star(key: str, value: Any) -> str:
    return Recipe.of_kind("star").set(key, value).hash()


@pytest.mark.parametrize("values", [np.array(LIST), tuple(LIST), pd.Series(LIST), np.array(LIST, "f4"), LIST * u.pix])
def test_arrays_are_lists(values: Any) -> None:
    assert star("gamma", {"choice": values}) == star("gamma", {"choice": LIST})
    given, plain = {"values": values, "weights": np.ones(3)}, {"values": LIST, "weights": [1, 1, 1]}
    assert star("gamma", OrderedDict(choice=given)) == star("gamma", {"choice": plain})


@pytest.mark.parametrize(
    ("key", "value", "plain"),
    [
        ("image.shape", np.array([4, 5]), [4, 5]),
        ("image.coverage", np.True_, True),
        ("samples", np.array(7), 7),
        ("gamma", np.float64(1.5), 1.5),
        ("gamma", np.array(1.5), 1.5),
        ("gamma", {"uniform": (1 * u.pix, 2.0)}, {"uniform": [1, 2]}),
        ("targets", np.array(["catalogue", "star.x"]), ["catalogue", "star.x"]),
    ],
)
def test_values_of_numpys_are_plain_values(key: str, value: Any, plain: Any) -> None:
    assert star(key, value) == star(key, plain)


def test_quantities_are_converted() -> None:
    galaxy = Recipe.of_kind("galaxy")
    assert galaxy.set("theta", 30 * u.deg) == galaxy.set("theta", "30 deg")
    assert galaxy.set("ellip", 30 * u.percent) == galaxy.set("ellip", 0.3)
    pendulum = Recipe.of_kind("pendulum")
    assert pendulum.set("series.times", [0, 1, 2] * u.min) == pendulum.set("series.times", [0, 60, 120])
    scaled, plain = (
        Recipe(
            image={"shape": (9, 9), "pixel_scale": scale},
            catalogues={"a": {"objects": ({"galaxy": {"r_eff": size}},)}},
        )
        for scale, size in ((0.2 * u.arcsec, 3 * u.arcsec), (0.2, 15))
    )
    assert scaled == plain
    for key, value, words in (
        ("theta", 3 * u.m, "must be in rad or a unit like it, not <Quantity 3. m>"),
        ("amplitude", 3 * u.mag, "has no unit: write a number, not <Quantity 3. mag>"),
        ("r_eff", 3 * u.arcsec, "needs image.pixel_scale"),
        ("samples", 3 * u.m, "must be a whole number"),
        ("n", {"choice": np.ones((2, 2))}, r"values must be a number, not \[1.0, 1.0\]"),
    ):
        with pytest.raises(RecipeError, match=words) as caught:
            galaxy.set(key, value)
        assert "\n" not in str(caught.value)


def test_units_stand_in_tuples_as_in_lists() -> None:
    objects = {"galaxy": {"theta": {"uniform": ("30 deg", "60 deg")}}}
    in_tuples, in_lists = (
        Recipe(noise=kind([{"gaussian": {"sigma": 1}}]), catalogues={"a": {"objects": kind([objects])}})
        for kind in (tuple, list)
    )
    assert in_tuples == in_lists


def test_finished_parts_stay_what_they_are() -> None:
    recipe = Recipe.builtin("sky")
    data = as_data(vars(recipe))
    assert data["catalogues"] is recipe.catalogues
    assert data["image"] is recipe.image
    assert data["targets"] is recipe.targets
