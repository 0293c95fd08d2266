"""Systems of bodies that attract each other, followed by Gauss-Radau quadrature of 15th order, each in its own steps.

The acceleration over a step is a polynomial through its values at eight nodes, found by iteration from the one that the
step before foretells; its integrals are the velocities and the positions, at the step's end and at any time in it (Rein
& Spiegel 2015, MNRAS 446, 1424, after Everhart 1985). LANES systems lie side by side, each with its own time and step,
and a lane whose system has ended takes the next one. All lanes do the same arithmetic, and what is decided for a lane
is decided from its own numbers: the bits of a system depend on nothing else. See `gravity` and `radau_constants`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._frozen import frozen
from deepbench_fast.kernels._jit import kernel, piece
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
)
from deepbench_fast.kernels.motion.radau_constants import (
    INVERSES,
    NODES,
    ONCE,
    POSITIONS,
    PRODUCTS,
    SHIFTS,
    TERMS,
    TWICE,
)

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# What the record of a body also holds: where the step began, and the acceleration there; POSITION and ACCELERATION are
# those of a node, VELOCITY that of the beginning. Then seven vectors each of b, of g, and of b as it was foretold.
START = RECORD
START_ACCELERATION = START + VECTOR
B = START_ACCELERATION + VECTOR
G = B + TERMS * VECTOR
FORETOLD = G + TERMS * VECTOR
RADAU_RECORD = FORETOLD + TERMS * VECTOR

ITERATIONS = 2
# The last iteration may change the acceleration by so much of itself.
CONVERGED = 1e-6
LONGEST_GROWTH = 4.0
# A step is done again where it should have been shorter than so much of itself.
LEAST_SHRINK = 0.6
# The first step, in the shortest time that two bodies need to fall to or to pass each other.
FIRST_STEP = 0.05
# What the rounding of positions may do to the last coefficient, relative to their size and to how steep the pull is.
NOISE = 1e-11
MOST_STEPS = 5_000_000
# A companion of each system, with so much more tolerance, tells how far its positions may be off.
COMPANION = 10.0
# Its positions and velocities lose the last six bits at the end of each step (Dekker 1971, Numer. Math. 18, 224).
COARSER = 65.0
# They are compared at no more than about so many times, and so many numbers are kept for it at once.
TIMES_COMPARED = 1024
NUMBERS_KEPT = 2**22


@piece
def _begin_step(body: FloatArray, length: int) -> None:
    for k in range(length):
        body[POSITION + k] = body[START + k]
        body[ACCELERATION + k] = 0.0


@piece
def _keep_acceleration(body: FloatArray, length: int) -> None:
    for k in range(length):
        body[START_ACCELERATION + k] = body[ACCELERATION + k]


@piece
def _differences(body: FloatArray, length: int) -> None:
    """g from b, the last one first."""
    for n in range(TERMS - 1, -1, -1):
        own = G + n * VECTOR
        for k in range(length):
            body[own + k] = body[B + n * VECTOR + k]
        for m in range(n + 1, TERMS):
            weight = PRODUCTS[m, n]
            for k in range(length):
                body[own + k] -= weight * body[G + m * VECTOR + k]


@piece
def _go_to_node(body: FloatArray, step: FloatArray, node: int, length: int) -> None:
    w = POSITIONS[node]
    for k in range(length):
        h = step[k]
        time = h * NODES[node]
        low = (w[0] * body[G + k] + w[1] * body[G + VECTOR + k]) + (
            w[2] * body[G + 2 * VECTOR + k] + w[3] * body[G + 3 * VECTOR + k]
        )
        high = (w[4] * body[G + 4 * VECTOR + k] + w[5] * body[G + 5 * VECTOR + k]) + w[6] * body[G + 6 * VECTOR + k]
        moved = (0.5 * time * time) * body[START_ACCELERATION + k] + (h * h) * (low + high)
        body[POSITION + k] = body[START + k] + (time * body[VELOCITY + k] + moved)
        body[ACCELERATION + k] = 0.0


@piece
def _correct(body: FloatArray, change: FloatArray, node: int, length: int) -> None:
    """g from the acceleration at a node, and its change."""
    for k in range(length):
        new = (body[ACCELERATION + k] - body[START_ACCELERATION + k]) * INVERSES[node, 0]
        for m in range(node):
            new = (new - body[G + m * VECTOR + k]) * INVERSES[node, m + 1]
        change[k] = new - body[G + node * VECTOR + k]
        body[G + node * VECTOR + k] = new


@piece
def _coefficients(body: FloatArray, length: int) -> None:
    """b from g."""
    for j in range(TERMS):
        own = B + j * VECTOR
        for k in range(length):
            body[own + k] = body[G + j * VECTOR + k]
        for n in range(j + 1, TERMS):
            weight = PRODUCTS[n, j]
            for k in range(length):
                body[own + k] += weight * body[G + n * VECTOR + k]


@piece
def _visit(
    bodies: FloatArray, step: FloatArray, change: FloatArray, moved: FloatArray, node: int, dimensions: int
) -> None:
    """Go to a node, and correct g there. With a number for `node` its loops become straight code."""
    length = dimensions * LANES
    for i in range(bodies.shape[0]):
        _go_to_node(bodies[i], step, node, length)
    attract(bodies, dimensions)
    for i in range(bodies.shape[0]):
        _correct(bodies[i], change, node, length)
        if node == TERMS - 1:
            _raise(moved, change, length)


@piece
def _raise(largest: FloatArray, vector: FloatArray, length: int) -> None:
    """The largest absolute component so far, of each lane."""
    for axis in range(length // LANES):
        for lane in range(LANES):
            largest[lane] = max(frozen(largest[lane]), abs(vector[axis * LANES + lane]))


@piece
def _end_step(body: FloatArray, step: FloatArray, done: FloatArray, coarse: FloatArray, length: int) -> None:
    """Move on to the end of the step in the lanes where it is done (1.0, else 0.0)."""
    for k in range(length):
        h = step[k]
        low = (TWICE[0] * body[B + k] + TWICE[1] * body[B + VECTOR + k]) + (
            TWICE[2] * body[B + 2 * VECTOR + k] + TWICE[3] * body[B + 3 * VECTOR + k]
        )
        high = (TWICE[4] * body[B + 4 * VECTOR + k] + TWICE[5] * body[B + 5 * VECTOR + k]) + (
            TWICE[6] * body[B + 6 * VECTOR + k]
        )
        moved = h * body[VELOCITY + k] + (h * h) * (0.5 * body[START_ACCELERATION + k] + (low + high))
        low = (ONCE[0] * body[B + k] + ONCE[1] * body[B + VECTOR + k]) + (
            ONCE[2] * body[B + 2 * VECTOR + k] + ONCE[3] * body[B + 3 * VECTOR + k]
        )
        high = (ONCE[4] * body[B + 4 * VECTOR + k] + ONCE[5] * body[B + 5 * VECTOR + k]) + (
            ONCE[6] * body[B + 6 * VECTOR + k]
        )
        gained = h * (body[START_ACCELERATION + k] + (low + high))
        position = body[START + k] + moved if done[k] > 0.0 else body[START + k]
        velocity = body[VELOCITY + k] + gained if done[k] > 0.0 else body[VELOCITY + k]
        body[START + k] = coarse[k] * position - (coarse[k] * position - position)
        body[VELOCITY + k] = coarse[k] * velocity - (coarse[k] * velocity - velocity)


@piece
def _foretell(body: FloatArray, ratio: FloatArray, done: FloatArray, power: FloatArray, length: int) -> None:
    """b of the next step, `ratio` times as long: from the end of this one where it is done, else from its start again.

    What b then was different from what had been foretold is added once more.
    """
    power[:length] = 1.0
    for j in range(TERMS):
        own, told = B + j * VECTOR, FORETOLD + j * VECTOR
        for k in range(length):
            power[k] *= ratio[k]
            body[told + k] = (body[own + k] - body[told + k]) * done[k]
        for m in range(j + 1, TERMS):
            weight = SHIFTS[j, m]
            for k in range(length):
                body[own + k] += (weight * done[k]) * body[B + m * VECTOR + k]
        for k in range(length):
            guess = body[own + k] * power[k]
            body[own + k] = guess + body[told + k]
            body[told + k] = guess


@piece
def _first_step(mass: FloatArray, state: FloatArray, big_g: float, softening_squared: float, dimensions: int) -> float:
    """A part of the shortest time in which two bodies fall to each other or pass each other."""
    shortest = np.inf
    for i in range(mass.size):
        for j in range(i + 1, mass.size):
            d2, v2 = softening_squared, 0.0
            for axis in range(dimensions):
                d2 += (state[j, axis] - state[i, axis]) * (state[j, axis] - state[i, axis])
                v2 += (state[j, 3 + axis] - state[i, 3 + axis]) * (state[j, 3 + axis] - state[i, 3 + axis])
            falling = np.sqrt(d2 * (np.sqrt(d2) / (big_g * (mass[i] + mass[j]))))
            passing = np.sqrt(d2 / v2) if v2 > 0.0 else falling
            shortest = min(shortest, min(falling, passing))
    return FIRST_STEP * shortest


@piece
def _forget(bodies: FloatArray, lane: int) -> None:
    """Foretell nothing."""
    for i in range(bodies.shape[0]):
        for part in range(lane, TERMS * VECTOR, LANES):
            bodies[i, B + part] = 0.0
            bodies[i, FORETOLD + part] = 0.0


@piece
def _load(
    bodies: FloatArray,
    mass: FloatArray,
    state: FloatArray,
    big_g: float,
    softening_squared: float,
    lane: int,
    dimensions: int,
) -> None:
    """Lay one system in a lane."""
    for i in range(bodies.shape[0]):
        body = bodies[i]
        for axis in range(3):
            inside = axis < dimensions
            body[START + axis * LANES + lane] = state[i, axis] if inside else 0.0
            body[VELOCITY + axis * LANES + lane] = state[i, 3 + axis] if inside else 0.0
        body[PULL + lane] = big_g * mass[i]
        body[MASS + lane] = mass[i]
        body[SOFTENING_SQUARED + lane] = softening_squared


@piece
def _size(mass: FloatArray, state: FloatArray, dimensions: int) -> float:
    """The largest distance of a body from the centre of mass."""
    total = 0.0
    for i in range(mass.size):
        total += mass[i]
    largest = 0.0
    for i in range(mass.size):
        d2 = 0.0
        for axis in range(dimensions):
            centre = 0.0
            for j in range(mass.size):
                centre += mass[j] / total * state[j, axis]
            d2 += (state[i, axis] - centre) * (state[i, axis] - centre)
        largest = max(largest, d2)
    return float(np.sqrt(largest))


@piece
def _look(shown: FloatArray, bodies: FloatArray, h: float, y: float, lane: int, dimensions: int) -> None:
    """Positions and velocities, (B, 6), at the part y of a lane's step."""
    time = h * y
    for i in range(bodies.shape[0]):
        for axis in range(dimensions):
            k = axis * LANES + lane
            twice, once = 0.0, 0.0
            for j in range(TERMS - 1, -1, -1):
                b = bodies[i, B + j * VECTOR + k]
                twice = (twice + TWICE[j] * b) * y
                once = (once + ONCE[j] * b) * y
            velocity, acceleration = bodies[i, VELOCITY + k], bodies[i, START_ACCELERATION + k]
            shown[i, axis] = bodies[i, START + k] + time * (velocity + time * (0.5 * acceleration + twice))
            shown[i, 3 + axis] = velocity + time * (acceleration + once)


