"""What is recorded of a pendulum: columns of a series from its angles and velocities."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.motion.pendulum import FloatArray, sine

PENDULUM_OUTPUTS = ("angle", "velocity", "x", "y", "momentum", "force", "kinetic", "potential", "energy")
ANGLE, VELOCITY, X, Y, MOMENTUM, FORCE, KINETIC, POTENTIAL, ENERGY = range(9)

# Systems of one pass: their part of the output stays in the cache while the times go by.
SYSTEMS = 64


@piece
def _height(angle: float) -> float:
    """1 - cos(angle), without cancellation near 0."""
    half_sine = sine(0.5 * angle)
    return 2.0 * (half_sine * half_sine)


@piece
def _observe(
    code: int,
    length: FloatArray,
    inertia: FloatArray,
    weight: FloatArray,
    friction: FloatArray,
    angle: FloatArray,
    velocity: FloatArray,
    values: FloatArray,
) -> None:
    """One output of some systems at one time; inertia = m L**2, weight = m g L."""
    if code == ANGLE:
        values[: angle.size] = angle
    elif code == VELOCITY:
        values[: angle.size] = velocity
    elif code == X:
        for i in range(angle.size):
            values[i] = length[i] * sine(angle[i])
    elif code == Y:
        for i in range(angle.size):
            values[i] = length[i] * (_height(angle[i]) - 1.0)
    elif code == MOMENTUM:
        for i in range(angle.size):
            values[i] = inertia[i] * velocity[i]
    elif code == FORCE:
        for i in range(angle.size):
            values[i] = -(weight[i] * sine(angle[i])) - friction[i] * velocity[i]
    elif code == KINETIC:
        for i in range(angle.size):
            values[i] = 0.5 * inertia[i] * (velocity[i] * velocity[i])
    elif code == POTENTIAL:
        for i in range(angle.size):
            values[i] = weight[i] * _height(angle[i])
    else:
        for i in range(angle.size):
            values[i] = 0.5 * inertia[i] * (velocity[i] * velocity[i]) + weight[i] * _height(angle[i])


@kernel
def observe_pendulums(
    length: FloatArray,
    mass: FloatArray,
    gravity: FloatArray,
    friction: FloatArray,
    angles: FloatArray,
    velocities: FloatArray,
    codes: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    out: FloatArray,
) -> None:
    """Fill out[rows[i], t, f] with output codes[f] of system i at time t; only what is asked for is computed.

    | output | unit | value |
    |---|---|---|
    | angle | rad | theta, from the downward vertical |
    | velocity | rad/s | theta' |
    | x | m | L sin theta |
    | y | m | -L cos theta, upwards from the pivot |
    | momentum | kg m2/s | p = m L**2 theta' |
    | force | N m | dp/dt = -m g L sin theta - friction theta' |
    | kinetic | J | p**2 / (2 m L**2) |
    | potential | J | m g L (1 - cos theta), 0 at the bottom |
    | energy | J | kinetic + potential |

    length [m], mass [kg], gravity [m/s2], friction [N m s]: (n,); angles, velocities: (T, n); codes: int64 (F,),
    numbers into PENDULUM_OUTPUTS; rows: int64 (n,); out: (N, T, F). All else float64; abs(theta) < 3e6 (Goldstein,
    Poole & Safko 2002, Classical Mechanics, ch. 8).
    """
    inertia = mass * length * length
    weight = mass * gravity * length
    values = np.empty(SYSTEMS)
    for first in range(0, rows.size, SYSTEMS):
        part = slice(first, min(first + SYSTEMS, rows.size))
        for f in range(codes.size):
            for t in range(angles.shape[0]):
                _observe(
                    codes[f],
                    length[part],
                    inertia[part],
                    weight[part],
                    friction[part],
                    angles[t, part],
                    velocities[t, part],
                    values,
                )
                for i in range(part.stop - part.start):
                    out[rows[first + i], t, f] = values[i]
