"""The float32 functions: fixed bits, errors against float64, special values, and packed machine code."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast.kernels import elementary32
from tests.kernels import assembly
from tests.kernels.loops import loop, ulp_error

Array = npt.NDArray[Any]

UNARY = {name: loop(getattr(elementary32, name)) for name in ("expf", "logf", "atanf", "floorf")}
SINCOS = loop(elementary32.sincosf, results=2)

F = np.float32
float32s = st.floats(-3000.0, 3000.0, width=32)


def evaluate(name: str, x: npt.ArrayLike) -> Array:
    """A function of `elementary32` over an array."""
    argument = np.atleast_1d(np.asarray(x, dtype=np.float32))
    result = np.empty_like(argument)
    UNARY[name](argument, result)
    return result


def sincos(x: npt.ArrayLike) -> tuple[Array, Array]:
    argument = np.asarray(x, dtype=np.float32)
    sine, cosine = np.empty_like(argument), np.empty_like(argument)
    SINCOS(argument, sine, cosine)
    return sine, cosine


def sha256(values: Array) -> str:
    return hashlib.sha256(values.astype(values.dtype.newbyteorder("<")).tobytes()).hexdigest()[:32]


def test_bits_never_change() -> None:
    steps = np.arange(20_001, dtype=np.float64)
    sine, cosine = sincos((steps - 10_000) * 0.25)
    assert {
        "expf": sha256(evaluate("expf", (steps - 10_000) * 0.008544921875)),
        "logf": sha256(evaluate("logf", (steps + 1) / 1024)),
        "atanf": sha256(evaluate("atanf", (steps - 10_000) / 1024)),
        "sinf": sha256(sine),
        "cosf": sha256(cosine),
    } == {
        "expf": "1056ad2d5c6edcc907c483251f7bc820",
        "logf": "14339d60805fcf72cce9fb3672d358de",
        "atanf": "9e29f9822ea570cb619c601f4d752d27",
        "sinf": "a47979568f2e38e8d5e2ee4017484219",
        "cosf": "5197dba689f5a9e80486cbb11223855a",
    }


@pytest.mark.parametrize(
    ("name", "low", "high", "limit"),
    [
        ("expf", -87.0, 88.7, 0.98),
        ("expf", -1.0, 1.0, 0.98),
        ("logf", 1e-37, 1e37, 0.76),
        ("logf", 0.3, 4.0, 0.8),
        ("atanf", -8.0, 8.0, 2.9),
        ("atanf", -1.0, 1.0, 2.9),
    ],
)
def test_errors_stay_below_the_documented_ulp(name: str, low: float, high: float, limit: float) -> None:
    generator = np.random.default_rng(1)
    wide = low > 0.0 and high / low > 100.0
    x = np.exp(generator.uniform(np.log(low), np.log(high), 200_000)) if wide else generator.uniform(low, high, 200_000)
    x = x.astype(np.float32)
    exact = getattr(np, {"atanf": "arctan"}.get(name, name[:-1]))(x.astype(np.float64))
    assert ulp_error(evaluate(name, x), exact) < limit


@pytest.mark.parametrize("reach", [4.0, 3000.0])
def test_sine_and_cosine_are_accurate(reach: float) -> None:
    x = np.random.default_rng(2).uniform(-reach, reach, 200_000).astype(np.float32)
    for result, exact in zip(sincos(x), (np.sin(x.astype(np.float64)), np.cos(x.astype(np.float64))), strict=True):
        assert np.max(np.abs(result - exact)) < 8e-8
        large = np.abs(exact) > 0.05
        assert ulp_error(result[large], exact[large]) < 1.6


def test_special_values() -> None:
    inf, nan = np.inf, np.nan
    exp = evaluate("expf", [0.0, -0.0, -87.0, -87.1, -inf, 88.7, 88.71, inf, 1e30, -1e30, nan])
    np.testing.assert_array_equal(exp[[0, 1, 3, 4, 6, 7, 8, 9, 10]], [1, 1, 0, 0, inf, inf, inf, 0, nan])
    np.testing.assert_allclose(exp[[2, 5]], [math.exp(-87.0), math.exp(F(88.7))], rtol=1e-7)
    np.testing.assert_array_equal(evaluate("logf", [1.0, 2.0**-126]), [0.0, F(-126 * math.log(2))])
    np.testing.assert_array_equal(evaluate("atanf", [inf, -inf, 0.0, nan]), [F(np.pi / 2), -F(np.pi / 2), 0.0, nan])
    np.testing.assert_array_equal(np.signbit(evaluate("atanf", [0.0, -0.0])), [False, True])
    sine, cosine = sincos([0.0, -0.0])
    np.testing.assert_array_equal(sine, [0.0, 0.0])
    np.testing.assert_array_equal(cosine, [1.0, 1.0])


@settings(derandomize=True, deadline=None, database=None)
@given(st.floats(-(2.0**21), 2.0**21, width=32))
def test_floorf_is_the_integer_below(x: float) -> None:
    assert elementary32.floorf(F(x)) == math.floor(x)


@settings(derandomize=True, deadline=None, database=None)
@given(float32s)
def test_sine_and_cosine_lie_on_the_circle(x: float) -> None:
    sine, cosine = elementary32.sincosf(F(x))
    assert abs(float(sine) ** 2 + float(cosine) ** 2 - 1.0) < 4e-7
    assert elementary32.sincosf(F(-x)) == pytest.approx((-sine, cosine), abs=1.2e-7)


@settings(derandomize=True, deadline=None, database=None)
@given(st.floats(-86.0, 86.0, width=32))
def test_logf_undoes_expf(x: float) -> None:
    assert elementary32.logf(elementary32.expf(F(x))) == pytest.approx(x, rel=1.5e-7, abs=1.5e-7)


def test_results_are_float32_and_a_single_value_has_the_bits_of_the_packed_loop() -> None:
    x = (10.0 ** np.random.default_rng(5).uniform(-3, 1.5, 101)).astype(np.float32)
    for name in UNARY:
        singly = [F(getattr(elementary32, name)(value)) for value in x]
        np.testing.assert_array_equal(evaluate(name, x), singly)
    np.testing.assert_array_equal(np.transpose(sincos(x)), [elementary32.sincosf(value) for value in x])


@pytest.mark.parametrize("compiled", [*UNARY.values(), SINCOS], ids=[*UNARY, "sincosf"])
def test_loops_stay_in_float32_packed_and_without_fused_operations(compiled: Any) -> None:
    code = assembly.fresh(compiled, *[np.ones(64, np.float32)] * (3 if compiled is SINCOS else 2))
    assert assembly.packed(code) > 0
    assert assembly.fma(code) == 0
    assert "pd\t" not in code
