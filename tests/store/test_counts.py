"""Numbers of samples by class and split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepbench_fast import Recipe, generate, open_dataset
from deepbench_fast.store import counts as module
from deepbench_fast.store.counts import counts
from deepbench_fast.store.index import open_stored


def test_they_are_those_of_the_table(mixed_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS", 700)
    dataset = open_dataset(mixed_file)
    found, table = dataset.class_counts(), dataset.samples
    assert list(found) == list(dataset.catalogues)
    for k, name in enumerate(dataset.catalogues):
        for s, split in enumerate(dataset.splits):
            assert found[name][split] == np.count_nonzero((table["catalogue"] == k) & (table["split"] == s))
    assert sum(sum(row.values()) for row in found.values()) == len(dataset)


def test_those_of_a_part_are_its_own(mixed_file: Path) -> None:
    dataset = open_dataset(mixed_file)
    for split in dataset.splits:
        part = dataset.split(split)
        found = part.class_counts()
        assert sum(row[split] for row in found.values()) == len(part) > 0
        assert all(row[other] == 0 for row in found.values() for other in dataset.splits if other != split)


def test_of_very_many_the_first_ones(mixed_file: Path) -> None:
    with open_stored(mixed_file) as stored:
        found = counts(stored, 1000)
    assert found.counted == found.numbers.sum() == 1000


def test_without_splits(tmp_path: Path) -> None:
    generate(Recipe.of_kind("star").set("samples", 40), tmp_path / "s.h5")
    assert open_dataset(tmp_path / "s.h5").class_counts() == {"star": {"all": 40}}
