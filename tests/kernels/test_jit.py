"""Compiler flags, the cache of compiled kernels, and the tools that look at machine code."""

from __future__ import annotations

import enum
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
import pytest
from numba.core.caching import FunctionCache

from deepbench_fast.kernels import _cache
from deepbench_fast.kernels._fingerprint import NotReproducibleError, fingerprint
from deepbench_fast.kernels._jit import cache_directory, inline, kernel
from tests.kernels import assembly

SOURCES = Path(_cache.__file__).parent
OFFSET = 3.0


@inline
def shifted(x: float) -> float:
    return x + OFFSET


def double(x: float) -> float:
    return shifted(x) * 2.0


def halve(x: float) -> float:
    return shifted(x) / 2.0


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEEPBENCH_FAST_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "kernels"


def hits(dispatcher: Any) -> int:
    return sum(dispatcher.stats.cache_hits.values())


def kept_files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.glob("*/*") if path.is_file())


def run_script(script: str, cache: Path | str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "DEEPBENCH_FAST_CACHE_DIR": str(cache), **environment},
        capture_output=True,
        text=True,
        check=True,
    )


SCRIPT = """
from deepbench_fast.kernels._jit import cache_directory, inline, kernel

@inline
def shifted(x):
    return x + 3.0

@kernel
def double(x):
    return shifted(x) * 2.0

@kernel
def halve(x):
    return shifted(x) / 2.0

print(double(1.0), halve(1.0), sum(sum(k.stats.cache_hits.values()) for k in (double, halve)), cache_directory())
"""


# ---- between processes


def test_second_process_loads_what_the_first_compiled(tmp_path: Path) -> None:
    first, second = (run_script(SCRIPT, tmp_path) for _ in range(2))
    kept = tmp_path / "kernels"
    assert first.stdout == f"8.0 2.0 0 {kept}\n"
    assert second.stdout == f"8.0 2.0 2 {kept}\n"
    assert first.stderr == second.stderr == ""
    assert len(kept_files(kept)) == 2
    for setting in ({"NUMBA_CPU_NAME": "generic"}, {"NUMBA_OPT": "1"}):
        assert run_script(SCRIPT, tmp_path, **setting).stdout == f"8.0 2.0 0 {kept}\n"
    assert len(list(kept.iterdir())) == 3


