"""Anchors, merge keys and the writer's own keys."""

from __future__ import annotations

import jsonschema
import pytest

from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe import Recipe
from deepbench_fast.recipe.json_schema import json_schema
from deepbench_fast.recipe.load import read_text

ONCE = """\
x-star: &star
  gamma: 2
  alpha: 3
x-notes: [anything, {at: all}]
noise: &noise
  - gaussian: {sigma: 0.1}
catalogues:
  single: {objects: [{star: *star}]}
  double:
    noise: *noise
    objects:
      - star: {<<: *star, count: 2, gamma: 1.5}
"""
WRITTEN_OUT = """\
noise: [{gaussian: {sigma: 0.1}}]
catalogues:
  single: {objects: [{star: {gamma: 2, alpha: 3}}]}
  double: {noise: [{gaussian: {sigma: 0.1}}], objects: [{star: {count: 2, gamma: 1.5, alpha: 3}}]}
"""


def test_it_is_the_recipe_that_is_written_out() -> None:
    assert Recipe.from_yaml(ONCE) == Recipe.from_yaml(WRITTEN_OUT)
    assert Recipe.from_yaml(ONCE).hash() == Recipe.from_yaml(WRITTEN_OUT).hash()
    jsonschema.Draft202012Validator(json_schema()).validate(read_text(ONCE).data)


@pytest.mark.parametrize(
    ("right", "wrong", "line", "key"),
    [
        ("alpha: 3", "alpha: -3", 3, "catalogues.single.star.alpha"),
        ("gamma: 1.5", "gama: 1.5", 12, "catalogues.double.star.gama"),
        ("x-notes", "notes", 4, "notes"),
    ],
)
def test_errors_name_the_line_where_it_is_written(right: str, wrong: str, line: int, key: str) -> None:
    with pytest.raises(RecipeError) as caught:
        Recipe.from_yaml(ONCE.replace(right, wrong), "r.yaml")
    assert (caught.value.line, caught.value.key) == (line, key)


def test_own_keys_stand_at_the_top_alone() -> None:
    with pytest.raises(RecipeError, match="unknown key 'x-mine'"):
        Recipe.from_yaml("image: {x-mine: 3}\ncatalogues: {a: {objects: [star]}}")


def test_many_merges_are_refused_before_memory_is_spent() -> None:
    rows = ["x-0: &a0 {k0: 1, k1: 2, k2: 3}"]
    rows += [f"x-{k}: &a{k} {{m{k}: [*a{k - 1}, *a{k - 1}], <<: *a{k - 1}}}" for k in range(1, 40)]
    with pytest.raises(RecipeError, match=r"holds more than 100000 values|nested more than"):
        Recipe.from_yaml("\n".join(rows))
