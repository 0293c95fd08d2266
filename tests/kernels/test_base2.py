"""Base-2 logarithm and exponential: errors against float64, ends of the domains, packed machine code."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from deepbench_fast.kernels.base2 import exp2f, log2_1pf, log2f
from tests.kernels import assembly
from tests.kernels.loops import loop

Array = npt.NDArray[Any]

LOOPS = {"log2f": loop(log2f), "log2_1pf": loop(log2_1pf), "exp2f": loop(exp2f)}
RNG_SEED = 5


def evaluate(name: str, x: npt.ArrayLike) -> tuple[Array, Array]:
    """The float32 arguments, widened, and the function's values there."""
    argument = np.atleast_1d(np.asarray(x)).astype(np.float32)
    result = np.empty_like(argument)
    LOOPS[name](argument, result)
    return argument.astype(np.float64), result.astype(np.float64)


def test_log2() -> None:
    x, y = evaluate("log2f", 2.0 ** np.random.default_rng(RNG_SEED).uniform(-126, 127, 200_000))
    exact = np.log2(x)
    assert np.max(np.abs(y - exact) / np.maximum(1.0, np.abs(exact))) < 1.8e-7


def test_log2_near_one_is_relatively_accurate() -> None:
    near = np.concatenate([1.0 - 2.0 ** np.linspace(-23, -2, 1000), 1.0 + 2.0 ** np.linspace(-22, -2, 1000)])
    x, y = evaluate("log2f", near)
    np.testing.assert_allclose(y, np.log2(x), rtol=5.5e-7)


@pytest.mark.parametrize("k", [-126, -1, 0, 1, 100])
def test_log2_of_powers_is_exact(k: int) -> None:
    assert evaluate("log2f", 2.0**k)[1] == k


def test_log2_1p_is_relatively_accurate_for_small_and_large() -> None:
    x, y = evaluate("log2_1pf", 2.0 ** np.random.default_rng(RNG_SEED).uniform(-100, 100, 200_000))
    np.testing.assert_allclose(y, np.log1p(x) / np.log(2.0), rtol=5.5e-7)
    assert evaluate("log2_1pf", 0.0)[1] == 0.0


def test_exp2() -> None:
    x, y = evaluate("exp2f", np.random.default_rng(RNG_SEED).uniform(-126.4, 127, 200_000))
    np.testing.assert_allclose(y, 2.0**x, rtol=1.5e-7)


def test_exp2_of_integers_is_exact() -> None:
    x, y = evaluate("exp2f", np.arange(-126, 128))
    np.testing.assert_array_equal(y, 2.0**x)


def test_exp2_is_zero_and_never_subnormal_far_down() -> None:
    _, y = evaluate("exp2f", [-126.6, -127.0, -1e3, -1e30, -np.inf])
    np.testing.assert_array_equal(y, 0.0)
    _, y = evaluate("exp2f", np.linspace(-130, -120, 10_001))
    assert ((y == 0.0) | (y >= np.finfo(np.float32).tiny / 1.5)).all()


@pytest.mark.parametrize("name", sorted(LOOPS))
def test_loops_are_packed_and_unfused(name: str) -> None:
    x = np.ones(64, np.float32)
    code = assembly.fresh(LOOPS[name], x, x.copy())
    assert assembly.packed(code) > 0
    assert assembly.fma(code) == 0
