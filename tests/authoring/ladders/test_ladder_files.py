"""Ladders in directories."""

from __future__ import annotations

from pathlib import Path

from deepbench_fast import ladder, samples
from deepbench_fast.authoring.ladders.ladder_files import write_ladder
from deepbench_fast.recipe import Recipe
from tests.recipe.ladder.rungs import assert_equal_bits


def test_tables_are_found_from_where_the_rungs_are(tmp_path: Path) -> None:
    (tmp_path / "prior").mkdir()
    (tmp_path / "prior" / "sizes.csv").write_text("r\n2\n3\n4\n")
    path = tmp_path / "prior" / "own.yaml"
    objects = "[galaxy: {r_eff: {table: {file: sizes.csv, column: r}}}]"
    path.write_text(f"noise: [{{gaussian: {{sigma: 1}}}}]\ncatalogues: {{a: {{objects: {objects}}}}}")
    recipe = Recipe.load(path)
    paths = write_ladder(ladder(recipe, "noise", 2), "noise", tmp_path / "rungs", beside=path.parent)
    assert [path.name for path in paths] == ["own-rung-1.yaml", "own-rung-2.yaml"]
    assert "../prior/sizes.csv" in paths[1].read_text()
    assert_equal_bits(samples(Recipe.load(paths[1]), 0, 5)["images"], samples(recipe, 0, 5)["images"])
