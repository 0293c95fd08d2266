from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepbench_fast import Recipe, ladder, open_dataset
from tests.cli.running import run, run_well

LADDER = ("galaxies", "--axis", "noise", "--rungs", "3", "-n", "300")


def make(directory: Path, *more: object) -> str:
    source, *options = LADDER
    return run_well("ladder", source, directory, *options, *more).out


def test_writes_one_recipe_a_rung(tmp_path: Path) -> None:
    out = make(tmp_path / "made" / "here")
    expected = ladder(Recipe.builtin("galaxies").with_overrides({"samples": 300}), "noise", 3)
    files = [tmp_path / "made" / "here" / f"galaxies-rung-{number}.yaml" for number in (1, 2, 3)]
    assert [line.split()[0] for line in out.splitlines()] == [str(file) for file in files]
    assert [line.split("  ")[-1] for line in out.splitlines()] == ["no noise", "noise × 0.5", "noise × 1"]
    assert [Recipe.load(file).hash() for file in files] == [rung.hash() for rung in expected]
    assert sorted(path.name for path in files[0].parent.iterdir()) == [*(file.name for file in files), "ladder.yaml"]


def test_generates_datasets_and_goes_on(tmp_path: Path) -> None:
    index = run_well("ladder", LADDER[0], tmp_path, *LADDER[1:], "--generate", "--json").json
    assert index["ladder"] == "galaxies"
    assert index["axes"] == ["noise"]
    assert [rung["dataset"] for rung in index["rungs"]] == [f"galaxies-rung-{number}.h5" for number in (1, 2, 3)]
    plain = tmp_path / "plain.h5"
    assert run_well("generate", "galaxies", plain, "-n", "300").out.strip() == index["rungs"][-1]["digest"]
    easy, hard = open_dataset(tmp_path / "galaxies-rung-1.h5"), open_dataset(plain)
    assert easy.recipe.name == "galaxies-rung-1"
    np.testing.assert_array_equal(easy.samples["member"], hard.samples["member"])
    (tmp_path / "galaxies-rung-2.h5").unlink()
    before = (tmp_path / "galaxies-rung-1.h5").stat().st_mtime_ns
    again = run_well("ladder", LADDER[0], tmp_path, *LADDER[1:], "--generate", "--json")
    assert again.json == index
    assert again.err.count("was complete") == 2
    assert (tmp_path / "galaxies-rung-1.h5").stat().st_mtime_ns == before


def test_rungs_sort_by_name(tmp_path: Path) -> None:
    run_well("ladder", "galaxy", tmp_path, "--axis", "spread", "--rungs", "11")
    assert sorted(tmp_path.glob("*-rung-*"))[1].name == "galaxy-rung-02.yaml"


def test_picture_has_a_column_a_rung(tmp_path: Path) -> None:
    wide, narrow = tmp_path / "wide.png", tmp_path / "narrow.png"
    make(tmp_path / "a", "--picture", wide, "--members", "2")
    run_well(
        "ladder", "galaxies", tmp_path / "b", "--axis", "noise", "--rungs", "2", "--picture", narrow, "--members", "2"
    )
    with Image.open(wide) as three, Image.open(narrow) as two:
        assert three.height == two.height
        assert 140 <= three.width - two.width <= 150
        pixels = np.asarray(three.convert("L"), float)
    assert pixels.std() > 20


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("galaxies", "DIR", "--axis", "noise", "--rungs", "1"), "rungs: must be a whole number from 2 to 1000"),
        (("galaxies", "DIR", "--axis", "nois", "--rungs", "3"), "did you mean 'noise'?"),
        (("galaxies", "DIR", "--axis", "classes", "--rungs", "3"), "axis classes: there is nothing to change"),
        (("galaxies", "DIR", "--rungs", "3"), "Missing option '--axis'"),
        (("galaxies", "DIR", "--axis", "noise"), "Missing option '--rungs'"),
        (("morphology", "DIR", "--axis", "balance", "--rungs", "3"), "--imbalance 1:2:4"),
        (("galaxies", "FILE", "--axis", "noise", "--rungs", "3"), "is a file; a ladder needs a directory"),
        (("galaxies", "DIR", "--axis", "noise", "--rungs", "3", "--picture", "p.png", "--members", "99"), "99 members"),
        (("pendulum", "DIR", "--axis", "spread", "--rungs", "3", "--picture", "p.png"), "'preview' plots the series"),
    ],
)
def test_wrong_input_is_one_line(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    (tmp_path / "file").write_text("")
    places = {"DIR": tmp_path / "new", "FILE": tmp_path / "file"}
    ran = run("ladder", *(places.get(argument, argument) for argument in arguments))
    assert ran.status == (1 if "FILE" in arguments else 2)
    assert says in ran.err
    assert ran.err.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_another_ladder_is_kept(tmp_path: Path) -> None:
    make(tmp_path)
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    for options in (["--seed", "1"], ["--axis", "spread"], ["--rungs", "4"]):
        ran = run("ladder", LADDER[0], tmp_path, *LADDER[1:], *options)
        assert ran.status == 1
        assert "holds another ladder (ladder.yaml says which)" in ran.err
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


def test_changed_recipes_are_kept(tmp_path: Path) -> None:
    make(tmp_path)
    changed = tmp_path / "galaxies-rung-2.yaml"
    changed.write_text(changed.read_text().replace("seed: 0", "seed: 1"))
    ran = run("ladder", LADDER[0], tmp_path, *LADDER[1:])
    assert ran.status == 1
    assert f"{changed} was changed since the ladder was made" in ran.err
    (tmp_path / "ladder.yaml").unlink()
    ran = run("ladder", LADDER[0], tmp_path, *LADDER[1:])
    assert ran.status == 1
    assert "or its dataset exists, of another ladder" in ran.err
    (tmp_path / "ladder.yaml").write_text("[1]")
    assert "not the index of a ladder" in run("ladder", LADDER[0], tmp_path, *LADDER[1:]).err


def test_too_few_samples_for_a_grid_are_told_before_the_first_rung(tmp_path: Path) -> None:
    recipe = tmp_path / "grid.yaml"
    grid = "galaxy: {n: {grid: {low: 1, high: 4, steps: 9}}}"
    recipe.write_text(f"samples: 20\ncatalogues: {{a: {{weight: 3, objects: [{grid}]}}, b: {{objects: [star]}}}}\n")
    options = ("--axis", "balance", "--rungs", "3", "--imbalance", "1:3", "--generate")
    ran = run("ladder", recipe, tmp_path / "made", *options)
    assert ran.status == 2
    assert "the grids of a have 9 combinations" in ran.err
    assert not list((tmp_path / "made").glob("*.h5*"))
