"""Systems that move: kernels, whole tasks, and the same by DeepBench, SciPy and REBOUND."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.measures import physics
from benchmarks.scenes import bodies, pendulums
from deepbench_fast import Recipe
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.kinds.registry import kind
from deepbench_fast.render.trajectories import PENDULUMS
from deepbench_fast.run.benchmark.road import rendering
from deepbench_fast.run.benchmark.timing import Effort

SMOKE = Effort(rounds=1, seconds=0.0, scale=0.001)
EFFORT = Effort(rounds=3, seconds=0.05, scale=0.05)
SYSTEMS = 64
SOLVERS = [(name, solver) for name in physics.PENDULUM_KINDS for solver in kind(name).dynamics.solvers]
STEPS = 100


def record_rate(benchmark: BenchmarkFixture, amount: int, unit: str) -> None:
    if benchmark.enabled:
        benchmark.extra_info |= {"unit": unit, "rate": amount / benchmark.stats.stats.median}


@pytest.mark.parametrize(("name", "solver"), SOLVERS)
def test_pendulum_kernels(benchmark: BenchmarkFixture, name: str, solver: str) -> None:
    angles = benchmark(physics.pendulum_kernel(pendulums(PENDULUMS, name, solver=solver)))
    record_rate(benchmark, PENDULUMS, "trajectories/s")
    assert (np.abs(angles) <= 1.5 + 1e-6).all()


@pytest.mark.parametrize(("name", "solver"), SOLVERS)
def test_draw_and_render_pendulums(benchmark: BenchmarkFixture, name: str, solver: str) -> None:
    draw_and_render(benchmark, pendulums(PENDULUMS, name, solver=solver), 1)


@pytest.mark.parametrize("solver", physics.BODY_SOLVERS)
@pytest.mark.parametrize("count", physics.BODY_GOALS)
def test_draw_and_render_bodies(benchmark: BenchmarkFixture, quick: bool, count: int, solver: str) -> None:
    draw_and_render(benchmark, bodies(2 if quick else SYSTEMS, count, solver=solver), 2 * count)


def draw_and_render(benchmark: BenchmarkFixture, recipe: Recipe, columns: int) -> None:
    series = benchmark(rendering(make_plan(recipe)))["series"]
    record_rate(benchmark, recipe.samples, "trajectories/s")
    assert series.shape == (recipe.samples, 100, columns)
    assert np.isfinite(series).all()


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("count", physics.BODY_GOALS)
def test_steps_of_bodies(benchmark: BenchmarkFixture, count: int, dimensions: int) -> None:
    """The rate is that of steps of one system; both leapfrogs end at about the same place."""
    recipe = bodies(SYSTEMS, count, dimensions=dimensions, softening=0.3, solver="leapfrog", step=physics.STEP)
    positions = benchmark(physics.body_kernel(recipe, np.array([STEPS * physics.STEP])))
    record_rate(benchmark, SYSTEMS * STEPS, "steps/s")
    peer = pytest.importorskip("benchmarks.peers.rebound_bodies", exc_type=ImportError)
    systems = physics.drawn_bodies(recipe)
    for mass, state, big_g, softening, ours in zip(*systems, positions[:, 0], strict=True):
        sim = peer.simulation(mass, state, big_g, softening, step=physics.STEP)
        sim.steps(STEPS)
        theirs = [(body.x, body.y, body.z)[:dimensions] for body in sim.particles]
        np.testing.assert_allclose(ours.reshape(count, dimensions), theirs, rtol=0, atol=1e-4)
        assert np.abs(ours - state[:, :dimensions].ravel()).max() > 1e-3


def test_against_scipy(benchmark: BenchmarkFixture, quick: bool) -> None:
    rows = benchmark.pedantic(physics.time_against_scipy, (SMOKE if quick else EFFORT,), rounds=1)
    benchmark.extra_info |= {row.what: row.cells()[1:4] for row in rows}
    assert all(row.ratio for row in rows)


@pytest.mark.parametrize("case", physics.HAMILTONIAN_CASES[:1], ids=lambda case: case.scene)
def test_hamiltonian_against_deepbench(
    benchmark: BenchmarkFixture, quick: bool, deepbench_python: Path, case: physics.Hamiltonian
) -> None:
    effort = SMOKE if quick else EFFORT
    row = benchmark.pedantic(physics.hamiltonian_against_deepbench, (case, deepbench_python, effort), rounds=1)
    benchmark.extra_info |= {row.what: row.cells()[1:4]}
    assert row.ratio


def test_pendulums_against_deepbench(benchmark: BenchmarkFixture, quick: bool, deepbench_python: Path) -> None:
    effort = SMOKE if quick else EFFORT
    rows = benchmark.pedantic(lambda: list(physics.newtonian_against_deepbench(deepbench_python, effort)), rounds=1)
    benchmark.extra_info |= {row.what: row.cells()[1:4] for row in rows}
    assert all(row.ratio for row in rows)
