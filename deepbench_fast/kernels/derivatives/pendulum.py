"""Pendulums and their slopes along length, mass, gravity, friction, angle, velocity: the solvers' own steps on duals.

The slopes are those of what the solver computes, with the number of its steps held: they differ from those of the
motion by as much as the solver does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.derivatives._duals import put_slopes, variable
from deepbench_fast.kernels.derivatives.lift import lift
from deepbench_fast.kernels.elementary import exp, floor, sincos
from deepbench_fast.kernels.motion.exact_pendulum import landen, libration, sn_cn
from deepbench_fast.kernels.motion.observables import (
    ANGLE,
    FORCE,
    KINETIC,
    MOMENTUM,
    POTENTIAL,
    VELOCITY,
    X,
    Y,
    _height,
)
from deepbench_fast.kernels.motion.pendulum import compensated_sum, fourth_order_step, longest_step, sine
from deepbench_fast.kernels.motion.small_angle import _creep
from deepbench_fast.kernels.motion.symplectic import longest_yoshida_step, yoshida_step

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

INPUTS = ("length", "mass", "gravity", "friction", "angle", "velocity")
DIRECTIONS = 6
# Where friction leaves less than this part of omega0**2, slopes along the frequency that is left, its root, have no
# bound: while the square of the phase is below SHORT, sine and cosine are summed as series in it.
NEARLY_CRITICAL = 1e-3
SHORT = 0.01


@piece
def _frequency(length: Any, gravity: Any) -> Any:
    return np.sqrt(gravity / length)


@piece
def _damping(length: Any, mass: Any, friction: Any, frequency: Any) -> Any:
    return friction / (mass * length * length) / frequency


@piece
def _observed(code: int, length: Any, mass: Any, gravity: Any, friction: Any, angle: Any, velocity: Any) -> Any:
    """What `kernels.motion.observables` records of one state."""
    inertia, weight = mass * length * length, mass * gravity * length
    if code == ANGLE:
        return angle
    if code == VELOCITY:
        return velocity
    if code == X:
        return length * sine(angle)
    if code == Y:
        return length * (_height(angle) - 1.0)
    if code == MOMENTUM:
        return inertia * velocity
    if code == FORCE:
        return -(weight * sine(angle)) - friction * velocity
    if code == KINETIC:
        return 0.5 * inertia * (velocity * velocity)
    if code == POTENTIAL:
        return weight * _height(angle)
    return 0.5 * inertia * (velocity * velocity) + weight * _height(angle)


@piece
def _small_angle(length: Any, mass: Any, gravity: Any, friction: Any, angle: Any, velocity: Any, time: float) -> Any:
    square = gravity / length
    half = 0.5 * friction / (mass * length * length)
    rest = square - half * half
    z = rest * (time * time)
    if abs(rest) < NEARLY_CRITICAL * square and abs(z) < SHORT:
        c = 1.0 - z / 2.0 * (1.0 - z / 12.0 * (1.0 - z / 30.0 * (1.0 - z / 56.0 * (1.0 - z / 90.0))))
        s = time * (1.0 - z / 6.0 * (1.0 - z / 20.0 * (1.0 - z / 42.0 * (1.0 - z / 72.0 * (1.0 - z / 110.0)))))
        envelope = exp(-half * time)
        return (
            envelope * (angle * c + (velocity + half * angle) * s),
            envelope * (velocity * c - (square * angle + half * velocity) * s),
        )
    if half * half >= square:
        return _creep(square, half, angle, velocity, time)
    ringing = np.sqrt(square - half * half)
    s, c = sincos(ringing * time)
    envelope = exp(-half * time)
    return (
        envelope * (angle * c + (velocity + half * angle) / ringing * s),
        envelope * (velocity * c - (square * angle + half * velocity) / ringing * s),
    )


@piece
def _exact(length: Any, mass: Any, gravity: Any, friction: Any, angle: Any, velocity: Any, time: float) -> Any:
    """As `pendulum_exact`."""
    frequency = np.sqrt(gravity / length)
    k, complement = sincos(0.5 * angle)
    k1, a, b = landen(1.0, complement)
    k2, a, b = landen(a, b)
    k3, a, b = landen(a, b)
    k4, a, b = landen(a, b)
    k5, a, b = landen(a, b)
    k6, a, b = landen(a, b)
    k7, a, b = landen(a, b)
    k8, a, b = landen(a, b)
    sn, cn = sn_cn(frequency * time, a, k8, k7, k6, k5, k4, k3, k2, k1)
    return libration(frequency, k, complement, sn, cn)


@piece
def _longest_yoshida_step(angle: float, rate: float, damping: float, duration: float) -> float:
    return longest_yoshida_step(angle, rate)


@piece
def _yoshida(angle: Any, rate: Any, damping: Any, h: Any) -> Any:
    return yoshida_step(angle, rate, h)


STEPPING = {
    "pendulum_rk4": (fourth_order_step, longest_step),
    "hamiltonian_rk4": (fourth_order_step, longest_step),
    "hamiltonian_symplectic": (_yoshida, _longest_yoshida_step),
}
CLOSED = {"pendulum_exact": _exact, "pendulum_small_angle": _small_angle}


@cache
def pendulum_slopes(solver: str) -> Callable[..., None]:
    """The kernel for a solver, by the name of its function.

    kernel(inputs, times, codes, wanted, places, factors, rows, out, slopes): inputs float64 (n, 6), in the order of
    INPUTS; times (steps,); codes int64 (F,), outputs as in `observables`. System i fills out[:, rows[i]], of float64
    (F, T, steps), and adds, for each q, factors[i, q] times the slope along input wanted[q] to
    slopes[:, rows[i], places[q]], of (F, T, P, steps).
    """
    follow = _by_steps(*STEPPING[solver]) if solver in STEPPING else _by_formula(CLOSED[solver])

    @kernel
    def slopes_of_pendulums(
        inputs: Floats,
        times: Floats,
        codes: Integers,
        wanted: Integers,
        places: Integers,
        factors: Floats,
        rows: Integers,
        out: Floats,
        slopes: Floats,
    ) -> None:
        along = np.empty(DIRECTIONS)
        for i in range(inputs.shape[0]):
            system = _variables(inputs[i])
            follow(system, times, Record(codes, wanted, places, factors[i], out[:, rows[i]], slopes[:, rows[i]], along))

    return slopes_of_pendulums


_dual_observed, _dual_frequency, _dual_damping = lift(_observed), lift(_frequency), lift(_damping)
_dual_sum = lift(compensated_sum)


class Record(NamedTuple):
    """Where a system's outputs and slopes go; `along` is scratch for one output's slopes along all inputs."""

    codes: Integers
    wanted: Integers
    places: Integers
    factors: Floats
    out: Floats
    slopes: Floats
    along: Floats


@piece
def _variables(inputs: Floats) -> Any:
    """A system's inputs, each a direction of its own."""
    return (
        variable(inputs[0], 0, DIRECTIONS),
        variable(inputs[1], 1, DIRECTIONS),
        variable(inputs[2], 2, DIRECTIONS),
        variable(inputs[3], 3, DIRECTIONS),
        variable(inputs[4], 4, DIRECTIONS),
        variable(inputs[5], 5, DIRECTIONS),
    )


