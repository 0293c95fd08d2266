"""Yoshida's method: order, bounded energy, and the limits of its phase."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from deepbench_fast.kernels._jit import kernel
from deepbench_fast.kernels.motion.exact_pendulum import pendulum_exact
from deepbench_fast.kernels.motion.pendulum import hamiltonian_rk4
from deepbench_fast.kernels.motion.symplectic import hamiltonian_symplectic, yoshida_step
from tests.kernels.physics.pendulums import energy, solve, systems
from tests.oracles import pendulum as oracle

Array = npt.NDArray[np.float64]


@kernel
def equal_steps(state: Any, h: Any, steps: Any) -> None:
    angle, rate = state
    for _ in range(steps):
        angle_increment, rate_increment = yoshida_step(angle, rate, h)
        angle += angle_increment
        rate += rate_increment
    state[0], state[1] = angle, rate


def after(angle: float, rate: float, duration: float, steps: int) -> Array:
    state = np.array([angle, rate])
    equal_steps(state, duration / steps, steps)
    return state


def test_the_method_has_fourth_order() -> None:
    exact = np.array(oracle.taylor(np.ones(1), np.zeros(1), np.ones(1), np.full(1, 0.4), np.array([7.3])))[:, 0, 0]
    errors = [np.abs(after(1.0, 0.4, 7.3, steps) - exact).max() for steps in (80, 160, 320, 640)]
    ratios = np.array(errors[:-1]) / errors[1:]
    assert np.all((ratios > 14) & (ratios < 18))


def test_a_step_keeps_areas() -> None:
    h, epsilon = 0.3, 1e-6
    corners = [(1.0, 0.5), (1.0 + epsilon, 0.5), (1.0, 0.5 + epsilon)]
    here, along, across = (after(angle, rate, h, 1) for angle, rate in corners)
    first, second = (along - here) / epsilon, (across - here) / epsilon
    assert first[0] * second[1] - first[1] * second[0] == pytest.approx(1.0, abs=1e-5)


def test_a_step_runs_back() -> None:
    there = after(1.3, -0.4, 0.3, 1)
    np.testing.assert_allclose(after(*there, -0.3, 1), [1.3, -0.4], rtol=0, atol=1e-15)


def test_the_energy_swings_within_its_bound_and_does_not_drift() -> None:
    rng = np.random.default_rng(1)
    n = 300
    angle = np.concatenate([[0.1, 1.0, 2.0, 3.0, 3.1], rng.uniform(-3.1, 3.1, n)])
    velocity = np.concatenate([np.zeros(5), rng.uniform(-1, 1, n) * np.exp(rng.uniform(-2, 3.5, n))])
    pendulums = systems(gravity=1.0, angle=angle, velocity=velocity)
    times = np.concatenate([np.linspace(0, 20, 301), np.linspace(1980, 2000, 301)])
    total = energy(pendulums, *solve(hamiltonian_symplectic, pendulums, times))
    error = np.abs(total - total[0]) / np.maximum(1, total[0])
    assert error.max() < 1e-8
    # Runge-Kutta at this step would lose 30 times its early error.
    assert np.median(error[301:].max(0) / error[:301].max(0).clip(1e-13)) < 1.2


def test_hamiltonian_and_momentum_of_the_reference_pendulum() -> None:
    # L = 2 m, g = 9.8 m/s2, m = 3 kg, theta0 = 0.25: H at the start, p at 3.7 s.
    pendulum = systems(length=2.0, gravity=9.8, mass=3.0, angle=0.25)
    for solver, limit in ((hamiltonian_rk4, 1e-7), (hamiltonian_symplectic, 1e-6)):
        angles, velocities = solve(solver, pendulum, [0.0, 3.7])
        momentum = 3.0 * 2.0**2 * velocities[:, 0]
        # DeepBench has L**2 p**2 / 2m, which is right at L = 1 m only: here 26.77 J after 3.7 s.
        hamiltonian = momentum**2 / (2 * 3.0 * 2.0**2) + 3.0 * 9.8 * 2.0 * (1 - np.cos(angles[:, 0]))
        np.testing.assert_allclose(hamiltonian, 1.82794960341409, rtol=0, atol=limit)
        assert momentum[1] == pytest.approx(-6.31690225890737, abs=1e2 * limit)


@pytest.mark.parametrize("solver", [hamiltonian_rk4, hamiltonian_symplectic])
def test_it_starts_at_its_own_angle_and_repeats_bit_by_bit(solver: Any) -> None:
    # DeepBench ignores the angle, draws a start of its own and adds noise to q and p, each time another.
    pendulums = systems(length=[0.7, 2.0], angle=[0.2, -1.1])
    first, second = (solve(solver, pendulums, [0.0, 0.5, 3.0]) for _ in range(2))
    np.testing.assert_array_equal(first[0][0], pendulums["angle"])
    np.testing.assert_array_equal(first, second)


def test_small_oscillations_have_the_frequency_of_a_pendulum() -> None:
    # With DeepBench's kinetic term omega**2 = g L**3 instead of g / L.
    quarter = 0.5 * np.pi * np.sqrt(2.0 / 9.8)
    for solver in (hamiltonian_rk4, hamiltonian_symplectic):
        angles, _ = solve(solver, systems(length=2.0, gravity=9.8, angle=1e-3), [quarter, 2 * quarter])
        np.testing.assert_allclose(angles[:, 0], [0, -1e-3], rtol=0, atol=2e-9)


def test_states_agree_with_the_exact_solution() -> None:
    pendulums = systems(length=np.linspace(1, 10, 40), angle=np.linspace(-2.5, 2.5, 40))
    times = np.linspace(0, 10, 12)
    for states, exact in zip(
        solve(hamiltonian_symplectic, pendulums, times), solve(pendulum_exact, pendulums, times), strict=True
    ):
        np.testing.assert_allclose(states, exact, rtol=0, atol=1e-6)
