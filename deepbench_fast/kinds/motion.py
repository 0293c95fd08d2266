"""Systems that move in time: pendulums and bodies that attract each other.

Pendulums are in SI units, their angle is measured from the downward vertical. Bodies are in units of the user's own, in
which `big_g` is the constant of gravitation. The parameters are the state at t = 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from deepbench_fast.kinds.defaults import always
from deepbench_fast.kinds.kind import Control, Dynamics, Kind, Output
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions import Constant, Uniform
from deepbench_fast.values.parameter import Parameter

if TYPE_CHECKING:
    from deepbench_fast.kinds.kind import Setting

Supports = Mapping[str, tuple[float, float]]

STANDARD_GRAVITY = 9.80665
BIG_G = 6.67430e-11
PHI_PLANET = 1.4714e11
STEEPEST = 3.1
FASTEST = 100.0
# Beyond these phases the step rule of the solvers is not known to hold.
LONGEST_PHASE = 2000.0
# Noise on a length or a gravity may leave the valid range, but never come near a system that can't be integrated.
SHORTEST_USED = 1e-3
WEAKEST_USED = 1e-2
ANY = math.inf
LARGEST = 1e30
# What isn't 0 is so large that no square and no cube of it is.
SMALLEST = 1e-30


def _pendulum_parameters(*more: Parameter) -> tuple[Parameter, ...]:
    return (
        Parameter("length", "m", "length", 0.01, 100.0, partial(always, Uniform(1.0, 10.0))),
        Parameter("mass", "kg", "mass", 0.0, 1e3, partial(always, Constant(1.0)), low_open=True),
        Parameter(
            "gravity",
            "m / s2",
            "acceleration of gravity; in the form hierarchical big_g * phi_planet",
            0.1,
            300.0,
            partial(always, Constant(STANDARD_GRAVITY)),
            factors=("big_g", "phi_planet"),
        ),
        Parameter(
            "big_g",
            "m3 / (kg s2)",
            "constant of gravitation (form hierarchical)",
            0.0,
            LARGEST,
            partial(always, Constant(BIG_G)),
            low_open=True,
        ),
        Parameter(
            "phi_planet",
            "kg / m2",
            "mass of the planet over its radius squared (form hierarchical)",
            0.0,
            LARGEST,
            partial(always, Constant(PHI_PLANET)),
            low_open=True,
        ),
        Parameter(
            "angle", "rad", "angle from the downward vertical", -STEEPEST, STEEPEST, partial(always, Uniform(0.1, 1.5))
        ),
        Parameter("velocity", "rad / s", "angular velocity", -FASTEST, FASTEST, partial(always, Constant(0.0))),
        *more,
    )


FORMS = {"direct": ("gravity",), "hierarchical": ("big_g", "phi_planet")}
OUTPUTS = {
    "angle": Output("rad"),
    "velocity": Output("rad / s"),
    "x": Output("m"),
    "y": Output("m"),
    "momentum": Output("kg m2 / s"),
    "force": Output("N m"),
    "kinetic": Output("J"),
    "potential": Output("J"),
    "energy": Output("J"),
}
NOISY = {
    "length": (SHORTEST_USED, ANY),
    "mass": (1e-9, ANY),
    "gravity": (WEAKEST_USED, ANY),
    "big_g": (0.0, ANY),
    "phi_planet": (0.0, ANY),
    "angle": (-STEEPEST, STEEPEST),
    "velocity": (-FASTEST, FASTEST),
}
AT_REST = ("friction", "velocity")


def critical_friction(of: Mapping[str, Any], root: Callable[[Any], Any]) -> Any:
    """2 m L**2 omega0, the friction c from which a pendulum no longer oscillates, of numbers or of arrays."""
    gravity = of["gravity"] if "gravity" in of else of["big_g"] * of["phi_planet"]
    return 2.0 * of["mass"] * of["length"] * root(of["length"] * gravity)


def _check_pendulum(setting: Setting, supports: Supports) -> None:
    gravity = supports["gravity"] if "gravity" in supports else _product(supports["big_g"], supports["phi_planet"])
    if not 0.1 <= gravity[0] <= gravity[1] <= 300.0:
        reach = f"reaches from {gravity[0]:.6g} to {gravity[1]:.6g}"
        raise Invalid(f"times big_g must be from 0.1 to 300 m / s2, but {reach}", ("phi_planet",))
    phase = math.sqrt(gravity[1] / supports["length"][0]) * setting.end
    if phase > LONGEST_PHASE:
        longest = LONGEST_PHASE / phase * setting.end
        raise Invalid(f"too short for a series of {setting.end:g} s: up to {longest:.4g} s", ("length",))
    if "friction" in supports:
        _check_friction(setting, gravity[0], supports)


def _check_friction(setting: Setting, weakest: float, supports: Supports) -> None:
    """Friction must leave an oscillation: c / (m L^2) < 2 omega0."""
    lowest = {"mass": supports["mass"][0], "length": supports["length"][0], "gravity": weakest}
    most = critical_friction(lowest, math.sqrt)
    if supports["friction"][1] >= most:
        raise Invalid(f"must be below 2 m L^2 omega0, which these parameters let be {most:.6g} N m s", ("friction",))
    for name in AT_REST if setting.solver == "exact" else ():
        if supports[name] != (0.0, 0.0):
            raise Invalid(
                "must be 0 with solver exact: it knows pendulums without friction, released from rest", (name,)
            )


def _product(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    return a[0] * b[0], a[1] * b[1]


PENDULUM = Kind(
    name="pendulum",
    meaning="pendulum: theta'' = -(g / L) sin theta - c / (m L^2) theta'",
    layer="series",
    parameters=_pendulum_parameters(
        Parameter("friction", "N m s", "torque per angular velocity, c", 0.0, LARGEST, partial(always, Constant(0.0)))
    ),
    forms=FORMS,
    kernels={
        "rk4": "deepbench_fast.kernels.motion.pendulum:pendulum_rk4",
        "exact": "deepbench_fast.kernels.motion.exact_pendulum:pendulum_exact",
        "small_angle": "deepbench_fast.kernels.motion.small_angle:pendulum_small_angle",
    },
    dynamics=Dynamics(
        OUTPUTS,
        ("x",),
        ("rk4", "exact", "small_angle"),
        {**NOISY, "friction": (0.0, ANY)},
        limits={"friction": critical_friction},
        zeros={"exact": AT_REST},
        time_unit="s",
    ),
    check=_check_pendulum,
)

HAMILTONIAN_PENDULUM = Kind(
    name="hamiltonian_pendulum",
    meaning="pendulum by Hamilton's equations: H = p^2 / (2 m L^2) + m g L (1 - cos q), no friction",
    layer="series",
    parameters=_pendulum_parameters(),
    forms=FORMS,
    kernels={
        "rk4": "deepbench_fast.kernels.motion.pendulum:hamiltonian_rk4",
        "symplectic": "deepbench_fast.kernels.motion.symplectic:hamiltonian_symplectic",
    },
    dynamics=Dynamics(OUTPUTS, ("x",), ("rk4", "symplectic"), NOISY, time_unit="s"),
    check=_check_pendulum,
)

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
        raise Invalid(f"gives {steps:.3g} steps in each series; 1e8 are the most", ("step",))


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
        parts=BODY,
        parts_count="bodies",
        # Beyond 1e-9 rounding decides, and beyond 1e-3 whether a step converges.
        controls={
            "radau": Control(None, 1e-5, 1e-9, 1e-3),
            "leapfrog": Control(0.002, 1e-3),
            "rk4": Control(0.002, 1e-3),
        },
        default_dimensions=2,
    ),
    check=_check_n_body,
)

KINDS = (PENDULUM, HAMILTONIAN_PENDULUM, N_BODY)
