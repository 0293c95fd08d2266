"""The damped harmonic oscillator against its equation, and where it stands in for a pendulum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from deepbench_fast.kernels.motion.pendulum import pendulum_rk4
from deepbench_fast.kernels.motion.small_angle import pendulum_small_angle
from tests.kernels.physics.pendulums import solve, systems
from tests.oracles import pendulum as oracle


@settings(derandomize=True, deadline=None, database=None, max_examples=50)
@given(
    st.floats(0.1, 10), st.floats(0.1, 10), st.floats(0.0, 4.0), st.floats(-3, 3), st.floats(-3, 3), st.floats(0, 30)
)
@example(1.0, 1.0, 2.0, 0.5, -0.3, 5.0)
@example(1.0, 1.0, 2.0000000001, 0.5, -0.3, 5.0)
def test_states_are_those_of_the_linear_equation(
    length: float, mass: float, ratio: float, angle: float, velocity: float, time: float
) -> None:
    square = 9.80665 / length
    damping = ratio * np.sqrt(square)
    pendulum = systems(length=length, mass=mass, friction=damping * mass * length**2, angle=angle, velocity=velocity)
    angles, velocities = solve(pendulum_small_angle, pendulum, [time])
    expected = expm(np.array([[0, 1], [-square, -damping]]) * time) @ [angle, velocity]
    scale = (abs(angle) + abs(velocity)) * (1 + np.sqrt(square)) * (1 + time * np.sqrt(square))
    np.testing.assert_allclose([angles[0, 0], velocities[0, 0]], expected, rtol=0, atol=1e-12 * scale + 1e-300)


def test_closed_forms_without_friction_and_at_rest() -> None:
    times = np.linspace(0, 10, 50)
    frequency = np.sqrt(9.80665 / 3)
    angles, velocities = solve(pendulum_small_angle, systems(length=3.0, angle=0.2), times)
    np.testing.assert_allclose(angles[:, 0], 0.2 * np.cos(frequency * times), rtol=0, atol=1e-14)
    np.testing.assert_allclose(velocities[:, 0], -0.2 * frequency * np.sin(frequency * times), rtol=0, atol=1e-14)
    # Damped: theta0 exp(-b t / 2) (cos wd t + b / (2 wd) sin wd t).
    angles, _ = solve(pendulum_small_angle, systems(length=3.0, mass=2.0, friction=5.4, angle=0.2), times)
    damping = 5.4 / (2.0 * 3.0**2)
    ringing = np.sqrt(frequency**2 - damping**2 / 4)
    shape = np.cos(ringing * times) + damping / (2 * ringing) * np.sin(ringing * times)
    np.testing.assert_allclose(angles[:, 0], 0.2 * np.exp(-damping * times / 2) * shape, rtol=0, atol=1e-14)


def test_it_is_the_limit_of_the_pendulum_and_no_more() -> None:
    times = np.linspace(0, 5, 20)
    for angle in (1e-2, 1e-3):
        pendulum = systems(angle=angle, friction=0.3, velocity=angle)
        harmonic, true = (solve(solver, pendulum, times)[0] for solver in (pendulum_small_angle, pendulum_rk4))
        assert np.max(np.abs(harmonic - true)) < 3 * angle**3
    # At 2.5 rad the period of DeepBench's pendulum is wrong by more than half.
    period = oracle.period(1.0, 9.80665, 2.5)
    harmonic = solve(pendulum_small_angle, systems(angle=2.5), [period])[0][0, 0]
    assert abs(harmonic - 2.5) > 1
    assert period == pytest.approx(1.6 * 2 * np.pi / np.sqrt(9.80665), rel=0.05)
