"""Recipes can't be changed in place, and whatever makes one checks it."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from deepbench_fast import Recipe, RecipeError
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.recipe.load import builtin_recipes
from deepbench_fast.recipe.targets import Targets
from deepbench_fast.values.distributions import Constant, Uniform
from deepbench_fast.values.model import Model
from tests.recipes import mixed, noisy_pendulums

GALAXY = Recipe.of_kind("galaxy")


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """Every mapping inside a recipe."""
    found = []
    parts: list[Any] = []
    if isinstance(value, Model):
        parts = list(value.__dict__.values())
    elif isinstance(value, Mapping):
        found, parts = [value], list(value.values())
    elif isinstance(value, tuple):
        parts = [*value, *([value.noise] if isinstance(value, Targets) else [])]
    for part in parts:
        found += mappings(part)
    return found


def test_no_mapping_can_be_changed() -> None:
    noisy_target = mixed().set("targets", [{"bright.amplitude": {"noise": 0.1}}])
    for recipe in (noisy_target, noisy_pendulums(), noisy_target.resolved(), make_plan(noisy_target).recipe):
        assert len(mappings(recipe)) >= 5
        for mapping in mappings(recipe):
            changing: Any = mapping
            for change in (
                lambda m: m.__setitem__("a", 1),
                lambda m: m.update(a=1),
                lambda m: m.pop("a", None),
                lambda m: m.setdefault("a", 1),
                lambda m: m.clear(),
                lambda m: m.popitem(),
                lambda m: m.__delitem__(next(iter(m), "a")),
                lambda m: m.__ior__({"a": 1}),
            ):
                with pytest.raises(TypeError, match="can't be changed in place"):
                    change(changing)
        for change in ({"noise": {}}, {"mask_threshold": 2}):
            owner: Any = recipe.targets if "noise" in change else recipe.extras
            with pytest.raises(AttributeError):
                setattr(owner, *next(iter(change.items())))


def test_numbers_of_tables_cannot_be_changed(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("n\n1\n2\n")
    recipe = GALAXY.set("catalogues.galaxy.galaxy.n", {"table": {"file": str(tmp_path / "t.csv"), "column": "n"}})
    drawn: Any = recipe.catalogues["galaxy"].objects[0].parameters["n"]
    with pytest.raises(ValueError, match="read-only"):
        drawn.values[0] = 3


def test_recipes_are_hashed_copied_and_pickled() -> None:
    for name in builtin_recipes():
        recipe = Recipe.builtin(name)
        for other in (pickle.loads(pickle.dumps(recipe)), copy.deepcopy(recipe), copy.copy(recipe), replace(recipe)):
            assert other == recipe
            assert hash(other) == hash(recipe)
            assert other.hash() == recipe.hash()
        assert make_plan(recipe.resolved()).recipe == recipe.resolved()


def with_entry(recipe: Recipe, **changes: Any) -> Recipe:
    (name,) = recipe.catalogues
    catalogue = recipe.catalogues[name]
    entry = replace(catalogue.objects[0], **changes)
    return replace(recipe, catalogues={name: replace(catalogue, objects=(entry,))})


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"samples": 0}, "samples: must be a whole number from 1 to"),
    ({"seed": -3}, "seed: must be a whole number, 0 or above"),
    ({"splits": {"train": Fraction(1, 2)}}, "splits: the fractions must sum to exactly 1"),
    ({"split": "test"}, "split: unknown split 'test'"),
    ({"targets": Targets(("star.gamma",))}, "targets.0: unknown target 'star.gamma'"),
    ({"noise": "loud"}, "noise: must be"),
    ({"catalogues": {}}, "catalogues: must hold at least one catalogue"),
    ({"sed": 3}, "sed: unknown key 'sed'; did you mean 'seed'"),
    ({"shape": [8, 8]}, "shape: unknown key 'shape': it belongs in 'image' (allowed: "),
    ({"outputs": ["x"]}, "outputs: unknown key 'outputs': it belongs in 'series' (allowed: "),
    (
        {"star": {}},
        "star: unknown key 'star': it belongs in a catalogue: catalogues: {NAME: {objects: ...}} (allowed: ",
    ),
    ({"objects": []}, "objects: unknown key 'objects': it belongs in a catalogue"),
    ({"catalogues": {"a": {"star": {}}}}, "catalogues.a.star: unknown key 'star': it belongs in 'objects' (allowed: "),
    ({"image": replace(GALAXY.image, dtype="uint8")}, "image.dtype: must be float32: galaxy is light"),
    ({"image": {"shape": (0, 3)}}, "image.shape: must be a whole number from 1"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG)
def test_copies_are_checked(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(RecipeError) as told:
        replace(GALAXY, **changes)
    assert words in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"count": Uniform(0.0, 2.0)}, "count: "),
        ({"parameters": {"n": Constant(99.0)}}, "catalogues.galaxy.objects.0.galaxy.n: must be"),
        ({"parameters": {"r_ef": Constant(9.0)}}, "r_ef: unknown parameter of galaxy 'r_ef'; did you mean 'r_eff'"),
        ({"kind": "galxy"}, "unknown kind 'galxy'; did you mean 'galaxy'"),
        ({"solver": "rk4"}, "solver: is no option of galaxy"),
    ],
)
def test_copies_of_entries_are_checked(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(RecipeError) as told:
        with_entry(GALAXY, **changes)
    assert words in str(told.value)


def test_a_copy_is_read_as_a_recipe_is() -> None:
    copied = replace(with_entry(GALAXY, parameters={"n": {"uniform": [1, 2]}}), seed="1e3")  # type: ignore[arg-type]
    assert copied == GALAXY.with_overrides({"catalogues.galaxy.galaxy.n": {"uniform": [1, 2]}, "seed": 1000})
