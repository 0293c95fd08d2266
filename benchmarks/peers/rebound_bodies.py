"""Bodies by REBOUND: one system that moves on by its leapfrog (drift, kick, drift)."""

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
