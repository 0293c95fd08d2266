"""Systems that move in time: pendulums and bodies that attract each other.

Pendulums are in SI units, their angle is measured from the downward vertical. Bodies are in units of the user's own, in
which `big_g` is the constant of gravitation. The parameters are the state at t = 0.
"""

from __future__ import annotations

from deepbench_fast.kinds.motion.hamiltonian_pendulum import HAMILTONIAN_PENDULUM
from deepbench_fast.kinds.motion.n_body import N_BODY
from deepbench_fast.kinds.motion.pendulum import PENDULUM

KINDS = (PENDULUM, HAMILTONIAN_PENDULUM, N_BODY)
