"""Runs the pendulum kernels over arrays of systems."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels.motion.exact_pendulum import pendulum_exact
from deepbench_fast.kernels.motion.pendulum import hamiltonian_rk4, pendulum_rk4
from deepbench_fast.kernels.motion.small_angle import pendulum_small_angle
from deepbench_fast.kernels.motion.symplectic import hamiltonian_symplectic

Array = npt.NDArray[np.float64]

# What each solver takes before the times.
PARAMETERS: dict[Callable[..., None], tuple[str, ...]] = {
    pendulum_rk4: ("length", "mass", "gravity", "friction", "angle", "velocity"),
    hamiltonian_rk4: ("length", "mass", "gravity", "angle", "velocity"),
    hamiltonian_symplectic: ("length", "mass", "gravity", "angle", "velocity"),
    pendulum_exact: ("length", "gravity", "angle"),
    pendulum_small_angle: ("length", "mass", "gravity", "friction", "angle", "velocity"),
}
SOLVERS = list(PARAMETERS)
NAMES = [solver.__name__ for solver in SOLVERS]


def systems(**parameters: Any) -> dict[str, Array]:
    """Columns of the same length; what is not given is a pendulum of 1 m and 1 kg at rest."""
    defaults = {"length": 1.0, "mass": 1.0, "gravity": 9.80665, "friction": 0.0, "angle": 0.5, "velocity": 0.0}
    columns = np.broadcast_arrays(*(np.atleast_1d(value) for value in (defaults | parameters).values()))
    return {name: column.astype(np.float64) for name, column in zip(defaults | parameters, columns, strict=True)}


def random_systems(n: int, seed: int) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    return systems(
        length=rng.uniform(0.5, 10, n),
        mass=rng.uniform(0.5, 3, n),
        gravity=rng.uniform(1, 20, n),
        friction=rng.uniform(0, 0.2, n),
        angle=rng.uniform(-2.8, 2.8, n),
        velocity=rng.uniform(-0.5, 0.5, n),
    )


def arguments(solver: Callable[..., None], parameters: dict[str, Array], times: Any) -> tuple[Any, ...]:
    times = np.asarray(times, np.float64)
    columns = tuple(parameters[name] for name in PARAMETERS[solver])
    shape = times.size, columns[0].size
    return *columns, times, np.full(shape, np.nan), np.full(shape, np.nan)


def solve(solver: Callable[..., None], parameters: dict[str, Array], times: Any) -> tuple[Array, Array]:
    """Angles and velocities, (T, n)."""
    call = arguments(solver, parameters, times)
    solver(*call)
    return call[-2], call[-1]


def energy(parameters: dict[str, Array], angles: Array, velocities: Array) -> Array:
    """Energy in units of m g L."""
    frequency = np.sqrt(parameters["gravity"] / parameters["length"])
    return 0.5 * (velocities / frequency) ** 2 + 2 * np.sin(angles / 2) ** 2


def fingerprint() -> str:
    """Hash of what all solvers make of the same systems."""
    digest = hashlib.sha256()
    for solver in SOLVERS:
        for states in solve(solver, random_systems(77, 5), np.linspace(0.3, 7, 11)):
            digest.update(states.tobytes())
    return digest.hexdigest()
