"""Functions that are inlined: nothing is made for Python of what only kernels call, and Python may call them still."""

from __future__ import annotations

import gc
import platform
import re
import sys
from typing import Any

import numba
import numpy as np
import pytest
from numba import types
from numba.extending import overload

from deepbench_fast.kernels._compilers import collector_paused
from deepbench_fast.kernels._jit import inline, kernel, piece
from tests.kernels import assembly
from tests.kernels.keeping import hits


def tripled(x: Any) -> Any:
    return x + x + x


def make() -> tuple[Any, Any]:
    """A function, and a kernel that it is inlined into."""
    helper: Any = inline(tripled)

    @kernel
    def add_tripled(values: Any, out: Any) -> None:
        for i in range(values.size):
            out[i] = helper(values[i]) + np.float32(1.0)

    return helper, add_tripled


def test_what_is_inlined_is_part_of_the_kernel_alone(directory: Any) -> None:
    helper, add = make()
    values, out = np.arange(100, dtype=np.float32), np.empty(100, np.float32)
    add(values, out)
    np.testing.assert_array_equal(out, 3 * values + 1)
    assert assembly.packed(assembly.fresh(add, values, out)) > 0
    assert not helper.overloads  # nothing that Python could call

    cached = make()[1]
    cached(values, out)
    assert hits(cached) == 1


def test_python_calls_it_with_any_types_before_and_after_kernels_do(directory: Any) -> None:
    helper, add = make()
    assert helper(2) == 6
    add(np.ones(3, np.float32), np.empty(3, np.float32))
    assert helper(np.float32(0.5)) == 1.5
    assert helper(2) == 6
    assert len(helper.overloads) == 2


@pytest.mark.parametrize("decorator", [kernel, piece])
def test_a_number_written_out_in_a_call_compiles_nothing_more(directory: Any, decorator: Any) -> None:
    typed: list[tuple[Any, ...]] = []

    def times(a: Any, b: Any) -> Any:
        return a * b

    helper: Any = decorator(times)
    find = helper.get_overload
    helper.get_overload = lambda signature: (typed.append(signature), find(signature))[1]

    @kernel
    def work(n: int) -> int:
        return helper(n, n) + helper(n, 2) * helper(3, n)  # type: ignore[no-any-return]

    assert work(5) == 25 + 10 * 15
    assert set(typed) == {(types.int64, types.int64)}


def test_of_a_kernel_that_others_call_they_hold_the_code_not_inlined(directory: Any) -> None:
    inner: Any = kernel(tripled)

    @inline
    def between(x: int) -> int:
        return inner(x)

    @kernel
    def outer(x: int) -> int:
        return between(x) + between(x + 1)

    assert outer(1) == 3 + 6
    assert not inner.overloads  # compiled once, as a part of `outer`
    [code] = outer.inspect_llvm().values()
    assert "alwaysinline" not in code
    assert inner(2) == 6


def shout(number: int) -> int:
    return number


@overload(shout, strict=False)  # type: ignore[untyped-decorator]
def _shout(number: Any) -> Any:
    def spoken(number: int) -> int:
        print(number)
        return number + 1

    return spoken


def test_what_numba_calls_may_use_python(directory: Any, capfd: pytest.CaptureFixture[str]) -> None:
    @kernel
    def work(n: int) -> int:
        values = np.empty(n, np.int64)  # of Numba's own, that needs none
        values[:] = shout(n)
        return values.sum()  # type: ignore[no-any-return]

    assert work(3) == 12
    assert capfd.readouterr().out == "3\n"


def test_the_collector_is_left_as_it_was() -> None:
    def fail() -> None:
        with collector_paused():
            assert not gc.isenabled()
            with collector_paused():
                pass
            assert not gc.isenabled()
            raise KeyError

    assert gc.isenabled()
    with pytest.raises(KeyError):
        fail()
    assert gc.isenabled()


@pytest.mark.skipif((sys.platform, platform.machine()) != ("linux", "x86_64"), reason="as Numba does it elsewhere")
def test_constants_are_near_code_and_those_of_other_functions_where_numba_has_them(directory: Any) -> None:
    def polynomial(values: Any) -> None:
        for i in range(values.size):
            values[i] = ((values[i] * 3.5 + 1.25) * values[i] + 7.125) * values[i] + 0.375

    far = re.compile(r"movabsq\s+\$\.L?CPI")
    values, theirs = np.linspace(0, 1, 50), np.linspace(0, 1, 50)
    numbas = numba.njit(polynomial)
    for _ in range(2):  # compiled, and kept
        ours: Any = kernel(polynomial)
        code = assembly.fresh(ours, values)
        assert assembly.packed(code) > 0
        assert not far.search(code)
    assert hits(ours) == 1
    ours(values)
    assert far.search(assembly.machine_code(numbas, theirs))
    numbas(theirs)
    np.testing.assert_array_equal(values, theirs)
