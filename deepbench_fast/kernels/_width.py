"""Vectors of the width that is fastest on this CPU, in kernels and in what is inlined into them.

LLVM keeps to 256 bits on CPUs whose makers once lowered the clock for 512. A function says otherwise by the attribute
`prefer-vector-width`, the one that C compilers set for `-mprefer-vector-width`. Functions of others in the same process
are left to LLVM, so Numba's settings are not touched.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache

import llvmlite.binding as llvm
import numba

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
    name: str = getattr(numba.config, "CPU_NAME", None) or llvm.get_host_cpu_name()
    return name
