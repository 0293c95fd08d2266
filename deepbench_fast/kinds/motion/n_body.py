"""Bodies that attract each other."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from deepbench_fast.kinds.defaults import always
from deepbench_fast.kinds.kind import Control, Dynamics, Kind, Output
from deepbench_fast.kinds.motion.parameters import ANY, LARGEST, Supports
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions import Constant, Uniform
from deepbench_fast.values.number_text import brief
from deepbench_fast.values.parameter import Parameter

if TYPE_CHECKING:
    from deepbench_fast.kinds.kind import Setting

# What isn't 0 is so large that no square and no cube of it is.
SMALLEST = 1e-30

MASS = Parameter("mass", "", "mass of each body", SMALLEST, LARGEST, partial(always, Uniform(0.5, 1.5)), of_parts=True)

BODY = Kind(
    name="body",
    meaning="body of an n_body system: its mass, and its position and velocity at t = 0",
    layer="series",
    parameters=(
        Parameter("mass", "", "mass", 0.0, LARGEST),
        *(Parameter(axis, "", f"{axis} at t = 0", -LARGEST, LARGEST) for axis in ("x", "y", "z")),
        *(Parameter(f"v{axis}", "", f"velocity along {axis} at t = 0", -LARGEST, LARGEST) for axis in ("x", "y", "z")),
    ),
    kernels={},
)

# The bodies that a form has, where it is no choice.
BODIES = {"kepler": 2, "figure_eight": 3}


def _check_n_body(setting: Setting, supports: Supports) -> None:
    fixed = BODIES.get(setting.form)
    if fixed is not None and supports["bodies"] != (fixed, fixed):
        raise Invalid(f"must be {fixed} in the form {setting.form}", ("bodies",))
    if setting.form == "figure_eight" and supports["mass"] != (1.0, 1.0):
        raise Invalid("must be 1 in the form figure_eight", ("mass",))
    steps = setting.end / (setting.step or math.inf)
    if steps > 1e8:
        raise Invalid(f"gives {brief(steps, 3)} steps in each series; 1e8 are the most", ("step",))


def _natural(name: str, meaning: str, low: float, high: float, default: float) -> Parameter:
    return Parameter(name, "", meaning, low, high, partial(always, Constant(default)))


N_BODY = Kind(
    name="n_body",
    meaning="bodies under softened gravity, d2r_i/dt2 = G sum_j m_j (r_j - r_i) / (d_ij^2 + softening^2)^(3/2)",
    layer="series",
    parameters=(
        Parameter("bodies", "", "number of bodies", 2.0, 64.0, partial(always, Constant(3.0)), integer=True),
        MASS,
        _natural("big_g", "constant of gravitation", SMALLEST, LARGEST, 1.0),
        _natural("softening", "softening length", 0.0, LARGEST, 0.05),
        _natural("radius", "radius of the disc or ball that the bodies start in", SMALLEST, LARGEST, 1.0),
        _natural("virial_ratio", "kinetic over potential energy at t = 0; bound below 1", 0.0, 10.0, 0.5),
        _natural("semi_major_axis", "semi-major axis of the relative orbit", SMALLEST, LARGEST, 1.0),
        Parameter("eccentricity", "", "eccentricity", 0.0, 0.99, partial(always, Uniform(0.0, 0.8))),
        Parameter(
            "time_step", "", "shortest step of radau; longest of the others, halved as needed", 0.0, ANY, found=True
        ),
        Parameter(
            "energy_drift", "", "largest |E - E(0)| over the larger of |E(0)| and K(0) / 10", 0.0, ANY, found=True
        ),
        Parameter(
            "position_error",
            "",
            "estimate of radau's largest error, in sizes of the system at t = 0",
            0.0,
            ANY,
            found=True,
        ),
    ),
    forms={
        "random": ("radius", "virial_ratio"),
        "kepler": ("semi_major_axis", "eccentricity"),
        "figure_eight": (),
    },
    form_defaults={
        "kepler": {"bodies": Constant(2.0), "softening": Constant(0.0)},
        "figure_eight": {"bodies": Constant(3.0), "softening": Constant(0.0), "mass": Constant(1.0)},
    },
    sources={
        "": ("plummer1911",),
        "radau": ("everhart1985", "rein2015"),
        "leapfrog": ("hairer2003",),
        "rk4": ("hairer1993",),
        "random": ("aarseth1974",),
        "kepler": ("murray1999",),
        "figure_eight": ("chenciner2000",),
    },
    kernels={
        "radau": "deepbench_fast.kernels.motion.radau:n_body_radau",
        "leapfrog": "deepbench_fast.kernels.motion.n_body:n_body_leapfrog",
        "rk4": "deepbench_fast.kernels.motion.n_body:n_body_rk4",
    },
    dynamics=Dynamics(
        outputs={
            "position": Output("", ("x", "y", "z")),
            "velocity": Output("", ("vx", "vy", "vz")),
            "kinetic": Output(""),
            "potential": Output(""),
            "energy": Output(""),
        },
        default_outputs=("position",),
        solvers=("radau", "leapfrog", "rk4"),
        equations="deepbench_fast.kernels.motion.equations:n_body",
        parts=BODY,
        parts_count="bodies",
        # Beyond 1e-9 rounding decides, and beyond 1e-3 whether a step converges.
        controls={
            "radau": Control(None, 1e-5, 1e-9, 1e-3),
            "leapfrog": Control(0.002, 1e-3, gain=4.0),
            "rk4": Control(0.002, 1e-3, gain=16.0),
        },
        default_dimensions=2,
    ),
    check=_check_n_body,
)
