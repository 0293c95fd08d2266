"""A dataset's recipe and tables in a folder: what is made from them is the dataset."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import pytest

from deepbench_fast import Recipe, generate, open_dataset
from tests.cli.running import run, run_well

RECIPE = """
seed: 3
samples: 12
image: {shape: [12, 12]}
noise: [gaussian: {sigma: {table: {file: a/prior.csv, column: "s, 1"}}}]
catalogues:
  a:
    objects:
      - star:
          gamma: {table: {file: a/prior.csv, column: r, order: rows}}
          x: {table: {file: FAR/chain.h5, dataset: run, column: n}}
          y: {table: {file: own.h5, column: n}}
"""


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A dataset drawn from tables of a folder that isn't there any more."""
    near, far = tmp_path / "near", tmp_path / "far"
    (near / "a").mkdir(parents=True)
    far.mkdir()
    (near / "a" / "prior.csv").write_text('r,"s, 1"\n2.5,0.1\n3,0.30000000000000004\n4.5,1e-300\n')
    for path, group in ((far / "chain.h5", "run/n"), (near / "own.h5", "n")):
        with h5py.File(path, "w") as file:
            file[group] = [1.0, 5.1, 2.0]
    (near / "recipe.yaml").write_text(RECIPE.replace("FAR", "../far"))
    generate(Recipe.load(near / "recipe.yaml"), tmp_path / "made.h5")
    shutil.rmtree(near)
    shutil.rmtree(far)
    return tmp_path / "made.h5"


def test_the_dataset_is_made_again_from_its_bundle(made: Path, tmp_path: Path) -> None:
    ran = run_well("info", made, "--recipe", "--bundle", tmp_path / "bundle")
    assert ran.err.startswith(f"{tmp_path / 'bundle' / 'recipe.yaml'}: written, with 3 tables; ")
    files = sorted(str(p.relative_to(tmp_path / "bundle")) for p in (tmp_path / "bundle").rglob("*") if p.is_file())
    assert files == ["a/prior.csv", "own.h5", "recipe.yaml", "tables/2-chain.h5"]
    assert (tmp_path / "bundle" / "a" / "prior.csv").read_text().splitlines()[2] == "0.30000000000000004,3.0"
    again = run_well("generate", tmp_path / "bundle" / "recipe.yaml", tmp_path / "again.h5")
    assert "outside" not in again.err
    assert again.out.strip() == open_dataset(made).summary.digest


def test_a_recipe_that_names_nothing_outside_is_as_it_was(mixed_file: Path, tmp_path: Path) -> None:
    run_well("info", mixed_file, "--recipe", "--bundle", tmp_path)
    assert (tmp_path / "recipe.yaml").read_text() == run_well("info", mixed_file, "--recipe").out
    assert Recipe.load(tmp_path / "recipe.yaml").hash() == open_dataset(mixed_file).summary.recipe_hash


@pytest.mark.parametrize(
    "name", ["/etc/x.csv", "../x.csv", "a/../../x.csv", ".git/x.csv", "x.py", "tables/x.csv", "con.csv"]
)
def test_names_that_lead_elsewhere_are_not_kept(name: str, tmp_path: Path) -> None:
    from deepbench_fast.run.bundle import _name

    assert _name(name, {}) in ("tables/1-x.csv", "tables/1-con.csv")


def test_wrong_use(made: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    for arguments, problem in {
        ("--bundle", tmp_path / "b"): "-o and --bundle go with --recipe",
        ("--recipe", "--json"): "--recipe gives YAML, and goes without --json",
        ("--recipe", "--bundle", tmp_path / "b", "-o", "r.yaml"): "goes without -o",
        ("--recipe", "--bundle", tmp_path / "full"): f"Error: {tmp_path / 'full'}: has something in it",
        ("--recipe", "--bundle", made): "can't be written",
    }.items():
        ran = run("info", made, *arguments)
        assert ran.status != 0
        assert problem in ran.err
        assert ran.err.count("\n") == 1
    assert not (tmp_path / "b").exists()
    with h5py.File(made, "r+") as file:
        del file["tables"]
    ran = run("info", made, "--recipe", "--bundle", tmp_path / "b")
    assert "has no numbers of " in ran.err
    assert not (tmp_path / "b").exists()
