"""The pendulum as a damped harmonic oscillator: the approximation of small angles."""

from __future__ import annotations

import numpy as np

from deepbench_fast.kernels._jit import kernel
from deepbench_fast.kernels.elementary import exp, sincos
from deepbench_fast.kernels.physics.pendulum import FloatArray


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
) -> None:
    """Underdamped harmonic oscillators, theta'' = -omega0**2 theta - b theta', in place of pendulums.

    theta  = exp(-b t/2) [theta0 cos(wd t) + (v0 + b theta0 / 2) / wd sin(wd t)],
    theta' = exp(-b t/2) [v0 cos(wd t) - (omega0**2 theta0 + b v0 / 2) / wd sin(wd t)],
    omega0 = sqrt(g/L), b = friction / (m L**2) < 2 omega0, wd = sqrt(omega0**2 - b**2 / 4) (Landau & Lifshitz 1976,
    Mechanics, section 25).

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
        ringing[i] = np.sqrt(square - half * half)
        sine_angle[i] = (velocity[i] + half * angle[i]) / ringing[i]
        sine_velocity[i] = -(square * angle[i] + half * velocity[i]) / ringing[i]
    for t in range(times.size):
        row_angles = angles[t]
        row_velocities = velocities[t]
        for i in range(n):
            s, c = sincos(ringing[i] * times[t])
            envelope = exp(decay[i] * times[t])
            row_angles[i] = envelope * (angle[i] * c + sine_angle[i] * s)
            row_velocities[i] = envelope * (velocity[i] * c + sine_velocity[i] * s)
