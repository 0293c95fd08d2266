"""What systems that move obey: how fast the state of one system changes, in float64.

These are the definitions: autonomous equations of first order, state' = f(state, row, ...). The solvers are how they
are integrated, many systems at a time. `row` is a row of the kind's table, or anything with its columns as attributes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel
from deepbench_fast.kernels.elementary import sin

FloatArray = npt.NDArray[np.float64]


@kernel
def pendulum(state: FloatArray, row: Any) -> FloatArray:
    """theta'' = -(g / L) sin theta - c / (m L**2) theta'; the state is (theta [rad], theta' [rad/s])."""
    angle, velocity = state[0], state[1]
    damping = row.friction / (row.mass * row.length * row.length)
    return np.array([velocity, -(row.gravity / row.length) * sin(angle) - damping * velocity])


@kernel
def hamiltonian_pendulum(state: FloatArray, row: Any) -> FloatArray:
    """q' = dH/dp, p' = -dH/dq, H = p**2 / (2 m L**2) + m g L (1 - cos q); the state is (q [rad], p [kg m2/s])."""
    angle, momentum = state[0], state[1]
    return np.array(
        [momentum / (row.mass * row.length * row.length), -(row.mass * row.gravity * row.length) * sin(angle)]
    )


@kernel
def n_body(state: FloatArray, row: Any, mass: FloatArray) -> FloatArray:
    """r_i'' = G sum_j m_j (r_j - r_i) / (d_ij**2 + eps**2)**(3/2) (Plummer 1911), the sum in ascending order of j.

    mass: (B,); the state is (B, 6), x, y, z, vx, vy, vz of each body.
    """
    rates = np.zeros_like(state)
    rates[:, :3] = state[:, 3:]
    for i in range(mass.size):
        for j in range(mass.size):
            if j != i:
                dx, dy, dz = state[j, 0] - state[i, 0], state[j, 1] - state[i, 1], state[j, 2] - state[i, 2]
                d2 = ((dx * dx + dy * dy) + dz * dz) + row.softening * row.softening
                pull = row.big_g * mass[j] * (1.0 / (d2 * np.sqrt(d2)))
                rates[i, 3] += pull * dx
                rates[i, 4] += pull * dy
                rates[i, 5] += pull * dz
    return rates
