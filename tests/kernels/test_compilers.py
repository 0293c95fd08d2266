"""Functions that are inlined: nothing is made for Python of what only kernels call, and Python may call them still."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

from deepbench_fast.kernels._compilers import collector_paused
from deepbench_fast.kernels._jit import inline, kernel
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
