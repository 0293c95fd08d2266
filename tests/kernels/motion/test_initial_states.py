"""How systems of bodies start: energies, symmetry and distributions of random ones, and the elements of the orbits."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import rebound
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from deepbench_fast.kernels.motion.initial_states import place_figure_eight, place_kepler, place_random
from tests.kernels import assembly
from tests.kernels.physics.bodies import FloatArray, figure_eight, random_systems
from tests.oracles import n_body as oracle

PLANE_AND_SPACE = pytest.mark.parametrize("dimensions", [2, 3])


def draws(rng: np.random.Generator, rows: int) -> tuple[FloatArray, FloatArray]:
    """Masses, and the uniform and normal numbers from which systems are made."""
    return rng.uniform(0.5, 1.5, rows), np.hstack([rng.uniform(size=(rows, 3)), rng.normal(size=(rows, 3))])


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(
    counts=st.lists(st.integers(2, 64), min_size=1, max_size=5),
    dimensions=st.sampled_from([2, 3]),
    seed=st.integers(0, 2**32),
)
def test_systems_have_their_virial_ratio_and_rest(counts: list[int], dimensions: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mass, state = draws(rng, sum(counts))
    given_mass = mass.copy()
    n = len(counts)
    big_g, softening = rng.uniform(0.1, 10.0, n), rng.uniform(0.0, 0.3, n)
    radius, virial_ratio = rng.uniform(0.1, 20.0, n), rng.uniform(0.0, 0.95, n)
    place_random(mass, state, np.array(counts), big_g, softening, radius, virial_ratio, dimensions)
    np.testing.assert_array_equal(mass, given_mass)
    first = np.cumsum([0, *counts])
    for s in range(n):
        m, bodies = mass[first[s] : first[s + 1]], state[first[s] : first[s + 1]]
        kinetic = oracle.kinetic(m, bodies)
        potential = oracle.potential(m, bodies, big_g[s], softening[s])
        assert kinetic == pytest.approx(-virial_ratio[s] * potential, rel=2e-14)
        assert kinetic + potential < 0.0
        momentum = m @ bodies[:, 3:]
        assert np.abs(momentum).max() <= 1e-14 * (m @ np.abs(bodies[:, 3:])).max()
        assert np.linalg.norm(bodies[:, :3], axis=1).max() <= radius[s] * (1.0 + 1e-15)
    if dimensions == 2:
        assert not state[:, [2, 5]].any()


@PLANE_AND_SPACE
def test_positions_are_uniform(dimensions: int) -> None:
    state = random_systems(4000, 5, dimensions, seed=21).state.reshape(-1, 6)
    r = np.linalg.norm(state[:, :3], axis=1)
    azimuth = np.arctan2(state[:, 1], state[:, 0]) / (2.0 * np.pi) + 0.5
    assert stats.kstest(r**dimensions, "uniform").pvalue > 1e-4
    assert stats.kstest(azimuth, "uniform").pvalue > 1e-4
    assert abs(stats.spearmanr(r, azimuth).statistic) < 0.03
    if dimensions == 3:
        assert stats.kstest((state[:, 2] / r + 1.0) / 2.0, "uniform").pvalue > 1e-4


@PLANE_AND_SPACE
def test_velocities_are_isotropic(dimensions: int) -> None:
    state = random_systems(20_000, 2, dimensions, seed=22).state[:, 0]
    azimuth = np.arctan2(state[:, 4], state[:, 3]) / (2.0 * np.pi) + 0.5
    assert stats.kstest(azimuth, "uniform").pvalue > 1e-4
    if dimensions == 3:
        height = state[:, 5] / np.linalg.norm(state[:, 3:], axis=1)
        assert stats.kstest((height + 1.0) / 2.0, "uniform").pvalue > 1e-4
    outwards = np.sum(state[:, :3] * state[:, 3:], axis=1)
    assert abs(np.mean(np.sign(outwards))) < 0.03


@PLANE_AND_SPACE
def test_radius_and_angles_are_quantiles(dimensions: int) -> None:
    mass = np.ones(2)
    quantiles = np.array([[0.25, 0.25, 0.5], [0.5, 0.125, 0.25]])
    state = np.hstack([quantiles, np.eye(2, 3)])
    one = np.ones(1)
    place_random(mass, state, np.array([2]), one, one, 3.0 * one, one, dimensions)
    if dimensions == 2:
        diagonal = 3.0 * np.sqrt(0.5) * np.sqrt(0.5)
        expected = [[0.0, 1.5, 0.0], [diagonal, diagonal, 0.0]]
    else:
        r = 3.0 * np.cbrt(0.5)
        across = r * np.sqrt(0.75) * np.sqrt(0.5)
        expected = [[0.0, 3.0 * np.cbrt(0.25), 0.0], [across, across, 0.5 * r]]
    np.testing.assert_allclose(state[:, :3], expected, rtol=2e-15, atol=2e-15)


@PLANE_AND_SPACE
def test_no_virial_ratio_means_at_rest(dimensions: int) -> None:
    assert not random_systems(3, 4, dimensions, seed=1, virial_ratio=0.0).state[:, :, 3:].any()


@PLANE_AND_SPACE
def test_a_system_does_not_depend_on_its_neighbours(dimensions: int) -> None:
    mass, state = draws(np.random.default_rng(3), 12)
    counts = np.array([3, 2, 5, 2])
    per_system = [np.array([1.0, 2.0, 0.5, 3.0]), np.full(4, 0.1), np.array([1.0, 4.0, 2.0, 0.3]), np.full(4, 0.5)]
    together = state.copy()
    place_random(mass, together, counts, *per_system, dimensions)
    alone = state[5:10].copy()
    place_random(mass[5:10].copy(), alone, counts[2:3], *[values[2:3].copy() for values in per_system], dimensions)
    np.testing.assert_array_equal(alone, together[5:10])


def test_kepler_orbits_have_their_elements() -> None:
    rng = np.random.default_rng(4)
    n = 50
    mass, state = rng.uniform(0.1, 3.0, 2 * n), np.full((2 * n, 6), np.nan)
    big_g, axis, eccentricity = rng.uniform(0.1, 10.0, n), rng.uniform(0.1, 30.0, n), rng.uniform(0.0, 0.95, n)
    place_kepler(mass, state, np.full(n, 2), big_g, axis, eccentricity)
    for s in range(n):
        m, bodies = mass[2 * s : 2 * s + 2], state[2 * s : 2 * s + 2]
        np.testing.assert_allclose(m @ bodies, 0.0, atol=1e-13)
        assert oracle.kinetic(m, bodies) + oracle.potential(m, bodies, big_g[s], 0.0) == pytest.approx(
            -big_g[s] * m[0] * m[1] / (2.0 * axis[s]), rel=1e-12
        )
        simulation = rebound.Simulation()
        simulation.G = big_g[s]
        for body in range(2):
            x, y, z, vx, vy, vz = bodies[body]
            simulation.add(m=m[body], x=x, y=y, z=z, vx=vx, vy=vy, vz=vz)
        orbit = simulation.particles[1].orbit(primary=simulation.particles[0])
        assert orbit.a == pytest.approx(axis[s], rel=1e-11)
        assert orbit.e == pytest.approx(eccentricity[s], rel=1e-11)
        assert bodies[1, 0] - bodies[0, 0] == pytest.approx(axis[s] * (1.0 - eccentricity[s]), rel=1e-14)
        assert bodies[1, 4] > 0.0


def test_figure_eight_is_that_of_simo() -> None:
    mass, state = np.full(6, np.nan), np.full((6, 6), np.nan)
    place_figure_eight(mass, state, np.array([3, 3]), np.array([1.0, 4.0]))
    assert (mass == 1.0).all()
    np.testing.assert_array_equal(state[:3, :2], [[0.97000436, -0.24308753], [-0.97000436, 0.24308753], [0.0, 0.0]])
    np.testing.assert_array_equal(state[2, 3:], [-0.93240737, -0.86473146, 0.0])
    np.testing.assert_array_equal(state[:2, 3:], np.tile(-state[2, 3:] / 2.0, (2, 1)))
    np.testing.assert_array_equal(state[3:], state[:3] * [1, 1, 1, 2, 2, 2])
    assert not state[:, [2, 5]].any()
    assert not state.sum(axis=0).any()
    start = figure_eight()
    assert oracle.kinetic(start.mass[0], start.state[0]) == pytest.approx(1.2128580011580, abs=1e-12)
    assert oracle.potential(start.mass[0], start.state[0], 1.0, 0.0) == pytest.approx(-2.4999999929244, abs=1e-12)


def test_machine_code_has_no_fused_multiply_add() -> None:
    one, two = np.ones(1), np.array([2])
    mass, state = draws(np.random.default_rng(1), 3)
    codes = (
        assembly.fresh(place_random, mass[:2], state[:2], two, one, one, one, one, 3),
        assembly.fresh(place_kepler, mass[:2], state[:2], two, one, one, 0.5 * one),
        assembly.fresh(place_figure_eight, mass, state, np.array([3]), one),
    )
    for code in codes:
        assert assembly.fma(code) == 0


def fingerprint() -> str:
    """Hash of random systems in the plane and in space."""
    digest = hashlib.sha256()
    for dimensions in (2, 3):
        for bodies in (2, 3, 17):
            digest.update(random_systems(300, bodies, dimensions, seed=bodies).state.tobytes())
    return digest.hexdigest()
