"""The exact pendulum, undamped and released from rest, by Jacobi's elliptic functions."""

from __future__ import annotations

import numpy as np

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.elementary import atan2, sincos
from deepbench_fast.kernels.motion.pendulum import Flag, FloatArray

# Each level squares the modulus: after eight, 3.1 rad and more have none left.
LEVELS = 8


@inline
def landen(a: float, b: float) -> tuple[float, float, float]:
    """Landen's next modulus, (a - b) / (a + b), and the next means: (a + b) / 2 and sqrt(a b)."""
    total = a + b
    return (a - b) / total, 0.5 * total, np.sqrt(a * b)


@inline
def landen_moduli(complement: float, moduli: FloatArray) -> float:
    """Fill moduli with Landen's k_1 .. k_8 below k = sqrt(1 - complement**2); returns AGM(1, complement)."""
    a = 1.0
    b = complement
    for level in range(LEVELS):
        moduli[level], a, b = landen(a, b)
    return a


@inline
def ascend(k: float, s: float, c: float, d: float) -> tuple[float, float, float]:
    """sn, cn and dn one modulus up (DLMF 22.7.2-4).

    sn = (1 + k) s / (1 + k s**2), cn = c d / (1 + k s**2), dn = (1 - k s**2) / (1 + k s**2).
    """
    bulge = k * (s * s)
    scale = 1.0 / (1.0 + bulge)
    return (1.0 + k) * s * scale, c * d * scale, (1.0 - bulge) * scale


@inline
def sn_cn(
    u: float, mean: float, k8: float, k7: float, k6: float, k5: float, k4: float, k3: float, k2: float, k1: float
) -> tuple[float, float]:
    """sn(u, k) and cn(u, k) from AGM(1, k') and Landen's moduli: at the lowest level circular functions of u AGM."""
    s, c = sincos(u * mean)
    s, c, d = ascend(k8, s, c, 1.0)
    s, c, d = ascend(k7, s, c, d)
    s, c, d = ascend(k6, s, c, d)
    s, c, d = ascend(k5, s, c, d)
    s, c, d = ascend(k4, s, c, d)
    s, c, d = ascend(k3, s, c, d)
    s, c, d = ascend(k2, s, c, d)
    s, c, d = ascend(k1, s, c, d)
    return s, c


@inline
def libration(frequency: float, k: float, complement: float, sn: float, cn: float) -> tuple[float, float]:
    """Angle and velocity: see `pendulum_exact`."""
    slant = complement * sn
    dn = np.sqrt(cn * cn + slant * slant)
    return 2.0 * atan2(k * cn, complement), -2.0 * frequency * k * slant / dn


@kernel
def pendulum_exact(
    length: FloatArray,
    gravity: FloatArray,
    angle: FloatArray,
    times: FloatArray,
    angles: FloatArray,
    velocities: FloatArray,
    stop: Flag = None,
) -> None:
    """Pendulums released from rest, without friction, in closed form.

    theta = 2 atan2(k cn, k'), theta' = -2 omega0 k k' sn / dn, dn = sqrt(cn**2 + k'**2 sn**2), at u = omega0 t,
    omega0 = sqrt(g/L), k = sin(theta0/2), k' = cos(theta0/2) (DLMF 22.19; Abramowitz & Stegun 16.12). Period
    2 pi / (omega0 AGM(1, k')).

    length [m], gravity [m/s2] and angle [rad, from the downward vertical, abs(angle) <= 3.1] at t = 0: (n,); times [s]:
    (T,). Fills angles [rad] and velocities [rad/s], (T, n). All float64. Error of theta / theta0: 1e-13 at
    omega0 t <= 200, 2e-12 at 2000, where it is that of rounding omega0 t.
    """
    n = angle.size
    moduli = np.empty((LEVELS, n))
    mean = np.empty(n)
    k = np.empty(n)
    complement = np.empty(n)
    frequency = np.sqrt(gravity / length)
    for i in range(n):
        k[i], complement[i] = sincos(0.5 * angle[i])
        mean[i] = landen_moduli(complement[i], moduli[:, i])
    k1, k2, k3, k4, k5, k6, k7, k8 = moduli
    for t in range(times.size):
        if stop is not None and stop[0] != 0:
            break
        row_angles = angles[t]
        row_velocities = velocities[t]
        for i in range(n):
            sn, cn = sn_cn(frequency[i] * times[t], mean[i], k8[i], k7[i], k6[i], k5[i], k4[i], k3[i], k2[i], k1[i])
            row_angles[i], row_velocities[i] = libration(frequency[i], k[i], complement[i], sn, cn)
