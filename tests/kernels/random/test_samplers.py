"""Uniform, normal and Poisson samplers: published values, SciPy, statistics, and the same bits on any CPU."""

from __future__ import annotations

import hashlib
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from deepbench_fast.kernels import elementary, elementary32
from deepbench_fast.kernels._jit import kernel
from deepbench_fast.kernels.random import samplers
from deepbench_fast.kernels.random.philox import philox4x32
from tests.kernels import assembly
from tests.kernels.loops import loop

Array = npt.NDArray[Any]

UNIFORM32 = loop(samplers.uniform32)
UNIFORM52 = loop(samplers.uniform52, arguments=2)
NORMAL_QUANTILE = loop(samplers.normal_quantile)
NORMAL_CDF = loop(samplers.normal_cdf)
POISSON_QUANTILE = loop(samplers.poisson_quantile, arguments=2)
POISSON_EXPANSION = loop(samplers._poisson_expansion, results=2)

MEANS = [1e-3, 0.1, 1.0, 5.0, 9.99, 10.0, 30.0, 99.9, 100.0, 300.0, 1e4, 1e6]

probabilities = st.floats(2.0**-53, 1.0 - 2.0**-53)
means = st.floats(0.0, 6.0).map(lambda exponent: 10.0**exponent - 1.0)


@kernel
def fill_words(stream: np.uint32, result: npt.NDArray[np.uint32]) -> None:
    zero = np.uint32(0)
    for i in range(result.shape[1]):
        result[0, i], result[1, i], result[2, i], result[3, i] = philox4x32(
            np.uint32(i), stream, zero, zero, np.uint32(12345), zero
        )


def words(count: int, stream: int = 0) -> npt.NDArray[np.uint32]:
    result = np.empty((4, count), np.uint32)
    fill_words(np.uint32(stream), result)
    return result


def uniforms(count: int, stream: int = 0) -> Array:
    w0, w1, _, _ = words(count, stream)
    result = np.empty(count)
    UNIFORM52(w0, w1, result)
    return result


def normal_quantile(p: npt.ArrayLike) -> Array:
    p = np.asarray(p, dtype=np.float64)
    result = np.empty_like(p)
    NORMAL_QUANTILE(p, result)
    return result


def normal_cdf(x: npt.ArrayLike) -> Array:
    x = np.asarray(x, dtype=np.float64)
    result = np.empty_like(x)
    NORMAL_CDF(x, result)
    return result


def poisson_quantile(u: npt.ArrayLike, mean: npt.ArrayLike) -> npt.NDArray[np.int64]:
    u, mean = (np.ascontiguousarray(a, dtype=np.float64) for a in np.broadcast_arrays(u, mean))
    result = np.empty(u.shape, np.int64)
    POISSON_QUANTILE(u, mean, result)
    return result


# ---- uniform


def test_uniform32_is_exact_and_open() -> None:
    w = np.array([0, 1, 2**31, 2**32 - 1], np.uint32)
    result = np.empty(4)
    UNIFORM32(w, result)
    np.testing.assert_array_equal(result, [0.5 / 2**32, 1.5 / 2**32, 0.5 + 0.5 / 2**32, 1 - 0.5 / 2**32])


def test_uniform52_is_exact_and_open() -> None:
    w0 = np.array([0, 0, 2**31, 2**32 - 1], np.uint32)
    w1 = np.array([0, 2**6, 63, 2**32 - 1], np.uint32)
    result = np.empty(4)
    UNIFORM52(w0, w1, result)
    np.testing.assert_array_equal(result, [2.0**-53, 3 * 2.0**-53, 0.5 + 2.0**-53, 1 - 2.0**-53])


def test_uniforms_are_uniform() -> None:
    w = words(250_000)
    single = np.empty(w.size)
    UNIFORM32(w.ravel(), single)
    assert stats.kstest(single, "uniform").pvalue > 1e-4
    assert stats.kstest(uniforms(250_000), "uniform").pvalue > 1e-4


# ---- normal


def test_normal_quantiles_of_published_words() -> None:
    """The four words at counter 0, key 0."""
    u = np.empty(4)
    UNIFORM32(np.array(philox4x32(*np.zeros(6, np.uint32)), np.uint32), u)
    expected = [-0.255815970432982, 1.177591239172135, 0.630183656356043, 0.267562249390520]
    np.testing.assert_allclose(normal_quantile(u), expected, rtol=2e-15)


