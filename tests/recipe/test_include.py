"""Recipe files that include others."""

from __future__ import annotations

import os
from pathlib import Path

import jsonschema
import pytest

from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe import Recipe
from deepbench_fast.recipe.json_schema import json_schema
from deepbench_fast.recipe.load import read_text
from tests.cli.running import run, run_well

BASE = """\
x-own: &wide {uniform: [1, 5]}
seed: 4
image: {shape: [20, 20], sampling: integrate}
psf: {gaussian: {sigma: 1}}
noise: {gaussian: {sigma: 0.1}}
targets: [catalogue, brightness]
catalogues:
  stars:
    objects: {star: {gamma: *wide, alpha: 3}}
"""
TOP = """\
include: shared/base.yaml
samples: 12
image: {shape: [24, 24]}
psf: {moffat: {gamma: 2, alpha: 3}}
noise: {gaussian: {sigma: {uniform: [0, 0.2]}}, poisson: {level: 0.1}}
targets: [catalogue]
catalogues:
  stars:
    objects: {star: {gamma: {normal: [2, 0.1]}, count: 2}}
  galaxies: {objects: [galaxy]}
"""
JOINED = """\
name: top
seed: 4
samples: 12
image: {shape: [24, 24], sampling: integrate}
psf: {moffat: {gamma: 2, alpha: 3}}
noise: {gaussian: {sigma: {uniform: [0, 0.2]}}, poisson: {level: 0.1}}
targets: [catalogue]
catalogues:
  stars:
    objects: {star: {gamma: {normal: [2, 0.1]}, alpha: 3, count: 2}}
  galaxies: {objects: [galaxy]}
"""


def written(folder: Path, **files: str) -> Path:
    """Files by their names, in which __ stands for a folder; the path of the first."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / f"{next(iter(files)).replace('__', '/')}.yaml"


def test_it_is_the_recipe_that_is_written_out(tmp_path: Path) -> None:
    found = Recipe.load(written(tmp_path, top=TOP, shared__base=BASE))
    assert found == Recipe.from_yaml(JOINED)
    assert list(found.catalogues) == ["stars", "galaxies"]
    jsonschema.Draft202012Validator(json_schema()).validate(read_text(TOP).data)


def test_later_files_win_and_files_include_others_beside_them(tmp_path: Path) -> None:
    one = "include: two.yaml\nseed: 1\nsamples: 5\ncatalogues: {a: {objects: [star]}}"
    path = written(
        tmp_path, top="include: [far/one.yaml, three.yaml]", far__one=one, far__two="seed: 2", three="seed: 3"
    )
    found = Recipe.load(path)
    assert (found.seed, found.samples, found.name) == (3, 5, "top")


def test_times_of_a_series_replace_its_even_steps(tmp_path: Path) -> None:
    base = "series: {start: 1, stop: 2, steps: 5, outputs: [x]}\ncatalogues: {a: {objects: [pendulum]}}"
    path = written(tmp_path, top="include: base.yaml\nseries: {times: [1, 4]}", base=base)
    assert Recipe.load(path).time.moments == (1, 4)
    assert Recipe.load(path).time.outputs == ("x",)
    path = written(tmp_path, again="include: top.yaml\nseries: {stop: 9}")
    assert Recipe.load(path).time.end == 9


def test_tables_are_those_beside_the_file_that_names_them(tmp_path: Path) -> None:
    base = "catalogues: {a: {objects: {star: {gamma: {table: {file: own.csv, column: g}}}}}}"
    path = written(tmp_path, top="include: shared/base.yaml", shared__base=base)
    (tmp_path / "shared" / "own.csv").write_text("g\n2\n3\n")
    (tmp_path / "own.csv").write_text("g\n7\n")
    (star,) = Recipe.load(path).catalogues["a"].objects
    assert star.parameters["gamma"].support == (2, 3)
    assert "file: shared/own.csv" in Recipe.load(path).to_yaml()


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"top": "include: no.yaml\n"}, "top.yaml:1: include: 'no.yaml' isn't there"),
        ({"top": "seed: 1\ninclude:\n  - b.yaml\n  - .\n", "b": "seed: 2"}, "top.yaml:4: include: '.' is a directory"),
        ({"top": "include: 3"}, "top.yaml:1: include: must be text on one line"),
        ({"top": "include: b.yaml", "b": "- 1"}, "b.yaml:1: must be keys with values, as a recipe"),
        ({"top": "include: b.yaml", "b": "a: [\n"}, "b.yaml:2: is not valid YAML"),
        (
            {"top": "include: b.yaml", "b": "include: c.yaml", "c": "\ninclude: b.yaml"},
            "c.yaml:2: include: files include each other in a circle: b.yaml → c.yaml → b.yaml",
        ),
        ({"top": "include: top.yaml"}, "top.yaml:1: include: files include each other in a circle: top.yaml → "),
        (
            {"top": "include: b.yaml\nseed: 1", "b": "catalogues:\n  a:\n    objects:\n      - star: {gamma: -1}\n"},
            "b.yaml:4: catalogues.a.star.gamma: must be ",
        ),
        (
            {"top": "include: b.yaml\n\ncatalogues: {a: {objects: {star: {x: true}}}}", "b": TOP.partition("\n")[2]},
            "top.yaml:3: catalogues.a.star.x: must be a number or one distribution",
        ),
        ({"top": "include: b.yaml\ncatalogues: {}", "b": "image: {shape: 0}"}, "b.yaml:1: image.shape: must be "),
    ],
)  # fmt: skip
def test_errors_name_the_file_the_line_and_the_key(files: dict[str, str], problem: str, tmp_path: Path) -> None:
    path = written(tmp_path, **files)
    ran = run("plan", path)
    assert ran.status != 0
    assert ran.err.startswith(f"Error: {tmp_path}{os.sep}{problem}")
    assert ran.err.count("\n") == 1


def test_many_files_and_long_chains_are_refused(tmp_path: Path) -> None:
    two = {f"n{k}": f"include: [n{k + 1}.yaml, n{k + 1}.yaml]" for k in range(12)}
    with pytest.raises(RecipeError, match="more than 100 files"):
        Recipe.load(written(tmp_path, **two, n12="seed: 1"))
    chain = {f"m{k}": f"include: m{k + 1}.yaml" for k in range(30)}
    with pytest.raises(RecipeError, match="more than 20 deep"):
        Recipe.load(written(tmp_path, **chain, m30="seed: 1"))
    large = "x-a: [" + "1, " * 30_000 + "1]"
    with pytest.raises(RecipeError, match="hold more than 100000 values"):
        Recipe.load(written(tmp_path, top="include: [l.yaml, l.yaml, l.yaml, l.yaml]", l=large))


def test_a_text_and_a_datasets_recipe_include_nothing(tmp_path: Path) -> None:
    written(tmp_path, base=BASE)
    with pytest.raises(RecipeError, match="include: joins files, and this is none"):
        Recipe.from_yaml("include: base.yaml", str(tmp_path / "top.yaml"))


def test_files_outside_the_recipes_folder_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, own__top="include: [../base.yaml, near.yaml]", base=BASE, own__near="seed: 5")
    ran = run_well("plan", path)
    assert f"{path}: reads {tmp_path / 'base.yaml'}, which lies outside its folder\n" in ran.err
    assert ran.err.count("outside its folder") == 1
