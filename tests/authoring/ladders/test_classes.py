"""Members stay the same where classes come and go, or change their weights."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from deepbench_fast import Samples, UsageError, ladder
from deepbench_fast.authoring.ladders import rung_axes
from tests.recipe.ladder.rungs import SCENES, SERIES, assert_equal_bits, drawn, read
from tests.recipes import mixed


def member_rows(made: Samples) -> dict[tuple[str, int], int]:
    table = made.tables.samples
    names = [made.catalogues[number] for number in table["catalogue"]]
    return {name: row for row, name in enumerate(zip(names, table["member"].tolist(), strict=True))}


@pytest.mark.parametrize("text", [SCENES, SERIES], ids=["images", "series"])
@pytest.mark.parametrize("axis", ["classes", "balance"])
def test_remaining_members_are_equal(text: str, axis: str) -> None:
    name = "series" if text is SERIES else "images"
    recipe = read(text, samples=60)
    rungs = ladder(recipe, axis, 2)
    easy, hard = drawn(rungs)
    easy_rows, hard_rows = member_rows(easy), member_rows(hard)
    if axis == "classes":
        first = list(recipe.catalogues)[:2]
        assert list(rungs[0].catalogues) == first
        assert set(easy_rows) == {member for member in hard_rows if member[0] in first}
    else:
        assert [sum(member[0] == c for member in easy_rows) for c in recipe.catalogues] == [20, 20, 20]
    both = [member for member in easy_rows if member in hard_rows]
    assert len(both) >= 45
    here, there = [easy_rows[m] for m in both], [hard_rows[m] for m in both]
    for array in (name, "clean"):
        assert_equal_bits(easy[array][here], hard[array][there])


def test_targets_that_no_class_has_are_left_out() -> None:
    recipe = (
        read(SCENES).set("catalogues.plain", "{objects: [lens]}").set("targets", "[lens.x, count.star, count.lens]")
    )
    assert tuple(ladder(recipe, "classes", 2)[0].targets) == ("count.star",)
    recipe = recipe.set("targets", "[lens.x]")
    assert tuple(ladder(recipe, "classes", 2)[0].targets) == ("catalogue",)


def test_balance_is_linear_in_the_shares() -> None:
    recipe = read(SCENES)
    for step, rung in enumerate(ladder(recipe, "balance", 5)):
        total = sum(c.weight for c in rung.catalogues.values())
        shares = [c.weight / total for c in rung.catalogues.values()]
        f = Fraction(step, 4)
        assert shares == [(1 - f) / 3 + f * Fraction(own, 6) for own in (3, 2, 1)]
        assert rung.samples == recipe.samples


def test_balance_ends_at_a_given_imbalance() -> None:
    rungs = ladder(mixed(), "balance", 3, imbalance="1:3")
    assert [c.weight for c in rungs[-1].catalogues.values()] == [1, 3]
    assert [words["balance"] for words in rung_axes(rungs, "balance")] == ["classes 1:1", "classes 3:5", "classes 1:3"]


@pytest.mark.parametrize("imbalance", ["1:2", "1:2:x", "0:1:1", "1", 3, [1, 2, 4], b"1:2:4"])
def test_imbalance_is_one_weight_a_catalogue(imbalance: Any) -> None:
    with pytest.raises(UsageError, match=r"^imbalance: "):
        ladder(read(SCENES), "balance", 3, imbalance=imbalance)
    with pytest.raises(UsageError, match="is for the axis balance"):
        ladder(read(SCENES), "noise", 3, imbalance="1:2:4")
