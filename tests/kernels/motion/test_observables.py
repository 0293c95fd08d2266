"""Outputs of pendulums against their formulas, and where they go."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast.kernels.motion.observables import PENDULUM_OUTPUTS, SYSTEMS, observe_pendulums
from deepbench_fast.kernels.motion.pendulum import pendulum_rk4
from tests.kernels import assembly
from tests.kernels.physics.pendulums import random_systems, solve

Array = npt.NDArray[np.float64]

TIMES = np.linspace(0, 4, 9)


def motion(n: int) -> tuple[tuple[Array, ...], Array, Array]:
    pendulums = random_systems(n, 8)
    states = solve(pendulum_rk4, pendulums, TIMES)
    return tuple(pendulums[name] for name in ("length", "mass", "gravity", "friction")), *states


def observe(columns: tuple[Array, ...], angles: Array, velocities: Array, names: Any, rows: Any = None) -> Array:
    n = angles.shape[1]
    rows = np.arange(n) if rows is None else np.asarray(rows, np.int64)
    codes = np.array([PENDULUM_OUTPUTS.index(name) for name in names], np.int64)
    out = np.full((n, angles.shape[0], codes.size), np.nan)
    observe_pendulums(*columns, angles, velocities, codes, rows, out)
    return out


def formulas(columns: tuple[Array, ...], angles: Array, velocities: Array) -> dict[str, Array]:
    length, mass, gravity, friction = columns
    momentum = mass * length**2 * velocities
    kinetic = momentum**2 / (2 * mass * length**2)
    potential = mass * gravity * length * (1 - np.cos(angles))
    return {
        "angle": angles,
        "velocity": velocities,
        "x": length * np.sin(angles),
        "y": -length * np.cos(angles),
        "momentum": momentum,
        "force": -mass * gravity * length * np.sin(angles) - friction * velocities,
        "kinetic": kinetic,
        "potential": potential,
        "energy": kinetic + potential,
    }


@pytest.mark.parametrize("n", [1, SYSTEMS - 1, SYSTEMS, 2 * SYSTEMS + 3])
def test_every_output_is_its_formula(n: int) -> None:
    columns, angles, velocities = motion(n)
    out = observe(columns, angles, velocities, PENDULUM_OUTPUTS)
    for f, (name, expected) in enumerate(formulas(columns, angles, velocities).items()):
        assert name == PENDULUM_OUTPUTS[f]
        scale = np.abs(expected).max()
        np.testing.assert_allclose(out[:, :, f], expected.T, rtol=1e-14, atol=1e-15 * scale, err_msg=name)


def test_force_is_the_change_of_the_momentum() -> None:
    pendulums = random_systems(10, 9)
    middle, h = 1.3, 1e-4
    states = solve(pendulum_rk4, pendulums, [middle - h, middle, middle + h])
    columns = tuple(pendulums[name] for name in ("length", "mass", "gravity", "friction"))
    out = observe(columns, *states, ["momentum", "force"])
    change = (out[:, 2, 0] - out[:, 0, 0]) / (2 * h)
    np.testing.assert_allclose(change, out[:, 1, 1], rtol=1e-3, atol=1e-3)


def test_the_bob_stays_on_its_circle_and_hangs_down() -> None:
    columns, angles, velocities = motion(40)
    out = observe(columns, angles, velocities, ["x", "y"])
    np.testing.assert_allclose(np.hypot(out[:, :, 0], out[:, :, 1]), columns[0][:, None] * np.ones(9), rtol=1e-15)
    at_rest = observe(tuple(np.ones(1) for _ in range(4)), np.zeros((1, 1)), np.zeros((1, 1)), PENDULUM_OUTPUTS)
    np.testing.assert_array_equal(at_rest[0, 0], [0, 0, 0, -1, 0, 0, 0, 0, 0])


def test_potential_of_small_angles_does_not_cancel() -> None:
    columns = tuple(np.full(1, value) for value in (2.0, 3.0, 9.8, 0.0))
    for angle in (1e-3, 1e-9, 1e-100):
        out = observe(columns, np.full((1, 1), angle), np.zeros((1, 1)), ["potential", "energy"])
        np.testing.assert_allclose(out[0, 0], 3.0 * 9.8 * 2.0 * angle**2 / 2, rtol=1e-6)


def test_kinetic_energy_has_the_right_power_of_the_length() -> None:
    # DeepBench has L**2 p**2 / 2m, wrong by L**4; the reference Hamiltonian is 1.82794960341409 J.
    columns = tuple(np.full(1, value) for value in (2.0, 3.0, 9.8, 0.0))
    momentum = -6.31690225890737
    state = np.full((1, 1), -0.07500374919988203), np.full((1, 1), momentum / 12)
    assert observe(columns, *state, ["energy"])[0, 0, 0] == pytest.approx(1.82794960341409, abs=1e-13)
    assert observe(columns, *state, ["kinetic"])[0, 0, 0] == pytest.approx(momentum**2 / (2 * 3 * 4), rel=1e-14)


@settings(derandomize=True, deadline=None, database=None, max_examples=25)
@given(st.lists(st.sampled_from(PENDULUM_OUTPUTS), min_size=1, max_size=5), st.permutations(range(70)))
def test_columns_and_rows_go_where_they_are_asked_for(names: list[str], rows: list[int]) -> None:
    columns, angles, velocities = motion(70)
    whole = observe(columns, angles, velocities, PENDULUM_OUTPUTS)
    codes = [PENDULUM_OUTPUTS.index(name) for name in names]
    assert observe(columns, angles, velocities, names, rows)[rows].tobytes() == whole[:, :, codes].tobytes()


def test_rows_of_other_samples_are_left_alone() -> None:
    columns, angles, velocities = motion(2)
    out = np.full((4, len(TIMES), 1), np.nan)
    observe_pendulums(*columns, angles, velocities, np.array([2]), np.array([3, 1]), out)
    np.testing.assert_array_equal(np.isnan(out[:, 0, 0]), [True, False, True, False])


def test_machine_code_is_packed_and_unfused() -> None:
    columns, angles, velocities = motion(2)
    out = np.zeros((2, len(TIMES), 1))
    code = assembly.fresh(observe_pendulums, *columns, angles, velocities, np.array([2]), np.arange(2), out)
    assert assembly.packed(code) > 60
    assert assembly.fma(code) == 0


def fingerprint() -> str:
    columns, angles, velocities = motion(77)
    return hashlib.sha256(observe(columns, angles, velocities, PENDULUM_OUTPUTS).tobytes()).hexdigest()