def test_normal_quantile_equals_scipy() -> None:
    generator = np.random.default_rng(1)
    tails = 10.0 ** generator.uniform(-300, 0, 100_000)
    p = np.concatenate([tails, 1.0 - 10.0 ** generator.uniform(-15.9, 0, 100_000), generator.uniform(0, 1, 100_000)])
    np.testing.assert_allclose(normal_quantile(p), special.ndtri(p), rtol=1.5e-15)


def test_normal_quantile_at_the_ends() -> None:
    np.testing.assert_array_equal(normal_quantile([0.0, 0.5, 1.0]), [-np.inf, 0.0, np.inf])


def normal_cdf_in_decimals(x: float) -> float:
    """1/2 + density times x + x^3/3 + x^5/(3 5) + ..., in 400 digits."""
    with localcontext() as context:
        context.prec = 400
        square = Decimal(x) * Decimal(x)
        term = total = Decimal(x)
        n = 1
        while abs(term) > abs(total) * Decimal(10) ** -398:
            n += 2
            term = term * square / n
            total += term
        root_two_pi = (2 * pi_in_decimals()).sqrt()
        return float(Decimal("0.5") + total * (-square / 2).exp() / root_two_pi)


def pi_in_decimals() -> Decimal:
    """Machin's formula."""

    def arctan_of_inverse(n: int) -> Decimal:
        power = total = Decimal(1) / n
        k = 1
        while abs(power) > Decimal(10) ** -402:
            k += 2
            power = -power / (n * n)
            total += power / k
        return total

    return 16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239)


def test_normal_cdf_is_accurate_far_into_the_lower_tail() -> None:
    x = np.concatenate([-np.random.default_rng(2).uniform(0, 37, 40), [-37.0, -5.7, -5.6, -0.68, -0.67, 0.3, 1.0, 4.0]])
    np.testing.assert_allclose(normal_cdf(x), [normal_cdf_in_decimals(value) for value in x], rtol=1.2e-15)


def test_normal_cdf_equals_scipy_on_many_points() -> None:
    x = np.random.default_rng(3).uniform(-37, 9, 200_000)
    lower = 0.5 * special.erfcx(-x / np.sqrt(2)) * np.exp(-(x.astype(np.longdouble) ** 2) / 2).astype(np.float64)
    expected = np.where(x < -1.0, lower, special.ndtr(x))
    np.testing.assert_allclose(normal_cdf(x), expected, rtol=2e-15)


def test_normal_cdf_at_the_ends() -> None:
    np.testing.assert_array_equal(normal_cdf([-np.inf, -50.0, 0.0, 50.0, np.inf]), [0.0, 0.0, 0.5, 1.0, 1.0])


@settings(derandomize=True, deadline=None, database=None)
@given(st.floats(-690.0, -1e-6))
def test_normal_cdf_undoes_normal_quantile(log_p: float) -> None:
    p = float(np.exp(log_p))
    z = samplers.normal_quantile(p)
    assert samplers.normal_cdf(z) == pytest.approx(p, rel=2e-15 * (1.0 + z * z))


@settings(derandomize=True, deadline=None, database=None)
@given(probabilities, st.floats(0.0, 0.1))
def test_normal_quantile_and_cdf_never_decrease(p: float, step: float) -> None:
    higher = min(p * (1.0 + 1e-13) + step, 1.0 - 2.0**-53)
    if higher > p * (1.0 + 1e-14):
        z, above = samplers.normal_quantile(p), samplers.normal_quantile(higher)
        assert z <= above
        if above - z > 1e-12:
            assert samplers.normal_cdf(z) <= samplers.normal_cdf(above)


def test_normal_draws_are_normal() -> None:
    z = normal_quantile(uniforms(1_000_000, stream=1))
    assert stats.kstest(z, "norm").pvalue > 1e-4
    moments = np.array([z.mean(), (z**2).mean() - 1, (z**3).mean(), (z**4).mean() - 3]) * 1000
    assert np.all(np.abs(moments / np.sqrt([1, 2, 15, 96])) < 4)


# ---- Poisson


