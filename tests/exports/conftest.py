from __future__ import annotations

from pathlib import Path

import pytest

from deepbench_fast import generate, index_parts
from deepbench_fast.recipe.recipe import Recipe
from tests.recipes import mixed

SERIES = """
version: 1
name: swings
seed: 3
samples: 300
series: {start: 0, stop: 2, steps: 20, outputs: [x, angle]}
splits: {train: 1/2, test: 1/2}
targets: [catalogue, pendulum.length]
catalogues:
  long:
    objects:
      - pendulum: {length: {uniform: [5, 10]}}
  short:
    objects:
      - pendulum: {length: {uniform: [1, 2]}}
"""


@pytest.fixture(scope="session")
def index_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset of `mixed()` as an index over three shards; not to be changed."""
    path = tmp_path_factory.mktemp("parts") / "mixed.h5"
    for number in (1, 2, 3):
        generate(mixed(), path, threads=2, shard=f"{number}/3")
    index_parts(path)
    return path


@pytest.fixture(scope="session")
def series_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 pendulums of two classes and two splits, 20 steps of two outputs; not to be changed."""
    path = tmp_path_factory.mktemp("series") / "swings.h5"
    generate(Recipe.from_yaml(SERIES, source="swings.yaml"), path, threads=2)
    return path


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """One chunk a block: the small files of these tests have several."""
    monkeypatch.setattr("deepbench_fast.exports.source.BLOCK_BYTES", 1)
