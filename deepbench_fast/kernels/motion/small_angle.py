"""The pendulum as a damped harmonic oscillator: the approximation of small angles."""

from __future__ import annotations

import numpy as np

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.elementary import exp, sincos
from deepbench_fast.kernels.motion.pendulum import Flag, FloatArray

# Instead of 0 under a root and a division whose results are not used.
TINY = 1e-300
# Below this exponent sinh(x)/x is 1 + x**2 / 6 to all digits.
SMALL = 1e-4


@inline
def _creep(square: float, half: float, angle: float, velocity: float, time: float) -> tuple[float, float]:
    """Angle and velocity of an overdamped oscillator: exp(-b t/2) times cosh and sinh of kappa t, kappa = |wd|."""
    kappa = np.sqrt(half * half - square)
    slow = exp(-square / (half + kappa) * time)
    fast = exp(-(half + kappa) * time)
    cosine = 0.5 * (slow + fast)
    x = kappa * time
    sine = time * exp(-half * time) * (1.0 + x * x / 6.0) if x < SMALL else 0.5 * (slow - fast) / kappa
    return (
        angle * cosine + (velocity + half * angle) * sine,
        velocity * cosine - (square * angle + half * velocity) * sine,
    )


@kernel
def pendulum_small_angle(
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
    """Damped harmonic oscillators, theta'' = -omega0**2 theta - b theta', in place of pendulums.

    theta  = exp(-b t/2) [theta0 cos(wd t) + (v0 + b theta0 / 2) / wd sin(wd t)],
    theta' = exp(-b t/2) [v0 cos(wd t) - (omega0**2 theta0 + b v0 / 2) / wd sin(wd t)],
    omega0 = sqrt(g/L), b = friction / (m L**2), wd = sqrt(omega0**2 - b**2 / 4) (Landau & Lifshitz 1976, Mechanics,
    section 25). Where b >= 2 omega0 nothing rings: wd is imaginary, and hyperbolic functions stand in its place.

    length [m], mass [kg], gravity [m/s2], friction [N m s], angle theta0 [rad] and velocity v0 [rad/s] at t = 0: (n,);
    times [s]: (T,). Fills angles [rad] and velocities [rad/s], (T, n). All float64. The true period of a pendulum is
    longer by theta0**2 / 16: at 0.25 rad the phase slips by 0.4 % in each period, and at 2.5 rad nothing is right.
    """
    n = angle.size
    decay = np.empty(n)
    ringing = np.empty(n)
    sine_angle = np.empty(n)
    sine_velocity = np.empty(n)
    for i in range(n):
        square = gravity[i] / length[i]
        half = 0.5 * friction[i] / (mass[i] * length[i] * length[i])
        decay[i] = -half
        ringing[i] = np.sqrt(max(square - half * half, TINY))
        sine_angle[i] = (velocity[i] + half * angle[i]) / ringing[i]
        sine_velocity[i] = -(square * angle[i] + half * velocity[i]) / ringing[i]
    for t in range(times.size):
        if stop is not None and stop[0] != 0:
            break
        row_angles = angles[t]
        row_velocities = velocities[t]
        for i in range(n):
            s, c = sincos(ringing[i] * times[t])
            envelope = exp(decay[i] * times[t])
            row_angles[i] = envelope * (angle[i] * c + sine_angle[i] * s)
            row_velocities[i] = envelope * (velocity[i] * c + sine_velocity[i] * s)
    for i in range(n):
        square = gravity[i] / length[i]
        half = 0.5 * friction[i] / (mass[i] * length[i] * length[i])
        if half * half >= square:
            for t in range(times.size):
                state = _creep(square, half, angle[i], velocity[i], times[t])
                angles[t, i], velocities[t, i] = state