def test_processes_that_start_at_once_all_work(tmp_path: Path) -> None:
    environment = {**os.environ, "DEEPBENCH_FAST_CACHE_DIR": str(tmp_path)}
    processes = [
        subprocess.Popen([sys.executable, "-c", SCRIPT], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    outputs = [process.communicate()[0] for process in processes]
    assert all(output.startswith("8.0 2.0 ") for output in outputs)
    assert len(kept_files(tmp_path / "kernels")) == 2


def test_unwritable_directory_is_done_without_and_said_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = run_script(SCRIPT, tmp_path / "file" / "below")
    assert run.stdout == "8.0 2.0 0 None\n"
    assert run.stderr.count("\n") == 1
    assert "can't be kept" in run.stderr
    assert "Not a directory" in run.stderr


def test_unknown_home_is_done_without_and_said_once(tmp_path: Path) -> None:
    unknown_user = """
import pwd

def getpwuid(uid):
    raise KeyError(uid)

pwd.getpwuid = getpwuid
"""
    command = [sys.executable, "-c", unknown_user + SCRIPT]
    run = subprocess.run(command, env={}, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout == "8.0 2.0 0 None\n"
    assert run.stderr.count("\n") == 1
    assert "no home directory" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_missing_home_variable_is_no_hindrance(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={"XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (run.stdout.split()[:3], run.stderr) == (["8.0", "2.0", "0"], "")


def test_plain_python_runs_where_numba_is_switched_off(tmp_path: Path) -> None:
    script = SCRIPT.partition("print")[0] + "print(double(1.0), type(double).__name__)"
    assert run_script(script, tmp_path, NUMBA_DISABLE_JIT="1").stdout == "8.0 function\n"


# `inner` is too long to be inlined, so `outer` refers to it by the name that Numba gives it in this process.
SIBLINGS = """
import sys
from deepbench_fast.kernels._jit import kernel

def inner_of(radius):
    @kernel
    def inner(x):
        total = x
        for i in range(radius):
            total = (total * x + radius) % 1.7
            for j in range(i):
                if total < 1.0 and j % 3 == 1:
                    total = total / (1.0 + x * x) + (total - x) * (total + 0.5) / (total * total + 2.0)
                elif total > 1.5:
                    total = total * 0.25 + (total * total + x) / (3.0 + total * x * x * total)
                else:
                    total = total * 0.75 + radius / (4.0 + total * total)
        return total
    return inner

def outer_of(inner):
    @kernel
    def outer(x):
        total = 0.0
        for i in range(3):
            total += inner(x + i) + inner(x * i) * inner(x + 2 * i)
        return total
    return outer

for radius in map(int, sys.argv[1].split(",")):
    inner_of(radius)(2.0)
outer = outer_of(inner_of(int(sys.argv[2])))
print(outer(2.0) == outer.py_func(2.0), sum(outer.stats.cache_hits.values()))
"""


def test_functions_of_one_maker_keep_apart(tmp_path: Path) -> None:
    def run(before: str, radius: str) -> str:
        command = [sys.executable, "-c", SIBLINGS, before, radius]
        environment = {**os.environ, "DEEPBENCH_FAST_CACHE_DIR": str(tmp_path)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert run("3", "5") == "True 0\n"
    assert run("7,9,11,13", "5") == "True 1\n"


# ---- files


def test_equal_function_is_loaded_and_other_one_is_not(directory: Path) -> None:
    first, again, other = kernel(double), kernel(double), kernel(halve)
    assert (first(1.0), again(1.0), other(1.0)) == (8.0, 8.0, 2.0)
    assert (hits(first), hits(again), hits(other)) == (0, 1, 0)
    assert len(kept_files(directory)) == 2


def truncate(path: Path, other: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def empty(path: Path, other: Path) -> None:
    path.write_bytes(b"")


def flip(path: Path, other: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def swap(path: Path, other: Path) -> None:
    shutil.copy(other, path)


@pytest.mark.parametrize("damage", [truncate, empty, flip, swap])
def test_damaged_file_is_a_miss_and_gets_replaced(directory: Path, damage: Any) -> None:
    kernel(double)(1.0)
    kernel(halve)(1.0)
    path, other = kept_files(directory)
    assert "double" in path.name
    damage(path, other)
    miss, hit = kernel(double), kernel(double)
    assert (miss(1.0), hit(1.0)) == (8.0, 8.0)
    assert (hits(miss), hits(hit)) == (0, 1)


def test_valid_file_that_holds_something_else_is_a_miss(directory: Path) -> None:
    kernel(double)(1.0)
    (path,) = kept_files(directory)
    key = bytes.fromhex(path.name.rpartition("-")[2])
    payload = b"no pickle"
    path.write_bytes(_cache._checksum(key, payload) + payload)
    miss = kernel(double)
    assert (miss(1.0), hits(miss)) == (8.0, 0)


def first_field(table: Any) -> Any:
    return table[0]["x"]


def literal_power(x: float, n: int) -> float:
    numba.literally(n)
    return x**n


def length(pair: Any) -> Any:
    return pair[0] + pair[1].shape[0]


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (first_field, [(np.ones(2, [("sample", "i8"), ("x", "f8")]),), (np.ones(2, [("x", "f4"), ("y", "f4")]),)]),
        (literal_power, [(3.0, 2), (3.0, 4)]),
        (length, [((1, np.zeros(3)),), ((1.5, np.zeros((4, 2), np.float32)),)]),
    ],
)
def test_each_signature_has_a_file(directory: Path, function: Any, arguments: list[tuple[Any, ...]]) -> None:
    for expected_hits in (0, len(arguments)):
        dispatcher = kernel(function)
        for example in arguments:
            assert dispatcher(*example) == function(*example)
        assert hits(dispatcher) == expected_hits
    assert len(kept_files(directory)) == len(arguments)


def test_error_in_kernel_reaches_python_from_the_cache(directory: Path) -> None:
    def positive(x: float) -> float:
        if x < 0.0:
            raise ValueError("negative")
        return x

    kernel(positive)(1.0)
    again = kernel(positive)
    with pytest.raises(ValueError, match="negative"):
        again(-1.0)
    assert hits(again) == 1


def test_old_builds_are_pruned(tmp_path: Path) -> None:
    ages = {
        "a" * 32: 10.0,
        "b" * 32: 20.0,
        "c" * 32: 1e5,
        "d" * 32: 2e5,
        "e" * 32: 3e5,
        "f" * 32: 30.0,
        "not ours": 9e9,
    }
    for name, age in ages.items():
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (0, time.time() - age))
    _cache.prune(tmp_path)
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["a", "b", "c", "f", "n"]
    os.utime(tmp_path / ("c" * 32))
    (tmp_path / ("0" * 32)).mkdir()
    _cache.prune(tmp_path)
    assert len(list(tmp_path.iterdir())) == 6


# ---- what a file depends on


def test_sources_digest_sees_every_file(tmp_path: Path) -> None:
    copy = shutil.copytree(SOURCES, tmp_path / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    original = _cache.sources_digest(copy)
    assert original == _cache.sources_digest(copy)
    seen = {original}
    (copy / "_jit.py").write_text((copy / "_jit.py").read_text() + "\n")
    seen.add(_cache.sources_digest(copy))
    (copy / "astro" / "new.py").touch()
    seen.add(_cache.sources_digest(copy))
    (copy / "astro" / "new.py").rename(copy / "new.py")
    seen.add(_cache.sources_digest(copy))
    assert len(seen) == 4


MODULE = """
import helpers
from deepbench_fast.kernels._jit import inline, kernel

FACTOR = 2.0

@inline
def step(x):
    return x + 1.0

@kernel
def use(x):
    return helpers.near(step(x)) * FACTOR
"""
HELPERS = """
from deepbench_fast.kernels._jit import inline

@inline
def near(x):
    return x - 0.5
"""


def load_module(path: Path, source: str) -> Any:
    path.write_text(source)
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    # Not from bytecode: edits within a second leave its time stamp as it is.
    exec(compile(source, str(path), "exec"), module.__dict__)
    return module


@pytest.mark.parametrize(
    ("old", "new"),
    [("FACTOR = 2.0", "FACTOR = 3.0"), ("x + 1.0", "x + 1.5"), ("* FACTOR", "/ FACTOR"), ("x - 0.5", "x - 0.25")],
)
def test_fingerprint_sees_changes_in_whatever_a_function_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    def of(change: bool) -> str:
        module, helpers = (source.replace(old, new) if change else source for source in (MODULE, HELPERS))
        monkeypatch.setitem(sys.modules, "helpers", load_module(tmp_path / "helpers.py", helpers))
        return fingerprint(load_module(tmp_path / "user.py", module).use.py_func)

    assert of(False) == of(False) != of(True)


def test_fingerprint_is_equal_in_all_processes(tmp_path: Path) -> None:
    script = """
from deepbench_fast.kernels._fingerprint import fingerprint
import numpy as np
TABLE = np.arange(3.0)
def f(x, scale=2.0):
    return TABLE[1] * scale if x in {"one", "two", "three", "four"} else np.sqrt(x)
print(fingerprint(f))
"""
    assert len({run_script(script, tmp_path, PYTHONHASHSEED=seed).stdout for seed in "123"}) == 1


def scaled_by(factor: Any) -> Any:
    def scaled(x: float) -> float:
        return x * factor

    return scaled


def test_closures_differ_by_what_they_hold(directory: Path) -> None:
    values = [2, 2.0, np.float32(2), np.float64(2), (2, 3)[0], True]
    assert len({fingerprint(scaled_by(value)) for value in values}) == len(values) - 1
    first, second, again = (kernel(scaled_by(factor)) for factor in (2.0, 3.0, 2.0))
    assert (first(5.0), second(5.0), again(5.0)) == (10.0, 15.0, 10.0)
    assert (hits(second), hits(again)) == (0, 1)


def test_function_of_an_indescribable_value_is_not_kept(directory: Path) -> None:
    class Weight(enum.IntEnum):
        HEAVY = 7

    function = scaled_by(Weight.HEAVY)
    with pytest.raises(NotReproducibleError):
        fingerprint(function)
    assert kernel(function)(2) == 14
    assert kept_files(directory) == []


# ---- neighbours


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


def test_cache_directory_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEEPBENCH_FAST_CACHE_DIR", str(tmp_path))
    assert cache_directory() == tmp_path / "kernels"
    monkeypatch.delenv("DEEPBENCH_FAST_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert "deepbench-fast" in str(cache_directory())


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
