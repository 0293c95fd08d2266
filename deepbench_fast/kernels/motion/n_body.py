"""Systems of bodies that attract each other, followed over time in steps of equal length; see `gravity`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._frozen import frozen
from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.elementary import floor
from deepbench_fast.kernels.motion.gravity import (
    ACCELERATION,
    LANES,
    MASS,
    POSITION,
    PULL,
    RECORD,
    SOFTENING_SQUARED,
    VECTOR,
    VELOCITY,
    add_kinetic,
    attract,
    energy_scale,
    measure_energy,
)

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# What the record of a body also holds for RK4: where a step began, and the sums of its slopes.
START_POSITION = RECORD
START_VELOCITY = START_POSITION + VECTOR
POSITION_SUM = START_VELOCITY + VECTOR
VELOCITY_SUM = POSITION_SUM + VECTOR
RK4_RECORD = VELOCITY_SUM + VECTOR

# An interval that is longer than n steps by no more than rounding takes n steps.
ROUNDING = 1e-9


class Energies(NamedTuple):
    """What is kept of the energy in each lane: K and U now, E at t = 0, the largest drift so far and its scale."""

    kinetic: FloatArray
    potential: FloatArray
    first: FloatArray
    scale: FloatArray
    drift: FloatArray


@piece
def step_count(interval: float, step: float) -> int:
    """The least number of equal steps, none longer than `step`, that fill `interval`; 0 for no interval."""
    return int(-floor(-(interval / step) * (1.0 - ROUNDING)))


@piece
def _start_drift(energies: Energies) -> None:
    for lane in range(LANES):
        energies.first[lane] = energies.kinetic[lane] + energies.potential[lane]
        energies.scale[lane] = energy_scale(energies.kinetic[lane], energies.potential[lane])
        energies.drift[lane] = 0.0


@piece
def _follow_drift(energies: Energies) -> None:
    """The largest drift so far; NaN is larger than any number."""
    for lane in range(LANES):
        energy = energies.kinetic[lane] + energies.potential[lane]
        now = abs(energy - energies.first[lane]) / energies.scale[lane]
        before = frozen(energies.drift[lane])
        energies.drift[lane] = before if now <= before else now


@piece
def _attract_and_follow(bodies: FloatArray, dimensions: int, energies: Energies, later: float) -> None:
    """Accelerations at the end of a step, and the drift there: some time later than the velocities are of."""
    energies.kinetic[:] = 0.0
    energies.potential[:] = 0.0
    attract(bodies, dimensions, energies.potential)
    for i in range(bodies.shape[0]):
        add_kinetic(energies.kinetic, bodies[i], later)
    _follow_drift(energies)


@piece
def _kick(body: FloatArray, length: int, time: float) -> None:
    for k in range(length):
        body[VELOCITY + k] += time * body[ACCELERATION + k]


@piece
def _kick_and_drift(body: FloatArray, length: int, kick: float, drift: float) -> None:
    """Move a body on, and clear its acceleration."""
    for k in range(length):
        velocity = body[VELOCITY + k] + kick * body[ACCELERATION + k]
        body[VELOCITY + k] = velocity
        body[POSITION + k] += drift * velocity
        body[ACCELERATION + k] = 0.0


@piece
def _advance_leapfrog(
    bodies: FloatArray, dimensions: int, steps: int, h: float, energies: Energies, stop: IntArray | None
) -> None:
    """Kick, drift, kick, the last kick of a step and the first of the next in one.

    Starts from the accelerations at the positions and leaves the new ones.
    """
    length = dimensions * LANES
    for step in range(steps):
        if stop is not None and stop[0] != 0:
            break
        kick = 0.5 * h if step == 0 else h
        for i in range(bodies.shape[0]):
            _kick_and_drift(bodies[i], length, kick, h)
        _attract_and_follow(bodies, dimensions, energies, 0.5 * h)
    if steps > 0:
        for i in range(bodies.shape[0]):
            _kick(bodies[i], length, 0.5 * h)


@piece
def _begin_step(body: FloatArray, length: int) -> None:
    for k in range(length):
        body[START_POSITION + k] = body[POSITION + k]
        body[START_VELOCITY + k] = body[VELOCITY + k]
        body[POSITION_SUM + k] = 0.0
        body[VELOCITY_SUM + k] = 0.0


@piece
def _next_stage(body: FloatArray, length: int, weight: float, reach: float) -> None:
    """Add the slopes here to their sums, and go from the start of the step along them."""
    for k in range(length):
        velocity = body[VELOCITY + k]
        acceleration = body[ACCELERATION + k]
        body[POSITION_SUM + k] += weight * velocity
        body[VELOCITY_SUM + k] += weight * acceleration
        body[POSITION + k] = body[START_POSITION + k] + reach * velocity
        body[VELOCITY + k] = body[START_VELOCITY + k] + reach * acceleration
        body[ACCELERATION + k] = 0.0


@piece
def _end_step(body: FloatArray, length: int, sixth: float) -> None:
    for k in range(length):
        position_sum = body[POSITION_SUM + k] + body[VELOCITY + k]
        velocity_sum = body[VELOCITY_SUM + k] + body[ACCELERATION + k]
        body[POSITION + k] = body[START_POSITION + k] + sixth * position_sum
        body[VELOCITY + k] = body[START_VELOCITY + k] + sixth * velocity_sum
        body[ACCELERATION + k] = 0.0


@piece
def _advance_rk4(
    bodies: FloatArray, dimensions: int, steps: int, h: float, energies: Energies, stop: IntArray | None
) -> None:
    """The classical method: slopes at the start, twice in the middle and at the end, weighed 1, 2, 2, 1.

    Starts from the accelerations at the positions and leaves the new ones.
    """
    length = dimensions * LANES
    for _ in range(steps):
        if stop is not None and stop[0] != 0:
            break
        for i in range(bodies.shape[0]):
            _begin_step(bodies[i], length)
        for stage in range(3):
            weight = 1.0 if stage == 0 else 2.0
            reach = h if stage == 2 else 0.5 * h
            for i in range(bodies.shape[0]):
                _next_stage(bodies[i], length, weight, reach)
            attract(bodies, dimensions)
        for i in range(bodies.shape[0]):
            _end_step(bodies[i], length, h / 6.0)
        _attract_and_follow(bodies, dimensions, energies, 0.0)


@piece
def _load(
    bodies: FloatArray,
    mass: FloatArray,
    state: FloatArray,
    big_g: FloatArray,
    softening: FloatArray,
    first: int,
    dimensions: int,
) -> None:
    """Lay the systems from `first` on in the lanes; the last one also fills the lanes that are left."""
    for lane in range(LANES):
        s = min(first + lane, mass.shape[0] - 1)
        for i in range(bodies.shape[0]):
            body = bodies[i]
            for axis in range(3):
                inside = axis < dimensions
                body[POSITION + axis * LANES + lane] = state[s, i, axis] if inside else 0.0
                body[VELOCITY + axis * LANES + lane] = state[s, i, 3 + axis] if inside else 0.0
                body[ACCELERATION + axis * LANES + lane] = 0.0
            body[PULL + lane] = big_g[s] * mass[s, i]
            body[MASS + lane] = mass[s, i]
            body[SOFTENING_SQUARED + lane] = softening[s] * softening[s]


@piece
def _store_vectors(series: FloatArray, bodies: FloatArray, part: int, lane: int, dimensions: int) -> None:
    for i in range(bodies.shape[0]):
        for axis in range(dimensions):
            series[i * dimensions + axis] = bodies[i, part + axis * LANES + lane]


@piece
def _store(
    series: FloatArray,
    offsets: IntArray,
    bodies: FloatArray,
    kinetic: float,
    potential: float,
    lane: int,
    dimensions: int,
) -> None:
    """Write what is asked for into one row of a system's series."""
    if offsets[0] >= 0:
        _store_vectors(series[offsets[0] :], bodies, POSITION, lane, dimensions)
    if offsets[1] >= 0:
        _store_vectors(series[offsets[1] :], bodies, VELOCITY, lane, dimensions)
    if offsets[2] >= 0:
        series[offsets[2]] = kinetic
    if offsets[3] >= 0:
        series[offsets[3]] = potential
    if offsets[4] >= 0:
        series[offsets[4]] = kinetic + potential


