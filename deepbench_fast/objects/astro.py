"""Astronomical objects: stars and galaxies.

Positions are pixel coordinates (x = column, y = row; 0 is the centre of the first pixel). Lengths are in pixels,
angles in radians, counter-clockwise from +x towards +y. Defaults scale with S, the smaller side of the image.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from deepbench_fast.objects.parameter import Parameter
from deepbench_fast.objects.registry import Kind
from deepbench_fast.recipe.checks import Invalid
from deepbench_fast.recipe.distributions import Distribution, LogUniform, Uniform

if TYPE_CHECKING:
    from deepbench_fast.recipe.model import Image

# Beyond these a float32 loop over pixels would overflow (light, squared distances) or lose its angle.
FAR = 1e6
BRIGHT = 1e20
NARROW = 1e-3
# Means over pixels of a cuspy profile are integrals along pixel edges, for which it must not be narrower than this.
NARROWEST_MEAN = 0.35
TURNED = 1e4


def _across(low: float, high: float, image: Image) -> Distribution:
    """Uniform between two fractions of the columns: 0 is the first pixel's centre, 1 the last one's."""
    return Uniform(low * (image.width - 1), high * (image.width - 1))


def _along(low: float, high: float, image: Image) -> Distribution:
    """Uniform between two fractions of the rows."""
    return Uniform(low * (image.height - 1), high * (image.height - 1))


def _of_size(low: float, high: float, minimum: float, image: Image) -> Distribution:
    """Uniform between two fractions of S, neither end below `minimum` pixels."""
    return Uniform(max(low * image.size, minimum), max(high * image.size, minimum))


def _always(distribution: Distribution, image: Image) -> Distribution:
    """The same for every image."""
    return distribution


X = Parameter("x", "pix", "column of the centre", -FAR, FAR, partial(_across, 0.25, 0.75))
Y = Parameter("y", "pix", "row of the centre", -FAR, FAR, partial(_along, 0.25, 0.75))


def _amplitude(meaning: str) -> Parameter:
    return Parameter("amplitude", "", meaning, 0.0, BRIGHT, partial(_always, LogUniform(1.0, 10.0)))


def _check_star(image: Image, supports: Mapping[str, tuple[float, float]]) -> None:
    if image.sampling == "integrate" and supports["alpha"][0] <= 1.0:
        raise Invalid("must be above 1 with sampling integrate: at alpha 1 and below the flux is infinite", ("alpha",))


STAR = Kind(
    name="star",
    meaning="star: Moffat profile, amplitude * (1 + r^2 / gamma^2)^-alpha (Moffat 1969)",
    parameters=(
        X,
        Y,
        _amplitude("brightness at the centre"),
        Parameter("gamma", "pix", "core width", NARROW, FAR, partial(_of_size, 0.03, 0.10, 0.5)),
        Parameter(
            "alpha",
            "",
            "steepness of the wings",
            0.0,
            100.0,
            partial(_always, Uniform(2.5, 4.765)),
            low_open=True,
        ),
    ),
    kernels={
        "center": "deepbench_fast.kernels.astro.moffat:star_center",
        "integrate": "deepbench_fast.kernels.astro.moffat:star_integrate",
    },
    check=_check_star,
)


def _check_galaxy(image: Image, supports: Mapping[str, tuple[float, float]]) -> None:
    narrowest = supports["r_eff"][0] * (1.0 - supports["ellip"][1])
    if image.sampling == "integrate" and narrowest < NARROWEST_MEAN:
        raise Invalid(
            f"with sampling integrate, r_eff * (1 - ellip) must be {NARROWEST_MEAN} pix or more, "
            f"but reaches down to {narrowest:.3g}; raise r_eff or limit ellip",
            ("r_eff",),
        )


GALAXY = Kind(
    name="galaxy",
    meaning="galaxy: Sérsic profile, amplitude * exp(-b_n * (z^(1/n) - 1)) (Sérsic 1963; Graham & Driver 2005)",
    parameters=(
        X,
        Y,
        _amplitude("brightness at the effective radius"),
        Parameter("r_eff", "pix", "semi-major half-light axis", NARROW, FAR, partial(_of_size, 0.08, 0.25, 1.0)),
        Parameter("n", "", "Sérsic index", 0.5, 10.0, partial(_always, Uniform(0.5, 4.0))),
        Parameter("ellip", "", "ellipticity, 1 - axis ratio", 0.0, 0.95, partial(_always, Uniform(0.0, 0.7))),
        Parameter(
            "theta",
            "rad",
            "position angle of the major axis, from +x towards +y",
            -TURNED,
            TURNED,
            partial(_always, Uniform(0.0, math.pi)),
        ),
    ),
    kernels={
        "center": "deepbench_fast.kernels.astro.sersic:galaxy_center",
        "integrate": "deepbench_fast.kernels.astro.sersic:galaxy_integrate",
    },
    check=_check_galaxy,
)

KINDS = (STAR, GALAXY)
