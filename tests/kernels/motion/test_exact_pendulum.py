"""The exact pendulum against published values, SciPy's elliptic functions and its own equation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast.kernels.motion.exact_pendulum import LEVELS, landen_moduli, pendulum_exact
from deepbench_fast.kernels.motion.pendulum import pendulum_rk4
from tests.kernels.physics.pendulums import solve, systems
from tests.oracles import pendulum as oracle

# length, gravity, angle, time; angle and velocity then; period (mpmath and SciPy to 1e-14).
REFERENCE = [
    (2.0, 9.8, 0.25, 3.7, -0.07500374919988203, -0.5264085215756144, 2.849581365793648),
    (10.0, 9.8, 0.7853981633974483, 25.0, 0.1856052898736399, 0.7351239207727109, 6.600685460897993),
    (1.5, 9.81, 2.5, 10.0, -2.483486922074319, -0.3615071722790406, 4.036676115374772),
    (1.0, 9.80665, 3.0, 20.0, 2.617554873331227, 1.560676322373954, 5.158947689561069),
    (1.0, 1.0, 3.1, 200.0, -3.0996622328196346, 0.0053106641468608886, 21.03922366795355),
    (1.0, 1.0, 3.1, 2000.0, 3.0614605375125366, -0.06846912714396346, 21.03922366795355),
    (1.0, 1.0, 2.7, 2000.0, -0.15035816128916293, 1.9456565131495012, 11.713482435956088),
]


@pytest.mark.parametrize(("length", "gravity", "angle", "time", "theta", "omega", "period"), REFERENCE)
def test_published_states_and_periods(
    length: float, gravity: float, angle: float, time: float, theta: float, omega: float, period: float
) -> None:
    pendulum = systems(length=length, gravity=gravity, angle=angle)
    angles, velocities = solve(pendulum_exact, pendulum, [time, period])
    limit = 4e-13 if time < 1000 else 2e-12
    assert angles[0, 0] == pytest.approx(theta, abs=limit)
    assert velocities[0, 0] == pytest.approx(omega, abs=limit)
    assert angles[1, 0] == pytest.approx(angle, rel=1e-13)
    mean = landen_moduli(np.cos(angle / 2), np.empty(LEVELS))
    assert 2 * np.pi * np.sqrt(length / gravity) / mean == pytest.approx(period, rel=1e-15)


def test_the_whole_range_agrees_with_the_elliptic_functions_of_scipy() -> None:
    rng = np.random.default_rng(1)
    n = 2000
    pendulums = systems(
        length=np.exp(rng.uniform(np.log(0.01), np.log(100), n)),
        gravity=np.exp(rng.uniform(np.log(0.1), np.log(300), n)),
        angle=rng.uniform(-3.1, 3.1, n),
    )
    frequency = np.sqrt(pendulums["gravity"] / pendulums["length"])
    for reach, limit in ((200.0, 3e-12), (2000.0, 3e-11)):
        # Times at which omega0 t stays within reach for all: gravity is scaled with it.
        scaled = pendulums | {"gravity": pendulums["gravity"] * (rng.uniform(0, reach, n) / frequency) ** 2}
        times = np.linspace(0, 1, 21)
        angles, velocities = solve(pendulum_exact, scaled, times)
        expected = oracle.from_rest(scaled["length"], scaled["gravity"], scaled["angle"], times)
        speed = np.sqrt(scaled["gravity"] / scaled["length"]) * np.abs(scaled["angle"])
        assert np.max(np.abs(angles - expected[0]) / np.abs(scaled["angle"])) < limit
        assert np.max(np.abs(velocities - expected[1]) / speed) < limit


@settings(derandomize=True, deadline=None, database=None)
@given(st.floats(-3.1, 3.1), st.floats(0.01, 100), st.floats(0.1, 300))
def test_it_starts_at_rest_at_its_angle_and_swings_evenly(angle: float, length: float, gravity: float) -> None:
    period = oracle.period(length, gravity, angle)
    pendulums = systems(length=length, gravity=gravity, angle=[angle, -angle])
    angles, velocities = solve(pendulum_exact, pendulums, np.array([0, 0.25, 0.5, 1]) * period)
    np.testing.assert_allclose(angles[0, 0], angle, rtol=4e-16, atol=1e-300)
    assert velocities[0, 0] == 0.0
    np.testing.assert_allclose(angles[:, 0], [angle, 0, -angle, angle], rtol=0, atol=2e-13 * abs(angle) + 1e-300)
    np.testing.assert_array_equal(angles[:, 0], -angles[:, 1])


def test_a_pendulum_at_the_bottom_stays_there() -> None:
    for states in solve(pendulum_exact, systems(angle=[0.0, -0.0]), np.linspace(0, 10, 11)):
        np.testing.assert_array_equal(states, 0.0)


def test_whole_numbers_are_not_truncated() -> None:
    # DeepBench put the angle into an array of the times' integer type: 0.5 rad became 0.
    times = np.arange(5)
    angles, _ = solve(pendulum_exact, systems(angle=0.5), times)
    expected, _ = oracle.from_rest(1.0, 9.80665, 0.5, times.astype(float))
    np.testing.assert_allclose(angles[:, 0], expected[:, 0], rtol=0, atol=1e-13)


def test_the_exact_solution_and_runge_kutta_describe_one_pendulum() -> None:
    pendulums = systems(length=[1.0, 3.0, 7.0], angle=[0.3, -1.4, 3.0])
    times = np.linspace(0, 10, 30)
    for exact, stepped in zip(
        solve(pendulum_exact, pendulums, times), solve(pendulum_rk4, pendulums, times), strict=True
    ):
        np.testing.assert_allclose(exact, stepped, rtol=0, atol=1e-7)
