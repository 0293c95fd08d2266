"""Pendulums with friction."""

from __future__ import annotations

from functools import partial

from deepbench_fast.kinds.defaults import always
from deepbench_fast.kinds.kind import Dynamics, Kind
from deepbench_fast.kinds.motion.parameters import (
    ANY,
    AT_REST,
    FORMS,
    LARGEST,
    NOISY,
    OUTPUTS,
    check_pendulum,
    critical_friction,
    pendulum_parameters,
)
from deepbench_fast.values.distributions import Constant
from deepbench_fast.values.parameter import Parameter

PENDULUM = Kind(
    name="pendulum",
    meaning="pendulum: theta'' = -(g / L) sin theta - c / (m L^2) theta'",
    layer="series",
    parameters=pendulum_parameters(
        Parameter("friction", "N m s", "torque per angular velocity, c", 0.0, LARGEST, partial(always, Constant(0.0)))
    ),
    forms=FORMS,
    sources={"rk4": ("hairer1993",), "small_angle": ("landau1976",)},
    kernels={
        "rk4": "deepbench_fast.kernels.motion.pendulum:pendulum_rk4",
        "exact": "deepbench_fast.kernels.motion.exact_pendulum:pendulum_exact",
        "small_angle": "deepbench_fast.kernels.motion.small_angle:pendulum_small_angle",
    },
    dynamics=Dynamics(
        OUTPUTS,
        ("x",),
        ("rk4", "exact", "small_angle"),
        "deepbench_fast.kernels.motion.equations:pendulum",
        "deepbench_fast.kernels.motion.observables:observe_pendulums",
        {**NOISY, "friction": (0.0, ANY)},
        limits={"friction": critical_friction},
        zeros={"exact": AT_REST},
        time_unit="s",
    ),
    check=check_pendulum,
)