@pytest.mark.parametrize("mean", MEANS)
def test_poisson_quantile_equals_scipy(mean: float) -> None:
    generator = np.random.default_rng(4)
    tails = 10.0 ** generator.uniform(-11, -2, 3_000)
    u = np.concatenate([generator.uniform(0, 1, 20_000), tails, 1.0 - tails])
    expected = stats.poisson.ppf(u, mean)
    step_below = np.where(expected > 0, special.pdtr(np.maximum(expected - 1, 0), mean), 0.0)
    clear = np.minimum(u - step_below, special.pdtr(expected, mean) - u) > 1e-12
    assert clear.mean() > 0.95
    np.testing.assert_array_equal(poisson_quantile(u, mean)[clear], expected[clear])


def test_poisson_quantile_equals_scipy_for_drawn_means() -> None:
    generator = np.random.default_rng(5)
    u, mean = generator.uniform(1e-6, 1 - 1e-6, 50_000), 10.0 ** generator.uniform(-3, 6, 50_000)
    np.testing.assert_array_equal(poisson_quantile(u, mean), stats.poisson.ppf(u, mean))


@pytest.mark.parametrize("mean", [100.0, 1e4, 1e6])
def test_poisson_quantile_counts_down_from_the_upper_tail(mean: float) -> None:
    tail = np.arange(1, 200) * 2.0**-53
    k = np.floor(mean + 6 * np.sqrt(mean)) + np.arange(6 * np.sqrt(mean))
    expected = k[np.argmax(special.pdtrc(k, mean) <= tail[:, None], axis=1)]
    np.testing.assert_array_equal(poisson_quantile(1.0 - tail, mean), expected)


@pytest.mark.parametrize("mean", [100.0, 137.7, 1e4, 1e6])
def test_poisson_tails_are_accurate(mean: float) -> None:
    for deviate in (-7.5, -4.0, -2.0, -0.5, 0.5, 2.0, 4.0, 7.5):
        k = float(np.floor(mean + deviate * np.sqrt(mean)))
        tail = special.pdtr(k, mean) if k + 1 < mean else special.pdtrc(k, mean)
        assert samplers._poisson_smaller_tail(k, mean) == pytest.approx(tail, rel=1e-12)


def test_poisson_expansion_stays_within_its_bound() -> None:
    generator = np.random.default_rng(6)
    for mean in [10.0, 10.5, 13.0, 20.0, 99.0, 1e3, 1e5, 1e6]:
        k = np.unique(np.floor(mean + np.sqrt(mean) * generator.uniform(-3, 3, 500)))
        w = special.ndtri(special.pdtr(k, mean))
        inside = np.abs(w) < 3
        for count, deviate in zip(k[inside], w[inside], strict=True):
            x, bound = samplers._poisson_expansion(deviate, mean)
            assert abs(x - (count + 1)) < bound + 1e-13 * mean


@pytest.mark.parametrize("mean", [0.3, 5.0, 9.99, 10.0, 50.0, 100.0, 1e4, 1e6])
def test_poisson_quantile_never_decreases(mean: float) -> None:
    generator = np.random.default_rng(7)
    tails = 10.0 ** generator.uniform(-16, -2, 5_000)
    around_steps = special.pdtr(np.arange(max(mean - 20, 0), mean + 20), mean)[:, None] + np.arange(-20, 20) * 2.0**-53
    u = np.sort(np.concatenate([generator.uniform(0, 1, 20_000), tails, 1 - tails, around_steps.ravel()]))
    assert np.all(np.diff(poisson_quantile(u, mean)) >= 0)


@settings(derandomize=True, deadline=None, database=None)
@given(probabilities, probabilities, means)
def test_poisson_quantile_is_monotone_in_u(u: float, other: float, mean: float) -> None:
    low, high = sorted((u, other))
    assert samplers.poisson_quantile(low, mean) <= samplers.poisson_quantile(high, mean)


def test_poisson_quantile_at_the_ends() -> None:
    inf, nan = np.inf, np.nan
    np.testing.assert_array_equal(poisson_quantile(0.3, [0.0, -1.0, nan, 1e-300]), 0)
    np.testing.assert_array_equal(poisson_quantile([0.0, -1.0, nan], 5.0), 0)
    highest = poisson_quantile(1.0, [1e-300, 5.0, 50.0, 1e3, 1e9])
    np.testing.assert_array_equal(highest, poisson_quantile(1.0 - 2.0**-53, [1e-300, 5.0, 50.0, 1e3, 1e9]))
    assert np.all(highest < np.array([2, 50, 130, 1300, 1.001e9]))
    np.testing.assert_allclose(poisson_quantile(0.5, [2e9, 1e12, 1e300, inf]), [2e9, 1e12, 2.0**50, 2.0**50], rtol=1e-9)


