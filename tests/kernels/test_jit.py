"""Compiler flags, and the tools that look at machine code."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
import pytest
from numba.core.caching import FunctionCache

from deepbench_fast.kernels._jit import kernel
from tests.kernels import assembly
from tests.kernels.keeping import SCRIPT, double, halve, hits, kept_files, load_module, run_script


def test_plain_python_runs_where_numba_is_switched_off(tmp_path: Path) -> None:
    script = SCRIPT.partition("print")[0] + "print(double(1.0), type(double).__name__)"
    assert run_script(script, tmp_path, NUMBA_DISABLE_JIT="1").stdout == "8.0 function\n"


def settings() -> dict[str, str]:
    return {name: repr(getattr(numba.config, name)) for name in dir(numba.config) if name.isupper()}


def test_numba_is_left_as_it_was(directory: Path, tmp_path: Path) -> None:
    before = settings()
    for _ in range(2):
        kernel(double)(1.0)
    assert settings() == before
    module = load_module(tmp_path / "other.py", "import numba\n@numba.njit(cache=True)\ndef f(x):\n    return x + 1\n")
    assert module.f(1) == 2
    assert type(module.f._cache) is FunctionCache
    assert module.f.stats.cache_path == str(tmp_path / "__pycache__")
    assert len(list((tmp_path / "__pycache__").glob("*.nb[ic]"))) == 2
    assert len(kept_files(directory)) == 1


def test_threads_may_be_first_at_once(directory: Path) -> None:
    for _ in range(2):
        dispatchers = [kernel(double), kernel(halve)]
        barrier = threading.Barrier(8)
        results: list[float] = []

        def call(number: int, dispatchers: Any = dispatchers, barrier: Any = barrier, results: Any = results) -> None:
            barrier.wait()
            results.append(dispatchers[number % 2](1.0) - dispatchers[1 - number % 2](1.0))

        threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results) == [-6.0] * 4 + [6.0] * 4
    assert [hits(dispatcher) for dispatcher in dispatchers] == [1, 1]


# ---- machine code


def flat(x: Any, a: Any) -> None:
    for i in range(x.shape[0]):
        x[i] = x[i] * a + a


def chained(x: Any, a: Any) -> Any:
    total = a
    for i in range(x.shape[0]):
        total = total * a + x[i]
    return total


ARGUMENTS = (np.ones(100, np.float32), np.float32(2.0))


def test_flat_loop_is_packed_and_never_fused() -> None:
    x = ARGUMENTS[0].copy()
    code = assembly.fresh(kernel(flat), x, ARGUMENTS[1])
    assert assembly.packed(code) > 0
    assert assembly.fma(code) == 0
    np.testing.assert_array_equal(x, ARGUMENTS[0])


def test_chain_is_scalar() -> None:
    assert assembly.packed(assembly.fresh(kernel(chained), *ARGUMENTS)) == 0


def test_fresh_shows_code_of_a_kernel_from_the_cache(directory: Path) -> None:
    kernel(flat)(*ARGUMENTS)
    cached = kernel(flat)
    cached(*ARGUMENTS)
    assert hits(cached) == 1
    assert assembly.packed(assembly.fresh(cached, *ARGUMENTS)) > 0


@pytest.mark.skipif(
    not llvm.get_host_cpu_features().get("fma", True) or numba.config.CPU_NAME is not None,
    reason="the CPU has no fused multiply-add",
)
def test_fastmath_twin_is_fused() -> None:
    assert assembly.fma(assembly.machine_code(numba.njit(fastmath=True)(flat), *ARGUMENTS)) > 0
    assert assembly.fma(assembly.machine_code(numba.njit(fastmath={"contract"})(chained), *ARGUMENTS)) > 0


INSTRUCTIONS = """
define {type} @add({type} %a, {type} %b) {{
  %sum = fadd {type} %a, %b
  ret {type} %sum
}}
"""
FUSED_INSTRUCTIONS = """
declare {type} @llvm.fma.{suffix}({type}, {type}, {type})
define {type} @fused({type} %a, {type} %b, {type} %c) {{
  %result = call {type} @llvm.fma.{suffix}({type} %a, {type} %b, {type} %c)
  ret {type} %result
}}
"""


def scaled(x: Any) -> None:
    for i in range(x.size):
        x[i] = x[i] * 2.0 + 1.0


def test_a_kernel_from_the_cache_shows_the_code_that_was_compiled(directory: Path) -> None:
    compiled, kept = kernel(scaled), kernel(scaled)
    codes = [assembly.fresh(dispatcher, np.ones(64)) for dispatcher in (compiled, kept)]
    assert [hits(dispatcher) for dispatcher in (compiled, kept)] == [0, 1]
    codes.append(assembly.machine_code(numba.jit(**compiled.targetoptions)(scaled), np.ones(64)))
    assert len({assembly.packed(code) for code in codes}) == 1
    assert [assembly.packed(code) > 0 for code in codes] == [True] * 3
    assert [assembly.fma(code) for code in codes] == [0] * 3


def machine_code_for(triple: str, cpu: str, instructions: str) -> str:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(triple).create_target_machine(cpu=cpu, opt=3)
    return str(machine.emit_assembly(llvm.parse_assembly(f'target triple = "{triple}"\n{instructions}')))


@pytest.mark.parametrize(
    ("triple", "cpu"),
    [
        ("x86_64-unknown-linux-gnu", "x86-64"),
        ("x86_64-unknown-linux-gnu", "skylake-avx512"),
        ("aarch64-unknown-linux-gnu", "generic"),
        ("arm64-apple-macosx13.0.0", "apple-m1"),
    ],
)
@pytest.mark.parametrize("scalar", ["float", "double"])
def test_instructions_are_told_apart_on(triple: str, cpu: str, scalar: str) -> None:
    lanes, bits = {"float": (4, 32), "double": (2, 64)}[scalar]
    vector = f"<{lanes} x {scalar}>"
    code = [machine_code_for(triple, cpu, INSTRUCTIONS.format(type=kind)) for kind in (scalar, vector)]
    assert [assembly.packed(text) for text in code] == [0, 1]
    assert [assembly.fma(text) for text in code] == [0, 0]
    for kind, suffix in ((scalar, f"f{bits}"), (vector, f"v{lanes}f{bits}")):
        fused = machine_code_for(triple, cpu, FUSED_INSTRUCTIONS.format(type=kind, suffix=suffix))
        assert assembly.fma(fused) >= 1
