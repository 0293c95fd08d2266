"""Systems of bodies that attract each other, followed over time in steps of equal length; see `gravity`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.elementary import floor
from deepbench_fast.kernels.physics.gravity import (
    ACCELERATION,
    LANES,
    MASS,
    POSITION,
    PULL,
    RECORD,
    SOFTENING_SQUARED,
    VECTOR,
    VELOCITY,
    attract,
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


@inline
def step_count(interval: float, step: float) -> int:
    """The least number of equal steps, none longer than `step`, that fill `interval`; 0 for no interval."""
    return int(-floor(-(interval / step) * (1.0 - ROUNDING)))


@inline
def _kick(body: FloatArray, length: int, time: float) -> None:
    for k in range(length):
        body[VELOCITY + k] += time * body[ACCELERATION + k]


@inline
def _kick_and_drift(body: FloatArray, length: int, kick: float, drift: float) -> None:
    """Move a body on, and clear its acceleration."""
    for k in range(length):
        velocity = body[VELOCITY + k] + kick * body[ACCELERATION + k]
        body[VELOCITY + k] = velocity
        body[POSITION + k] += drift * velocity
        body[ACCELERATION + k] = 0.0


@inline
def _advance_leapfrog(bodies: FloatArray, dimensions: int, steps: int, h: float, stop: IntArray | None) -> None:
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
        attract(bodies, dimensions)
    if steps > 0:
        for i in range(bodies.shape[0]):
            _kick(bodies[i], length, 0.5 * h)


@inline
def _begin_step(body: FloatArray, length: int) -> None:
    for k in range(length):
        body[START_POSITION + k] = body[POSITION + k]
        body[START_VELOCITY + k] = body[VELOCITY + k]
        body[POSITION_SUM + k] = 0.0
        body[VELOCITY_SUM + k] = 0.0


@inline
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


@inline
def _end_step(body: FloatArray, length: int, sixth: float) -> None:
    for k in range(length):
        position_sum = body[POSITION_SUM + k] + body[VELOCITY + k]
        velocity_sum = body[VELOCITY_SUM + k] + body[ACCELERATION + k]
        body[POSITION + k] = body[START_POSITION + k] + sixth * position_sum
        body[VELOCITY + k] = body[START_VELOCITY + k] + sixth * velocity_sum
        body[ACCELERATION + k] = 0.0


@inline
def _advance_rk4(bodies: FloatArray, dimensions: int, steps: int, h: float, stop: IntArray | None) -> None:
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
        attract(bodies, dimensions)


@inline
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


@inline
def _start_drift(drift: FloatArray, scale: FloatArray, kinetic: FloatArray, potential: FloatArray) -> None:
    """The scale of each system's drift: |E|, or K where E is 0, or 1 where nothing moves."""
    for lane in range(LANES):
        energy = abs(kinetic[lane] + potential[lane])
        otherwise = kinetic[lane] if kinetic[lane] > 0.0 else 1.0
        scale[lane] = energy if energy > 0.0 else otherwise
        drift[lane] = 0.0


@inline
def _follow_drift(drift: FloatArray, scale: FloatArray, first_energy: FloatArray, energy: FloatArray) -> None:
    """The largest drift so far; NaN is larger than any number."""
    for lane in range(LANES):
        now = abs(energy[lane] - first_energy[lane]) / scale[lane]
        drift[lane] = drift[lane] if now <= drift[lane] else now


@inline
def _store_vectors(series: FloatArray, bodies: FloatArray, part: int, lane: int, dimensions: int) -> None:
    for i in range(bodies.shape[0]):
        for axis in range(dimensions):
            series[i * dimensions + axis] = bodies[i, part + axis * LANES + lane]


@inline
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


@inline
def _integrate(
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
    stop: IntArray | None,
    record: int,
    advance: Any,
) -> None:
    """Follow all systems, LANES at a time; see `n_body_leapfrog`."""
    bodies = np.empty((mass.shape[1], record))
    kinetic = np.empty(LANES)
    potential = np.empty(LANES)
    first_energy = np.empty(LANES)
    scale = np.empty(LANES)
    worst = np.empty(LANES)
    for first in range(0, mass.shape[0], LANES):
        used = min(LANES, mass.shape[0] - first)
        _load(bodies, mass, state, big_g, softening, first, dimensions)
        attract(bodies, dimensions)
        measure_energy(bodies, kinetic, potential)
        first_energy[:] = kinetic + potential
        _start_drift(worst, scale, kinetic, potential)
        now = 0.0
        for t in range(times.size):
            interval = times[t] - now
            steps = step_count(interval, step)
            advance(bodies, dimensions, steps, interval / max(steps, 1), stop)
            now = times[t]
            measure_energy(bodies, kinetic, potential)
            _follow_drift(worst, scale, first_energy, kinetic + potential)
            for lane in range(used):
                _store(out[rows[first + lane], t], offsets, bodies, kinetic[lane], potential[lane], lane, dimensions)
        drift[first : first + used] = worst[:used]


@kernel
def n_body_leapfrog(
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
    """Follow n systems of B bodies by the kick-drift-kick leapfrog, symplectic and of second order.

        v += h/2 a(r);    r += h v;    v += h/2 a(r)

    mass: float64 (n, B), > 0; state: float64 (n, B, 6), x, y, z, vx, vy, vz at t = 0; big_g, softening: float64 (n,),
    softening >= 0, and > 0 where bodies may collide; times: float64 (T,), >= 0 and ascending; step: the largest time
    step, > 0 and finite: each interval between output times, from t = 0 to the first one too, takes the least number of
    equal steps; dimensions: 2 or 3, in 2 all z and vz are taken as 0. Any consistent units.

    offsets: int64 (5,), the first column in `out` of position, velocity, kinetic, potential and energy, -1 for those
    not asked for; positions come as x0, y0, (z0,) x1, ..., velocities likewise. rows: int64 (n,): system i fills
    out[rows[i]], out being float64 (N, T, F). drift: float64 (n,), filled with max |E(t) - E(0)| / |E(0)| over the
    output times; K(0), or 1 where that is 0 too, stands for an E(0) of 0. NaN where two bodies without softening met.
    stop: int64 (1,); once it is not 0 the rest is left undone.

    Raises nothing: the arguments must be valid. Hairer, Lubich & Wanner (2003), Acta Numerica 12, 399.
    """
    _integrate(
        mass,
        state,
        big_g,
        softening,
        times,
        step,
        dimensions,
        offsets,
        rows,
        out,
        drift,
        stop,
        RECORD,
        _advance_leapfrog,
    )


@kernel
def n_body_rk4(
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
    """Follow n systems of B bodies by the classical Runge-Kutta method of fourth order.

    Arguments as in `n_body_leapfrog`. A step costs four times as much, and energy is lost slowly instead of swinging.
    Kutta (1901), Z. Math. Phys. 46, 435.
    """
    _integrate(
        mass,
        state,
        big_g,
        softening,
        times,
        step,
        dimensions,
        offsets,
        rows,
        out,
        drift,
        stop,
        RK4_RECORD,
        _advance_rk4,
    )
