"""Datasets of one split alone, against the whole dataset."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepbench_fast import Recipe, generate, open_dataset, samples, verify
from deepbench_fast.draw.streams import MAX_MEMBERS
from deepbench_fast.errors import RecipeError, UsageError
from tests.cli.running import run, run_well
from tests.recipes import mixed

SPLITS = ("train", "validation", "test")


def by_member(recipe: Recipe) -> dict[tuple[int, int], tuple[bytes, bytes, bytes]]:
    """Image, target and noise of each sample, by catalogue and member."""
    got = samples(recipe, 0, recipe.samples)
    table = got.tables.samples
    keys = zip(table["catalogue"].tolist(), table["member"].tolist(), strict=True)
    found = {
        key: (got["images"][i].tobytes(), got["targets"][i].tobytes(), table[i].tobytes()) for i, key in enumerate(keys)
    }
    assert len(found) == recipe.samples
    return found


def test_splits_are_the_samples_of_the_whole() -> None:
    """Strata of 3 (classes) and 5 (splits) fit into 900 samples, so the parts make up the whole."""
    recipe = mixed(samples=900)
    whole = by_member(recipe)
    parts = [by_member(recipe.of_split(name)) for name in SPLITS]
    assert [len(part) for part in parts] == [540, 180, 180]
    together: dict[tuple[int, int], tuple[bytes, bytes, bytes]] = {}
    for part in parts:
        assert not set(together) & set(part)
        together |= part
    assert together == whole


def test_a_split_says_what_it_is(tmp_path: Path) -> None:
    part = mixed(samples=500).of_split("validation")
    assert (part.samples, part.split) == (100, "validation")
    assert Recipe.from_yaml(part.to_yaml()) == part.resolved()
    generate(part, tmp_path / "a.h5")
    data = open_dataset(tmp_path / "a.h5")
    assert len(data) == 100
    assert len(data.split("validation")) == 100
    assert len(data.split("train")) == 0
    assert verify(tmp_path / "a.h5", "all").same
    assert part.of_split("validation") is part
    with pytest.raises(UsageError, match="makes the samples of split validation alone"):
        part.of_split("train")


def test_classes_keep_their_balance() -> None:
    table = samples(mixed(samples=900).of_split("train"), 0, 540).tables.samples
    assert np.bincount(table["catalogue"]).tolist() == [180, 360]
    assert (table["split"] == 0).all()


def test_ranges_and_threads_change_nothing(tmp_path: Path) -> None:
    part = mixed(samples=6000).of_split("train")
    whole = samples(part, 0, 3600)
    np.testing.assert_array_equal(samples(part, 1001, 1100)["images"], whole["images"][1001:1100])
    digests = [generate(part, tmp_path / f"{threads}.h5", threads=threads).digest for threads in (1, 2)]
    assert len(set(digests)) == 1


def test_wrong_splits() -> None:
    with pytest.raises(RecipeError, match="split: unknown split 'trian'; did you mean 'train'"):
        mixed().of_split("trian")
    with pytest.raises(RecipeError, match=r"unknown split 'train' \(allowed: none\)"):
        Recipe.of_kind("star").of_split("train")
    with pytest.raises(UsageError, match="split test: 4 samples leave none for it"):
        mixed(samples=4).of_split("test")
    with pytest.raises(RecipeError, match="split: must be a name"):
        mixed().set("split", 3)
    huge = mixed(samples=MAX_MEMBERS - 1).set("split", "test")
    with pytest.raises(UsageError, match="more than a catalogue can hold"):
        samples(huge, 0, 1)


def test_a_sweep_is_judged_by_the_whole(tmp_path: Path) -> None:
    recipe = Recipe.of_kind("galaxy").with_overrides(
        {"samples": 10, "splits": {"a": "1/3", "b": "2/3"}, "catalogues.galaxy.galaxy.n": {"grid": [*range(1, 11)]}}
    )
    generate(recipe.of_split("a"), tmp_path / "a.h5")
    with pytest.raises(UsageError, match="the grids of galaxy have 10 combinations"):
        generate(recipe.set("samples", 8).of_split("a"), tmp_path / "b.h5")


def test_the_command_makes_one_split(tmp_path: Path) -> None:
    out = tmp_path / "train.h5"
    made = run_well("generate", "galaxies", out, "-n", "300", "--split", "train", "--json").json
    assert made["samples"] == 240
    assert run_well("generate", "galaxies", out, "-n", "300", "--split", "train", "--resume")
    wrong = run("generate", "galaxies", out, "-n", "300", "--split", "tran")
    assert wrong.status == 2
    assert "did you mean 'train'" in wrong.err
