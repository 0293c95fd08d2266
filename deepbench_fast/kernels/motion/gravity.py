"""Softened gravity by direct sum, between the bodies of many systems at once: accelerations and energies.

    a_i = G sum_j m_j (r_j - r_i) / (d_ij**2 + eps**2)**(3/2),    d_ij = |r_j - r_i|,
    K = sum_i m_i |v_i|**2 / 2,    U = -G sum_{i<j} m_i m_j / sqrt(d_ij**2 + eps**2),    E = K + U

(Plummer 1911; Aarseth 2003, Gravitational N-Body Simulations, ch. 1). LANES systems lie side by side, one in each lane
of the vector loops, and no lane looks at another: the bits of a system depend on nothing but its own numbers. Pairs
(i, j), i < j, come in lexicographic order and each adds to both of its bodies, so every body sums its neighbours in
ascending order with a single square root and division for each pair.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._frozen import frozen
from deepbench_fast.kernels._jit import inline

FloatArray = npt.NDArray[np.float64]

# A multiple of every vector length; loops of 8 or 16 rounds would be unrolled into scalar code.
LANES = 32
# x, y and z of a body in all lanes.
VECTOR = 3 * LANES

# A body's record in the work array. The distances between its parts are constants, so that a loop over the lanes of two
# bodies has to make sure of one thing only: that the two records do not overlap.
POSITION = 0
ACCELERATION = VECTOR
VELOCITY = 2 * VECTOR
PULL = 3 * VECTOR  # G m
MASS = PULL + LANES
SOFTENING_SQUARED = MASS + LANES
RECORD = SOFTENING_SQUARED + LANES


@inline
def _attract_in_plane(
    one: FloatArray, other: FloatArray, potential: FloatArray | None, steepest: FloatArray | None
) -> None:
    for lane in range(LANES):
        dx = other[POSITION + lane] - one[POSITION + lane]
        dy = other[POSITION + LANES + lane] - one[POSITION + LANES + lane]
        d2 = (dx * dx + dy * dy) + one[SOFTENING_SQUARED + lane]
        inverse_cube = 1.0 / (d2 * np.sqrt(d2))
        if potential is not None:
            potential[lane] -= one[PULL + lane] * other[MASS + lane] * (inverse_cube * d2)
        if steepest is not None:
            steepest[lane] = max(frozen(steepest[lane]), (one[PULL + lane] + other[PULL + lane]) * inverse_cube)
        pull = other[PULL + lane] * inverse_cube
        push = one[PULL + lane] * inverse_cube
        one[ACCELERATION + lane] += pull * dx
        one[ACCELERATION + LANES + lane] += pull * dy
        other[ACCELERATION + lane] -= push * dx
        other[ACCELERATION + LANES + lane] -= push * dy


@inline
def _attract_in_space(
    one: FloatArray, other: FloatArray, potential: FloatArray | None, steepest: FloatArray | None
) -> None:
    for lane in range(LANES):
        dx = other[POSITION + lane] - one[POSITION + lane]
        dy = other[POSITION + LANES + lane] - one[POSITION + LANES + lane]
        dz = other[POSITION + 2 * LANES + lane] - one[POSITION + 2 * LANES + lane]
        d2 = ((dx * dx + dy * dy) + dz * dz) + one[SOFTENING_SQUARED + lane]
        inverse_cube = 1.0 / (d2 * np.sqrt(d2))
        if potential is not None:
            potential[lane] -= one[PULL + lane] * other[MASS + lane] * (inverse_cube * d2)
        if steepest is not None:
            steepest[lane] = max(frozen(steepest[lane]), (one[PULL + lane] + other[PULL + lane]) * inverse_cube)
        pull = other[PULL + lane] * inverse_cube
        push = one[PULL + lane] * inverse_cube
        one[ACCELERATION + lane] += pull * dx
        one[ACCELERATION + LANES + lane] += pull * dy
        one[ACCELERATION + 2 * LANES + lane] += pull * dz
        other[ACCELERATION + lane] -= push * dx
        other[ACCELERATION + LANES + lane] -= push * dy
        other[ACCELERATION + 2 * LANES + lane] -= push * dz


@inline
def attract(
    bodies: FloatArray, dimensions: int, potential: FloatArray | None = None, steepest: FloatArray | None = None
) -> None:
    """Add every body's pull to the accelerations, which must be 0 before.

    Where asked for, the energies of the pairs are added to `potential`, and `steepest` raised to the largest of their
    relative accelerations for each unit of distance.
    """
    for i in range(bodies.shape[0]):
        for j in range(i + 1, bodies.shape[0]):
            if dimensions == 2:
                _attract_in_plane(bodies[i], bodies[j], potential, steepest)
            else:
                _attract_in_space(bodies[i], bodies[j], potential, steepest)


@inline
def add_kinetic(kinetic: FloatArray, body: FloatArray, later: float) -> None:
    """Add a body's kinetic energy, some time later than its velocity is of."""
    for lane in range(LANES):
        vx = body[VELOCITY + lane] + later * body[ACCELERATION + lane]
        vy = body[VELOCITY + LANES + lane] + later * body[ACCELERATION + LANES + lane]
        vz = body[VELOCITY + 2 * LANES + lane] + later * body[ACCELERATION + 2 * LANES + lane]
        kinetic[lane] += 0.5 * body[MASS + lane] * ((vx * vx + vy * vy) + vz * vz)


@inline
def _add_potential(potential: FloatArray, one: FloatArray, other: FloatArray) -> None:
    for lane in range(LANES):
        dx = other[POSITION + lane] - one[POSITION + lane]
        dy = other[POSITION + LANES + lane] - one[POSITION + LANES + lane]
        dz = other[POSITION + 2 * LANES + lane] - one[POSITION + 2 * LANES + lane]
        d2 = ((dx * dx + dy * dy) + dz * dz) + one[SOFTENING_SQUARED + lane]
        potential[lane] -= one[PULL + lane] * other[MASS + lane] / np.sqrt(d2)


@inline
def measure_energy(bodies: FloatArray, kinetic: FloatArray, potential: FloatArray) -> None:
    """Fill in K and U of the system in each lane."""
    kinetic[:] = 0.0
    potential[:] = 0.0
    for i in range(bodies.shape[0]):
        add_kinetic(kinetic, bodies[i], 0.0)
        for j in range(i + 1, bodies.shape[0]):
            _add_potential(potential, bodies[i], bodies[j])


@inline
def energy_scale(kinetic: float, potential: float) -> float:
    """What the drift of a system's energy is relative to, from K and U at t = 0.

    |E|, or K / 10 where that is more, since E may be 0 or nearly so; 1 where nothing moves or pulls.
    """
    scale = max(abs(kinetic + potential), 0.1 * kinetic)
    return scale if scale != 0.0 else 1.0
