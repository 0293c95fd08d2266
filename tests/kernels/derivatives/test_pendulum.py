"""Slopes of pendulums by every solver, against differences of its own kernel, and rk4 against the closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepbench_fast.kernels.backend import cpu
from deepbench_fast.kernels.derivatives.pendulum import CLOSED, INPUTS, STEPPING, pendulum_slopes
from deepbench_fast.kernels.motion.observables import PENDULUM_OUTPUTS, observe_pendulums
from deepbench_fast.render.trajectories import column_names

TIMES = np.linspace(0.0, 8.0, 17)
MODULES = {
    "pendulum_rk4": "pendulum",
    "hamiltonian_rk4": "pendulum",
    "hamiltonian_symplectic": "symplectic",
    "pendulum_exact": "exact_pendulum",
    "pendulum_small_angle": "small_angle",
}


def kernel_of(solver: str) -> Any:
    return cpu(f"motion.{MODULES[solver]}:{solver}")


def followed(solver: str, inputs: Any) -> Any:
    """What the simulator records, (outputs, systems, steps)."""
    columns = dict(zip(INPUTS, np.ascontiguousarray(inputs.T), strict=True))
    angles, velocities = np.empty((2, TIMES.size, len(inputs)))
    solve = kernel_of(solver)
    solve(*(columns[name] for name in column_names(solve, "times")), TIMES, angles, velocities)
    out = np.empty((len(inputs), TIMES.size, len(PENDULUM_OUTPUTS)))
    four = (columns[name] for name in INPUTS[:4])
    observe_pendulums(*four, angles, velocities, np.arange(out.shape[2]), np.arange(len(inputs)), out)
    return out.transpose(2, 0, 1)


def slopes_of(solver: str, inputs: Any) -> tuple[Any, Any]:
    count, outputs, every = len(inputs), len(PENDULUM_OUTPUTS), np.arange(len(INPUTS))
    out, slopes = np.zeros((outputs, count, TIMES.size)), np.zeros((outputs, count, len(INPUTS), TIMES.size))
    factors = np.ones((count, len(INPUTS)))
    pendulum_slopes(solver)(inputs, TIMES, np.arange(outputs), every, every, factors, np.arange(count), out, slopes)
    return out, slopes


def drawn(solver: str, count: int) -> Any:
    rng = np.random.default_rng(3)
    inputs = np.exp(rng.uniform(np.log(0.3), np.log(5.0), (count, len(INPUTS))))
    inputs[:, 2] *= 5.0
    inputs[:, 4] = rng.uniform(-2.5, 2.5, count)
    inputs[:, 5] = rng.uniform(-2.0, 2.0, count)
    critical = 2.0 * inputs[:, 1] * inputs[:, 0] * np.sqrt(inputs[:, 0] * inputs[:, 2])
    inputs[:, 3] = rng.uniform(0.0, 0.9, count) * critical
    if "friction" not in column_names(kernel_of(solver), "times"):
        inputs[:, 3] = 0.0
    if "velocity" not in column_names(kernel_of(solver), "times"):
        inputs[:, 5] = 0.0
    return inputs


@pytest.mark.parametrize("left", [1e-3, 1e-6, 1e-9, 1e-12, 1e-14, -1e-12, -1e-6])
def test_slopes_of_small_angles_where_friction_nearly_stops_the_oscillation(left: float) -> None:
    """exp(-b t / 2) times series in the square of the frequency that is left, of either sign, by 60 digits."""
    import mpmath as mp

    inputs = np.array([[1.5, 0.8, 4.0, 2.0 * 0.8 * 1.5**1.5 * 2.0 * (1.0 - left), 1.2, 0.3]])
    out, slopes = slopes_of("pendulum_small_angle", inputs)

    def angle(time: float, length: Any, mass: Any, gravity: Any, friction: Any, start: Any, velocity: Any) -> Any:
        half = friction / (2 * mass * length**2)
        root = mp.sqrt(gravity / length - half**2)
        sine = mp.sin(root * time) / root
        return mp.re(mp.exp(-half * time) * (start * mp.cos(root * time) + (velocity + half * start) * sine))

    with mp.workdps(60):
        exact = [mp.mpf(float(one)) for one in inputs[0]]
        np.testing.assert_allclose(out[0, 0], [float(angle(t, *exact)) for t in TIMES], atol=1e-13)
        for q in range(len(INPUTS)):

            def along(x: Any, t: float, q: int = q) -> Any:
                return angle(t, *(x if k == q else one for k, one in enumerate(exact)))

            wanted = [float(mp.diff(lambda x, t=t: along(x, t), exact[q], h=mp.mpf(10) ** -25)) for t in TIMES]
            assert np.abs(slopes[0, 0, q] - wanted).max() < 1e-11 * np.abs(wanted).max(), INPUTS[q]


@pytest.mark.parametrize("solver", [*STEPPING, *CLOSED])
def test_slopes_are_those_of_the_series(solver: str) -> None:
    inputs = drawn(solver, 20)
    out, slopes = slopes_of(solver, inputs)
    np.testing.assert_array_equal(out, followed(solver, inputs))
    for q, name in enumerate(INPUTS):
        if name not in column_names(kernel_of(solver), "times") and name != "mass":
            continue

        def shifted(h: float, q: int = q) -> Any:
            return followed(solver, inputs + h * (np.arange(len(INPUTS)) == q))

        a, b, c = ((shifted(h) - shifted(-h)) / (2 * h) for h in (4e-4, 2e-4, 1e-4))
        expected = (16 * (4 * c - b) / 3 - (4 * b - a) / 3) / 15
        size = np.abs(expected).max(axis=2) + np.abs(out).max(axis=2)
        error = np.abs(slopes[:, :, q] - expected).max(axis=2) / (size + 1e-300)
        # Where a step more is taken between the points of a difference the series jumps by the solver's error.
        assert np.median(error) < 1e-9
        assert (error < 1e-7).mean() > 0.9


def test_slopes_of_steps_are_those_of_the_closed_form() -> None:
    inputs = drawn("pendulum_exact", 20)
    inputs[:, 4] = np.clip(inputs[:, 4], -2.0, 2.0)
    by_steps, exact = (slopes_of(solver, inputs)[1] for solver in ("pendulum_rk4", "pendulum_exact"))
    for q in (0, 2, 4):
        size = np.abs(exact[:2, :, q]).max()
        np.testing.assert_allclose(by_steps[:2, :, q], exact[:2, :, q], atol=1e-7 * size)
