"""What a recipe says of itself in a notebook: what is random and what is fixed."""

from __future__ import annotations

import re

import pytest

from deepbench_fast.recipe import Recipe, builtin_recipes
from deepbench_fast.recipe.short_addresses import full_address

OWN = """
psf: {gaussian: {sigma: {uniform: [1, 2]}}}
noise: {gaussian: {sigma: 0.5}}
catalogues:
  a: {objects: [star: {x: 3}]}
  b: {psf: null, noise: {poisson: {level: {uniform: [0, 1]}}}, objects: [galaxy]}
"""


def lines(recipe: Recipe, title: str) -> dict[str, str]:
    text = str(recipe)
    part = re.search(rf"^{title}\n((?:  .*\n?)*)", text, re.MULTILINE)
    return {} if part is None else dict(line.strip().split(": ", 1) for line in part[1].splitlines())  # type: ignore[misc]


def test_random_and_fixed() -> None:
    recipe = Recipe.from_yaml(OWN)
    random, fixed = lines(recipe, "random"), lines(recipe, "fixed")
    assert random["psf.gaussian.sigma"] == "uniform [1, 2]"
    assert random["catalogues.b.noise.poisson.level"] == "uniform [0, 1]"
    assert random["catalogues.b.galaxy.n"] == "uniform [0.5, 4]"
    assert fixed["noise.gaussian.sigma"] == "0.5"
    assert fixed["catalogues.a.star.x"] == "3"
    assert not {key for key in {**random, **fixed} if key.startswith("catalogues.b.psf")}


@pytest.mark.parametrize("name", builtin_recipes())
def test_keys_are_addresses(name: str) -> None:
    recipe = Recipe.builtin(name)
    shown = {**lines(recipe, "random"), **lines(recipe, "fixed")}
    assert shown
    for key in shown:
        assert full_address(recipe, key) == key


def test_a_notebook_shows_it() -> None:
    class Printer:
        def text(self, text: str) -> None:
            self.shown = text

    recipe, printer = Recipe.builtin("pendulums"), Printer()
    recipe._repr_pretty_(printer, False)
    assert printer.shown == str(recipe)
    assert "parameter_noise" in str(Recipe.builtin("noisy-pendulums"))
