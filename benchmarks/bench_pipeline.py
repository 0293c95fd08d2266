"""Whole datasets, from the recipe to the renamed file, and random reads from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.places import PLACES, folder
from benchmarks.scenes import fields, galaxies, shapes
from deepbench_fast import Recipe, generate, open_dataset

CASES = {
    "galaxies": lambda quick: galaxies(2_000 if quick else 200_000),
    "galaxies-psf": lambda quick: galaxies(2_000 if quick else 200_000, psf=True),
    "fields": lambda quick: fields(20 if quick else 2_000),
    "shapes": lambda quick: shapes(20 if quick else 2_000),
}
ROUNDS = 5
READS = 1000


@pytest.fixture(params=PLACES)
def directory(request: pytest.FixtureRequest) -> Iterator[Path]:
    with folder(request.param) as path:
        yield path


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("case", CASES)
def test_generate(benchmark: BenchmarkFixture, quick: bool, directory: Path, case: str, threads: int) -> None:
    recipe: Recipe = CASES[case](quick)
    path = directory / "out.h5"

    def remove_last() -> None:
        path.unlink(missing_ok=True)

    def make() -> None:
        generate(recipe, path, threads=threads)

    benchmark.pedantic(make, setup=remove_last, rounds=1 if quick else ROUNDS, warmup_rounds=0 if quick else 1)
    assert open_dataset(path).summary.complete
    if benchmark.enabled:
        benchmark.extra_info |= {"unit": "samples/s", "rate": recipe.samples / benchmark.stats.stats.median}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, quick: bool) -> Path:
    path = tmp_path_factory.mktemp("reads") / "galaxies.h5"
    generate(CASES["galaxies"](quick), path)
    return path


@pytest.fixture(scope="module")
def order(file: Path) -> list[int]:
    numbers: list[int] = np.random.default_rng(0).integers(len(open_dataset(file)), size=READS).tolist()
    return numbers


def test_read_dataset_one_by_one(benchmark: BenchmarkFixture, file: Path, order: list[int]) -> None:
    dataset = open_dataset(file)
    read = benchmark(lambda: [dataset[i] for i in order])
    assert [sample["index"] for sample in read] == order


def test_read_dataset_in_batches(benchmark: BenchmarkFixture, file: Path, order: list[int]) -> None:
    dataset = open_dataset(file)
    batches = [order[start : start + 256] for start in range(0, READS, 256)]
    read = benchmark(lambda: [dataset.__getitems__(batch) for batch in batches])
    assert [sample["index"] for batch in read for sample in batch] == order


@pytest.mark.parametrize("options", [{}, {"rdcc_nbytes": 0}], ids=["default", "uncached"])
def test_read_h5py(benchmark: BenchmarkFixture, file: Path, order: list[int], options: dict[str, int]) -> None:
    with h5py.File(file, **options) as opened:
        images = opened["images"]
        read = benchmark(lambda: [images[i] for i in order])
    np.testing.assert_array_equal(read, open_dataset(file)[order]["image"])
