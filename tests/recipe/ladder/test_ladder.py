"""Ladders as a whole: their ends, several axes at once, and what can't be one."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepbench_fast import RecipeError, UsageError, ladder, shift
from deepbench_fast.authoring.ladders import AXES, rung_axes
from deepbench_fast.recipe import Recipe
from deepbench_fast.recipe.write import recipe_data
from tests.recipe.ladder.rungs import SCENES, SERIES, assert_equal_bits, drawn, read


def without_name(recipe: Recipe) -> dict[str, object]:
    return {**recipe_data(recipe.resolved()), "name": ""}


@pytest.mark.parametrize(
    ("text", "axis"),
    [*((SCENES, axis) for axis in AXES), *((SERIES, axis) for axis in AXES if axis != "objects")],
    ids=lambda value: value if value in AXES else "",
)
def test_last_rung_is_the_recipe_itself(text: str, axis: str) -> None:
    recipe = read(text, name="own")
    rungs = ladder(recipe, axis, 2)
    assert [rung.name for rung in rungs] == ["own-rung-1", "own-rung-2"]
    assert without_name(rungs[-1]) == without_name(recipe)
    assert without_name(rungs[0]) != without_name(recipe)


def test_last_rung_keeps_the_forms_of_laws() -> None:
    recipe = (
        read(SCENES)
        .set("noise.gaussian.sigma", "{integers: [1, 3]}")
        .set("catalogues.stars.star.count", "{choice: [2]}")
    )
    *_, last = ladder(recipe, ["noise", "objects"], 2)
    assert without_name(last) == without_name(recipe)


def test_of_weights_the_ratios_count() -> None:
    text = "{catalogues: {a: {weight: 2, objects: [star]}, b: {weight: 2, objects: [lens]}}}"
    with pytest.raises(UsageError, match="axis balance: there is nothing to change; the weights are equal"):
        ladder(read(text), "balance", 2)
    with pytest.raises(UsageError, match="axis prevalence: the values change nothing"):
        shift(read(text), "prevalence", 2, {"catalogues.a.weight": 3, "catalogues.b.weight": 3})


def test_several_axes_move_together() -> None:
    recipe = read(SCENES)
    rungs = ladder(recipe, ["spread", "noise", "objects"], 3)
    easy, _, hard = drawn(rungs)
    assert_equal_bits(easy["images"], easy["clean"])
    assert len(easy.tables.objects["star"]) < len(hard.tables.objects["star"])
    assert rung_axes(rungs, ["objects", "noise"])[1] == {"noise": "noise × 0.5", "objects": "objects × 0.5"}
    both = ladder(recipe, ["balance", "classes"], 2)
    assert [(c, own.weight) for c, own in both[0].catalogues.items()] == [("stars", 1), ("pairs", 1)]
    assert both[0].samples == 50


@pytest.mark.parametrize(
    ("axes", "rungs", "changes", "says"),
    [
        ("noise", 1, {}, "rungs: must be a whole number from 2"),
        ("noise", 2.5, {}, "rungs: must be a whole number from 2"),
        ("nois", 3, {}, "did you mean 'noise'?"),
        ([], 3, {}, "axis: give one or more of noise"),
        (["noise", "noise"], 3, {}, "each of them once"),
        (
            "noise",
            3,
            {"noise": [], "targets": ["catalogue"]},
            "axis noise: there is nothing to change; the recipe has no",
        ),
        ("classes", 4, {}, "rungs 1 and 2 of 4 would be the same dataset: ask for fewer"),
        (
            "noise",
            3,
            {"noise": [{"gaussian": {"sigma": {"poisson": 2}}}]},
            "noise.gaussian.sigma: axis noise: a poisson",
        ),
        (
            "noise",
            3,
            {"noise": [{"gaussian": {"sigma": {"grid": [0, 1]}}}]},
            "noise.gaussian.sigma: axis noise: a level on",
        ),
        (
            "noise",
            3,
            {"noise": [{"ccd": {"sky": 1, "gain": {"choice": [0, 1]}, "read_noise": 1}}]},
            "noise.ccd.gain: axis noise: must be above 0, or 0 in all samples",
        ),
        (
            "objects",
            3,
            {"catalogues.plain.galaxy.count": {"grid": [1, 2]}},
            "catalogues.plain.galaxy.count: axis objects",
        ),
        (
            "spread",
            3,
            {"catalogues.pairs": {"objects": [{"polygon": {"vertices": {"grid": [3, 4]}}}]}},
            "polygon.vertices",
        ),
        (
            "noise",
            100,
            {"noise": [{"gaussian": {"snr": 1e8}}]},
            "noise.gaussian.snr: axis noise: must be from 0.001 to",
        ),
    ],
)
def test_what_can_not_be_a_ladder(axes: str, rungs: int, changes: dict[str, object], says: str) -> None:
    recipe = read(SCENES, **changes)
    with pytest.raises(UsageError) as error:
        ladder(recipe, axes, rungs)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("kind", "axis", "says"),
    [
        ("galaxy", "objects", "no entry has more than one object"),
        ("galaxy", "classes", "it needs more than 2 catalogues"),
        ("galaxy", "balance", "the recipe has one catalogue"),
        ("pendulum", "objects", "a sample is the series of one system"),
    ],
)
def test_axis_that_changes_nothing(kind: str, axis: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        ladder(Recipe.of_kind(kind), axis, 3)


def test_tables_in_order_and_from_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("r\n2\n3\n")
    table = {"table": {"file": str(tmp_path / "t.csv"), "column": "r", "order": "rows"}}
    recipe = read(SCENES, **{"catalogues.pairs.star.amplitude": table})
    with pytest.raises(RecipeError, match=r"catalogues.pairs.star.amplitude: axis objects: a table in order"):
        ladder(recipe, "objects", 3)
    with pytest.raises(RecipeError, match=r"catalogues.pairs.star.amplitude: axis spread: a column of a table"):
        ladder(recipe, "spread", 3)
