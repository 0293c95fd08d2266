"""One image in memory: what a call costs when the recipe is worked out already."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.scenes import galaxies
from deepbench_fast import Batch, Recipe, Simulator, sample, samples, simulate

GIVEN = {"galaxy.r_eff": 3.0}
CALLS: dict[str, Callable[[Simulator, Recipe], object]] = {
    "batch": lambda simulator, recipe: simulator.batch(7, 8),
    "given": lambda simulator, recipe: simulator.given(GIVEN, 5),
    "sample": lambda simulator, recipe: sample(recipe, 7),
    "simulate": lambda simulator, recipe: simulate(recipe, GIVEN, 5),
}


@pytest.mark.parametrize("call", CALLS)
def test_one_image(benchmark: BenchmarkFixture, call: str) -> None:
    recipe = galaxies(1000)
    simulator = Simulator(recipe)
    made = benchmark(CALLS[call], simulator, recipe)
    if isinstance(made, Batch):
        assert len(made) == 1
    if call in ("batch", "sample"):
        image = made[0]["image"] if isinstance(made, Batch) else made["image"]  # type: ignore[index]
        np.testing.assert_array_equal(image, samples(recipe, 0, 8)["images"][7])
