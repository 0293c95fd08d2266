"""Reference spirals in NumPy: astropy's Sersic for disc and bulge, angles by arctan2, scipy's Bessel function."""

from __future__ import annotations

import numpy as np
from astropy.modeling.models import Sersic2D
from scipy.special import gammaincinv, i0e

from tests.oracles.light import FloatArray, Parameters, galaxy_flux


def sharpness(arm_width: float) -> float:
    """kappa of arms that fall to half their height at arm_width."""
    return float(np.log(2.0) / (1.0 - np.cos(arm_width)))


def ringermacher_mead_radius(angle: FloatArray, scale: float, b: float, n: float) -> FloatArray:
    """The curve as it was published: r = scale / ln(b tan(angle / 2n))."""
    return scale / np.log(b * np.tan(angle / (2.0 * n)))


def ringermacher_mead_angle(r: FloatArray, scale: float, b: float, n: float) -> FloatArray:
    """Angle at which the curve has the radius r."""
    return n * np.pi - 2.0 * n * np.arctan2(b * np.exp(-scale / r), 1.0)


def spiral_angle(parameters: Parameters, r: FloatArray) -> FloatArray:
    """Angle by which the arms have turned at the radius r."""
    if "pitch" in parameters:
        return np.log(r / parameters["r_eff"]) / np.tan(parameters["pitch"])
    return ringermacher_mead_angle(r, parameters["rm_scale"], parameters["rm_b"], parameters["rm_n"])


def in_disc_plane(parameters: Parameters, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Radius and angle from the major axis, in the plane of the disc."""
    turned = ((x - parameters["x"]) + 1j * (y - parameters["y"])) * np.exp(-1j * parameters["theta"])
    across = turned.imag / np.cos(parameters["inclination"])
    return np.maximum(np.hypot(turned.real, across), 1e-6), np.arctan2(across, turned.real)


def disc(parameters: Parameters, x: FloatArray, y: FloatArray) -> FloatArray:
    """The disc without arms."""
    amplitude = parameters["amplitude"] * (1.0 - parameters["bulge_fraction"])
    ellip = 1.0 - np.cos(parameters["inclination"])
    return np.asarray(
        Sersic2D(amplitude, parameters["r_eff"], 1.0, parameters["x"], parameters["y"], ellip, parameters["theta"])(
            x, y
        )
    )


def bulge(parameters: Parameters, x: FloatArray, y: FloatArray) -> FloatArray:
    """The bulge, with its part of the light of a disc alone."""
    inclined = {"amplitude": parameters["amplitude"], "r_eff": parameters["r_eff"], "n": 1.0}
    whole = galaxy_flux(inclined | {"ellip": 1.0 - np.cos(parameters["inclination"])})
    r_eff = 0.2 * parameters["r_eff"]
    share = galaxy_flux({"amplitude": 1.0, "r_eff": r_eff, "n": 2.0, "ellip": 0.0})
    amplitude = parameters["bulge_fraction"] * whole / share
    return np.asarray(Sersic2D(amplitude, r_eff, 2.0, parameters["x"], parameters["y"], 0.0, 0.0)(x, y))


def arms(parameters: Parameters, x: FloatArray, y: FloatArray) -> FloatArray:
    """By how much the arms brighten the disc, with strength 1."""
    r, angle = in_disc_plane(parameters, x, y)
    kappa = sharpness(parameters["arm_width"])
    turn = parameters["handedness"] * angle - parameters["phase"] - spiral_angle(parameters, r)
    return np.exp(-2.0 * kappa * np.sin(0.5 * parameters["arms"] * turn) ** 2) / i0e(kappa)


def spiral(parameters: Parameters, x: FloatArray, y: FloatArray) -> FloatArray:
    """Brightness of the galaxy."""
    r, _ = in_disc_plane(parameters, x, y)
    core = np.minimum(r, 1.0)
    strength = parameters["arm_strength"] * core**2 * (3.0 - 2.0 * core)
    modulation = 1.0 + strength * (arms(parameters, x, y) - 1.0)
    return disc(parameters, x, y) * modulation + bulge(parameters, x, y)


def brightest(parameters: Parameters) -> float:
    """Brightness of disc and bulge at the centre."""
    centre = np.array(parameters["x"]), np.array(parameters["y"])
    return float(disc(parameters, *centre) + bulge(parameters, *centre))


def reference() -> dict[str, float]:
    """A disc 2 exp(-r / 9) with m = 2, pitch 18 degrees, phi0 = 0.4, r0 = 5, kappa = 6, f = 0.7, centred on (0, 0)."""
    b = float(gammaincinv(2.0, 0.5))
    r_eff = 9.0 * b
    pitch = float(np.radians(18.0))
    return {
        "x": 0.0,
        "y": 0.0,
        "amplitude": 2.0 * float(np.exp(-b)),
        "r_eff": r_eff,
        "inclination": 0.0,
        "theta": 0.0,
        "arms": 2,
        "arm_strength": 0.7,
        "arm_width": float(np.arccos(1.0 - np.log(2.0) / 6.0)),
        "phase": 0.4 + float(np.log(r_eff / 5.0) / np.tan(pitch)),
        "handedness": 1,
        "bulge_fraction": 0.0,
        "pitch": pitch,
    }