def test_poisson_quantile_is_continuous_where_methods_meet() -> None:
    u = np.random.default_rng(8).uniform(0, 1, 5_000)
    for mean in (10.0, 100.0, 1e9):
        jump = poisson_quantile(u, mean * (1 + 1e-12)) - poisson_quantile(u, mean * (1 - 1e-12))
        assert np.count_nonzero(jump) <= 1 + 5_000 * 1e-2 * (mean == 1e9)
        assert np.abs(jump).max() <= 1


@pytest.mark.parametrize("mean", [0.1, 1.0, 5.0, 9.99, 10.0, 30.0, 100.0, 1e4])
def test_poisson_draws_follow_the_distribution(mean: float) -> None:
    draws = poisson_quantile(uniforms(200_000, stream=2), mean)
    edges = np.unique(stats.poisson.ppf(np.linspace(0.001, 0.999, 60), mean))
    probability = np.diff(np.concatenate([[0.0], special.pdtr(edges, mean), [1.0]]))
    counts = np.bincount(np.searchsorted(edges, draws), minlength=probability.size)
    enough = probability * draws.size > 5
    expected = np.append(probability[enough], probability[~enough].sum()) * draws.size
    observed = np.append(counts[enough], counts[~enough].sum())
    positive = expected > 0
    assert stats.chisquare(observed[positive], expected[positive], sum_check=False).pvalue > 1e-4


# ---- machine code and portability


@pytest.mark.parametrize(
    ("compiled", "arguments"),
    [
        (UNIFORM32, (np.ones(64, np.uint32), np.ones(64))),
        (UNIFORM52, (np.ones(64, np.uint32), np.ones(64, np.uint32), np.ones(64))),
    ],
    ids=["uniform32", "uniform52"],
)
def test_uniforms_compile_to_packed_code(compiled: Any, arguments: tuple[Array, ...]) -> None:
    assert assembly.packed(assembly.fresh(compiled, *arguments)) > 0


@pytest.mark.parametrize(
    ("compiled", "results"),
    [(NORMAL_QUANTILE, np.ones(64)), (NORMAL_CDF, np.ones(64)), (POISSON_QUANTILE, np.ones(64, np.int64))],
    ids=["normal_quantile", "normal_cdf", "poisson_quantile"],
)
def test_samplers_compile_without_fused_operations_or_library_calls(compiled: Any, results: Array) -> None:
    arguments = [np.full(64, 0.5)] * (2 if compiled is POISSON_QUANTILE else 1)
    code = assembly.fresh(compiled, *arguments, results)
    assert assembly.fma(code) == 0
    for name in ("exp", "log", "sqrt", "floor", "pow"):
        assert f"${name}" not in code
        assert f"\t{name}@" not in code


def fingerprint() -> str:
    """A hash of the bits of every elementary function and sampler over one set of arguments."""
    digest = hashlib.sha256()
    u = uniforms(2_000, stream=3)
    wide = np.exp(np.round((u - 0.5) * 100.0))
    angle = (u - 0.5) * 2e4
    for name, x in {"exp": angle / 20, "log": wide, "sin": angle, "cos": angle, "atan": wide, "floor": angle}.items():
        result = np.empty_like(x)
        loop(getattr(elementary, name))(x, result)
        digest.update(result.tobytes())
    for name, y in {"atan2": angle[::-1].copy(), "pow": (u[::-1] - 0.5) * 10}.items():
        result = np.empty_like(u)
        loop(getattr(elementary, name), arguments=2)(wide if name == "pow" else angle, y, result)
        digest.update(result.tobytes())
    for name, x in {"expf": angle / 200, "logf": wide, "atanf": wide, "floorf": angle}.items():
        narrow = np.empty(x.size, np.float32)
        loop(getattr(elementary32, name))(x.astype(np.float32), narrow)
        digest.update(narrow.tobytes())
    sine, cosine = np.empty((2, u.size), np.float32)
    loop(elementary32.sincosf, results=2)((angle / 10).astype(np.float32), sine, cosine)
    for values in (sine, cosine, u, normal_quantile(u), normal_quantile(u**30), normal_cdf(angle / 300)):
        digest.update(values.tobytes())
    for mean in (3.0, 30.0, 300.0, 1e5):
        digest.update(poisson_quantile(u, mean).tobytes())
    return digest.hexdigest()
