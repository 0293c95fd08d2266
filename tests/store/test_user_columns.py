"""What was made from a user's tables is made again where these are not, and a file's recipe reads no other file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import h5py
import pytest

from deepbench_fast import Recipe, generate
from tests.cli.running import run

RECIPE = """
seed: 3
samples: 12
image: {shape: [12, 12]}
noise: [gaussian: {sigma: {table: {file: prior.csv, column: s}}}]
catalogues:
  a:
    objects:
      - star: {gamma: {table: {file: prior.csv, column: r, order: rows}}, count: 1}
      - galaxy: {r_eff: {offset: {from: n, by: {table: {file: chain.h5, dataset: run, column: n}}}}}
"""
NEW_PROCESS = """
import sys
opened = []
sys.addaudithook(lambda event, values: opened.append(str(values[0])) if event == "open" else None)
from deepbench_fast import generate, open_dataset, verify
verify(sys.argv[1], "all").raise_if_different()
dataset = open_dataset(sys.argv[1])
print(generate(dataset.recipe, sys.argv[2]).digest == dataset.summary.digest)
print(any("prior.csv" in name or "chain.h5" in name for name in opened))
"""


@pytest.fixture
def made(tmp_path: Path) -> Path:
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "prior.csv").write_text("r,s\n2.5,0.1\n3,0.2\n4.5,0.3\n")
    with h5py.File(folder / "chain.h5", "w") as file:
        file["run/n"] = [1.0, 1.5, 2.0]
    (folder / "recipe.yaml").write_text(RECIPE)
    return folder


def again_elsewhere(path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", NEW_PROCESS, path, path.with_name("again.h5")],
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("True\nFalse\n", "")


def test_a_file_is_made_again_without_its_tables(made: Path, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    assert run("generate", made / "recipe.yaml", away / "o.h5").status == 0
    for number in "12":
        assert run("generate", made / "recipe.yaml", away / "whole.h5", "--shard", f"{number}/2").status == 0
    assert run("index", "-o", away / "whole.h5").status == 0
    with h5py.File(away / "o.h5") as file:
        assert sorted(tuple(column[:]) for column in file["tables"].values()) == [
            (0.1, 0.2, 0.3),
            (1.0, 1.5, 2.0),
            (2.5, 3.0, 4.5),
        ]
    for name in ("prior.csv", "chain.h5"):
        (made / name).unlink()
        (away / name).write_text("r,s\n7,7\n")  # what would be read, if anything were
    for name in ("o.h5", "whole.h5", "whole.shard-2-of-2.h5"):
        again_elsewhere(away / name)
        (away / "again.h5").unlink()


def test_other_numbers_are_not_taken(made: Path, tmp_path: Path) -> None:
    generate(Recipe.load(made / "recipe.yaml"), tmp_path / "o.h5")
    with h5py.File(tmp_path / "o.h5", "r+") as file:
        for column in file["tables"].values():
            column[0] += 1.0
    code = f"from deepbench_fast import verify; print(verify({str(tmp_path / 'o.h5')!r}).same)\n"
    code += f"verify({str(tmp_path / 'o.h5')!r}, 1)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stdout == "True\n"
    assert "holds other numbers than those of hash" in ran.stderr.splitlines()[-1]


def test_files_without_tables_have_none(mixed_file: Path) -> None:
    with h5py.File(mixed_file) as file:
        assert "tables" not in file


def test_files_outside_the_recipes_folder_are_named(made: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (made / "prior.csv").rename(other / "prior.csv")
    (made / "prior.csv").symlink_to(other / "prior.csv")
    for command in (("plan", made / "recipe.yaml"), ("generate", made / "recipe.yaml", tmp_path / "o.h5")):
        ran = run(*command)
        assert ran.status == 0
        assert ran.err.startswith(
            f"{made / 'recipe.yaml'}: reads {other / 'prior.csv'}, which lies outside its folder\n"
        )
        assert ran.err.count("outside its folder") == 1
    inside = made / "recipe.yaml"
    (made / "prior.csv").unlink()
    (other / "prior.csv").rename(made / "prior.csv")
    assert "outside its folder" not in run("plan", inside).err
