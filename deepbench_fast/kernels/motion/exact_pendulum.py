"""The exact pendulum, undamped and released from rest, by Jacobi's elliptic functions."""

from __future__ import annotations

import numpy as np

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.elementary import atan2, sincos
from deepbench_fast.kernels.motion.pendulum import Flag, FloatArray

# Each level squares the modulus: after eight, 3.1 rad and more have none left.
LEVELS = 8


@inline
def landen_moduli(complement: float, moduli: FloatArray) -> float:
    """Fill moduli with Landen's k_1 .. k_8 below k = sqrt(1 - complement**2); returns AGM(1, complement).

    a_0 = 1, b_0 = k', a_{n+1} = (a_n + b_n)/2, b_{n+1} = sqrt(a_n b_n), k_{n+1} = (a_n - b_n)/(a_n + b_n).
    """
    a = 1.0
    b = complement
    for level in range(LEVELS):
        total = a + b
        moduli[level] = (a - b) / total
        b = np.sqrt(a * b)
        a = 0.5 * total
    return a


@inline
def sn_cn(
    u: float, mean: float, k8: float, k7: float, k6: float, k5: float, k4: float, k3: float, k2: float, k1: float
) -> tuple[float, float]:
    """sn(u, k) and cn(u, k) from AGM(1, k') and Landen's moduli.

    At the lowest level they are circular functions of u AGM(1, k'). Each level up, s, c, d being sn, cn, dn below it:
    sn = (1 + k) s / (1 + k s**2), cn = c d / (1 + k s**2), dn = (1 - k s**2) / (1 + k s**2) (DLMF 22.7.2-4).
    """
    s, c = sincos(u * mean)
    d = 1.0
    for k in (k8, k7, k6, k5, k4, k3, k2, k1):
        bulge = k * (s * s)
        scale = 1.0 / (1.0 + bulge)
        s = (1.0 + k) * s * scale
        c = c * d * scale
        d = (1.0 - bulge) * scale
    return s, c


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
            slant = complement[i] * sn
            dn = np.sqrt(cn * cn + slant * slant)
            row_angles[i] = 2.0 * atan2(k[i] * cn, complement[i])
            row_velocities[i] = -2.0 * frequency[i] * k[i] * slant / dn
