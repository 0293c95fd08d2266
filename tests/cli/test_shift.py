from __future__ import annotations

from pathlib import Path

import pytest

from deepbench_fast import Recipe, open_dataset, shift
from tests.cli.running import run, run_well

SHIFT = ("--axis", "noise", "--rungs", "3", "--set", "noise.gaussian.sigma={uniform: [0.3, 0.5]}", "-n", "60")


def test_writes_recipes_and_what_they_are(tmp_path: Path) -> None:
    out = run_well("shift", "galaxies", tmp_path / "made", *SHIFT).out
    recipe = Recipe.builtin("galaxies").with_overrides({"samples": 60})
    expected = shift(recipe, "noise", 3, {"noise.gaussian.sigma": "{uniform: [0.3, 0.5]}"})
    files = [tmp_path / "made" / f"{rung.name}.yaml" for rung in expected]
    assert [line.split()[0] for line in out.splitlines()] == [str(file) for file in files]
    assert [line.split("  ")[-1] for line in out.splitlines()] == ["as it is", "50 % of the shift", "shifted"]
    assert [Recipe.load(file).hash() for file in files] == [rung.hash() for rung in expected]
    assert sorted(path.name for path in files[0].parent.iterdir()) == [*(file.name for file in files), "shift.yaml"]


def test_makes_datasets_and_goes_on(tmp_path: Path) -> None:
    command = ("shift", "galaxies", tmp_path, *SHIFT, "--generate", "--json", "--picture", tmp_path / "p.png")
    index = run_well(*command).json
    assert (index["shift"], index["axis"]) == ("galaxies", "noise")
    assert index["set"] == {"noise.gaussian.sigma": "{uniform: [0.3, 0.5]}"}
    plain = run_well("generate", "galaxies", tmp_path / "plain.h5", "-n", "60").out.strip()
    assert [rung["digest"] == plain for rung in index["rungs"]] == [True, False, False]
    made = open_dataset(tmp_path / index["rungs"][2]["dataset"])
    assert made.samples["noise_gaussian_sigma"].min() > 0.3
    again = run_well(*command)
    assert again.json == index
    assert again.err.count("was complete") == 3
    assert (tmp_path / "p.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--axis", "blur", "--rungs", "2", "--set", "psf=~"), "unknown axis 'blur'"),
        (("--axis", "psf", "--rungs", "2"), "Missing option '--set'"),
        (("--axis", "psf", "--rungs", "2", "--set", "galaxy.n=2"), "galaxy.n: axis psf changes the PSF, not objects"),
        (("--axis", "ood", "--rungs", "2", "--set", "galaxy.m=2"), "galaxy.m"),
        (("--axis", "psf", "--rungs", "x", "--set", "psf=~"), "'x' is not a valid integer"),
    ],
)
def test_wrong_input_is_one_line(tmp_path: Path, options: tuple[str, ...], says: str) -> None:
    ran = run("shift", "galaxies", tmp_path / "new", *options)
    assert ran.status == 2
    assert says in ran.err
    assert ran.err.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_another_shift_is_kept(tmp_path: Path) -> None:
    run_well("shift", "galaxies", tmp_path, *SHIFT)
    ran = run("shift", "galaxies", tmp_path, *SHIFT, "--seed", "1")
    assert ran.status == 1
    assert "holds another shift (shift.yaml says which)" in ran.err
    beside = run_well("ladder", "galaxies", tmp_path, "--axis", "noise", "--rungs", "2", "-n", "60").out
    assert "galaxies-rung-1.yaml" in beside, "a ladder may stand beside it"
