"""What kernels should know of the machine: how many CPUs this process may use, and how wide their vectors are best."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

VECTOR_BITS: Mapping[str, int] = {"emeraldrapids": 512}
"""Width of vectors by LLVM's name of the CPU, where another than LLVM's choice was measured to be faster.

`python -m benchmarks.widths` measures, and prints the line that belongs here. Bits of samples are the same at any.
"""

VECTOR_BITS_VARIABLE = "DEEPBENCH_FAST_VECTOR_BITS"


@cache
def vector_bits() -> int | None:
    """Width of vectors that kernels ask for: that of the variable DEEPBENCH_FAST_VECTOR_BITS (128, 256, 512; 0: LLVM's
    choice), or else of the table; None leaves it to LLVM."""
    chosen = os.environ.get(VECTOR_BITS_VARIABLE, "")
    if chosen in ("0", "128", "256", "512"):
        return int(chosen) or None
    return VECTOR_BITS.get(compiled_for())


def compiled_for() -> str:
    """LLVM's name of the CPU that Numba compiles for."""
    import llvmlite.binding as llvm
    import numba

    name: str = getattr(numba.config, "CPU_NAME", None) or llvm.get_host_cpu_name()
    return name


def usable_cpus() -> int:
    """CPUs by affinity, and by the quota of the control group (Linux containers), at least 1."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(affinity, _quota())))


def _quota() -> float:
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return int(quota) / int(period)
    except (OSError, ValueError):
        pass
    try:
        quota = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us").read_text(encoding="ascii")
        period = Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us").read_text(encoding="ascii")
        return int(quota) / int(period) if int(quota) > 0 else math.inf
    except (OSError, ValueError):
        return math.inf
