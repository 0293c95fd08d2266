"""The float64 functions: published bits, errors against extended precision, special values, and packed machine code."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast.kernels import elementary
from tests.kernels import assembly
from tests.kernels.loops import loop, ulp_error

Array = npt.NDArray[Any]

needs_extended = pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="long double is no wider than double")

UNARY = {name: loop(getattr(elementary, name)) for name in ("exp", "log", "sin", "cos", "atan", "floor")}
BINARY = {name: loop(getattr(elementary, name), arguments=2) for name in ("atan2", "pow")}


def evaluate(name: str, *arguments: npt.ArrayLike) -> Array:
    """A function of `elementary` over arrays."""
    columns = [np.atleast_1d(np.asarray(argument, dtype=np.float64)) for argument in arguments]
    result = np.empty_like(columns[0])
    (UNARY | BINARY)[name](*columns, result)
    return result


def sha256(values: Array) -> str:
    return hashlib.sha256(values.astype(values.dtype.newbyteorder("<")).tobytes()).hexdigest()[:32]


def test_exp_has_the_published_bits() -> None:
    assert sha256(evaluate("exp", (np.arange(100_001) - 50_000) * 0.013671875)) == "3524d47b9ff1b74f1dc5c6f0fb9ddf7f"
    assert evaluate("exp", 1.0).view(np.int64)[0] == 0x4005BF0A8B14576A
    assert evaluate("exp", -20.5)[0] == 1.2501528663867426e-09


def test_log_has_the_published_bits() -> None:
    assert sha256(evaluate("log", (1 + np.arange(100_000)) / 1024)) == "dbed4a3563905c1178ecaca82d744b36"
    assert evaluate("log", 10.0)[0] == 2.302585092994046


def test_bits_of_the_other_functions_never_change() -> None:
    steps = np.arange(20_001) - 10_000.0
    assert sha256(evaluate("sin", steps * 0.25)) == "f2347f04969b6dbf0e437742f6a3346c"
    assert sha256(evaluate("cos", steps * 0.25)) == "f6d2d013ca7b505d340354ac14be4243"
    assert sha256(evaluate("atan", steps / 1024)) == "32a66ef709787d92c3f8d1500a3aa9d5"


@needs_extended
@pytest.mark.parametrize(
    ("name", "low", "high", "limit"),
    [
        ("exp", -700.0, 700.0, 0.88),
        ("exp", -1.0, 1.0, 0.88),
        ("log", 1e-300, 1e300, 0.73),
        ("log", 0.3, 4.0, 0.83),
        ("sin", -1e5, 1e5, 0.78),
        ("cos", -1e5, 1e5, 0.78),
        ("sin", -4.0, 4.0, 0.78),
        ("cos", -4.0, 4.0, 0.78),
        ("atan", -8.0, 8.0, 0.84),
        ("atan", -1.0, 1.0, 0.84),
    ],
)
def test_errors_stay_below_the_documented_ulp(name: str, low: float, high: float, limit: float) -> None:
    generator = np.random.default_rng(1)
    wide = low > 0.0 and high / low > 100.0
    x = np.exp(generator.uniform(np.log(low), np.log(high), 200_000)) if wide else generator.uniform(low, high, 200_000)
    exact = getattr(np, {"atan": "arctan"}.get(name, name))(x.astype(np.longdouble))
    assert ulp_error(evaluate(name, x), exact) < limit


@needs_extended
def test_atan2_is_accurate_in_every_quadrant() -> None:
    generator = np.random.default_rng(3)
    y, x = generator.normal(size=(2, 200_000)) * 10.0 ** generator.uniform(-6, 6, (2, 200_000))
    exact = np.arctan2(y.astype(np.longdouble), x.astype(np.longdouble))
    assert ulp_error(evaluate("atan2", y, x), exact) < 1.5


@needs_extended
def test_pow_error_grows_with_the_size_of_the_exponent() -> None:
    generator = np.random.default_rng(4)
    x, y = 10.0 ** generator.uniform(-6, 6, 200_000), generator.uniform(-8, 8, 200_000)
    exact = x.astype(np.longdouble) ** y
    relative = np.abs(evaluate("pow", x, y) / exact - 1)
    assert np.max(relative / (1 + np.abs(y * np.log(x)))) < 2.5e-16


def test_special_values() -> None:
    inf, nan = np.inf, np.nan
    exp = evaluate("exp", [0.0, -0.0, -708.0, -708.1, -inf, 709.7, 709.75, inf, 1e300, -1e300, nan])
    np.testing.assert_array_equal(exp[[0, 1, 3, 4, 6, 7, 8, 9, 10]], [1, 1, 0, 0, inf, inf, inf, 0, nan])
    np.testing.assert_allclose(exp[[2, 5]], [math.exp(-708.0), math.exp(709.7)], rtol=2e-16)
    np.testing.assert_array_equal(evaluate("log", [1.0, 2.0**-1022]), [0.0, -1022 * math.log(2)])
    np.testing.assert_array_equal(evaluate("atan", [inf, -inf, 0.0, nan]), [np.pi / 2, -np.pi / 2, 0.0, nan])
    np.testing.assert_array_equal(evaluate("cos", [0.0, -0.0]), [1.0, 1.0])
    for name in ("sin", "atan"):
        np.testing.assert_array_equal(np.signbit(evaluate(name, [0.0, -0.0])), [False, True])
    np.testing.assert_array_equal(evaluate("pow", [7.0, 1.0, 2.0], [0.0, 1e9, 1.0]), [1.0, 1.0, 2.0])


def test_atan2_on_axes_zeros_and_infinities() -> None:
    values = [0.0, -0.0, 1.0, -1.0, 1e-300, -1e-300, 1e300, -1e300, np.inf, -np.inf]
    y, x = (grid.ravel() for grid in np.meshgrid(values, values))
    exact = np.array([math.atan2(*point) for point in zip(y, x, strict=True)])
    result = evaluate("atan2", y, x)
    np.testing.assert_array_equal(result, exact)
    np.testing.assert_array_equal(np.signbit(result), np.signbit(exact))


@settings(derandomize=True, deadline=None, database=None)
@given(st.floats(-1e12, 1e12))
def test_floor_is_the_integer_below(x: float) -> None:
    assert elementary.floor(x) == math.floor(x)


@settings(derandomize=True, deadline=None, database=None)
@given(st.floats(-1e5, 1e5))
def test_sine_and_cosine_lie_on_the_circle(x: float) -> None:
    sine, cosine = elementary.sincos(x)
    assert abs(sine * sine + cosine * cosine - 1.0) < 4e-16
    assert elementary.sincos(-x) == (-sine, cosine)
    assert elementary.atan2(sine, cosine) == pytest.approx(math.atan2(math.sin(x), math.cos(x)), abs=1e-15)


@settings(derandomize=True, deadline=None, database=None)
@given(st.floats(-700.0, 700.0))
def test_log_undoes_exp(x: float) -> None:
    assert elementary.log(elementary.exp(x)) == pytest.approx(x, rel=3e-16, abs=3e-16)


@settings(derandomize=True, deadline=None, database=None)
@given(st.floats(-709.0, 709.0), st.floats(1e-12, 1.0))
def test_exp_and_log_never_decrease(x: float, step: float) -> None:
    step = max(step, abs(x) * 1e-12)
    assert elementary.exp(x) <= elementary.exp(min(x + step, 710.0))
    argument = math.exp(x)
    assert elementary.log(argument) <= elementary.log(argument * (1.0 + step))


@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_a_single_value_has_the_bits_of_the_packed_loop(name: str) -> None:
    columns = 10.0 ** np.random.default_rng(5).uniform(-3, 2, (1 if name in UNARY else 2, 101))
    function = getattr(elementary, name)
    singly = np.array([function(*values) for values in columns.T])
    np.testing.assert_array_equal(evaluate(name, *columns).view(np.int64), singly.view(np.int64))


@pytest.mark.parametrize(("name", "compiled"), (UNARY | BINARY).items())
def test_loops_compile_to_packed_code_without_fused_operations(name: str, compiled: Any) -> None:
    code = assembly.fresh(compiled, *[np.ones(64)] * (2 if name in UNARY else 3))
    assert assembly.packed(code) > 0
    assert assembly.fma(code) == 0


def test_sincos_compiles_to_packed_code_without_fused_operations() -> None:
    code = assembly.fresh(loop(elementary.sincos, results=2), *[np.ones(64)] * 3)
    assert assembly.packed(code) > 0
    assert assembly.fma(code) == 0
