"""How systems of bodies start: drawn at random, on a Kepler orbit, or as the figure eight.

The kernels work on the rows of all bodies of all systems, system after system: mass is float64 (m,), state float64
(m, 6) with x, y, z, vx, vy, vz, counts int64 (n,) with sum(counts) = m; big_g and the like are float64 (n,). Any
consistent units. Nothing is raised: the arguments must be valid.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.elementary import exp, log, sincos

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

TWO_PI = 6.283185307179586
THIRD = 0.3333333333333333

# Simo's initial values (Chenciner & Montgomery 2000): body 0 at (EIGHT_X, EIGHT_Y), body 1 opposite, body 2 between
# them with (EIGHT_VX, EIGHT_VY), the other two with minus half of it.
EIGHT_X = 0.97000436
EIGHT_Y = -0.24308753
EIGHT_VX = -0.93240737
EIGHT_VY = -0.86473146


@piece
def _cube_root(x: float) -> float:
    """Cube root of a positive normal number, to 2e-15 for x > 1e-16."""
    return exp(THIRD * log(x))


@piece
def _place_in_disc(body: FloatArray, radius: float) -> None:
    r = radius * np.sqrt(body[0])
    sine, cosine = sincos(TWO_PI * body[1])
    body[0] = r * cosine
    body[1] = r * sine
    body[2] = 0.0
    body[5] = 0.0


@piece
def _place_in_ball(body: FloatArray, radius: float) -> None:
    r = radius * _cube_root(body[0])
    sine, cosine = sincos(TWO_PI * body[1])
    height = 1.0 - 2.0 * body[2]
    across = r * np.sqrt((1.0 - height) * (1.0 + height))
    body[0] = across * cosine
    body[1] = across * sine
    body[2] = r * height


@piece
def _remove_mean_velocity(mass: FloatArray, state: FloatArray) -> None:
    total = 0.0
    px, py, pz = 0.0, 0.0, 0.0
    for i in range(mass.size):
        total += mass[i]
        px += mass[i] * state[i, 3]
        py += mass[i] * state[i, 4]
        pz += mass[i] * state[i, 5]
    for i in range(mass.size):
        state[i, 3] -= px / total
        state[i, 4] -= py / total
        state[i, 5] -= pz / total


@piece
def _kinetic(mass: FloatArray, state: FloatArray) -> float:
    energy = 0.0
    for i in range(mass.size):
        vx, vy, vz = state[i, 3], state[i, 4], state[i, 5]
        energy += 0.5 * mass[i] * ((vx * vx + vy * vy) + vz * vz)
    return energy


@piece
def _binding(mass: FloatArray, state: FloatArray, big_g: float, softening: float) -> float:
    """-U of softened gravity, see `gravity`."""
    energy = 0.0
    for i in range(mass.size):
        for j in range(i + 1, mass.size):
            dx = state[j, 0] - state[i, 0]
            dy = state[j, 1] - state[i, 1]
            dz = state[j, 2] - state[i, 2]
            d2 = ((dx * dx + dy * dy) + dz * dz) + softening * softening
            energy += big_g * mass[i] * mass[j] / np.sqrt(d2)
    return energy


@kernel
def place_random(
    mass: FloatArray,
    state: FloatArray,
    counts: IntArray,
    big_g: FloatArray,
    softening: FloatArray,
    radius: FloatArray,
    virial_ratio: FloatArray,
    dimensions: int,
) -> None:
    """Turn draws into systems: positions uniform in a disc or ball, velocities isotropic, K / |U| = virial_ratio.

    On entry columns 0 to 2 of `state` hold uniform numbers in (0, 1): the quantile of the distance from the origin, the
    azimuth in turns and the quantile of the height; columns 3 to 5 hold standard normals. In 2 dimensions
    r = radius sqrt(u), in 3 r = radius u**(1/3) and z = r (1 - 2 u'). The velocity of the centre of mass is removed,
    then all velocities are scaled; U is the softened potential of `gravity`. A virial ratio below 1 is a bound system,
    1/2 one in equilibrium. In 2 dimensions z = vz = 0.

    mass > 0, counts >= 2, softening >= 0, radius > 0, virial_ratio >= 0. Aarseth, Henon & Wielen (1974), A&A 37, 183.
    """
    first = 0
    for s in range(counts.size):
        stop = first + counts[s]
        masses = mass[first:stop]
        bodies = state[first:stop]
        for i in range(counts[s]):
            if dimensions == 2:
                _place_in_disc(bodies[i], radius[s])
            else:
                _place_in_ball(bodies[i], radius[s])
        _remove_mean_velocity(masses, bodies)
        kinetic = _kinetic(masses, bodies)
        wanted = virial_ratio[s] * _binding(masses, bodies, big_g[s], softening[s])
        scale = np.sqrt(wanted / kinetic) if kinetic > 0.0 else 0.0
        for i in range(counts[s]):
            for axis in range(3, 6):
                bodies[i, axis] *= scale
        first = stop


@kernel
def place_kepler(
    mass: FloatArray,
    state: FloatArray,
    counts: IntArray,
    big_g: FloatArray,
    semi_major_axis: FloatArray,
    eccentricity: FloatArray,
) -> None:
    """Put pairs of bodies on the Kepler orbit r = r_1 - r_0 of body 1 around body 0, starting at periapsis.

        r = (a (1 - e), 0, 0),    v = (0, sqrt(G (m_0 + m_1) / a (1 + e) / (1 - e)), 0)

    So the orbit runs counter-clockwise in the plane z = 0 and, without softening, closes after
    2 pi sqrt(a**3 / (G (m_0 + m_1))) with E = -G m_0 m_1 / (2 a). The centre of mass rests at the origin.

    mass > 0; counts are all 2; big_g >= 0; semi_major_axis > 0; 0 <= eccentricity < 1. Murray & Dermott (1999), Solar
    System Dynamics, ch. 2.
    """
    for s in range(counts.size):
        i = 2 * s
        total = mass[i] + mass[i + 1]
        a, e = semi_major_axis[s], eccentricity[s]
        distance = a * (1.0 - e)
        speed = np.sqrt(big_g[s] * total / a * ((1.0 + e) / (1.0 - e)))
        state[i : i + 2] = 0.0
        state[i, 0] = -(mass[i + 1] / total) * distance
        state[i, 4] = -(mass[i + 1] / total) * speed
        state[i + 1, 0] = (mass[i] / total) * distance
        state[i + 1, 4] = (mass[i] / total) * speed


@kernel
def place_figure_eight(mass: FloatArray, state: FloatArray, counts: IntArray, big_g: FloatArray) -> None:
    """Put three bodies of mass 1 on the orbit on which they chase each other along one figure eight.

    Positions and velocities are those of Simo for G = 1, velocities times sqrt(big_g): the period is
    6.32591398 / sqrt(big_g) without softening. Whatever `mass` holds is overwritten with 1.

    counts are all 3; big_g >= 0. Chenciner & Montgomery (2000), Annals of Mathematics 152, 881.
    """
    for s in range(counts.size):
        i = 3 * s
        rate = np.sqrt(big_g[s])
        mass[i : i + 3] = 1.0
        state[i : i + 3] = 0.0
        state[i, 0], state[i, 1] = EIGHT_X, EIGHT_Y
        state[i + 1, 0], state[i + 1, 1] = -EIGHT_X, -EIGHT_Y
        state[i + 2, 3], state[i + 2, 4] = rate * EIGHT_VX, rate * EIGHT_VY
        for body in range(i, i + 2):
            state[body, 3] = -0.5 * state[i + 2, 3]
            state[body, 4] = -0.5 * state[i + 2, 4]
