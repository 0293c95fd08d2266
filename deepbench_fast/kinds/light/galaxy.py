"""Galaxies."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from deepbench_fast.kinds.defaults import always
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.light.parameters import LIT, X, Y, amplitude, angle, width
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions import Uniform
from deepbench_fast.values.number_text import brief
from deepbench_fast.values.parameter import Parameter

if TYPE_CHECKING:
    from deepbench_fast.kinds.kind import Setting

# Means over pixels of a cuspy profile are integrals along pixel edges, for which it must not be narrower than this.
NARROWEST_MEAN = 0.35


def _check_galaxy(setting: Setting, supports: Mapping[str, tuple[float, float]]) -> None:
    narrowest = supports["r_eff"][0] * (1.0 - supports["ellip"][1])
    if setting.image.sampling == "integrate" and narrowest < NARROWEST_MEAN:
        raise Invalid(
            f"with sampling integrate, r_eff * (1 - ellip) must be {NARROWEST_MEAN} pix or more, "
            f"but reaches down to {brief(narrowest, 3)}; raise r_eff or limit ellip",
            ("r_eff",),
        )


GALAXY = Kind(
    name="galaxy",
    meaning="galaxy: Sérsic profile, amplitude * exp(-b_n * (z^(1/n) - 1)) (Sérsic 1963; Graham & Driver 2005)",
    layer="light",
    parameters=(
        X,
        Y,
        amplitude("amplitude", "brightness at the effective radius"),
        width("r_eff", "semi-major half-light axis", 0.08, 0.25),
        Parameter("n", "", "Sérsic index", 0.5, 10.0, partial(always, Uniform(0.5, 4.0))),
        Parameter("ellip", "", "ellipticity, 1 - axis ratio", 0.0, 0.95, partial(always, Uniform(0.0, 0.7))),
        angle("theta", "position angle of the major axis, from +x towards +y", math.pi),
    ),
    sources={"": ("sersic1963", "graham2005")},
    profile="deepbench_fast.kernels.light.profiles:galaxy",
    lit={"amplitude": LIT},
    reach="deepbench_fast.kernels.light.reach:galaxy",
    kernels={
        "center": "deepbench_fast.kernels.light.galaxy:galaxy_center",
        "integrate": "deepbench_fast.kernels.light.galaxy:galaxy_integrate",
    },
    check=_check_galaxy,
)
