"""What pendulums share: parameters, forms, outputs, and what must hold between them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from deepbench_fast.kinds.defaults import always
from deepbench_fast.kinds.kind import Output
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions import Constant, Uniform
from deepbench_fast.values.number_text import brief
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


def pendulum_parameters(*more: Parameter) -> tuple[Parameter, ...]:
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


def check_pendulum(setting: Setting, supports: Supports) -> None:
    gravity = supports["gravity"] if "gravity" in supports else _product(supports["big_g"], supports["phi_planet"])
    if not 0.1 <= gravity[0] <= gravity[1] <= 300.0:
        reach = f"reaches from {brief(gravity[0], 6)} to {brief(gravity[1], 6)}"
        raise Invalid(f"times big_g must be from 0.1 to 300 m / s2, but {reach}", ("phi_planet",))
    phase = math.sqrt(gravity[1] / supports["length"][0]) * setting.end
    if phase > LONGEST_PHASE:
        longest = LONGEST_PHASE / phase * setting.end
        raise Invalid(f"too short for a series of {brief(setting.end)} s: up to {brief(longest, 4)} s", ("length",))
    if "friction" in supports:
        _check_friction(setting, gravity[0], supports)


def _check_friction(setting: Setting, weakest: float, supports: Supports) -> None:
    """Friction must leave an oscillation: c / (m L^2) < 2 omega0."""
    lowest = {"mass": supports["mass"][0], "length": supports["length"][0], "gravity": weakest}
    most = critical_friction(lowest, math.sqrt)
    if supports["friction"][1] >= most:
        raise Invalid(
            f"must be below 2 m L^2 omega0, which these parameters let be {brief(most, 6)} N m s", ("friction",)
        )
    for name in AT_REST if setting.solver == "exact" else ():
        if supports[name] != (0.0, 0.0):
            raise Invalid(
                "must be 0 with solver exact: it knows pendulums without friction, released from rest", (name,)
            )


def _product(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    return a[0] * b[0], a[1] * b[1]
