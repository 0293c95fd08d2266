"""Reference lenses in NumPy: the closed form by complex numbers, and astropy's Sersic for the source."""

from __future__ import annotations

import numpy as np
from astropy.modeling.models import Sersic2D

from tests.oracles.light import FloatArray, Parameters

# Rounder than this the closed form loses its digits; a round lens is right to a part in 1e9.
ALMOST_ROUND = 1.0 - 1e-9


def convergence(parameters: Parameters, x: FloatArray, y: FloatArray) -> FloatArray:
    """kappa of the ellipsoid at a position from the lens."""
    q = parameters["q"]
    turned = (x + 1j * y) * np.exp(-1j * parameters["phi"])
    return 0.5 * parameters["theta_e"] / np.sqrt(parameters["softening"] ** 2 + q * turned.real**2 + turned.imag**2 / q)


def deflection(parameters: Parameters, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Deflection by ellipsoid and shear at a position from the lens (Keeton & Kochanek 1998)."""
    q = parameters["q"]
    core = parameters["softening"] / np.sqrt(q)
    f = np.sqrt(1.0 - q**2)
    position = x + 1j * y
    shear = (parameters["gamma1"] + 1j * parameters["gamma2"]) * np.conj(position)
    if q > ALMOST_ROUND:
        reach = np.hypot(core, np.abs(position)) + core
        round_lens = np.divide(parameters["theta_e"] * position, reach, out=np.zeros_like(position), where=reach > 0.0)
        return (round_lens + shear).real, (round_lens + shear).imag
    turned = position * np.exp(-1j * parameters["phi"])
    psi = np.sqrt(q**2 * (core**2 + turned.real**2) + turned.imag**2)
    along = np.arctan2(f * turned.real, psi + core)
    across = np.arctanh(np.divide(f * turned.imag, psi + q**2 * core, out=np.zeros_like(psi), where=psi > 0.0))
    ellipsoid = parameters["theta_e"] * np.sqrt(q) / f * (along + 1j * across) * np.exp(1j * parameters["phi"])
    return (ellipsoid + shear).real, (ellipsoid + shear).imag


def lens(parameters: Parameters, x: FloatArray, y: FloatArray) -> FloatArray:
    """Brightness of the source as seen at pixel positions."""
    dx, dy = x - parameters["x"], y - parameters["y"]
    alpha_x, alpha_y = deflection(parameters, dx, dy)
    source = Sersic2D(
        amplitude=parameters["source_amplitude"],
        r_eff=parameters["source_r_eff"],
        n=parameters["source_n"],
        x_0=parameters["source_dx"],
        y_0=parameters["source_dy"],
        ellip=parameters["source_ellip"],
        theta=parameters["source_theta"],
    )
    return np.asarray(source(dx - alpha_x, dy - alpha_y))
