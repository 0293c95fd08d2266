"""Bodies against REBOUND, Kepler's equation and plain sums; order, invariants, independence, and the machine code."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast.kernels.motion.gravity import LANES
from deepbench_fast.kernels.motion.n_body import n_body_leapfrog, n_body_rk4
from tests.kernels import assembly
from tests.kernels.physics.bodies import (
    FloatArray,
    Kernel,
    Series,
    Systems,
    figure_eight,
    follow,
    kepler,
    random_systems,
)
from tests.oracles import n_body as oracle

BOTH = pytest.mark.parametrize("kernel", [n_body_leapfrog, n_body_rk4])
PLANE_AND_SPACE = pytest.mark.parametrize("dimensions", [2, 3])
EIGHT_PERIOD = 6.32591398


def same_bits(one: Series, other: Series) -> None:
    for field in ("position", "velocity", "kinetic", "potential", "energy", "drift"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field))


def states(series: Series) -> FloatArray:
    """Positions and velocities together: (n, T, B, 2 dimensions)."""
    return np.concatenate([series.position, series.velocity], axis=3)


def test_figure_eight_reference() -> None:
    series = follow(figure_eight(), [0.0, 1.0], 5e-4, kernel=n_body_rk4)
    assert series.kinetic[0, 0] == pytest.approx(1.2128580011580, abs=1e-12)
    assert series.potential[0, 0] == pytest.approx(-2.4999999929244, abs=1e-12)
    assert series.energy[0, 0] == pytest.approx(-1.2871419917663, abs=1e-12)
    expected = [[0.99358291994098, 0.21920494711470], [-0.05073428527495, 0.04686124668596]]
    np.testing.assert_allclose(series.position[0, 1, :2], expected, atol=3e-13)
    np.testing.assert_allclose(series.velocity[0, 1, 2], [-0.53444302663674, 0.41254448238852], atol=3e-13)


def test_softened_figure_eight_reference() -> None:
    series = follow(figure_eight(softening=0.1), [0.0, 1.0], 5e-4, kernel=n_body_rk4)
    np.testing.assert_allclose(series.position[0, 1, 0], [0.99808014495665, 0.21904267993918], atol=3e-13)
    np.testing.assert_allclose(series.energy[0], -1.2765925417144, atol=1e-12)


def test_figure_eight_closes() -> None:
    series = follow(figure_eight(), [0.0, EIGHT_PERIOD], 1e-3, kernel=n_body_rk4)
    np.testing.assert_allclose(series.position[0, 1], series.position[0, 0], atol=1e-6)


def test_kepler_reference() -> None:
    times = np.array([0.0, 1.0, 10.0])
    series = follow(kepler(), times, 5e-4, kernel=n_body_rk4)
    position = series.position[0, :, 1] - series.position[0, :, 0]
    velocity = series.velocity[0, :, 1] - series.velocity[0, :, 0]
    np.testing.assert_allclose(position[1], [-0.62894817682662, 0.79966473097004], atol=1e-11)
    np.testing.assert_allclose(velocity[1], [-0.98251569093881, -0.02276317009743], atol=1e-11)
    np.testing.assert_allclose(position[2], [-1.53502359190981, -0.28366840649978], atol=1e-9)
    np.testing.assert_allclose(series.energy[0], -0.09375, rtol=1e-10)


@pytest.mark.parametrize("eccentricity", [0.0, 0.3, 0.8])
def test_kepler_orbits_follow_keplers_equation(eccentricity: float) -> None:
    times = np.linspace(0.0, 7.0, 15)
    series = follow(kepler(eccentricity), times, 1e-3, kernel=n_body_rk4)
    for t, time in enumerate(times):
        position, velocity = oracle.kepler(1.0, 1.0, eccentricity, time)
        np.testing.assert_allclose(series.position[0, t, 1] - series.position[0, t, 0], position, atol=1e-7)
        np.testing.assert_allclose(series.velocity[0, t, 1] - series.velocity[0, t, 0], velocity, atol=1e-7)


@pytest.mark.parametrize(("kernel", "first", "ratio"), [(n_body_leapfrog, 1.158e-4, 4.0), (n_body_rk4, 5.30e-9, 16.0)])
def test_order_of_convergence(kernel: Kernel, first: float, ratio: float) -> None:
    start = figure_eight()
    exact = oracle.orbit(start.mass[0], start.state[0], 1.0, 0.0, np.ones(1))[0, :, :2]
    errors = np.array(
        [np.abs(follow(start, [1.0], 1.0 / n, kernel=kernel).position[0, 0] - exact).max() for n in (100, 200, 400)]
    )
    assert errors[0] == pytest.approx(first, rel=0.02)
    np.testing.assert_allclose(errors[:-1] / errors[1:], ratio, rtol=0.005 if ratio == 4.0 else 0.02)


@PLANE_AND_SPACE
@pytest.mark.parametrize("bodies", [2, 3, 5, 16])
def test_random_systems_equal_rebound(bodies: int, dimensions: int) -> None:
    systems = random_systems(4, bodies, dimensions, seed=bodies, softening=0.2)
    times = np.linspace(0.0, 0.6, 4)
    for kernel, step, error in ((n_body_rk4, 5e-4, 2e-8), (n_body_leapfrog, 2e-4, 5e-4)):
        found = states(follow(systems, times, step, dimensions, kernel))
        for s in range(4):
            orbit = oracle.orbit(systems.mass[s], systems.state[s], 1.0, 0.2, times)
            exact = np.concatenate([orbit[..., :dimensions], orbit[..., 3 : 3 + dimensions]], axis=2)
            np.testing.assert_allclose(found[s], exact, atol=error)


@PLANE_AND_SPACE
@pytest.mark.parametrize("bodies", [2, 3, 7])
def test_leapfrog_sums_in_ascending_order(bodies: int, dimensions: int) -> None:
    systems = random_systems(3, bodies, dimensions, seed=5)
    found = states(follow(systems, [0.15], 0.01, dimensions))
    for s in range(3):
        expected = oracle.leapfrog(systems.mass[s], systems.state[s], 1.0, 0.05, 0.15 / 15, 15, dimensions)
        np.testing.assert_array_equal(found[s, 0], expected)


@BOTH
@PLANE_AND_SPACE
def test_energies_are_those_of_the_states(kernel: Kernel, dimensions: int) -> None:
    systems = random_systems(5, 6, dimensions, seed=2)
    series = follow(systems, [0.0, 0.3, 0.5], 0.01, dimensions, kernel)
    np.testing.assert_array_equal(series.energy, series.kinetic + series.potential)
    state = np.zeros((6, 6))
    for s, t in np.ndindex(5, 3):
        state[:, :dimensions] = series.position[s, t]
        state[:, 3 : 3 + dimensions] = series.velocity[s, t]
        mass = systems.mass[s]
        assert series.kinetic[s, t] == pytest.approx(oracle.kinetic(mass, state), rel=1e-13)
        assert series.potential[s, t] == pytest.approx(oracle.potential(mass, state, 1.0, 0.05), rel=1e-13)


@BOTH
def test_momentum_is_conserved(kernel: Kernel) -> None:
    systems = random_systems(20, 5, 3, seed=8)
    systems.state[:, :, 3:] += [0.3, -0.2, 0.1]
    series = follow(systems, np.linspace(0.0, 2.0, 5), 0.005, 3, kernel)
    momentum = np.einsum("sb,stbc->stc", systems.mass, series.velocity)
    np.testing.assert_allclose(momentum, np.repeat(momentum[:, :1], 5, axis=1), atol=1e-13)


def test_leapfrog_conserves_angular_momentum() -> None:
    systems = random_systems(20, 5, 3, seed=9)
    series = follow(systems, np.linspace(0.0, 2.0, 5), 0.005, 3)
    angular = np.einsum("sb,stbc->stc", systems.mass, np.cross(series.position, series.velocity))
    np.testing.assert_allclose(angular, np.repeat(angular[:, :1], 5, axis=1), atol=2e-13)


def test_leapfrog_runs_backwards() -> None:
    there = follow(figure_eight(), [2.0], 0.01)
    turned = figure_eight()
    turned.state[0, :, :2] = there.position[0, 0]
    turned.state[0, :, 3:5] = -there.velocity[0, 0]
    back = follow(turned, [2.0], 0.01)
    np.testing.assert_allclose(back.position[0, 0], figure_eight().state[0, :, :2], atol=1e-14)
    np.testing.assert_allclose(-back.velocity[0, 0], figure_eight().state[0, :, 3:5], atol=1e-14)


@pytest.mark.parametrize(
    ("kernel", "steps", "drift"),
    [(n_body_leapfrog, 500, 9.5e-5), (n_body_leapfrog, 1000, 2.4e-5), (n_body_rk4, 500, 2.6e-8)],
)
def test_drift_over_three_periods_of_the_figure_eight(kernel: Kernel, steps: int, drift: float) -> None:
    times = np.linspace(0.0, 3.0 * EIGHT_PERIOD, 3 * steps + 1)
    series = follow(figure_eight(), times, EIGHT_PERIOD / steps, kernel=kernel)
    assert series.drift[0] == pytest.approx(drift, rel=0.03)


@pytest.mark.parametrize(("steps", "drift"), [(400, 1.8e-3), (800, 4.6e-4)])
def test_drift_over_five_kepler_orbits(steps: int, drift: float) -> None:
    times = np.linspace(0.0, 10.0 * np.pi, 5 * steps + 1)
    assert follow(kepler(), times, 2.0 * np.pi / steps).drift[0] == pytest.approx(drift, rel=0.03)


@BOTH
def test_drift_is_the_largest_after_any_step(kernel: Kernel) -> None:
    """However few the output times are."""
    systems = random_systems(40, 3, 2, seed=4)
    every = follow(systems, np.linspace(0.0, 1.0, 101), 0.01, kernel=kernel)
    drift = np.abs(every.energy - every.energy[:, :1]).max(axis=1) / np.abs(every.energy[:, 0])
    np.testing.assert_allclose(every.drift, drift, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(follow(systems, [1.0], 0.01, kernel=kernel).drift, drift, rtol=1e-6, atol=1e-14)
    assert (drift > 2.0 * np.abs(every.energy[:, -1] / every.energy[:, 0] - 1.0)).any()


@BOTH
def test_drift_without_energy_at_the_start_is_relative_to_a_tenth_of_the_kinetic_energy(kernel: Kernel) -> None:
    systems = random_systems(40, 3, 2, seed=4, virial_ratio=1.0)
    series = follow(systems, np.linspace(0.0, 1.0, 101), 0.01, kernel=kernel)
    drift = np.abs(series.energy - series.energy[:, :1]).max(axis=1) / (0.1 * series.kinetic[:, 0])
    np.testing.assert_allclose(series.drift, drift, rtol=1e-9, atol=1e-13)


def test_drift_of_a_system_without_energy() -> None:
    still = Systems(np.ones((1, 2)), np.zeros((1, 2, 6)), np.zeros(1), np.ones(1))
    assert follow(still, [0.0, 1.0], 0.1).drift[0] == 0.0
    parabola = Systems(np.ones((1, 2)), np.zeros((1, 2, 6)), np.ones(1), np.zeros(1))
    parabola.state[0, :, 0] = [-1.0, 1.0]
    parabola.state[0, :, 4] = [-0.5, 0.5]
    parabola.state[0, :, 4] *= np.sqrt(2.0)
    series = follow(parabola, [0.0, 3.0], 0.1)
    assert abs(series.energy[0, 0]) < 1e-15
    assert np.isfinite(series.drift[0])


def test_bodies_that_meet_without_softening_have_no_drift() -> None:
    meeting = Systems(np.ones((1, 2)), np.zeros((1, 2, 6)), np.ones(1), np.zeros(1))
    assert np.isnan(follow(meeting, [0.0, 1.0], 0.1).drift[0])


@pytest.mark.parametrize(("end", "step", "steps"), [(0.35, 0.1, 4), (0.1 + 0.2, 0.1, 3), (0.05, 0.1, 1), (0.7, 0.1, 7)])
def test_an_interval_takes_the_least_number_of_steps(end: float, step: float, steps: int) -> None:
    systems = random_systems(1, 3, 2, seed=6)
    expected = oracle.leapfrog(systems.mass[0], systems.state[0], 1.0, 0.05, end / steps, steps, 2)
    np.testing.assert_array_equal(states(follow(systems, [end], step))[0, 0], expected)


@BOTH
def test_output_at_the_start_and_twice_at_a_time(kernel: Kernel) -> None:
    systems = random_systems(3, 4, 3, seed=7)
    found = states(follow(systems, [0.0, 0.5, 0.5], 0.1, 3, kernel))
    np.testing.assert_array_equal(found[:, 0], systems.state)
    np.testing.assert_array_equal(found[:, 2], found[:, 1])


@BOTH
def test_the_plane_has_no_z(kernel: Kernel) -> None:
    systems = random_systems(3, 4, 2, seed=7)
    expected = follow(systems, [0.5], 0.1, 2, kernel)
    systems.state[:, 0, [2, 5]] = 3.0
    same_bits(follow(systems, [0.5], 0.1, 2, kernel), expected)


@BOTH
def test_plane_systems_stay_in_their_plane(kernel: Kernel) -> None:
    systems = random_systems(3, 4, 2, seed=7)
    plane = follow(systems, [0.5], 0.01, 2, kernel)
    space = follow(systems, [0.5], 0.01, 3, kernel)
    np.testing.assert_array_equal(space.position[..., :2], plane.position)
    assert not space.position[..., 2].any()


@BOTH
def test_big_g_sets_the_pace(kernel: Kernel) -> None:
    systems = random_systems(3, 4, 3, seed=7)
    faster = Systems(systems.mass, systems.state * [1, 1, 1, 2, 2, 2], 4.0 * systems.big_g, systems.softening)
    one = follow(systems, [0.5, 1.0], 0.01, 3, kernel)
    other = follow(faster, [0.25, 0.5], 0.005, 3, kernel)
    np.testing.assert_array_equal(other.position, one.position)
    np.testing.assert_array_equal(other.energy, 4.0 * one.energy)


WIDTHS = {"position": 6, "velocity": 6, "kinetic": 1, "potential": 1, "energy": 1}


@settings(max_examples=30, derandomize=True, deadline=None, database=None)
@given(outputs=st.lists(st.sampled_from(sorted(WIDTHS)), unique=True, min_size=1), rows=st.permutations(range(5)))
def test_outputs_in_any_order_go_to_their_rows(outputs: list[str], rows: list[int]) -> None:
    systems = random_systems(3, 3, 2, seed=3)
    times = np.array([0.0, 0.2])
    full = follow(systems, times, 0.05)
    columns = np.cumsum([0] + [WIDTHS[name] for name in outputs])
    offsets = np.array([columns[outputs.index(name)] if name in outputs else -1 for name in WIDTHS])
    out = np.full((5, 2, columns[-1]), np.nan)
    chosen = np.array(rows[:3])
    n_body_leapfrog(
        systems.mass,
        systems.state,
        systems.big_g,
        systems.softening,
        times,
        0.05,
        2,
        offsets,
        chosen,
        out,
        np.empty(3),
    )
    for name, first in zip(outputs, columns[:-1], strict=True):
        expected = getattr(full, name).reshape(3, 2, -1)
        np.testing.assert_array_equal(out[chosen, :, first : first + WIDTHS[name]], expected)
    assert np.isnan(out[rows[3:]]).all()


@settings(max_examples=20, derandomize=True, deadline=None, database=None)
@given(order=st.lists(st.integers(0, 2 * LANES + 8), min_size=1, max_size=2 * LANES + 3), kernel=st.booleans())
def test_a_system_does_not_depend_on_its_neighbours(order: list[int], kernel: bool) -> None:
    solver = n_body_leapfrog if kernel else n_body_rk4
    systems = random_systems(2 * LANES + 9, 3, 2, seed=1)
    times = [0.1, 0.35]
    full = follow(systems, times, 0.01, kernel=solver)
    part = follow(systems[order], times, 0.01, kernel=solver)
    for field in ("position", "velocity", "kinetic", "potential", "energy", "drift"):
        np.testing.assert_array_equal(getattr(part, field), getattr(full, field)[order])


def test_nothing_given_is_changed() -> None:
    systems = random_systems(3, 3, 2, seed=3)
    before = systems[:]
    follow(systems, [1.0], 0.1)
    for name in ("mass", "state", "big_g", "softening"):
        np.testing.assert_array_equal(getattr(systems, name), getattr(before, name))


@BOTH
def test_machine_code_is_packed_without_fused_multiply_add(kernel: Kernel) -> None:
    systems = random_systems(1, 3, 2, seed=1)
    code = assembly.fresh(
        kernel,
        systems.mass,
        systems.state,
        systems.big_g,
        systems.softening,
        np.ones(1),
        0.1,
        2,
        np.array([0, -1, -1, -1, -1]),
        np.zeros(1, np.int64),
        np.zeros((1, 1, 6)),
        np.zeros(1),
    )
    assert re.search(r"sqrtpd|fsqrt\s+[vz]\d+\.\d?d|fsqrt\.2d", code)
    assert assembly.packed(code) > 100
    assert assembly.fma(code) == 0
    assert assembly.partial_stores(code) == 0


def fingerprint() -> str:
    """Hash of the series of random systems by both solvers, in the plane and in space."""
    digest = hashlib.sha256()
    for kernel in (n_body_leapfrog, n_body_rk4):
        for dimensions, bodies in ((2, 3), (3, 5)):
            series = follow(random_systems(LANES + 3, bodies, dimensions, 12), [0.0, 2.0], 0.01, dimensions, kernel)
            digest.update(states(series).tobytes() + series.energy.tobytes() + series.drift.tobytes())
    return digest.hexdigest()
