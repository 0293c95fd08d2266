"""Astronomical objects: stars, galaxies, spirals and gravitational lenses.

Positions are pixel coordinates (x = column, y = row; 0 is the centre of the first pixel). Lengths are in pixels,
angles in radians, counter-clockwise from +x towards +y. Defaults scale with S, the smaller side of the image.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from deepbench_fast.kinds.defaults import across, along, always, of_size
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions import (
    Choice,
    Constant,
    Integers,
    LogUniform,
    Normal,
    Scaled,
    Uniform,
)
from deepbench_fast.values.parameter import Parameter

if TYPE_CHECKING:
    from deepbench_fast.kinds.kind import Setting

# Beyond these a float32 loop over pixels would overflow (light, squared distances) or lose its angle.
FAR = 1e6
BRIGHT = 1e20
NARROW = 1e-3
# Means over pixels of a cuspy profile are integrals along pixel edges, for which it must not be narrower than this.
NARROWEST_MEAN = 0.35
TURNED = 1e4


X = Parameter("x", "pix", "column of the centre", -FAR, FAR, partial(across, 0.25, 0.75))
Y = Parameter("y", "pix", "row of the centre", -FAR, FAR, partial(along, 0.25, 0.75))


def _amplitude(name: str, meaning: str) -> Parameter:
    return Parameter(name, "", meaning, 0.0, BRIGHT, partial(always, LogUniform(1.0, 10.0)))


def _width(name: str, meaning: str, low: float, high: float) -> Parameter:
    return Parameter(name, "pix", meaning, NARROW, FAR, partial(of_size, low, high, 1.0))


def _angle(name: str, meaning: str, turn: float) -> Parameter:
    return Parameter(name, "rad", meaning, -TURNED, TURNED, partial(always, Uniform(0.0, turn)))


def _check_star(setting: Setting, supports: Mapping[str, tuple[float, float]]) -> None:
    if setting.image.sampling == "integrate" and supports["alpha"][0] <= 1.0:
        raise Invalid("must be above 1 with sampling integrate: at alpha 1 and below the flux is infinite", ("alpha",))


STAR = Kind(
    name="star",
    meaning="star: Moffat profile, amplitude * (1 + r^2 / gamma^2)^-alpha (Moffat 1969)",
    layer="light",
    parameters=(
        X,
        Y,
        _amplitude("amplitude", "brightness at the centre"),
        Parameter("gamma", "pix", "core width", NARROW, FAR, partial(of_size, 0.03, 0.10, 0.5)),
        Parameter(
            "alpha",
            "",
            "steepness of the wings",
            0.0,
            100.0,
            partial(always, Uniform(2.5, 4.765)),
            low_open=True,
        ),
    ),
    profile="deepbench_fast.kernels.light.profiles:star",
    kernels={
        "center": "deepbench_fast.kernels.light.star:star_center",
        "integrate": "deepbench_fast.kernels.light.star:star_integrate",
    },
    check=_check_star,
)


def _check_galaxy(setting: Setting, supports: Mapping[str, tuple[float, float]]) -> None:
    narrowest = supports["r_eff"][0] * (1.0 - supports["ellip"][1])
    if setting.image.sampling == "integrate" and narrowest < NARROWEST_MEAN:
        raise Invalid(
            f"with sampling integrate, r_eff * (1 - ellip) must be {NARROWEST_MEAN} pix or more, "
            f"but reaches down to {narrowest:.3g}; raise r_eff or limit ellip",
            ("r_eff",),
        )


GALAXY = Kind(
    name="galaxy",
    meaning="galaxy: Sérsic profile, amplitude * exp(-b_n * (z^(1/n) - 1)) (Sérsic 1963; Graham & Driver 2005)",
    layer="light",
    parameters=(
        X,
        Y,
        _amplitude("amplitude", "brightness at the effective radius"),
        _width("r_eff", "semi-major half-light axis", 0.08, 0.25),
        Parameter("n", "", "Sérsic index", 0.5, 10.0, partial(always, Uniform(0.5, 4.0))),
        Parameter("ellip", "", "ellipticity, 1 - axis ratio", 0.0, 0.95, partial(always, Uniform(0.0, 0.7))),
        _angle("theta", "position angle of the major axis, from +x towards +y", math.pi),
    ),
    profile="deepbench_fast.kernels.light.profiles:galaxy",
    kernels={
        "center": "deepbench_fast.kernels.light.galaxy:galaxy_center",
        "integrate": "deepbench_fast.kernels.light.galaxy:galaxy_integrate",
    },
    check=_check_galaxy,
)

SPIRAL_GALAXY = Kind(
    name="spiral_galaxy",
    meaning="spiral galaxy: disc * (1 - f + f exp(kappa cos psi) / I0(kappa)) and a bulge; arms of psi are "
    "logarithmic, or of Ringermacher & Mead (2009)",
    layer="light",
    parameters=(
        X,
        Y,
        _amplitude("amplitude", "brightness at the effective radius, around the circle, if all were disc"),
        _width("r_eff", "half-light radius of the disc, seen face-on", 0.15, 0.30),
        Parameter("inclination", "rad", "0: face-on", 0.0, 1.4, partial(always, Uniform(0.0, 1.0))),
        _angle("theta", "position angle of the inclined disc's major axis, from +x towards +y", 2.0 * math.pi),
        Parameter("arms", "", "number of arms", 1.0, 8.0, partial(always, Integers(2, 4)), integer=True),
        Parameter("arm_strength", "", "part f of the disc in arms", 0.0, 1.0, partial(always, Uniform(0.5, 0.9))),
        Parameter(
            "arm_width",
            "rad",
            "half-width of an arm at half maximum, in phase: pi is half the way to the next arm",
            0.05,
            3.14,
            partial(always, Uniform(0.3, 0.8)),
        ),
        _angle("phase", "turn of the arms within the disc", 2.0 * math.pi),
        Parameter(
            "handedness",
            "",
            "1: logarithmic arms open counter-clockwise, the others clockwise; -1: the other way",
            -1.0,
            1.0,
            partial(always, Choice((-1.0, 1.0))),
            integer=True,
            only=(-1, 1),
        ),
        Parameter("bulge_fraction", "", "part of the light in the bulge", 0.0, 1.0, partial(always, Uniform(0.0, 0.3))),
        Parameter(
            "pitch",
            "rad",
            "angle between arm and circle (form logarithmic)",
            0.087,
            1.048,
            partial(always, Uniform(0.17, 0.52)),
        ),
        _width("rm_scale", "A of r = A / log(B tan(phi / 2N)) (form ringermacher_mead)", 0.15, 0.30),
        Parameter("rm_b", "", "B: more of it, more sweep", 1e-3, 1e3, partial(always, Uniform(0.4, 1.0))),
        Parameter("rm_n", "", "N", 1.0, 64.0, partial(always, Choice((4.0, 6.0, 8.0))), integer=True),
    ),
    forms={"logarithmic": ("pitch",), "ringermacher_mead": ("rm_scale", "rm_b", "rm_n")},
    profile="deepbench_fast.kernels.light.profiles:spiral_galaxy",
    kernels={
        f"{form}-{sampling}": f"deepbench_fast.kernels.light.spiral_galaxy:spiral_{form}_{sampling}"
        for form in ("logarithmic", "ringermacher_mead")
        for sampling in ("center", "integrate")
    },
)

LENS = Kind(
    name="lens",
    meaning="gravitational lens: a Sérsic source seen through a singular (or softened) isothermal ellipsoid with shear "
    "(Kormann, Schneider & Bartelmann 1994; Keeton & Kochanek 1998)",
    layer="light",
    parameters=(
        Parameter("x", "pix", "column of the lens", -FAR, FAR, partial(across, 0.45, 0.55)),
        Parameter("y", "pix", "row of the lens", -FAR, FAR, partial(along, 0.45, 0.55)),
        _width("theta_e", "Einstein radius", 0.15, 0.30),
        Parameter("q", "", "axis ratio of the lens", 0.2, 1.0, partial(always, Uniform(0.5, 1.0))),
        _angle("phi", "position angle of the lens's major axis, from +x towards +y", math.pi),
        Parameter(
            "softening",
            "pix",
            "core radius; 0: singular",
            0.0,
            FAR,
            partial(always, Constant(0.0)),
            most_of=("theta_e", 0.5),
        ),
        Parameter("gamma1", "", "shear along x", -0.3, 0.3, partial(always, Normal(0.0, 0.03, -0.15, 0.15))),
        Parameter("gamma2", "", "shear along the diagonal", -0.3, 0.3, partial(always, Normal(0.0, 0.03, -0.15, 0.15))),
        Parameter(
            "source_dx",
            "pix",
            "columns from the lens to the source",
            -FAR,
            FAR,
            partial(always, Scaled("theta_e", Uniform(-0.5, 0.5))),
        ),
        Parameter(
            "source_dy",
            "pix",
            "rows from the lens to the source",
            -FAR,
            FAR,
            partial(always, Scaled("theta_e", Uniform(-0.5, 0.5))),
        ),
        _amplitude("source_amplitude", "brightness of the source at its effective radius"),
        _width("source_r_eff", "semi-major half-light axis of the source", 0.03, 0.08),
        Parameter("source_n", "", "Sérsic index of the source", 0.5, 10.0, partial(always, Uniform(0.5, 2.0))),
        Parameter("source_ellip", "", "ellipticity of the source", 0.0, 0.95, partial(always, Uniform(0.0, 0.6))),
        _angle("source_theta", "position angle of the source's major axis", math.pi),
    ),
    profile="deepbench_fast.kernels.light.profiles:lens",
    kernels={
        "center": "deepbench_fast.kernels.light.lens:lens_center",
        "integrate": "deepbench_fast.kernels.light.lens:lens_integrate",
    },
)

KINDS = (STAR, GALAXY, SPIRAL_GALAXY, LENS)
