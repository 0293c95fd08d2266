"""Batches of samples in memory."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from deepbench_fast import Batch, Recipe, Simulator, generate, open_dataset, sample, samples
from tests.recipes import mixed, noisy_pendulums


def check_same(one: Batch, other: Batch) -> None:
    assert one.keys() == other.keys()
    for name in one.keys():  # noqa: SIM118 -- a batch runs through its samples
        np.testing.assert_array_equal(one[name], other[name])
    assert one.tables.samples.tobytes() == other.tables.samples.tobytes()
    assert {kind: table.tobytes() for kind, table in one.tables.objects.items()} == {
        kind: table.tobytes() for kind, table in other.tables.objects.items()
    }


def test_a_batch_is_what_the_file_gives(tmp_path: Path) -> None:
    for recipe in (mixed().set("extras", ["clean", "masks", "variance"]), noisy_pendulums()):
        generate(recipe, tmp_path / "x.h5", overwrite=True)
        dataset = open_dataset(tmp_path / "x.h5")
        batch = samples(recipe, 2, 7)
        assert len(batch) == 5
        assert dict(batch).keys() == dataset[2:7].keys()
        for name, array in dict(batch).items():
            np.testing.assert_array_equal(array, dataset[2:7][name])
        for one, other in ((batch[3], dataset[5]), (batch[-1], dataset[6]), (sample(recipe, 5), dataset[5])):
            assert one.keys() == other.keys()
            for name in one:
                np.testing.assert_array_equal(one[name], other[name])
        assert (batch.recipe, batch.catalogues) == (dataset.recipe, dataset.catalogues)
        assert (batch.target_names, batch.outputs) == (dataset.target_names, dataset.outputs)
        np.testing.assert_array_equal(batch.targets, dataset.targets[2:7])
        np.testing.assert_array_equal(batch.members, dataset.samples["member"][2:7])
        np.testing.assert_array_equal(batch.split, dataset.samples["split"][2:7])
        np.testing.assert_array_equal(batch.index, np.arange(2, 7))


def test_parts_of_a_batch() -> None:
    recipe = mixed()
    whole = samples(recipe, 100, 140)
    check_same(whole[5:21], samples(recipe, 105, 121))
    check_same(whole[5:21][3:7], samples(recipe, 108, 112))
    check_same(whole[:], whole)
    check_same(whole[7:7], samples(recipe, 107, 107))
    backwards = whole[30:3:-4]
    assert backwards.index.tolist() == list(range(130, 103, -4))
    np.testing.assert_array_equal(backwards["images"], whole["images"][30:3:-4])
    np.testing.assert_array_equal(
        backwards.tables.objects["star"]["sample"],
        [n for i in backwards.index for n in whole.tables.objects["star"]["sample"] if n == i],
    )
    assert [one["index"] for one in whole] == list(range(100, 140))


def test_names_and_numbers_that_it_does_not_have() -> None:
    batch = samples(mixed(), 0, 3)
    assert batch.get("masks") is None
    assert batch.get("clean") is batch["clean"]
    with pytest.raises(KeyError, match="masks"):
        batch["masks"]
    for number in (3, -4):
        with pytest.raises(IndexError):
            batch[number]


def test_a_batch_can_be_pickled() -> None:
    batch = Simulator(Recipe.of_kind("star")).batch(3, 6)
    check_same(pickle.loads(pickle.dumps(batch)), batch)


def test_a_dataset_gives_batches_with_the_tables_of_their_samples(tmp_path: Path) -> None:
    for recipe in (mixed().set("extras", ["clean", "masks"]), noisy_pendulums()):
        generate(recipe, tmp_path / "x.h5", overwrite=True)
        dataset, whole = open_dataset(tmp_path / "x.h5"), samples(recipe, 0, recipe.samples)
        for chosen in (slice(2, 7), slice(7, 1, -2), slice(3, 3), [4, 1, 4, 0], np.arange(recipe.samples) % 3 == 1):
            check_same(dataset[chosen], whole[chosen])
            check_same(pickle.loads(pickle.dumps(dataset[chosen])), whole[chosen])
        check_same(dataset[[4, 1, 4, 0]][[2, 2, 3, 1]], whole[[4, 4, 0, 1]])
        check_same(dataset[1:6][::-2], whole[[5, 3, 1]])


def test_a_split_gives_batches_of_its_own_samples(mixed_file: Path) -> None:
    dataset = open_dataset(mixed_file)
    for name in dataset.splits:
        split = dataset.split(name)
        batch = split[10:60]
        check_same(batch, dataset[batch.index])
        assert {dataset.splits[number] for number in batch.split} == {name}


def test_what_chooses_no_samples_is_refused() -> None:
    batch = samples(mixed(), 0, 6)
    for chosen in ([6], [-7], [True, False], [0.5], np.zeros((2, 2), int), "nothing"):
        with pytest.raises((IndexError, KeyError)):
            batch[chosen]
    assert "image" in batch
    assert "images" in batch
    assert "nothing" not in batch
    assert dict(batch.items()).keys() == batch.keys()
