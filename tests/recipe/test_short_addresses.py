"""The end of an address is enough where it can mean only one thing."""

from __future__ import annotations

import pytest

from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe import Recipe, builtin_recipes
from deepbench_fast.recipe.overrides import with_value
from deepbench_fast.recipe.short_addresses import _addresses, full_address
from deepbench_fast.values.checks import Invalid


@pytest.mark.parametrize(
    ("name", "short", "full", "value"),
    [
        ("galaxies", "galaxy.n", "catalogues.galaxies.galaxy.n", 4),
        ("galaxies", "n", "catalogues.galaxies.galaxy.n", 4),
        ("galaxies", "galaxies.galaxy.n", "catalogues.galaxies.galaxy.n", 4),
        ("galaxies", "sigma", "noise.gaussian.sigma", 0.3),
        ("galaxies", "shape", "image.shape", [32, 32]),
        ("lensing", "lenses.weight", "catalogues.lenses.weight", 3),
        ("pendulums", "steps", "series.steps", 7),
        ("pendulums", "newton.pendulum.length", "catalogues.newton.pendulum.length", 2),
    ],
)
def test_the_only_one_that_ends_so_is_meant(name: str, short: str, full: str, value: object) -> None:
    recipe = Recipe.builtin(name)
    assert recipe.set(short, value) == recipe.set(full, value) != recipe


def test_several_are_named_and_none_is_changed() -> None:
    with pytest.raises(RecipeError, match=r"^sigma: can mean 2 keys: psf\.gaussian\.sigma, noise\.gaussian\.sigma$"):
        Recipe.builtin("sky").set("sigma", 0.1)


def test_keys_of_the_recipe_come_first_and_wrong_ones_are_as_before() -> None:
    recipe = Recipe.builtin("galaxies")
    assert recipe.set("name", "other").name == "other"
    with pytest.raises(RecipeError, match="unknown key 'galxy'"):
        recipe.set("galxy.n", 4)
    with pytest.raises(RecipeError, match=r"^catalogues\.galaxies\.galaxy\.n: "):
        recipe.set("galaxy.n", "nonsense")
    with pytest.raises(RecipeError, match=r"^catalogues\.galaxies\.galaxy\.nn: unknown parameter of galaxy 'nn'; "):
        recipe.set("galaxy.nn", 4)


@pytest.mark.parametrize("name", builtin_recipes())
def test_all_that_can_be_meant_are_addresses(name: str) -> None:
    recipe = Recipe.builtin(name)
    for address in _addresses(recipe):
        assert full_address(recipe, address) == address
        try:
            with_value(recipe, address, {})
        except Invalid as invalid:
            pytest.fail(f"{address}: {invalid}")