@piece
def _kinetic(shown: FloatArray, bodies: FloatArray, lane: int) -> float:
    energy = 0.0
    for i in range(bodies.shape[0]):
        vx, vy, vz = shown[i, 3], shown[i, 4], shown[i, 5]
        energy += 0.5 * bodies[i, MASS + lane] * ((vx * vx + vy * vy) + vz * vz)
    return energy


@piece
def _potential(shown: FloatArray, bodies: FloatArray, lane: int) -> float:
    energy = 0.0
    for i in range(bodies.shape[0]):
        for j in range(i + 1, bodies.shape[0]):
            dx, dy, dz = shown[j, 0] - shown[i, 0], shown[j, 1] - shown[i, 1], shown[j, 2] - shown[i, 2]
            d2 = ((dx * dx + dy * dy) + dz * dz) + bodies[i, SOFTENING_SQUARED + lane]
            energy -= bodies[i, PULL + lane] * bodies[j, MASS + lane] / np.sqrt(d2)
    return energy


@piece
def _store(
    series: FloatArray, offsets: IntArray, shown: FloatArray, kinetic: float, potential: float, dimensions: int
) -> None:
    """Write what is asked for into one row of a system's series."""
    for part in range(2):
        if offsets[part] >= 0:
            for i in range(shown.shape[0]):
                for axis in range(dimensions):
                    series[offsets[part] + i * dimensions + axis] = shown[i, 3 * part + axis]
    if offsets[2] >= 0:
        series[offsets[2]] = kinetic
    if offsets[3] >= 0:
        series[offsets[3]] = potential
    if offsets[4] >= 0:
        series[offsets[4]] = kinetic + potential