@piece
def _record(s: int, to: Record, system: Any, angle: Any, velocity: Any) -> None:
    length, mass, gravity, friction, _, _ = system
    for f in range(to.codes.size):
        value = _dual_observed(to.codes[f], length, mass, gravity, friction, angle, velocity)
        to.out[f, s] = value.v
        put_slopes(value, to.along, 0, 1)
        for q in range(to.wanted.size):
            to.slopes[f, to.places[q], s] += to.factors[q] * to.along[to.wanted[q]]


def _by_steps(step: Callable[..., Any], longest: Callable[..., Any]) -> Callable[..., None]:
    dual_step = lift(step)

    @piece
    def follow(system: Any, times: Floats, to: Record) -> None:
        length, mass, gravity, friction, angle, velocity = system
        frequency = _dual_frequency(length, gravity)
        damping = _dual_damping(length, mass, friction, frequency)
        rate = velocity / frequency
        angle_rest, rate_rest = 0.0 * angle, 0.0 * rate
        most = longest(angle.v, rate.v, damping.v, frequency.v * times[-1])
        before = 0.0
        for s in range(times.size):
            span = (times[s] - before) * frequency
            count = -floor(-span.v / most)
            h = span / max(count, 1.0)
            for _ in range(int(count)):
                angle_more, rate_more = dual_step(angle, rate, damping, h)
                angle, angle_rest = _dual_sum(angle, angle_rest, angle_more)
                rate, rate_rest = _dual_sum(rate, rate_rest, rate_more)
            before = times[s]
            _record(s, to, system, angle, rate * frequency)

    return follow


def _by_formula(state: Callable[..., Any]) -> Callable[..., None]:
    dual_state = lift(state)

    @piece
    def follow(system: Any, times: Floats, to: Record) -> None:
        length, mass, gravity, friction, angle, velocity = system
        for s in range(times.size):
            now, moving = dual_state(length, mass, gravity, friction, angle, velocity, times[s])
            _record(s, to, system, now, moving)

    return follow
