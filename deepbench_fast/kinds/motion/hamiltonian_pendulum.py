"""Pendulums by Hamilton's equations."""

from __future__ import annotations

from deepbench_fast.kinds.kind import Dynamics, Kind
from deepbench_fast.kinds.motion.parameters import FORMS, NOISY, OUTPUTS, check_pendulum, pendulum_parameters

HAMILTONIAN_PENDULUM = Kind(
    name="hamiltonian_pendulum",
    meaning="pendulum by Hamilton's equations: H = p^2 / (2 m L^2) + m g L (1 - cos q), no friction",
    layer="series",
    parameters=pendulum_parameters(),
    forms=FORMS,
    sources={"": ("goldstein2002",), "rk4": ("hairer1993",), "symplectic": ("yoshida1990",)},
    kernels={
        "rk4": "deepbench_fast.kernels.motion.pendulum:hamiltonian_rk4",
        "symplectic": "deepbench_fast.kernels.motion.symplectic:hamiltonian_symplectic",
    },
    dynamics=Dynamics(
        OUTPUTS,
        ("x",),
        ("rk4", "symplectic"),
        "deepbench_fast.kernels.motion.equations:hamiltonian_pendulum",
        "deepbench_fast.kernels.motion.observables:observe_pendulums",
        NOISY,
        time_unit="s",
    ),
    check=check_pendulum,
)
