from __future__ import annotations

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast.cli.options import Assignment, Count, Seed, Size
from deepbench_fast.cli.source import load_source
from deepbench_fast.errors import UsageError
from deepbench_fast.recipe import Recipe


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), ("100_000", 100_000), ("1e6", 1_000_000), ("1E+3", 1000), ("2.5e3", 2500), ("1.50e1", 15), ("3.0", 3)],
)
def test_count(text: str, number: int) -> None:
    assert Count().convert(text, None, None) == number


@pytest.mark.parametrize(
    "text", ["", "0", "0e5", "-1", "1.5", "1e-3", "1__0", "_1", "1_", "1e400", "nan", "0x10", " 3"]
)
def test_not_a_count(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Count().convert(text, None, None)


@settings(derandomize=True, database=None)
@given(st.integers(1, 10**15))
def test_every_way_to_write_a_count(number: int) -> None:
    for text in (str(number), f"{number:_}", f"{number / 10**6:.6f}e6" if number < 10**9 else str(number)):
        assert Count().convert(text, None, None) == number


@pytest.mark.parametrize(
    ("text", "seed"), [("42", 42), ("1e3", 1000), ("0", 0), ("007", "007"), ("paper 2", "paper 2")]
)
def test_seed(text: str, seed: int | str) -> None:
    assert Seed().convert(text, None, None) == seed


@pytest.mark.parametrize("text", ["-3", "-1e3", "1e300"])
def test_a_seed_that_recipes_refuse_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="0 or above"):
        Seed().convert(text, None, None)


def test_size_is_rows_by_columns() -> None:
    assert Size().convert("48x64", None, None) == (48, 64)
    assert Size().convert("48", None, None) == (48, 48)
    assert load_source("galaxy", size=(48, 64)).image.shape == (48, 64)


def test_assignment_splits_at_the_first_equals_sign() -> None:
    assert Assignment().convert("name=a=b", None, None) == ("name", "a=b")


def test_options_change_the_recipe() -> None:
    recipe = load_source("sky", 10, "text", (32, 40), (("noise.gaussian.sigma", "0.5"), ("name", "mine")))
    assert (recipe.samples, recipe.seed, recipe.image.shape, recipe.name) == (10, "text", (32, 40), "mine")
    assert recipe.noise[0].drawn["sigma"].support == (0.5, 0.5)


def test_sources(tmp_path: object) -> None:
    assert load_source("sky").hash() == Recipe.builtin("sky").hash()
    assert load_source("star").hash() == Recipe.of_kind("star").hash()
    path = f"{tmp_path}/mine.yaml"
    with open(path, "w", encoding="utf-8") as file:
        file.write(Recipe.builtin("sky").to_yaml())
    assert load_source(path).hash() == Recipe.builtin("sky").hash()


@pytest.mark.parametrize(
    ("key", "option"),
    [("samples", "-n / --samples"), ("seed", "--seed"), ("image.shape", "--size"), ("shape", "--size")],
)
def test_what_is_said_twice_is_refused(key: str, option: str) -> None:
    values = {"-n / --samples": ("samples", 7), "--seed": ("seed", 1), "--size": ("size", (8, 8))}
    with pytest.raises(UsageError, match=f"^{option} and --set {key} say the same"):
        load_source("galaxy", **dict([values[option]]), assignments=((key, "[9, 9]"),))  # type: ignore[arg-type]


def test_what_is_said_of_other_keys_is_taken() -> None:
    recipe = load_source("galaxy", 7, 1, (8, 8), (("image.cutoff", "0.5"),))
    assert (recipe.samples, recipe.seed, recipe.image.shape, recipe.image.cutoff) == (7, 1, (8, 8), 0.5)