def _solver(record: int, advance: Any) -> Any:
    """The kernel that follows all systems, LANES at a time, by a method that needs records of this size."""

    @kernel
    def n_body(
        mass: FloatArray,
        state: FloatArray,
        big_g: FloatArray,
        softening: FloatArray,
        times: FloatArray,
        step: float,
        dimensions: int,
        offsets: IntArray,
        rows: IntArray,
        out: FloatArray,
        drift: FloatArray,
        stop: IntArray | None = None,
    ) -> None:
        bodies = np.empty((mass.shape[1], record))
        energies = Energies(np.empty(LANES), np.empty(LANES), np.empty(LANES), np.empty(LANES), np.empty(LANES))
        for first in range(0, mass.shape[0], LANES):
            used = min(LANES, mass.shape[0] - first)
            _load(bodies, mass, state, big_g, softening, first, dimensions)
            attract(bodies, dimensions)
            measure_energy(bodies, energies.kinetic, energies.potential)
            _start_drift(energies)
            now = 0.0
            for t in range(times.size):
                interval = times[t] - now
                steps = step_count(interval, step)
                advance(bodies, dimensions, steps, interval / max(steps, 1), energies, stop)
                now = times[t]
                measure_energy(bodies, energies.kinetic, energies.potential)
                _follow_drift(energies)
                for lane in range(used):
                    kinetic, potential = energies.kinetic[lane], energies.potential[lane]
                    _store(out[rows[first + lane], t], offsets, bodies, kinetic, potential, lane, dimensions)
            drift[first : first + used] = energies.drift[:used]

    return n_body


