"""Pendulums by the classical Runge-Kutta method of fourth order: 32 systems at a time, each with steps of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._frozen import frozen
from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.elementary import MAGIC, cos, float_bits, float_from_bits, floor, sin

FloatArray = npt.NDArray[np.float64]
Flag = npt.NDArray[np.int64] | None
Increments = Callable[[FloatArray, int], tuple[float, float]]  # of angle and rate, in a lane of a block

# Systems that are integrated side by side.
LANES = 32
# Columns of a block of systems, LANES numbers each: one array, so that the compiler knows that they don't overlap.
ANGLE, RATE, ANGLE_REST, RATE_REST, STEP, COUNT, LONGEST, FREQUENCY, DAMPING = (LANES * column for column in range(9))
BLOCK = 9 * LANES

# Multiples of the first part with integers below 2**20 are exact.
PI_HIGH = 3.1415926534682512
PI_LOW = 1.2154201013012384e-10
INVERSE_PI = 0.3183098861837907
TO_SIGN_BIT = np.int64(63)

# (sin r / r - 1) / r**2 in powers of z = r**2, 0 <= z <= (pi/2)**2: our own minimax fit (Remez exchange in 60 digits),
# relative error of the sine 1.6e-16.
S0 = -0.16666666666666186
S1 = 0.008333333333285483
S2 = -0.0001984126982503968
S3 = 2.7557316598417084e-06
S4 = -2.5051880135213437e-08
S5 = 1.6048090990735396e-10
S6 = -7.373289746039575e-13

TOLERANCE = 0.95e-8
# Steps in units of 1/omega0: the fit of the error holds below.
LARGEST_STEP = 0.05
# Distance from the separatrix, for each unit of 1/omega0 that the motion lasts, below which steps get no shorter: there
# the rounding of the energy alone, magnified by the motion, errs by 1e-7.
NEAREST_TO_SEPARATRIX = 2e-9
# In units of 1/omega0: the rule divides by the duration.
SHORTEST_DURATION = 1e-3
NEWTON_ITERATIONS = 10


@inline
def sine(x: float) -> float:
    """Sine of x radians, abs(x) < 3e6, reduced modulo pi: half the work of `elementary.sin`.

    Error < 3.7 ULP for abs(x) <= 1e4, most near odd multiples of pi/2; < 3e-16 absolute beyond.
    """
    shifted = x * INVERSE_PI + MAGIC
    turns = shifted - MAGIC
    r = (x - turns * PI_HIGH) - turns * PI_LOW
    z = r * r
    z2 = z * z
    low = (S0 + S1 * z) + (S2 + S3 * z) * z2
    series = low + ((S4 + S5 * z) + S6 * z2) * (z2 * z2)
    value = r + r * (z * series)
    # Odd multiples of pi change the sign.
    return float_from_bits(float_bits(value) ^ (float_bits(shifted) << TO_SIGN_BIT))


@inline
def fourth_order_step(angle: float, rate: float, damping: float, h: float) -> tuple[float, float]:
    """What one step h of classical RK4 adds to theta and theta'; theta'' = -sin theta - damping theta', omega0 = 1.

    The four slopes of theta are the rates of the stages, so that only those of the rate have names.
    """
    half = 0.5 * h
    a1 = -(sine(angle) + damping * rate)
    rate2 = rate + half * a1
    a2 = -(sine(angle + half * rate) + damping * rate2)
    rate3 = rate + half * a2
    a3 = -(sine(angle + half * rate2) + damping * rate3)
    rate4 = rate + h * a3
    a4 = -(sine(angle + h * rate3) + damping * rate4)
    middle = a2 + a3
    sixth = h * (1.0 / 6.0)
    return h * (rate + (a1 + middle) * sixth), ((a1 + a4) + (middle + middle)) * sixth


@inline
def error_growth(angle: float, rate: float, duration: float) -> tuple[float, float, float]:
    """C4, C5 and speed: steps h / speed of RK4 err by C4 h**4 tau + C5 h**5 tau**2 in the angle after the time tau.

    In units of the amplitude; for rotations, in rad. The first term is a phase that slips (1/120 for the harmonic
    oscillator), the second the loss of energy, which changes the period. Both are fits to measured errors, from above;
    they depend on the energy, on its distance from the separatrix, where every error is magnified, and on how much of
    it is kinetic at the start.
    """
    half_sine = sin(0.5 * angle)
    half_cosine = cos(0.5 * angle)
    kinetic = 0.25 * rate * rate
    # In units of the energy of the separatrix.
    energy = half_sine * half_sine + kinetic
    distance = half_cosine * half_cosine - kinetic
    rotates = distance < 0.0
    distance = max(abs(distance), NEAREST_TO_SEPARATRIX * max(duration, SHORTEST_DURATION))
    share = kinetic / energy if energy > 0.0 else 0.0
    libration = 1.0 + energy * (1.35 * energy - 1.7) + (0.0025 + 0.15 * share) / distance
    phase = 1.0 + 0.5 / distance if rotates else libration
    drift = 8e-3 if rotates else 6.6e-4
    root = np.sqrt(distance)
    speed: float = np.sqrt(energy)
    return phase / 120.0, drift / (root * np.sqrt(root)), speed if rotates else 1.0


@inline
def longest_step(angle: float, rate: float, damping: float, duration: float) -> float:
    """The step that keeps the error of RK4 over `duration` below TOLERANCE; times in units of 1/omega0."""
    c4, c5, speed = error_growth(angle, rate, duration)
    # Friction adds errors of its own, at their largest while it stops the swing: again a fit from above.
    a = c4 * (1.0 + 2.0 * (damping * damping)) * max(duration, SHORTEST_DURATION)
    b = c5 * duration * duration
    # Newton's method for a h**4 + b h**5 = TOLERANCE, from above: the sum is convex in h.
    h: float = np.sqrt(np.sqrt(TOLERANCE / a))
    for _ in range(NEWTON_ITERATIONS):
        cube = h * h * h
        h = h - ((a + b * h) * (cube * h) - TOLERANCE) / ((4.0 * a + 5.0 * b * h) * cube)
    return min(h, LARGEST_STEP) / max(speed, 0.5 * damping)


@inline
def load_block(
    block: FloatArray,
    systems: npt.NDArray[np.int64],
    angle: FloatArray,
    velocity: FloatArray,
    frequency: FloatArray,
    damping: FloatArray,
    longest: FloatArray,
) -> None:
    """The initial states of up to LANES systems; the lanes left over rest at the bottom."""
    for lane in range(LANES):
        taken = lane < systems.size
        i = systems[lane] if taken else 0
        block[ANGLE + lane] = angle[i] if taken else 0.0
        block[RATE + lane] = velocity[i] / frequency[i] if taken else 0.0
        block[ANGLE_REST + lane] = 0.0
        block[RATE_REST + lane] = 0.0
        block[LONGEST + lane] = longest[i] if taken else 1.0
        block[FREQUENCY + lane] = frequency[i] if taken else 0.0
        block[DAMPING + lane] = damping[i] if taken else 0.0


@inline
def divide_interval(block: FloatArray, interval: float) -> int:
    """Give each lane its equal steps of an interval [s]; returns the largest number of steps."""
    most = 0.0
    for lane in range(LANES):
        span = interval * block[FREQUENCY + lane]
        count = -floor(-span / block[LONGEST + lane])
        block[COUNT + lane] = count
        block[STEP + lane] = span / count if count > 0.0 else 0.0
    for lane in range(LANES):
        most = max(most, block[COUNT + lane])
    return int(most)


@inline
def store_block(block: FloatArray, systems: npt.NDArray[np.int64], angles: FloatArray, velocities: FloatArray) -> None:
    """Put the states of a block into their columns of one row of the output."""
    for lane in range(systems.size):
        angles[systems[lane]] = block[ANGLE + lane]
        velocities[systems[lane]] = block[RATE + lane] * block[FREQUENCY + lane]


@inline
def compensated_sum(x: float, rest: float, increment: float) -> tuple[float, float]:
    """x + increment, and what rounding took from it for the next sum to give back (Kahan 1965, CACM 8, 40).

    Near the separatrix a million plain sums would err by 2e-8.
    """
    increment = increment + rest
    total = x + increment
    return total, (x - total) + increment


@inline
def move_lane(block: FloatArray, lane: int, step: float, angle_increment: float, rate_increment: float) -> None:
    """Add the increments of a step; a system at the end of its interval waits for the others of its block."""
    moves = step < block[COUNT + lane]
    angle, angle_rest = compensated_sum(block[ANGLE + lane], block[ANGLE_REST + lane], angle_increment)
    rate, rate_rest = compensated_sum(block[RATE + lane], block[RATE_REST + lane], rate_increment)
    block[ANGLE + lane] = angle if moves else frozen(block[ANGLE + lane])
    block[RATE + lane] = rate if moves else frozen(block[RATE + lane])
    block[ANGLE_REST + lane] = angle_rest if moves else frozen(block[ANGLE_REST + lane])
    block[RATE_REST + lane] = rate_rest if moves else frozen(block[RATE_REST + lane])


@inline
def _rk4_step(block: FloatArray, lane: int) -> tuple[float, float]:
    return fourth_order_step(block[ANGLE + lane], block[RATE + lane], block[DAMPING + lane], block[STEP + lane])


@inline
def _advance(block: FloatArray, steps: int, increments: Increments, stop: Flag) -> None:
    for step in range(steps):
        if stop is not None and stop[0] != 0:
            break
        now = np.float64(step)
        for lane in range(LANES):
            angle_increment, rate_increment = increments(block, lane)
            move_lane(block, lane, now, angle_increment, rate_increment)


@inline
def integrate(
    increments: Increments,
    frequency: FloatArray,
    damping: FloatArray,
    angle: FloatArray,
    velocity: FloatArray,
    longest: FloatArray,
    times: FloatArray,
    angles: FloatArray,
    velocities: FloatArray,
    stop: Flag,
) -> None:
    """Fill angles and velocities, (T, n), block by block; `increments(block, lane)`: what a step adds.

    longest: (n,), the longest step of each system in units of 1/omega0. Every interval between outputs is divided into
    the least number of equal steps that are no longer.
    """
    # Systems with about as many steps share a block; no result depends on it.
    order = np.argsort(longest / frequency)
    block = np.empty(BLOCK)
    for first in range(0, angle.size, LANES):
        systems = order[first : first + LANES]
        load_block(block, systems, angle, velocity, frequency, damping, longest)
        before = 0.0
        for t in range(times.size):
            _advance(block, divide_interval(block, times[t] - before), increments, stop)
            store_block(block, systems, angles[t], velocities[t])
            before = times[t]


@inline
def _integrate_rk4(
    frequency: FloatArray,
    damping: FloatArray,
    angle: FloatArray,
    velocity: FloatArray,
    times: FloatArray,
    angles: FloatArray,
    velocities: FloatArray,
    stop: Flag,
) -> None:
    longest = np.empty(angle.size)
    for i in range(angle.size):
        longest[i] = longest_step(angle[i], velocity[i] / frequency[i], damping[i], frequency[i] * times[-1])
    integrate(_rk4_step, frequency, damping, angle, velocity, longest, times, angles, velocities, stop)


@kernel
def pendulum_rk4(
    length: FloatArray,
    mass: FloatArray,
    gravity: FloatArray,
    friction: FloatArray,
    angle: FloatArray,
    velocity: FloatArray,
    times: FloatArray,
    angles: FloatArray,
    velocities: FloatArray,
    stop: Flag = None,
) -> None:
    """Pendulums with friction: theta'' = -(g/L) sin theta - b theta', b = friction / (m L**2).

    length [m], mass [kg], gravity [m/s2], friction [N m s], angle [rad, from the downward vertical] and velocity
    [rad/s] at t = 0: (n,); times [s], ascending, >= 0: (T,). Fills angles and velocities, (T, n), with the states at
    the times; an angle that goes round is counted on. All float64. No system depends on another. stop: int64 (1,); once
    it is not 0 the rest is left undone.

    Classical RK4 in tau = omega0 t, omega0 = sqrt(g/L) (Hairer, Norsett & Wanner 1993, Solving Ordinary Differential
    Equations I, II.1). The step follows from the energy, the damping and the last time, so that the angle's error stays
    below 2e-8 of the amplitude (in rotation: below 2e-8 rad; from rest: below 1e-8) for omega0 t <= 2000 and 0 <= b <
    2 omega0. Where the energy is within d < 4e-5 of the separatrix's, in units of 2 m g L, the motion magnifies the
    rounding of the energy, and the error can reach 2e-16 omega0 t / d. Friction that takes a rotating pendulum through
    the separatrix multiplies the error by as much as any change of the start.
    """
    frequency = np.sqrt(gravity / length)
    damping = friction / (mass * length * length) / frequency
    _integrate_rk4(frequency, damping, angle, velocity, times, angles, velocities, stop)


@kernel
def hamiltonian_rk4(
    length: FloatArray,
    mass: FloatArray,
    gravity: FloatArray,
    angle: FloatArray,
    velocity: FloatArray,
    times: FloatArray,
    angles: FloatArray,
    velocities: FloatArray,
    stop: Flag = None,
) -> None:
    """Hamilton's equations of H = p**2 / (2 m L**2) + m g L (1 - cos q), q = theta [rad], p = m L**2 theta' [kg m2/s].

    Arguments, results and errors as in `pendulum_rk4`, without friction (Goldstein, Poole & Safko 2002, Classical
    Mechanics, ch. 8). In tau = omega0 t and P = p / (m L**2 omega0) they read q' = P, P' = -sin q for every pendulum,
    and RK4 gives the same states in scaled variables; so neither the mass nor L**2 can go wrong. velocities =
    p / (m L**2).
    """
    frequency = np.sqrt(gravity / length)
    _integrate_rk4(frequency, np.zeros(angle.size), angle, velocity, times, angles, velocities, stop)