@piece
def _farthest(one: FloatArray, other: FloatArray, dimensions: int) -> float:
    """The largest distance of a body between two paths, (T, B * dimensions); NaN is larger than any number."""
    largest = 0.0
    for t in range(one.shape[0]):
        for i in range(0, one.shape[1], dimensions):
            d2 = 0.0
            for axis in range(dimensions):
                d2 += (one[t, i + axis] - other[t, i + axis]) * (one[t, i + axis] - other[t, i + axis])
            largest = largest if d2 <= largest else d2
    return float(np.sqrt(largest))


@kernel
def _follow(
    mass: FloatArray,
    state: FloatArray,
    big_g: FloatArray,
    softening: FloatArray,
    times: FloatArray,
    tolerance: float,
    dimensions: int,
    offsets: IntArray,
    rows: IntArray,
    out: FloatArray,
    shortest: FloatArray,
    drift: FloatArray,
    paths: FloatArray,
    stop: IntArray | None,
) -> None:
    """Follow all systems and their companions; fill `out`, and the (2 n, T', B * dimensions) of `paths`."""
    n, count = mass.shape
    length = dimensions * LANES
    bodies = np.zeros((count, RADAU_RECORD))
    bodies[:, SOFTENING_SQUARED : SOFTENING_SQUARED + LANES] = 1.0
    step, ratio, done = np.ones(VECTOR), np.ones(VECTOR), np.zeros(VECTOR)
    coarse, change = np.zeros(VECTOR), np.zeros(VECTOR)
    kinetic, potential = np.zeros(LANES), np.zeros(LANES)
    last_term, moved, pulled = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES)
    steepest, far = np.zeros(LANES), np.zeros(LANES)
    shown = np.zeros((count, 6))
    now, allowed = np.zeros(LANES), np.ones(LANES)
    energy, scale, worst, least = np.zeros(LANES), np.ones(LANES), np.zeros(LANES), np.zeros(LANES)
    job, taken, next_time = np.full(LANES, -1), np.zeros(LANES, np.int64), np.zeros(LANES, np.int64)
    longest = times[-1] if times[-1] > 0.0 else 1.0
    apart = (times.size - 1) // paths.shape[1] + 1
    first_compared = (times.size - 1) % apart
    waiting, live = 0, 0
    while True:
        for lane in range(LANES):
            if job[lane] < 0 and waiting < 2 * n:
                s = waiting % n
                softening_squared = softening[s] * softening[s]
                _load(bodies, mass[s], state[s], big_g[s], softening_squared, lane, dimensions)
                _forget(bodies, lane)
                h = min(_first_step(mass[s], state[s], big_g[s], softening_squared, dimensions), longest)
                for axis in range(3):
                    step[axis * LANES + lane] = h
                allowed[lane] = tolerance if waiting < n else COMPANION * tolerance
                for axis in range(3):
                    coarse[axis * LANES + lane] = 0.0 if waiting < n else COARSER
                now[lane] = 0.0
                worst[lane] = 0.0
                least[lane] = np.inf
                scale[lane] = -1.0
                taken[lane] = 0
                next_time[lane] = 0
                job[lane] = waiting
                waiting += 1
                live += 1
        if live == 0 or (stop is not None and stop[0] != 0):
            break

        for i in range(count):
            _begin_step(bodies[i], length)
        potential[:] = 0.0
        steepest[:] = 0.0
        attract(bodies, dimensions, potential, steepest)
        kinetic[:] = 0.0
        far[:] = 0.0
        for i in range(count):
            add_kinetic(kinetic, bodies[i], 0.0)
            _keep_acceleration(bodies[i], length)
            _raise(far, bodies[i, START:], length)
            _differences(bodies[i], length)
        for lane in range(LANES):
            if scale[lane] < 0.0:
                energy[lane] = kinetic[lane] + potential[lane]
                scale[lane] = energy_scale(kinetic[lane], potential[lane])
            off = abs(kinetic[lane] + potential[lane] - energy[lane]) / scale[lane]
            before = frozen(worst[lane])
            worst[lane] = before if off <= before else off

        for _ in range(ITERATIONS):
            moved[:] = 0.0
            _visit(bodies, step, change, moved, 0, dimensions)
            _visit(bodies, step, change, moved, 1, dimensions)
            _visit(bodies, step, change, moved, 2, dimensions)
            _visit(bodies, step, change, moved, 3, dimensions)
            _visit(bodies, step, change, moved, 4, dimensions)
            _visit(bodies, step, change, moved, 5, dimensions)
            _visit(bodies, step, change, moved, 6, dimensions)
        pulled[:] = 0.0
        last_term[:] = 0.0
        for i in range(count):
            _coefficients(bodies[i], length)
            _raise(pulled, bodies[i, ACCELERATION:], length)
            _raise(last_term, bodies[i, G + (TERMS - 1) * VECTOR :], length)

        for lane in range(LANES):
            for axis in range(3):
                done[axis * LANES + lane] = 0.0
                ratio[axis * LANES + lane] = 1.0
            if job[lane] < 0:
                continue
            h, s, is_companion = step[lane], job[lane] % n, job[lane] >= n
            noise = NOISE * far[lane] * steepest[lane]
            excess = last_term[lane] / max(pulled[lane] * allowed[lane], noise)
            factor = LONGEST_GROWTH
            if excess > 0.0:
                factor = min(1.0 / np.sqrt(np.sqrt(np.sqrt(excess))), LONGEST_GROWTH)
            converged = moved[lane] <= max(CONVERGED * pulled[lane], noise)
            accepted = converged and factor >= LEAST_SHRINK
            taken[lane] += 1
            end = now[lane] + h
            if accepted:
                least[lane] = min(least[lane], h)
                while next_time[lane] < times.size and times[next_time[lane]] <= end:
                    t = next_time[lane]
                    _look(shown, bodies, h, (times[t] - now[lane]) / h, lane, dimensions)
                    if (t - first_compared) % apart == 0:
                        path = paths[job[lane], (t - first_compared) // apart]
                        for i in range(count):
                            for axis in range(dimensions):
                                path[i * dimensions + axis] = shown[i, axis]
                    if not is_companion:
                        k, u = _kinetic(shown, bodies, lane), _potential(shown, bodies, lane)
                        off = abs(k + u - energy[lane]) / scale[lane]
                        worst[lane] = worst[lane] if off <= worst[lane] else off
                        _store(out[rows[s], t], offsets, shown, k, u, dimensions)
                    next_time[lane] += 1
                now[lane] = end
            elif not converged:
                if not last_term[lane] < np.inf:
                    _forget(bodies, lane)
                factor = min(factor, 0.5)
            following = min(h * factor, longest)
            ends = next_time[lane] == times.size
            if not ends and (not now[lane] + following > now[lane] or taken[lane] == MOST_STEPS):
                for t in range(next_time[lane], times.size):
                    if (t - first_compared) % apart == 0:
                        paths[job[lane], (t - first_compared) // apart, :] = np.nan
                    if not is_companion:
                        out[rows[s], t, :] = np.nan
                worst[lane] = np.nan
                ends = True
            if ends:
                if not is_companion:
                    drift[s] = worst[lane]
                    shortest[s] = least[lane]
                job[lane] = -1
                live -= 1
            for axis in range(3):
                done[axis * LANES + lane] = 1.0 if accepted else 0.0
                ratio[axis * LANES + lane] = following / h
        for i in range(count):
            _end_step(bodies[i], step, done, coarse, length)
            _foretell(bodies[i], ratio, done, change, length)
        for k in range(VECTOR):
            step[k] *= ratio[k]


@kernel
def _fill_errors(mass: FloatArray, state: FloatArray, dimensions: int, paths: FloatArray, error: FloatArray) -> None:
    """How far each system is from its companion, in units of its size."""
    n = mass.shape[0]
    for s in range(n):
        apart = _farthest(paths[s], paths[n + s], dimensions)
        size = _size(mass[s], state[s], dimensions)
        error[s] = apart / size if apart < np.inf and size > 0.0 else np.inf


def n_body_radau(
    mass: FloatArray,
    state: FloatArray,
    big_g: FloatArray,
    softening: FloatArray,
    times: FloatArray,
    tolerance: float,
    dimensions: int,
    offsets: IntArray,
    rows: IntArray,
    out: FloatArray,
    shortest: FloatArray,
    drift: FloatArray,
    error: FloatArray,
    stop: IntArray | None = None,
) -> None:
    """Follow n systems of B bodies by Gauss-Radau quadrature of 15th order, in steps of each system's own.

    Arguments as in `n_body_leapfrog`, but for these. tolerance: the last coefficient b_6 of a step's acceleration, over
    the acceleration at its end (the largest components of all bodies), that steps are chosen for: the next step is the
    eighth root of tolerance over b_6 times as long, at most 4 times. A step is done again, shorter, where that is below
    0.6, or where its second iteration still changed the acceleration by 1e-6. What the rounding of positions alone may
    do to b_6 shortens no step. shortest, drift, error: float64 (n,), filled with the shortest step; with the drift of
    the energy, as for `n_body_leapfrog`, over all steps and output times; and with an estimate of the largest error of
    a position at the output times (some 1024 of them at most), in units of the largest distance of a body from the
    centre of mass at t = 0.

    The estimate is the distance from a companion, which has 10 times the tolerance and forgets six bits of its
    positions and velocities after each step: it is some 30 times less exact, so that the distance is its own error, and
    grows where the orbits amplify rounding. inf where it tells nothing.

    A system whose steps no longer move the time on (bodies that collide without softening), or that takes more than
    5 million, ends: what is left of its series, and its drift, are NaN, and its error inf. Bits do not depend on the
    other systems. Raises nothing: the arguments must be valid. Rein & Spiegel (2015), MNRAS 446, 1424.
    """
    n = mass.shape[0]
    width = mass.shape[1] * dimensions
    compared = min(times.size, TIMES_COMPARED)
    compared = (times.size - 1) // ((times.size - 1) // compared + 1) + 1
    at_once = max(LANES, NUMBERS_KEPT // (2 * compared * width))
    paths = np.empty((2 * min(n, at_once), compared, width))
    for first in range(0, n, at_once):
        last = min(first + at_once, n)
        own, pairs = slice(first, last), paths[: 2 * (last - first)]
        systems = mass[own], state[own], big_g[own], softening[own]
        found = shortest[own], drift[own]
        _follow(*systems, times, tolerance, dimensions, offsets, rows[own], out, *found, pairs, stop)
        _fill_errors(mass[own], state[own], dimensions, pairs, error[own])
