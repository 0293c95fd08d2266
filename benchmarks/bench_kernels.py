"""Kernels on blocks of images as the pipeline renders them; `extra_info` holds pixels or draws a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks import scenes
from benchmarks.measures.kernels import PAIRS
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.tables import call_roll
from deepbench_fast.kernels.noise.gaussian import add_gaussian
from deepbench_fast.kernels.psf.gaussian import blur
from deepbench_fast.kernels.random.columns import draw_columns
from deepbench_fast.kernels.stopping import NEVER
from deepbench_fast.run.benchmark import arrays
from deepbench_fast.run.benchmark.arrays import PSF_PAD, noise_arguments

SIZES = (28, 256)
SAMPLES = 1336


def run(benchmark: BenchmarkFixture, amount: int, unit: str, function: Callable[..., Any], *arguments: Any) -> None:
    benchmark.extra_info["unit"] = unit
    benchmark(function, *arguments)
    if benchmark.enabled:
        benchmark.extra_info["rate"] = amount / benchmark.stats.stats.median


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("sampling", ["center", "integrate"])
@pytest.mark.parametrize("kind", PAIRS)
def test_light(benchmark: BenchmarkFixture, kind: str, sampling: str, size: int) -> None:
    canvases = arrays.canvases(kind, size)
    kernel = PAIRS[kind][sampling == "integrate"]
    run(benchmark, len(canvases.table) * size * size, "pixels/s", kernel, *canvases)
    assert (canvases.canvas[:, : size * size] > 0).any(axis=1).all()


@pytest.mark.parametrize("size", SIZES)
def test_add_gaussian(benchmark: BenchmarkFixture, size: int) -> None:
    images = arrays.images(size)
    before = images.copy()
    run(benchmark, images.size, "pixels/s", add_gaussian, images, *noise_arguments(len(images)))
    assert not np.array_equal(images, before)


@pytest.mark.parametrize("size", SIZES)
def test_blur(benchmark: BenchmarkFixture, size: int) -> None:
    padded = arrays.images(size, pad=PSF_PAD)
    out = np.empty((len(padded), size * size), np.float32)
    sigma = np.full(len(padded), arrays.PSF_SIGMA)
    run(benchmark, out.size, "pixels/s", blur, padded, (size, size, PSF_PAD), sigma, out, NEVER.flag)
    assert 0.0 < out.mean() < padded.max()


def test_draw_columns(benchmark: BenchmarkFixture) -> None:
    """Philox words to parameters: the seven columns of a table of galaxies."""
    plan = make_plan(scenes.galaxies(SAMPLES))
    table = arrays.objects("galaxy", SAMPLES, 28).objects["galaxy"]
    integers = table.view(np.int64).reshape(SAMPLES, -1)
    programs, roster = plan.object_programs["galaxy"], call_roll(plan, 0, SAMPLES)
    arguments = (
        *(integers.view(np.float64), integers, table["entry"].copy(), roster.member, table["slot"].copy()),
        *(programs.rows, programs.first, plan.key, programs.values, programs.cumulative),
    )
    run(benchmark, SAMPLES * len(programs.rows), "draws/s", draw_columns, *arguments)
    assert len(np.unique(table["n"])) == SAMPLES
