from __future__ import annotations

import pickle

import pytest

from deepbench_fast.recipe import Recipe
from deepbench_fast.recipe.extras import Extras, extras_data, parse_extras


@pytest.mark.parametrize(
    ("data", "names", "threshold"),
    [
        ([], (), 0.1),
        (["clean"], ("clean",), 0.1),
        (["variance", "masks", "clean"], ("variance", "masks", "clean"), 0.1),
        ([{"masks": {"threshold": 0.3}}, "clean"], ("masks", "clean"), 0.3),
        ([{"masks": {}}], ("masks",), 0.1),
        ([{"masks": None}], ("masks",), 0.1),
        ([{"clean": None}], ("clean",), 0.1),
    ],
)
def test_extras_are_names_and_a_threshold(data: list[object], names: tuple[str, ...], threshold: float) -> None:
    recipe = Recipe.of_kind("star").set("extras", data)
    assert recipe.extras == Extras(names, threshold)
    assert tuple(recipe.extras) == names
    assert recipe.mask_threshold == threshold
    assert parse_extras(extras_data(recipe.extras)) == recipe.extras


def test_the_threshold_is_part_of_the_recipe() -> None:
    plain, faint = (Recipe.of_kind("star").set("extras", [{"masks": {"threshold": value}}]) for value in (0.1, 0.3))
    assert plain != faint
    assert plain == Recipe.of_kind("star").set("extras", ["masks"])
    assert plain.hash() != faint.hash()
    assert hash(plain.extras) != hash(faint.extras)
    assert pickle.loads(pickle.dumps(faint)) == faint
    assert pickle.loads(pickle.dumps(faint)).mask_threshold == 0.3


def test_names_alone_equal_a_plain_tuple() -> None:
    assert Extras(("clean",)) == ("clean",)
    assert Extras(("clean",)) != ("masks",)
    assert Extras(("masks",), 0.3) != ("masks",)
