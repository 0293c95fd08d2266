"""Reference bodies: force, energies and steps one body at a time, orbits by REBOUND and by Kepler's equation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import rebound
from scipy.optimize import brentq

FloatArray = npt.NDArray[np.float64]


def acceleration(mass: FloatArray, position: FloatArray, big_g: float, softening: float) -> FloatArray:
    """Sum over the other bodies in ascending order, for each body on its own."""
    result = np.zeros_like(position)
    for i in range(mass.size):
        for j in range(mass.size):
            if j != i:
                d = position[j] - position[i]
                d2 = sum(d[1:] ** 2, d[0] ** 2) + softening * softening
                result[i] += big_g * mass[j] * (1.0 / (d2 * np.sqrt(d2))) * d
    return result


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
    position, velocity = state[:, :dimensions].copy(), state[:, 3 : 3 + dimensions].copy()
    kick = 0.5 * h
    for _ in range(steps):
        velocity += kick * acceleration(mass, position, big_g, softening)
        position += h * velocity
        kick = h
    velocity += 0.5 * h * acceleration(mass, position, big_g, softening)
    return np.hstack([position, velocity])


def orbit(mass: FloatArray, state: FloatArray, big_g: float, softening: float, times: FloatArray) -> FloatArray:
    """States at all times by REBOUND's ias15, to rounding: (T, B, 6)."""
    simulation = rebound.Simulation()
    simulation.integrator = "ias15"
    simulation.G = big_g
    simulation.softening = softening
    for m, (x, y, z, vx, vy, vz) in zip(mass, state, strict=True):
        simulation.add(m=m, x=x, y=y, z=z, vx=vx, vy=vy, vz=vz)
    states = np.empty((times.size, mass.size, 6))
    for t, time in enumerate(times):
        simulation.integrate(time)
        states[t] = [[*body.xyz, *body.vxyz] for body in simulation.particles]
    return states


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