n_body_leapfrog = _solver(RECORD, _advance_leapfrog)
"""Follow n systems of B bodies by the kick-drift-kick leapfrog, symplectic and of second order.

    v += h/2 a(r);    r += h v;    v += h/2 a(r)

mass: float64 (n, B), > 0; state: float64 (n, B, 6), x, y, z, vx, vy, vz at t = 0; big_g, softening: float64 (n,),
softening >= 0, and > 0 where bodies may collide; times: float64 (T,), >= 0 and ascending; step: the largest time
step, > 0 and finite: each interval between output times, from t = 0 to the first one too, takes the least number of
equal steps; dimensions: 2 or 3, in 2 all z and vz are taken as 0. Any consistent units.

offsets: int64 (5,), the first column in `out` of position, velocity, kinetic, potential and energy, -1 for those
not asked for; positions come as x0, y0, (z0,) x1, ..., velocities likewise. rows: int64 (n,): system i fills
out[rows[i]], out being float64 (N, T, F). drift: float64 (n,), filled with the largest |E(t) - E(0)| after a step,
relative to |E(0)| or K(0) / 10, whichever is more (1 where both are 0). NaN where two bodies without softening met.
stop: int64 (1,); once it is not 0 the rest is left undone.

Raises nothing: the arguments must be valid. Hairer, Lubich & Wanner (2003), Acta Numerica 12, 399.
"""

n_body_rk4 = _solver(RK4_RECORD, _advance_rk4)
"""Follow n systems of B bodies by the classical Runge-Kutta method of fourth order.

Arguments as in `n_body_leapfrog`. A step costs four times as much, and energy is lost slowly instead of swinging.
Kutta (1901), Z. Math. Phys. 46, 435.
"""
