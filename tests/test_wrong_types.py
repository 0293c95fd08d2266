"""What isn't of the type that a public name takes is told in one line, wherever it is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deepbench_fast import (
    Likelihood,
    Prior,
    Recipe,
    RecipeError,
    Simulator,
    UsageError,
    explore,
    ladder,
    sample,
    shift,
    stream,
)

TAKE_A_RECIPE: dict[str, Callable[[Any], object]] = {
    "Prior": Prior,
    "Likelihood": Likelihood,
    "Simulator": Simulator,
    "sample": lambda recipe: sample(recipe, 0),
    "ladder": lambda recipe: ladder(recipe, "noise", 3),
    "shift": lambda recipe: shift(recipe, "noise", 2, {"noise.gaussian.sigma": 2}),
    "explore": explore,
}


@pytest.mark.parametrize("name", TAKE_A_RECIPE)
def test_a_name_is_no_recipe(name: str) -> None:
    for given in ("galaxies", None, {"catalogues": {"a": {"objects": ["star"]}}}):
        with pytest.raises(UsageError, match=r"^a recipe is what Recipe\.load\(path\).* gives, not"):
            TAKE_A_RECIPE[name](given)


def test_names_of_what_ships_are_text() -> None:
    with pytest.raises(UsageError, match="must be the name of one built-in recipe, not nothing"):
        Recipe.builtin(None)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="must be the name of one kind, not 3"):
        Recipe.of_kind(3)  # type: ignore[arg-type]


def test_a_text_of_yaml_is_no_file() -> None:
    for given in (None, b"catalogues: {}", {"catalogues": {}}):
        with pytest.raises(UsageError, match=r"^a text of YAML is read, not"):
            Recipe.from_yaml(given)  # type: ignore[arg-type]
    for given in ("fields.yaml", "/a folder/fields.yml\n"):
        with pytest.raises(UsageError, match=r"is the name of a file, which Recipe\.load reads$"):
            Recipe.from_yaml(given)


def test_addresses_are_text() -> None:
    recipe = Recipe.builtin("galaxies")
    with pytest.raises(RecipeError, match="the address of a key is text"):
        recipe.set(3, 4)  # type: ignore[arg-type]
    for given in (None, [("samples", 3)], {3: 4}):
        with pytest.raises(UsageError, match=r"^overrides: must be addresses with values"):
            recipe.with_overrides(given)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"^values: must be addresses with values"):
        shift(recipe, "noise", 2, None)  # type: ignore[arg-type]
    with pytest.raises(RecipeError, match=r"^split: must be the name of one split, not nothing"):
        recipe.of_split(None)  # type: ignore[arg-type]


def test_where_a_stream_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe.builtin("galaxies")
    with pytest.raises(UsageError, match=r"^a state is what state_dict\(\) gives, not nothing"):
        stream(recipe, 4).load_state_dict(None)  # type: ignore[arg-type]
    monkeypatch.setenv("WORLD_SIZE", "two")
    with pytest.raises(UsageError, match=r"^the variable WORLD_SIZE must be a whole number, not 'two'"):
        stream(recipe, 4)
    monkeypatch.setenv("WORLD_SIZE", "")
    assert stream(recipe, 4).world == 1
