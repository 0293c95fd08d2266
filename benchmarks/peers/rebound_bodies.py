"""Bodies by REBOUND: one system that moves on by its leapfrog (drift, kick, drift), or many to given times by ias15."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import rebound

FloatArray = npt.NDArray[np.float64]


def simulation(mass: FloatArray, state: FloatArray, big_g: float, softening: float, step: float) -> Any:
    """A simulation of bodies, mass (B,), state (B, 6): x, y, z, vx, vy, vz."""
    sim = rebound.Simulation()
    sim.integrator = "leapfrog"
    sim.G, sim.softening, sim.dt = big_g, softening, step
    for m, (x, y, z, vx, vy, vz) in zip(mass.tolist(), state.tolist(), strict=True):
        sim.add(m=m, x=x, y=y, z=z, vx=vx, vy=vy, vz=vz)
    return sim


def followed(
    mass: FloatArray, state: FloatArray, big_g: FloatArray, softening: FloatArray, times: FloatArray, epsilon: float
) -> FloatArray:
    """A loop of ias15 over systems, mass (N, B), state (N, B, 6): positions at the times, (N, times, B, 3)."""
    out = np.empty((len(mass), len(times), mass.shape[1], 3))
    for k in range(len(mass)):
        sim = simulation(mass[k], state[k], float(big_g[k]), float(softening[k]), 0.01)
        sim.integrator = "ias15"
        settings = sim.ri_ias15 if hasattr(sim, "ri_ias15") else sim.integrator  # before REBOUND 5, and since
        settings.epsilon = epsilon
        for j, time in enumerate(times):
            sim.integrate(time)
            sim.serialize_particle_data(xyz=out[k, j])
    return out
