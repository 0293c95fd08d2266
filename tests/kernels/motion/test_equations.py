"""The definitions of systems that move, against SciPy's elliptic functions and closed forms, and REBOUND's forces."""

from __future__ import annotations

import numpy as np
import pytest

from deepbench_fast.errors import UsageError
from deepbench_fast.kernels.motion.pendulum import hamiltonian_rk4
from deepbench_fast.kinds.registry import kind, kinds
from tests.kernels.physics.bodies import random_systems
from tests.kernels.physics.pendulums import solve, systems
from tests.oracles import n_body, pendulum
from tests.oracles.pendulum import Bob

TIMES = np.linspace(0.0, 9.0, 19)


@pytest.mark.parametrize("name", ["pendulum", "hamiltonian_pendulum"])
@pytest.mark.parametrize("angle", [0.1, 1.5, 3.0])
def test_pendulums_from_rest_are_elliptic_functions(name: str, angle: float) -> None:
    bob = Bob(length=1.7, mass=0.6, gravity=3.1)
    found = pendulum.dop853(name, bob, angle, 0.0, TIMES)
    expected = pendulum.from_rest(bob.length, bob.gravity, np.array([angle]), TIMES)
    np.testing.assert_allclose(found, np.array(expected)[:, :, 0], rtol=0, atol=1e-10)


@pytest.mark.parametrize("friction", [0.3, 2.0])
def test_small_swings_with_friction_are_a_damped_oscillator(friction: float) -> None:
    bob = Bob(length=1.7, mass=0.6, gravity=3.1, friction=friction)
    decay = friction / (2 * bob.mass * bob.length**2)
    ringing = np.sqrt(bob.gravity / bob.length - decay**2)
    found, _ = pendulum.dop853("pendulum", bob, 1e-6, 0.0, TIMES)
    turned = np.cos(ringing * TIMES) + decay / ringing * np.sin(ringing * TIMES)
    np.testing.assert_allclose(found, 1e-6 * np.exp(-decay * TIMES) * turned, rtol=0, atol=1e-13)


def test_the_kernel_of_hamiltons_equations_solves_them() -> None:
    bob = Bob(length=2.0, mass=3.0, gravity=9.8)
    states = solve(hamiltonian_rk4, systems(**bob._asdict(), angle=1.2, velocity=-0.7), TIMES)
    expected = pendulum.dop853("hamiltonian_pendulum", bob, 1.2, -0.7, TIMES)
    np.testing.assert_allclose(np.array(states)[:, :, 0], expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("softening", [0.0, 0.3])
def test_bodies_attract_each_other_as_in_rebound(dimensions: int, softening: float) -> None:
    rates, units = kind("n_body").equations_of_motion(), n_body.Units(2.5, softening)
    bodies = random_systems(5, 6, dimensions, seed=3)
    for mass, state in zip(bodies.mass, bodies.state, strict=True):
        found = rates(state, units, mass)
        np.testing.assert_array_equal(found[:, :3], state[:, 3:])
        np.testing.assert_allclose(found[:, 3:], n_body.accelerations(mass, state, units), rtol=1e-12, atol=1e-13)


def test_every_kind_has_its_definition() -> None:
    for name, found in kinds().items():
        series = found.layer == "series"
        assert callable(found.equations_of_motion() if series else found.profile_function()), name
    with pytest.raises(UsageError, match="star has no equations of motion: it is a light"):
        kind("star").equations_of_motion()
    with pytest.raises(UsageError, match="n_body has no profile: it is a series"):
        kind("n_body").profile_function()
