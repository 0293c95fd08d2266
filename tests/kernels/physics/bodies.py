"""Systems of bodies for tests, and calls of the kernels that follow them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels.motion.initial_states import place_figure_eight, place_kepler, place_random
from deepbench_fast.kernels.motion.n_body import n_body_leapfrog

FloatArray = npt.NDArray[np.float64]
Kernel = Callable[..., None]
ALL_COLUMNS = ("position", "velocity", "kinetic", "potential", "energy")


@dataclass(frozen=True)
class Systems:
    """n systems of B bodies each, as the kernels take them."""

    mass: FloatArray
    state: FloatArray
    big_g: FloatArray
    softening: FloatArray

    def __getitem__(self, chosen: Any) -> Systems:
        parts = (self.mass, self.state, self.big_g, self.softening)
        return Systems(*(np.array(part[chosen]) for part in parts))


@dataclass(frozen=True)
class Series:
    """position and velocity: (n, T, B, dimensions); kinetic, potential, energy: (n, T); drift: (n,)."""

    position: FloatArray
    velocity: FloatArray
    kinetic: FloatArray
    potential: FloatArray
    energy: FloatArray
    drift: FloatArray


def random_systems(
    systems: int, bodies: int, dimensions: int, seed: int, softening: float = 0.05, virial_ratio: float = 0.5
) -> Systems:
    rng = np.random.default_rng(seed)
    rows = systems * bodies
    mass = rng.uniform(0.5, 1.5, rows)
    state = np.hstack([rng.uniform(size=(rows, 3)), rng.normal(size=(rows, 3))])
    ones = np.ones(systems)
    counts = np.full(systems, bodies)
    place_random(mass, state, counts, ones, softening * ones, ones, virial_ratio * ones, dimensions)
    return Systems(mass.reshape(systems, bodies), state.reshape(systems, bodies, 6), ones, softening * ones)


def figure_eight(softening: float = 0.0, big_g: float = 1.0) -> Systems:
    mass, state, g = np.zeros(3), np.zeros((3, 6)), np.array([big_g])
    place_figure_eight(mass, state, np.array([3]), g)
    return Systems(mass[None], state[None], g, np.array([softening]))


def kepler(eccentricity: float = 0.6) -> Systems:
    mass, state, one = np.array([0.75, 0.25]), np.zeros((2, 6)), np.ones(1)
    place_kepler(mass, state, np.array([2]), one, one, np.array([eccentricity]))
    return Systems(mass[None], state[None], one, np.zeros(1))


def follow(
    systems: Systems,
    times: FloatArray | list[float],
    step: float,
    dimensions: int = 2,
    kernel: Kernel = n_body_leapfrog,
) -> Series:
    n, bodies = systems.mass.shape
    width = bodies * dimensions
    times = np.asarray(times, np.float64)
    offsets = np.array([0, width, 2 * width, 2 * width + 1, 2 * width + 2])
    out = np.full((n, times.size, 2 * width + 3), np.nan)
    drift = np.full(n, np.nan)
    kernel(
        systems.mass,
        systems.state,
        systems.big_g,
        systems.softening,
        times,
        step,
        dimensions,
        offsets,
        np.arange(n),
        out,
        drift,
    )
    vectors = out[:, :, : 2 * width].reshape(n, times.size, 2, bodies, dimensions)
    return Series(vectors[:, :, 0], vectors[:, :, 1], *np.moveaxis(out[:, :, 2 * width :], 2, 0), drift)
