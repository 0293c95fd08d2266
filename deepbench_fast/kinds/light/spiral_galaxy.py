"""Spiral galaxies."""

from __future__ import annotations

import math
from functools import partial

from deepbench_fast.kinds.defaults import always
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.light.parameters import LIT, X, Y, amplitude, angle, width
from deepbench_fast.values.distributions import Choice, Integers, Uniform
from deepbench_fast.values.parameter import Parameter

SPIRAL_GALAXY = Kind(
    name="spiral_galaxy",
    meaning="spiral galaxy: disc * (1 - f + f exp(kappa cos psi) / I0(kappa)) and a bulge; arms of psi are "
    "logarithmic, or of Ringermacher & Mead (2009)",
    layer="light",
    parameters=(
        X,
        Y,
        amplitude("amplitude", "brightness at the effective radius, around the circle, if all were disc"),
        width("r_eff", "half-light radius of the disc, seen face-on", 0.15, 0.30),
        Parameter("inclination", "rad", "0: face-on", 0.0, 1.4, partial(always, Uniform(0.0, 1.0))),
        angle("theta", "position angle of the inclined disc's major axis, from +x towards +y", 2.0 * math.pi),
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
        angle("phase", "turn of the arms within the disc", 2.0 * math.pi),
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
        width("rm_scale", "A of r = A / log(B tan(phi / 2N)) (form ringermacher_mead)", 0.15, 0.30),
        Parameter("rm_b", "", "B: more of it, more sweep", 1e-3, 1e3, partial(always, Uniform(0.4, 1.0))),
        Parameter("rm_n", "", "N", 1.0, 64.0, partial(always, Choice((4.0, 6.0, 8.0))), integer=True),
    ),
    forms={"logarithmic": ("pitch",), "ringermacher_mead": ("rm_scale", "rm_b", "rm_n")},
    sources={"": ("sersic1963", "graham2005"), "ringermacher_mead": ("ringermacher2009",)},
    profile="deepbench_fast.kernels.light.profiles:spiral_galaxy",
    edges="deepbench_fast.kernels.derivatives.arm_edges:SPIRAL",
    lit={"amplitude": LIT, "arm_strength": (0.1, 1.0), "bulge_fraction": (0.1, 0.9)},
    reach="deepbench_fast.kernels.light.reach:spiral_galaxy",
    kernels={
        f"{form}-{sampling}": f"deepbench_fast.kernels.light.spiral_galaxy:spiral_{form}_{sampling}"
        for form in ("logarithmic", "ringermacher_mead")
        for sampling in ("center", "integrate")
    },
)
