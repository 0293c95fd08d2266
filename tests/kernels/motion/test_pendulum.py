"""Runge-Kutta pendulums: accuracy over the whole range, order, invariants, and independence of the batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast.kernels._jit import kernel
from deepbench_fast.kernels.motion.exact_pendulum import pendulum_exact
from deepbench_fast.kernels.motion.pendulum import (
    LANES,
    fourth_order_step,
    hamiltonian_rk4,
    longest_step,
    pendulum_rk4,
    sine,
)
from tests.kernels import assembly
from tests.kernels.loops import loop, ulp_error
from tests.kernels.physics.pendulums import (
    NAMES,
    SOLVERS,
    arguments,
    energy,
    random_systems,
    solve,
    systems,
)
from tests.oracles import pendulum as oracle

Array = npt.NDArray[np.float64]

sines = loop(sine)
by_solver = pytest.mark.parametrize("solver", SOLVERS, ids=NAMES)


@kernel
def equal_steps(states: Any, damping: Any, h: Any, steps: Any) -> None:
    for i in range(states.shape[0]):
        angle, rate = states[i]
        for _ in range(steps):
            angle_increment, rate_increment = fourth_order_step(angle, rate, damping, h)
            angle += angle_increment
            rate += rate_increment
        states[i] = angle, rate


def after(angle: float, rate: float, damping: float, duration: float, steps: int) -> Array:
    state = np.array([[angle, rate]])
    equal_steps(state, damping, duration / steps, steps)
    return state[0]


def dimensionless(angle: Array, rate: Array, damping: Array, reach: Array) -> dict[str, Array]:
    """Pendulums of 1 m and 1 kg whose omega0 t is `reach` at 1 s."""
    return systems(gravity=reach**2, friction=damping * reach, angle=angle, velocity=rate * reach)


def worst(pendulums: dict[str, Array], times: Array, expected: Array) -> float:
    """Largest error of the angle over its amplitude."""
    frequency = np.sqrt(pendulums["gravity"] / pendulums["length"])
    amplitude = oracle.amplitude(pendulums["angle"], pendulums["velocity"] / frequency)
    angles, _ = solve(pendulum_rk4, pendulums, times)
    return float(np.max(np.abs(angles - expected) / amplitude))


@pytest.mark.parametrize("seed", range(4))
def test_error_is_below_1e_8_of_the_amplitude_from_rest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 150
    uniform = rng.uniform(-3.1, 3.1, n)
    small = np.exp(rng.uniform(np.log(1e-3), np.log(3.1), n))
    large = 3.1 - rng.exponential(0.1, n).clip(0, 3)
    angle = np.concatenate([uniform, small, large])
    reach = np.exp(rng.uniform(np.log(0.5), np.log(600 if seed else 2000), 3 * n))
    pendulums = dimensionless(angle, np.zeros(3 * n), np.zeros(3 * n), reach)
    # Few outputs leave the steps as long as they may be.
    times = np.linspace(0, 1, 2 if seed % 2 else 37)
    assert worst(pendulums, times, solve(pendulum_exact, pendulums, times)[0]) < 1e-8


def test_rounding_of_a_million_steps_does_not_count() -> None:
    rng = np.random.default_rng(9)
    n = 3 * LANES
    pendulums = dimensionless(rng.uniform(3.09, 3.1, n), np.zeros(n), np.zeros(n), rng.uniform(1800, 2000, n))
    times = np.ones(1)
    assert worst(pendulums, times, solve(pendulum_exact, pendulums, times)[0]) < 1e-8


def test_error_is_below_1e_8_of_the_amplitude_with_friction() -> None:
    rng = np.random.default_rng(10)
    n = 400
    damping = np.exp(rng.uniform(np.log(1e-4), np.log(1.99), n))
    reach = np.exp(rng.uniform(np.log(0.5), np.log(60), n))
    # Half of them strongly damped and short, where the friction's own error shows.
    damping[: n // 2], reach[: n // 2] = rng.uniform(1, 1.99, n // 2), rng.uniform(0.5, 4, n // 2)
    pendulums = dimensionless(rng.uniform(-3.1, 3.1, n), np.zeros(n), damping, reach)
    times = np.ones(1)
    assert worst(pendulums, times, oracle.taylor(reach, damping, pendulums["angle"], np.zeros(n), times)[0]) < 1e-8


@pytest.mark.parametrize(("lowest", "highest"), [(0.0, 0.999), (1.001, 30.0)], ids=["libration", "rotation"])
def test_error_is_below_1e_8_with_an_initial_velocity(lowest: float, highest: float) -> None:
    rng = np.random.default_rng(11)
    n = 400
    total = lowest + (highest - lowest) * rng.uniform(0, 1, n) ** 2
    # A quarter of them near the separatrix, where the energy is 1.
    total[: n // 4] = 1 + (1 if lowest else -1) * np.exp(rng.uniform(-6.9, -2, n // 4))
    angle = 2 * np.arcsin(np.sqrt(np.minimum(total, 1)) * rng.uniform(-1, 1, n))
    rate = 2 * np.sqrt(np.maximum(total - np.sin(angle / 2) ** 2, 0)) * rng.choice([-1, 1], n)
    reach = np.exp(rng.uniform(np.log(0.5), np.log(40), n))
    pendulums = dimensionless(angle, rate, np.zeros(n), reach)
    times = np.array([0.4, 1.0])
    expected, _ = oracle.taylor(reach, np.zeros(n), angle, pendulums["velocity"], times)
    assert worst(pendulums, times, expected) < 1e-8


@pytest.mark.parametrize(
    ("angle", "velocity", "friction"),
    [(0.5, 1.0, 0.0), (-1.0, 2.5, 0.3), (0.1, 9.0, 0.0), (2.0, -12.0, 0.05), (3.0, 0.0, 1.0)],
)
def test_states_agree_with_dop853(angle: float, velocity: float, friction: float) -> None:
    times = np.array([0.0, 0.3, 1.7, 6.0])
    pendulum = systems(length=1.3, mass=0.8, angle=angle, velocity=velocity, friction=friction)
    angles, velocities = solve(pendulum_rk4, pendulum, times)
    bob = oracle.Bob(length=1.3, mass=0.8, friction=friction)
    expected = oracle.dop853("pendulum", bob, angle, velocity, times)
    np.testing.assert_allclose(angles[:, 0], expected[0], rtol=0, atol=1e-8)
    np.testing.assert_allclose(velocities[:, 0], expected[1], rtol=0, atol=1e-7)


def test_published_damped_state() -> None:
    # omega0 = 1, b = 0.1, theta0 = 2, t = 20 (a Taylor method in high precision).
    angles, velocities = solve(pendulum_rk4, systems(gravity=1.0, friction=0.1, angle=2.0), [20.0])
    assert angles[0, 0] == pytest.approx(0.4024947669793, abs=1e-8)
    assert velocities[0, 0] == pytest.approx(0.4987512241515, abs=1e-8)


def test_the_energy_that_friction_takes_is_the_energy_that_is_lost() -> None:
    pendulum = systems(friction=0.4, angle=2.5)
    times = np.linspace(0, 6, 4001)
    angles, velocities = solve(pendulum_rk4, pendulum, times)
    total = 9.80665 * energy(pendulum, angles, velocities)[:, 0]
    power = -0.4 * velocities[:, 0] ** 2
    lost = np.cumsum(0.5 * (power[1:] + power[:-1]) * np.diff(times))
    np.testing.assert_allclose(total[1:] - total[0], lost, rtol=0, atol=1e-4)
    assert np.all(np.diff(total) <= 1e-9)


def test_mass_and_friction_count() -> None:
    # DeepBench's trajectories knew neither. Without friction no mass matters; with it a heavier bob swings on.
    free = solve(pendulum_rk4, systems(mass=[1.0, 5.0], angle=1.0), [3.0])[0][0]
    assert free[0] == free[1]
    swings = systems(mass=[1.0, 5.0], friction=0.5, angle=1.0)
    light, heavy = energy(swings, *solve(pendulum_rk4, swings, [3.0]))[0]
    assert light < heavy < energy(swings, np.array([1.0]), np.array([0.0]))[0]


def test_the_period_grows_with_the_angle() -> None:
    # DeepBench took the formula of small angles at every angle.
    for angle in (0.25, 1.0, 2.5):
        period = oracle.period(2.0, 9.8, angle)
        angles, _ = solve(pendulum_rk4, systems(length=2.0, gravity=9.8, angle=angle), [period])
        assert angles[0, 0] == pytest.approx(angle, abs=1e-7)
        assert period > 2 * np.pi * np.sqrt(2.0 / 9.8) * (1 + angle**2 / 17)


@pytest.mark.parametrize("damping", [0.0, 0.3])
def test_the_method_has_fourth_order(damping: float) -> None:
    exact = np.array(oracle.taylor(np.ones(1), np.array([damping]), np.ones(1), np.zeros(1), np.array([7.3])))[:, 0, 0]
    errors = [np.abs(after(1.0, 0.0, damping, 7.3, steps) - exact).max() for steps in (80, 160, 320, 640)]
    ratios = np.array(errors[:-1]) / errors[1:]
    assert np.all((ratios > 14) & (ratios < 30))


def test_a_single_step_is_the_classical_method() -> None:
    angle, rate, damping, h = 1.2, -0.7, 0.2, 0.31
    state = np.array([angle, rate])

    def slope(y: Array) -> Array:
        return np.array([y[1], -np.sin(y[0]) - damping * y[1]])

    k1 = slope(state)
    k2 = slope(state + h / 2 * k1)
    k3 = slope(state + h / 2 * k2)
    k4 = slope(state + h * k3)
    np.testing.assert_allclose(
        after(angle, rate, damping, h, 1), state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), rtol=1e-15
    )


def test_energy_is_kept_without_friction() -> None:
    pendulums = systems(angle=[0.1, 1.0, 2.0, 3.1], velocity=[0.0, 0.3, 9.0, 0.0])
    total = energy(pendulums, *solve(hamiltonian_rk4, pendulums, np.linspace(0, 60, 50)))
    assert np.max(np.abs(total / total[0] - 1)) < 1e-8


@settings(derandomize=True, deadline=None, database=None, max_examples=30)
@given(st.floats(-2.5, 2.5), st.floats(-1.5, 1.5), st.floats(0.1, 20))
def test_motion_without_friction_runs_back(angle: float, velocity: float, time: float) -> None:
    there = solve(pendulum_rk4, systems(angle=angle, velocity=velocity), [time])
    back = solve(pendulum_rk4, systems(angle=there[0][0], velocity=-there[1][0]), [time])
    assert back[0][0, 0] == pytest.approx(angle, abs=1e-6)
    assert back[1][0, 0] == pytest.approx(-velocity, abs=1e-6)


@settings(derandomize=True, deadline=None, database=None, max_examples=30)
@given(st.floats(-3.0, 3.0), st.floats(-8.0, 8.0), st.floats(0.0, 1.0))
def test_motion_is_symmetric(angle: float, velocity: float, friction: float) -> None:
    pendulums = systems(angle=[angle, -angle], velocity=[velocity, -velocity], friction=friction)
    for states in solve(pendulum_rk4, pendulums, [0.0, 1.0, 2.5]):
        np.testing.assert_array_equal(states[:, 0], -states[:, 1])


@by_solver
def test_the_first_output_at_zero_is_the_initial_state(solver: Any) -> None:
    pendulums = random_systems(50, 3)
    if solver is pendulum_exact:
        pendulums["velocity"] *= 0
    angles, velocities = solve(solver, pendulums, [0.0, 1.0])
    np.testing.assert_allclose(angles[0], pendulums["angle"], rtol=4e-16)
    np.testing.assert_allclose(velocities[0], pendulums["velocity"], rtol=4e-16)


@by_solver
def test_the_initial_state_is_that_at_zero_whatever_the_first_output(solver: Any) -> None:
    pendulums = random_systems(20, 4)
    late, whole = solve(solver, pendulums, [2.0, 3.0]), solve(solver, pendulums, [0.0, 1.0, 2.0, 3.0])
    for part, states in zip(late, whole, strict=True):
        np.testing.assert_allclose(part, states[2:], rtol=0, atol=2e-7)


@by_solver
@settings(derandomize=True, deadline=None, database=None, max_examples=15)
@given(data=st.data())
def test_no_system_depends_on_its_neighbours(solver: Any, data: st.DataObject) -> None:
    pendulums = random_systems(3 * LANES + 5, 1)
    pendulums["angle"][:4], pendulums["velocity"][:4] = [0.0, -0.0, 0.0, -0.0], [0.0, 0.0, -0.0, -0.0]
    times = [0.0, 0.01, 0.5, 4.0]
    whole = solve(solver, pendulums, times)
    chosen = data.draw(st.lists(st.integers(0, 3 * LANES + 4), min_size=1, max_size=2 * LANES))
    part = solve(solver, {name: column[chosen] for name, column in pendulums.items()}, times)
    for states, expected in zip(part, whole, strict=True):
        assert states.tobytes() == expected[:, chosen].tobytes()


@by_solver
def test_a_pendulum_at_the_bottom_stays_there(solver: Any) -> None:
    for states in solve(solver, systems(angle=[0.0, -0.0], friction=0.1), np.linspace(0, 5, 7)):
        np.testing.assert_array_equal(states, 0.0)


@by_solver
def test_machine_code_is_packed_and_unfused(solver: Any) -> None:
    code = assembly.fresh(solver, *arguments(solver, random_systems(3, 1), [1.0]))
    # Nearly all of the arithmetic: a scalar loop over the lanes would leave none or few.
    assert assembly.packed(code) > 60
    assert assembly.fma(code) == 0
    assert assembly.partial_stores(code) == 0


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="long double is no wider than double")
@pytest.mark.parametrize(("low", "high"), [(-1.6, 1.6), (-4.0, 4.0), (-1e4, 1e4)])
def test_the_sine_is_accurate(low: float, high: float) -> None:
    x = np.random.default_rng(6).uniform(low, high, 200_000)
    values = np.empty_like(x)
    sines(x, values)
    assert ulp_error(values, np.sin(x.astype(np.longdouble))) < 3.7
    sines(-x, (negative := np.empty_like(x)))
    np.testing.assert_array_equal(negative, -values)


def test_the_sine_beside_multiples_of_pi() -> None:
    x = np.arange(-900_000, 900_001, 1000) * np.pi
    values = np.empty_like(x)
    sines(x, values)
    np.testing.assert_allclose(values, np.sin(x), rtol=0, atol=3e-16)


@pytest.mark.parametrize(
    ("angle", "rate", "damping"), [(0.0, 0.0, 0.0), (3.1, 0.0, 0.0), (np.pi, 0.0, 1.0), (0.0, 2.0, 0.0)]
)
def test_steps_are_positive_everywhere_and_bounded(angle: float, rate: float, damping: float) -> None:
    for duration in (0.0, 1e-6, 1.0, 2000.0):
        assert 1e-4 < longest_step(angle, rate, damping, duration) <= 0.05


def test_steps_shorten_with_time_speed_and_friction() -> None:
    steps = [longest_step(1.0, 0.0, 0.0, duration) for duration in (1.0, 10.0, 100.0, 1000.0)]
    assert steps == sorted(steps, reverse=True)
    assert longest_step(0.0, 30.0, 0.0, 1.0) < 0.05 / 10
    assert longest_step(1.0, 0.0, 40.0, 1.0) <= 0.05 / 20
