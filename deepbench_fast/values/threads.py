"""How many threads do the work."""

from __future__ import annotations

from deepbench_fast.kernels.cpus import usable_cpus
from deepbench_fast.values.checks import whole_argument

MOST = 2**16


def threads_of(asked: int | None) -> int:
    """As many as are asked for, or the CPUs that the process may use. Raises UsageError for what is no such number."""
    return usable_cpus() if asked is None else whole_argument("threads", asked, 1, MOST)
