"""Pendulums by other means: Jacobi's functions of SciPy, Taylor series of high order, DOP853 on the definition."""

from __future__ import annotations

from typing import Any, NamedTuple

import mpmath as mp
import numpy as np
import numpy.typing as npt
from scipy.integrate import solve_ivp
from scipy.special import ellipj, ellipk

from deepbench_fast.kinds.registry import kind

Array = npt.NDArray[np.float64]

ORDER = 24
LONGEST_STEP = 0.25


def from_rest(length: Any, gravity: Any, angle: Any, times: Array) -> tuple[Array, Array]:
    """Angles and velocities, (T, n), of undamped pendulums released from rest, by `scipy.special.ellipj`."""
    frequency = np.sqrt(gravity / length)
    k, complement = np.sin(angle / 2), np.cos(angle / 2)
    sn, cn, dn, _ = ellipj(frequency * times[:, None], k**2)
    return 2 * np.arctan2(k * cn, complement), -2 * frequency * k * complement * sn / dn


def period(length: float, gravity: float, angle: float) -> float:
    return float(4 * ellipk(np.sin(angle / 2) ** 2) * np.sqrt(length / gravity))


def _taylor_step(angle: Array, rate: Array, damping: Array, h: Array) -> tuple[Array, Array]:
    """theta'' = -sin theta - damping theta' over one step, from the recurrences of its Taylor coefficients."""
    q, w, s, c = [angle], [rate], [np.sin(angle)], [np.cos(angle)]
    for k in range(ORDER):
        q.append(w[k] / (k + 1))
        w.append((-s[k] - damping * w[k]) / (k + 1))
        s.append(sum(c[j] * w[k - j] for j in range(k + 1)) / (k + 1))
        c.append(-sum(s[j] * w[k - j] for j in range(k + 1)) / (k + 1))
    powers = h ** np.arange(ORDER + 1)[:, None]
    return np.sum(q * powers, axis=0), np.sum(w * powers, axis=0)


def taylor(frequency: Array, damping: Array, angle: Array, velocity: Array, times: Array) -> tuple[Array, Array]:
    """Angles and velocities, (T, n), of any pendulum; damping = b / omega0; about 1e-13 for each unit of omega0 t."""
    rate = velocity / frequency
    fastest = max(1.0, float(np.max(np.sqrt(rate**2 + 4 * np.sin(angle / 2) ** 2))))
    states = []
    before = 0.0
    for time in times:
        steps = int(np.ceil((time - before) * frequency.max() * fastest / LONGEST_STEP))
        for _ in range(steps):
            angle, rate = _taylor_step(angle, rate, damping, (time - before) * frequency / steps)
        states.append((angle, rate * frequency))
        before = time
    return np.array([state[0] for state in states]), np.array([state[1] for state in states])


class Bob(NamedTuple):
    """What of a pendulum's row its equations of motion depend on."""

    length: float = 1.0
    mass: float = 1.0
    gravity: float = 9.80665
    friction: float = 0.0


def dop853(name: str, bob: Bob, angle: float, velocity: float, times: Array) -> tuple[Array, Array]:
    """Angle and velocity, (T,), of one pendulum by the equations of motion of a kind."""
    rates, inertia = kind(name).equations_of_motion(), bob.mass * bob.length**2
    unit = inertia if name == "hamiltonian_pendulum" else 1.0
    solution = solve_ivp(
        lambda _, state: rates(state, bob),
        (0, times[-1]),
        [angle, unit * velocity],
        "DOP853",
        times,
        rtol=1e-13,
        atol=1e-14,
    )
    return solution.y[0], solution.y[1] / unit


def amplitude(angle: Array, rate: Array) -> Array:
    """Largest angle of a libration with angular rate `rate`, in units of omega0; 1 rad for rotations."""
    energy = np.sin(angle / 2) ** 2 + rate**2 / 4
    return np.where(energy < 1, 2 * np.arcsin(np.sqrt(np.minimum(energy, 1))), 1.0)


def undamped(angle: float, rate: float, tau: float) -> tuple[float, float]:
    """Angle and rate of a pendulum without friction after the time tau, all in units of 1/omega0, in 40 digits.

    With k**2 = sin(theta/2)**2 + rate**2 / 4 the angle is 2 asin(k sn(tau + u, k)), or 2 am(k tau + u, 1/k) where it
    goes round (Landau & Lifshitz 1976, Mechanics, section 11; DLMF 22.19).
    """
    with mp.workdps(40):
        theta, speed, time = mp.mpf(angle), mp.mpf(rate), mp.mpf(tau)
        sine, sign = mp.sin(theta / 2), 1 if speed >= 0 else -1
        energy = sine**2 + speed**2 / 4
        if energy == 0:
            return 0.0, 0.0
        k = mp.sqrt(energy)
        if energy < 1:
            u = mp.ellipf(mp.asin(mp.fdiv(sine, k)) if abs(sine) < k else mp.sign(sine) * mp.pi / 2, energy)
            u = sign * u + time
            sn, cn = mp.ellipfun("sn", u=u, m=energy), mp.ellipfun("cn", u=u, m=energy)
            return float(sign * 2 * mp.asin(k * sn)), float(sign * 2 * k * cn)
        u = sign * mp.ellipf(theta / 2, 1 / energy) + k * time
        turns = mp.nint(u / (2 * mp.ellipk(1 / energy)))
        rest = u - 2 * mp.ellipk(1 / energy) * turns
        sn, dn = mp.ellipfun("sn", u=rest, m=1 / energy), mp.ellipfun("dn", u=rest, m=1 / energy)
        return float(sign * 2 * (turns * mp.pi + mp.asin(sn))), float(sign * 2 * k * dn)
