"""Tables a second: everything that is random in a range of samples but the pixel noise."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.scenes import galaxies
from deepbench_fast import Recipe
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.tables import draw, rows_per_chunk

SAMPLES = 4096
RECIPES = {"galaxies": galaxies(SAMPLES), "sky": Recipe.builtin("sky").with_overrides({"samples": SAMPLES})}


@pytest.mark.parametrize("name", RECIPES)
def test_draw(benchmark: BenchmarkFixture, name: str) -> None:
    plan = make_plan(RECIPES[name])
    tables = benchmark(draw, plan, 0, SAMPLES)
    assert len(tables.samples) == SAMPLES
    if benchmark.enabled:
        rows = SAMPLES + sum(map(len, tables.objects.values()))
        benchmark.extra_info |= {"unit": "rows/s", "rate": rows / benchmark.stats.stats.median}


@pytest.mark.parametrize("name", RECIPES)
def test_count(benchmark: BenchmarkFixture, name: str) -> None:
    """The pass before a file is created: how many objects each chunk has."""
    plan = make_plan(RECIPES[name])
    counted = benchmark(lambda: sum(rows.sum() for rows in rows_per_chunk(plan, 0, SAMPLES)))
    assert counted == sum(map(len, draw(plan, 0, SAMPLES).objects.values()))
