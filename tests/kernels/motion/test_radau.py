"""Bodies by Gauss-Radau quadrature against REBOUND and Kepler's equation; independence, ends, and the machine code."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import numpy as np
import pytest

from deepbench_fast.kernels.motion.gravity import LANES
from deepbench_fast.kernels.motion.radau import TIMES_COMPARED, _follow, n_body_radau
from deepbench_fast.kernels.motion.radau_constants import INVERSES, NODES, POSITIONS, PRODUCTS, SHIFTS
from tests.kernels import assembly
from tests.kernels.physics.bodies import FloatArray, Systems, figure_eight, kepler, random_systems
from tests.oracles import n_body as oracle

PLANE_AND_SPACE = pytest.mark.parametrize("dimensions", [2, 3])
TIMES = np.linspace(0.0, 2.0, 9)


@dataclass(frozen=True)
class Found:
    """out: (n, T, 2 B dimensions + 3), all outputs; shortest, drift, error: (n,)."""

    out: FloatArray
    shortest: FloatArray
    drift: FloatArray
    error: FloatArray

    def positions(self, bodies: int, dimensions: int) -> FloatArray:
        return self.out[..., : bodies * dimensions].reshape(*self.out.shape[:2], bodies, dimensions)

    def velocities(self, bodies: int, dimensions: int) -> FloatArray:
        width = bodies * dimensions
        return self.out[..., width : 2 * width].reshape(*self.out.shape[:2], bodies, dimensions)


def follow(
    systems: Systems,
    times: FloatArray | list[float] = TIMES,
    dimensions: int = 2,
    tolerance: float = 1e-5,
    stop: bool = False,
) -> Found:
    n, bodies = systems.mass.shape
    width = bodies * dimensions
    times = np.asarray(times, np.float64)
    offsets = np.array([0, width, 2 * width, 2 * width + 1, 2 * width + 2])
    out, found = np.full((n, times.size, 2 * width + 3), -1.0), np.full((3, n), -1.0)
    flag = np.array([int(stop)])
    parts = (systems.mass, systems.state, systems.big_g, systems.softening)
    n_body_radau(*parts, times, tolerance, dimensions, offsets, np.arange(n), out, *found, flag)
    return Found(out, *found)


def same_bits(one: Found, other: Found) -> None:
    for field in ("out", "shortest", "drift", "error"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field))


def test_constants_integrate_polynomials() -> None:
    """An acceleration of y**7: its differences lead to b = (0, ..., 0, 1), and its second integral is y**9 / 72."""
    accelerations = NODES**7
    g = np.zeros(7)
    for n in range(7):
        g[n] = accelerations[n] * INVERSES[n, 0]
        for m in range(n):
            g[n] = (g[n] - g[m]) * INVERSES[n, m + 1]
    np.testing.assert_allclose(PRODUCTS.T @ g, [0, 0, 0, 0, 0, 0, 1], atol=1e-12)
    np.testing.assert_allclose(POSITIONS @ g, NODES**9 / 72, atol=1e-16)
    np.testing.assert_array_equal(SHIFTS[:, 6], [7, 21, 35, 35, 21, 7, 1])
    legendre = np.polynomial.legendre.Legendre.basis
    np.testing.assert_allclose((legendre(7) + legendre(8))(2.0 * NODES - 1.0), 0.0, atol=1e-14)


def test_figure_eight_reference() -> None:
    found = follow(figure_eight(), [0.0, 1.0])
    position, velocity = found.positions(3, 2)[0, 1], found.velocities(3, 2)[0, 1]
    np.testing.assert_allclose(position[0], [0.99358291994098, 0.21920494711470], atol=3e-14)
    np.testing.assert_allclose(position[1], [-0.05073428527495, 0.04686124668596], atol=3e-14)
    np.testing.assert_allclose(velocity[2], [-0.53444302663674, 0.41254448238852], atol=3e-14)
    np.testing.assert_allclose(found.out[0, :, -1], -1.2871419917663, atol=1e-12)
    softened = follow(figure_eight(softening=0.1), [1.0]).positions(3, 2)[0, 0, 0]
    np.testing.assert_allclose(softened, [0.99808014495665, 0.21904267993918], atol=3e-14)


@pytest.mark.parametrize("eccentricity", [0.0, 0.3, 0.8, 0.99])
def test_kepler_orbits_follow_keplers_equation(eccentricity: float) -> None:
    times = np.linspace(0.0, 30.0, 31)
    found = follow(kepler(eccentricity), times)
    positions = found.positions(2, 2)[0]
    for t, time in enumerate(times):
        position, _ = oracle.kepler(1.0, 1.0, eccentricity, time)
        np.testing.assert_allclose(positions[t, 1] - positions[t, 0], position, atol=2e-11 / (1.0 - eccentricity))
    assert found.drift[0] < 1e-10


@PLANE_AND_SPACE
@pytest.mark.parametrize("bodies", [2, 3, 7])
def test_energies_are_those_of_the_states(bodies: int, dimensions: int) -> None:
    systems = random_systems(3, bodies, dimensions, seed=2)
    found = follow(systems, TIMES, dimensions)
    kinetic, potential, energy = np.moveaxis(found.out[..., -3:], 2, 0)
    np.testing.assert_array_equal(energy, kinetic + potential)
    state = np.zeros((bodies, 6))
    for s, t in np.ndindex(3, TIMES.size):
        state[:, :dimensions] = found.positions(bodies, dimensions)[s, t]
        state[:, 3 : 3 + dimensions] = found.velocities(bodies, dimensions)[s, t]
        assert kinetic[s, t] == pytest.approx(oracle.kinetic(systems.mass[s], state), rel=1e-13)
        assert potential[s, t] == pytest.approx(oracle.potential(systems.mass[s], state, 1.0, 0.05), rel=1e-13)


def test_the_first_output_is_the_state_at_the_start() -> None:
    systems = random_systems(5, 3, 3, seed=4)
    found = follow(systems, [0.0, 0.0, 1.0], 3)
    for t in range(2):
        np.testing.assert_array_equal(found.positions(3, 3)[:, t], systems.state[..., :3])
        np.testing.assert_array_equal(found.velocities(3, 3)[:, t], systems.state[..., 3:])
    np.testing.assert_array_equal(follow(systems, [0.0], 3).out[:, 0], found.out[:, 0])


def test_a_system_does_not_depend_on_its_neighbours() -> None:
    """Alone, in any order, among others of any kind, and in any number of them."""
    systems = random_systems(2 * LANES + 9, 3, 2, seed=1, softening=0.0)
    full = follow(systems)
    rng = np.random.default_rng(5)
    orders = [[0], [LANES + 3], list(range(len(systems.mass)))[::-1], [7, 7, 7], [2 * LANES, 3, 40]]
    orders += [rng.permutation(len(systems.mass))[:size].tolist() for size in (2, LANES, LANES + 1, 60)]
    for order in orders:
        part = follow(systems[order])
        for field in ("out", "shortest", "drift", "error"):
            np.testing.assert_array_equal(getattr(part, field), getattr(full, field)[order])


def test_outputs_do_not_depend_on_other_output_times() -> None:
    systems = random_systems(LANES, 4, 3, seed=6)
    many, few = follow(systems, np.linspace(0.0, 2.0, 201), 3), follow(systems, TIMES, 3)
    np.testing.assert_array_equal(many.out[:, ::25], few.out)


def test_the_plane_has_no_z() -> None:
    systems = random_systems(3, 4, 2, seed=7)
    expected = follow(systems)
    systems.state[:, 0, [2, 5]] = 3.0
    same_bits(follow(systems), expected)


def test_big_g_sets_the_pace() -> None:
    systems = random_systems(3, 4, 3, seed=7)
    faster = Systems(systems.mass, systems.state * [1, 1, 1, 2, 2, 2], 4.0 * systems.big_g, systems.softening)
    one, other = follow(systems, [0.5, 1.0], 3), follow(faster, [0.25, 0.5], 3)
    np.testing.assert_array_equal(other.positions(4, 3), one.positions(4, 3))
    np.testing.assert_array_equal(other.error, one.error)


@pytest.mark.parametrize("scale", [2.0**-90, 2.0**90])
def test_units_do_not_matter(scale: float) -> None:
    systems = random_systems(5, 3, 2, seed=3)
    state = systems.state.copy()
    state[..., :3] *= scale
    state[..., 3:] *= scale
    larger = Systems(systems.mass, state, systems.big_g * scale**3, systems.softening * scale)
    one, other = follow(systems), follow(larger)
    np.testing.assert_array_equal(other.positions(3, 2), one.positions(3, 2) * scale)
    np.testing.assert_array_equal(other.error, one.error)


def test_bodies_that_collide_end_as_no_numbers() -> None:
    """Two bodies fall to each other from rest, without softening; a system beside them goes on."""
    falling = Systems(np.ones((1, 2)), np.zeros((1, 2, 6)), np.ones(1), np.zeros(1))
    falling.state[0, :, 0] = [-0.5, 0.5]
    found = follow(falling, [0.0, 0.1, 5.0])
    assert np.isfinite(found.out[0, :2]).all()
    assert np.isnan(found.out[0, 2]).all()
    assert np.isnan(found.drift[0])
    assert found.error[0] == np.inf
    other = kepler()
    both = Systems(
        np.concatenate([falling.mass, other.mass]),
        np.concatenate([falling.state, other.state]),
        np.ones(2),
        np.zeros(2),
    )
    np.testing.assert_array_equal(follow(both, [0.0, 0.1, 5.0]).out[1], follow(other, [0.0, 0.1, 5.0]).out[0])
    meeting = Systems(np.ones((1, 2)), np.zeros((1, 2, 6)), np.ones(1), np.zeros(1))
    assert np.isnan(follow(meeting, [0.0, 1.0]).drift[0])


def test_an_end_that_is_asked_for_ends_it() -> None:
    assert (follow(random_systems(3, 3, 2, seed=3), stop=True).out[:, 1:] == -1.0).all()


def test_the_error_needs_only_some_of_many_times() -> None:
    systems = random_systems(4, 3, 2, seed=8)
    few = follow(systems, np.linspace(0.0, 3.0, 101))
    many = follow(systems, np.linspace(0.0, 3.0, 3 * TIMES_COMPARED + 5))
    np.testing.assert_allclose(many.error, few.error, rtol=0.5)


def test_nothing_given_is_changed() -> None:
    systems = random_systems(3, 3, 2, seed=3)
    before = systems[:]
    follow(systems)
    for name in ("mass", "state", "big_g", "softening"):
        np.testing.assert_array_equal(getattr(systems, name), getattr(before, name))


def test_machine_code_is_packed_without_fused_multiply_add() -> None:
    systems = random_systems(1, 3, 2, seed=1)
    parts = (systems.mass, systems.state, systems.big_g, systems.softening)
    rows, offsets = np.zeros(1, np.int64), np.array([0, -1, -1, -1, -1])
    settings = (np.ones(1), 1e-5, 2, offsets, rows, np.zeros((1, 1, 6)))
    code = assembly.fresh(_follow, *parts, *settings, *np.zeros((2, 1)), np.zeros((2, 1, 6)), np.zeros(1, np.int64))
    assert re.search(r"sqrtpd|fsqrt\s+[vz]\d+\.\d?d|fsqrt\.2d", code)
    assert assembly.packed(code) > 500
    assert assembly.fma(code) == 0


def fingerprint() -> str:
    """Hash of the series of random systems in the plane and in space."""
    digest = hashlib.sha256()
    for dimensions, bodies in ((2, 3), (3, 5)):
        found = follow(random_systems(LANES + 3, bodies, dimensions, 12), TIMES, dimensions)
        for part in (found.out, found.shortest, found.drift, found.error):
            digest.update(part.tobytes())
    return digest.hexdigest()
