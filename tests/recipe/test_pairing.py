"""Columns of a user's tables that are taken together come from the same rows, or the recipe is refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from deepbench_fast import RecipeError, generate, samples
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.recipe import Recipe


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where tables lie: r = 2, 3, ..., and n is a quarter of it."""
    monkeypatch.chdir(tmp_path)
    rows = np.arange(2.0, 12.0)
    write_csv(tmp_path / "prior.csv", rows)
    with h5py.File(tmp_path / "prior.h5", "w") as file:
        file["r"], file["n"], file["short"] = rows, rows / 4, rows[3:] / 4
        file["table/r"], file["table/n"] = rows, rows / 4
    return tmp_path


def write_csv(path: Path, rows: Any) -> None:
    path.write_text("r,n\n" + "".join(f"{value},{value / 4}\n" for value in rows))


def table(file: object, column: str, **more: str) -> dict[str, object]:
    return {"table": {"file": str(file), "column": column, **more}}


def of_galaxies(**drawn: object) -> Recipe:
    return Recipe(samples=200, image={"shape": [8, 8]}, catalogues={"a": {"objects": [{"galaxy": drawn}]}})


def test_one_row_gives_all_columns(folder: Path) -> None:
    for file, more in (
        ("prior.csv", {}),
        ("prior.h5", {}),
        ("prior.h5", {"order": "rows"}),
        ("prior.h5", {"dataset": "table"}),
    ):
        recipe = of_galaxies(r_eff=table(file, "r", **more), n=table(file, "n", **more))
        drawn = samples(recipe, 0, 200).tables.objects["galaxy"]
        np.testing.assert_array_equal(drawn["n"], drawn["r_eff"] / 4)
        assert len(set(drawn["n"])) == 10


@pytest.mark.parametrize(
    ("drawn", "words"),
    [
        (
            {"r_eff": table("prior.h5", "r"), "n": table("prior.h5", "short")},
            "galaxy.n: takes column short of prior.h5, which has 7 rows, together with column r of prior.h5, "
            "which has 10: they need one length",
        ),
        (
            {"r_eff": {"offset": {"from": "n", "by": table("prior.h5", "r")}}, "n": table("prior.h5", "short")},
            "column short of prior.h5, which has 7 rows",
        ),
        (
            {"r_eff": table("prior.csv", "r", order="rows"), "n": table("prior.h5", "short", order="rows")},
            "takes column short of prior.h5, which has 7 rows, together with column r of prior.csv",
        ),
        (
            {"r_eff": table("prior.h5", "r"), "n": table("prior.h5", "n", order="rows")},
            "takes column n of prior.h5 with order rows, and column r with order random",
        ),
        ({"r_eff": table("prior.h5", "r"), "n": table("{folder}/prior.h5", "n")}, "write file and dataset in one way"),
        ({"r_eff": table("prior.csv", "r"), "n": table("link.csv", "n")}, "write file and dataset in one way"),
        (
            {"r_eff": table("prior.h5", "r", dataset="table"), "n": table("prior.h5", "n", dataset="/table")},
            "write file and dataset in one way",
        ),
    ],
)
def test_rows_that_would_not_stay_together_are_refused(folder: Path, drawn: dict[str, Any], words: str) -> None:
    (folder / "link.csv").symlink_to(folder / "prior.csv")
    if "table" in drawn["n"]:
        drawn["n"]["table"]["file"] = drawn["n"]["table"]["file"].format(folder=folder)
    with pytest.raises(RecipeError) as error:
        of_galaxies(**drawn)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_the_error_names_the_line(folder: Path) -> None:
    (folder / "recipe.yaml").write_text(
        "catalogues:\n  a:\n    objects:\n      - galaxy:\n"
        "          r_eff: {table: {file: prior.h5, column: r}}\n"
        "          n: {table: {file: prior.h5, column: short}}\n"
    )
    with pytest.raises(RecipeError, match=r"recipe\.yaml:6: catalogues\.a\.galaxy\.n: takes column short"):
        Recipe.load(folder / "recipe.yaml")


@pytest.mark.parametrize(
    "levels",
    [
        {"psf": {"moffat": {"gamma": table("prior.h5", "r"), "alpha": table("prior.h5", "short")}}},
        {
            "noise": [{"gaussian": {"sigma": table("prior.h5", "r")}}],
            "psf": {"gaussian": {"sigma": table("prior.h5", "short")}},
        },
    ],
)
def test_levels_of_one_sample_too(folder: Path, levels: dict[str, Any]) -> None:
    recipe = Recipe(catalogues={"a": {"objects": ["star"]}}, **levels)
    with pytest.raises(RecipeError, match="which has 7 rows, together with column r"):
        make_plan(recipe)
    with pytest.raises(RecipeError, match="which has 7 rows"):
        generate(recipe, folder / "new.h5")
    assert not list(folder.glob("new.h5*"))


def test_different_files_are_drawn_apart(folder: Path) -> None:
    write_csv(folder / "other.csv", np.arange(2.0, 9.0))
    recipe = of_galaxies(r_eff=table("prior.csv", "r"), n=table("other.csv", "n"))
    drawn = samples(recipe, 0, 200).tables.objects["galaxy"]
    assert len(set(zip(drawn["r_eff"], drawn["n"], strict=True))) > 50


def test_a_file_that_changes_between_two_columns(folder: Path) -> None:
    recipe = of_galaxies(r_eff=table("prior.csv", "r"))
    write_csv(folder / "prior.csv", np.arange(12.0, 22.0))
    with pytest.raises(RecipeError, match=r"prior\.csv changed between the reading of its columns"):
        recipe.set("catalogues.a.galaxy.n", table("prior.csv", "n"))
    write_csv(folder / "prior.csv", np.arange(2.0, 12.0))
    os.utime(folder / "prior.csv", ns=(0, 0))
    again = recipe.set("catalogues.a.galaxy.n", table("prior.csv", "n"))
    drawn = samples(again, 0, 50).tables.objects["galaxy"]
    np.testing.assert_array_equal(drawn["n"], drawn["r_eff"] / 4)


def test_the_same_numbers_from_several_files_are_no_conflict(folder: Path) -> None:
    write_csv(folder / "copy.csv", np.arange(2.0, 12.0))
    both = of_galaxies(r_eff=table("prior.csv", "r"), n=table("prior.csv", "n"))
    copied = of_galaxies(r_eff=table("copy.csv", "r"), n=table("copy.csv", "n"))
    for recipe in (both, copied):
        again = Recipe.from_yaml(recipe.to_yaml())
        assert again.hash() == recipe.hash()
        assert again.set("seed", 5).seed == 5


def test_a_file_written_again_within_a_moment_is_read_again(folder: Path) -> None:
    for first in (2.0, 3.0):
        write_csv(folder / "prior.csv", np.arange(first, first + 5))
        os.utime(folder / "prior.csv")
        assert (
            of_galaxies(r_eff=table("prior.csv", "r")).catalogues["a"].objects[0].parameters["r_eff"].support[0]
            == first
        )
