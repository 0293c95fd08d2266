"""The page has the tables of the rows as they are, and these are of the recipes as they are."""

from __future__ import annotations

import pytest

from benchmarks.networks.places import PAGE, PICTURE, ROWS
from benchmarks.networks.table import DRAFT, EARLIER, HEADINGS, WANTED, networks_table, page_with, read_rows
from deepbench_fast import Recipe
from deepbench_fast.recipe.published import PUBLISHED

ROWS_THERE = read_rows(ROWS)


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page_with(ROWS_THERE, page) == page, "run: python -m benchmarks.networks.table --write"
    assert PICTURE.exists()


@pytest.mark.parametrize("name", ROWS_THERE)
def test_rows_are_of_the_recipes_that_ship(name: str) -> None:
    row = ROWS_THERE[name]
    assert row["recipe_hash"] == Recipe.builtin(row["recipe"]).hash()
    assert row["classes"] == list(Recipe.builtin(row["recipe"]).catalogues)


@pytest.mark.parametrize("name", ROWS_THERE)
def test_figures_of_a_row_agree(name: str) -> None:
    row = ROWS_THERE[name]
    matrix = row["confusion"]
    assert sum(map(sum, matrix)) == row["tested"]
    assert row["accuracy"] == pytest.approx(sum(matrix[k][k] for k in range(len(matrix))) / row["tested"])
    assert (row["top"][0], row["top"][-1]) == (row["accuracy"], 1)
    assert len(row["curve"]) == row["schedule"]["epochs"]


def test_every_line_has_a_cell_for_each_heading() -> None:
    for rows in (ROWS_THERE, {}):
        lines = [line for line in networks_table(rows).splitlines() if line.startswith("|")]
        assert len(lines) == 2 + len(WANTED)
        assert {line.count("|") for line in lines} == {1 + len(HEADINGS)}


def test_rows_that_were_not_run_have_their_command() -> None:
    table = networks_table({})
    for wanted in WANTED:
        assert f"\n{wanted.command}\n" in table
    assert table.count("not run |") == len(WANTED)
    assert {wanted.recipe for wanted in WANTED} == set(DRAFT)


def test_rows_of_earlier_data_are_marked() -> None:
    name, row = next(iter(ROWS_THERE.items()))
    now = networks_table({name: row | {"digest": PUBLISHED[row["recipe"]].digest}})
    assert EARLIER not in now
    earlier = networks_table({name: row | {"digest": "0" * 32}})
    assert earlier.count(EARLIER) == 2
