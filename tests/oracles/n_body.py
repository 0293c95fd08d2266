"""Reference bodies: energies and steps of the definition, forces and orbits by REBOUND, Kepler's equation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import rebound
from scipy.optimize import brentq

from deepbench_fast.kinds.registry import kind

FloatArray = npt.NDArray[np.float64]


class Units(NamedTuple):
    """What of a system's row its equations of motion depend on."""

    big_g: float
    softening: float


def kinetic(mass: FloatArray, state: FloatArray) -> float:
    return float(0.5 * np.sum(mass[:, None] * state[:, 3:] ** 2))


def potential(mass: FloatArray, state: FloatArray, big_g: float, softening: float) -> float:
    i, j = np.triu_indices(mass.size, 1)
    distance = np.hypot(np.linalg.norm(state[i, :3] - state[j, :3], axis=1), softening)
    return float(-big_g * np.sum(mass[i] * mass[j] / distance))


def leapfrog(
    mass: FloatArray, state: FloatArray, big_g: float, softening: float, h: float, steps: int, dimensions: int
) -> FloatArray:
    """Kick, drift, kick, neighbouring kicks in one: the same operations in the same order as the kernel's."""
    moved, rates, units = state.copy(), kind("n_body").equations_of_motion(), Units(big_g, softening)
    kick = 0.5 * h
    for _ in range(steps):
        moved[:, 3:] += kick * rates(moved, units, mass)[:, 3:]
        moved[:, :3] += h * moved[:, 3:]
        kick = h
    moved[:, 3:] += 0.5 * h * rates(moved, units, mass)[:, 3:]
    return np.hstack([moved[:, :dimensions], moved[:, 3 : 3 + dimensions]])


def orbit(mass: FloatArray, state: FloatArray, big_g: float, softening: float, times: FloatArray) -> FloatArray:
    """States at all times by REBOUND's ias15, to rounding: (T, B, 6)."""
    simulation = _simulation(mass, state, Units(big_g, softening))
    simulation.integrator = "ias15"
    states = np.empty((times.size, mass.size, 6))
    for t, time in enumerate(times):
        simulation.integrate(time)
        states[t] = [[*body.xyz, *body.vxyz] for body in simulation.particles]
    return states


def accelerations(mass: FloatArray, state: FloatArray, units: Units) -> FloatArray:
    """By REBOUND's forces: (B, 3). A leapfrog step too short to move a body leaves them in its particles."""
    simulation = _simulation(mass, state, units)
    simulation.integrator, simulation.dt = "leapfrog", 1e-100
    simulation.steps(1)
    return np.array([[body.ax, body.ay, body.az] for body in simulation.particles])


def _simulation(mass: FloatArray, state: FloatArray, units: Units) -> rebound.Simulation:
    simulation = rebound.Simulation()
    simulation.G, simulation.softening = units
    for m, (x, y, z, vx, vy, vz) in zip(mass, state, strict=True):
        simulation.add(m=m, x=x, y=y, z=z, vx=vx, vy=vy, vz=vz)
    return simulation


def kepler(
    total_mass: float, semi_major_axis: float, eccentricity: float, time: float
) -> tuple[FloatArray, FloatArray]:
    """Relative position and velocity at a time after periapsis, G = 1, periapsis on the x axis."""
    a, e = semi_major_axis, eccentricity
    motion = np.sqrt(total_mass / a**3)
    anomaly = brentq(lambda big_e: big_e - e * np.sin(big_e) - motion * time, -1.0, motion * time + 2.0, xtol=1e-15)
    across = np.sqrt(1.0 - e**2)
    rate = motion / (1.0 - e * np.cos(anomaly))
    position = a * np.array([np.cos(anomaly) - e, across * np.sin(anomaly)])
    velocity = a * rate * np.array([-np.sin(anomaly), across * np.cos(anomaly)])
    return position, velocity
