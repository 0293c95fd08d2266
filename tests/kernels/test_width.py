"""The width of vectors that kernels ask for."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from deepbench_fast.kernels._width import VECTOR_BITS, VECTOR_BITS_VARIABLE
from tests.kernels.keeping import run_script

# Loops of a kernel, and of a function that is inlined into it: compiled for a CPU that need not be this one, so that
# nothing runs. Prints whether some of them work on vectors of 512 bits (what is left over is done in shorter ones).
SCRIPT = """
import re
import llvmlite.binding as llvm
from numba import float32, none
from deepbench_fast.kernels._jit import inline, kernel

@inline
def tripled(x, y):
    for i in range(x.size):
        y[i] = x[i] * y[i] - x[i]

@kernel
def doubled(x, y):
    for i in range(x.size):
        y[i] = x[i] * x[i] - y[i]
    tripled(x, y)

doubled.compile((float32[::1], float32[::1]))
code = doubled.inspect_asm(doubled.signatures[0])
print(re.search("(?:add|sub|mul)p[sd].*%zmm", code) is not None)
"""
# Features that Emerald Rapids has, as far as floating point goes.
AVX512 = "+avx,+avx2,+avx512f,+avx512bw,+avx512cd,+avx512dq,+avx512vl"

x86 = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="widths of x86-64")


def is_wide(directory: Path, cpu: str, bits: str = "") -> bool:
    """Whether loops use vectors of 512 bits on a CPU."""
    environment = {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": AVX512, VECTOR_BITS_VARIABLE: bits}
    return run_script(SCRIPT, directory, **environment).stdout == "True\n"


def is_wide_here(directory: Path) -> bool:
    """The same of this CPU."""
    return run_script(SCRIPT, directory).stdout == "True\n"


@x86
@pytest.mark.parametrize("cpu", sorted(VECTOR_BITS))
def test_cpus_of_the_table_have_its_width_and_not_that_of_llvm(cpu: str, tmp_path: Path) -> None:
    assert VECTOR_BITS[cpu] == 512
    assert is_wide(tmp_path, cpu)
    assert not is_wide(tmp_path, cpu, "0")


@x86
def test_others_keep_the_choice_of_llvm_but_where_the_variable_has_another(tmp_path: Path) -> None:
    assert is_wide(tmp_path, "znver4")
    assert not is_wide(tmp_path, "icelake-server")
    assert not is_wide(tmp_path, "znver4", "256")
    assert is_wide(tmp_path, "icelake-server", "512")
    assert len(list((tmp_path / "kernels").iterdir())) == 4  # a cached kernel belongs to a width
