"""Gravitational lenses."""

from __future__ import annotations

import math
from functools import partial

from deepbench_fast.kinds.defaults import across, along, always
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.light.parameters import FAR, LIT, amplitude, angle, width
from deepbench_fast.values.distributions import Constant, Normal, Scaled, Uniform
from deepbench_fast.values.parameter import Parameter

LENS = Kind(
    name="lens",
    meaning="gravitational lens: a Sérsic source seen through a singular (or softened) isothermal ellipsoid with shear "
    "(Kormann, Schneider & Bartelmann 1994; Keeton & Kochanek 1998)",
    layer="light",
    parameters=(
        Parameter("x", "pix", "column of the lens", -FAR, FAR, partial(across, 0.45, 0.55)),
        Parameter("y", "pix", "row of the lens", -FAR, FAR, partial(along, 0.45, 0.55)),
        width("theta_e", "Einstein radius", 0.15, 0.30),
        Parameter("q", "", "axis ratio of the lens", 0.2, 1.0, partial(always, Uniform(0.5, 1.0))),
        angle("phi", "position angle of the lens's major axis, from +x towards +y", math.pi),
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
        amplitude("source_amplitude", "brightness of the source at its effective radius"),
        width("source_r_eff", "semi-major half-light axis of the source", 0.03, 0.08),
        Parameter("source_n", "", "Sérsic index of the source", 0.5, 10.0, partial(always, Uniform(0.5, 2.0))),
        Parameter("source_ellip", "", "ellipticity of the source", 0.0, 0.95, partial(always, Uniform(0.0, 0.6))),
        angle("source_theta", "position angle of the source's major axis", math.pi),
    ),
    sources={"": ("kormann1994", "keeton1998", "sersic1963", "graham2005")},
    profile="deepbench_fast.kernels.light.profiles:lens",
    hiding="deepbench_fast.kernels.derivatives.lens_images:may_hide_an_image",
    rays="deepbench_fast.kernels.derivatives.lens_images:RAYS",
    lit={"source_amplitude": LIT},
    reach="deepbench_fast.kernels.light.reach:lens",
    kernels={
        "center": "deepbench_fast.kernels.light.lens:lens_center",
        "integrate": "deepbench_fast.kernels.light.lens:lens_integrate",
    },
)
