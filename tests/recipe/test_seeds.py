"""Seeds: one reading in files, options and arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

from deepbench_fast import DeepbenchFastError, Prior, Recipe, Simulator, generate, samples, simulate
from deepbench_fast.cli.options import Seed
from deepbench_fast.recipe.seeds import parse_seed

THOUSAND = [1000, "1000", "1_000", "1e3", "1.0E+3", "1000.0", "+1000", 1000.0, np.int64(1000), np.float32(1000)]


def in_a_file(text: str) -> Recipe:
    return Recipe.from_yaml(f"{{seed: {text}, catalogues: {{a: {{objects: [star]}}}}}}")


@pytest.mark.parametrize("seed", THOUSAND)
def test_whole_numbers_are_one_seed_however_they_are_written(seed: Any) -> None:
    recipe = Recipe.of_kind("star")
    expected = samples(recipe.set("seed", 1000), 0, 2)["images"]
    found = [
        parse_seed(seed),
        Seed().convert(str(seed), None, None),
        in_a_file(str(seed)).seed,
        in_a_file(f"'{seed}'").seed,
        recipe.set("seed", str(seed)).seed,
        recipe.with_overrides({"seed": seed}).seed,
        Recipe(seed=seed, catalogues=recipe.catalogues).seed,
    ]
    assert found == [1000] * len(found)
    assert {type(one) for one in found} == {int}
    np.testing.assert_array_equal(Simulator(recipe).given({}, 5, noise_seed=seed)["image"].shape, (1, 28, 28))
    np.testing.assert_array_equal(Prior(recipe).sample(2, seed), Prior(recipe).sample(2, 1000))
    np.testing.assert_array_equal(simulate(recipe, {}, seed), expected[:1])


@pytest.mark.parametrize("seed", ["survey", "007", "0.5", "1e", "2024-01-01", "1e999", "²", "1 000", "true"])
def test_other_text_is_itself(seed: str) -> None:
    assert parse_seed(seed) == Seed().convert(seed, None, None) == in_a_file(f"'{seed}'").seed == seed


@pytest.mark.parametrize("seed", [-1, "-1", "-1e3", 0.5, True, None, "", 1e300, "1" + "0" * 200, float("nan")])
def test_what_is_no_seed(seed: Any) -> None:
    recipe = Recipe.of_kind("star")
    for use in (
        lambda: recipe.with_overrides({"seed": seed}),
        lambda: simulate(recipe, {}, seed),
        lambda: Prior(recipe).sample(1, seed),
    ):
        with pytest.raises(DeepbenchFastError, match="must be"):
            use()
    if isinstance(seed, str):
        with pytest.raises(click.BadParameter, match="must be"):
            Seed().convert(seed, None, None)


def test_text_of_numpys_is_plain_text(tmp_path: Path) -> None:
    """A loop over an array of seeds gives such; it couldn't be written into a file."""
    recipe = Recipe.of_kind("star").with_overrides({"seed": np.str_("été"), "name": np.str_("mine"), "samples": 3})
    plain = Recipe.of_kind("star").with_overrides({"seed": "été", "name": "mine", "samples": 3})
    assert recipe.to_yaml() == plain.to_yaml()
    made = [generate(one, tmp_path / f"{number}.h5") for number, one in enumerate((recipe, plain))]
    assert made[0].digest == made[1].digest


def test_more_digits_than_python_writes_are_an_error() -> None:
    with pytest.raises(DeepbenchFastError, match="not a number of very many digits"):
        Recipe.of_kind("star").set("seed", 10**5000)
