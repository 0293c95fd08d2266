"""Densities against SciPy's."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats as st
from deepbench_fast.values.distributions.densities import log_density, log_density_of_product, log_density_of_sum

from deepbench_fast.errors import UsageError
from deepbench_fast.values.distributions import (
    Choice,
    Constant,
    Distribution,
    Grid,
    Integers,
    LogUniform,
    Normal,
    Offset,
    Poisson,
    Uniform,
)

CONTINUOUS: list[tuple[Distribution, object]] = [
    (Uniform(-1, 3), st.uniform(-1, 4)),
    (LogUniform(0.1, 20), st.loguniform(0.1, 20)),
    (LogUniform(1e-200, 1e200), st.loguniform(1e-200, 1e200)),
    (Normal(1, 2), st.norm(1, 2)),
    (Normal(1, 2, 0, 4), st.truncnorm(-0.5, 1.5, 1, 2)),
    (Normal(1, 2, 3), st.truncnorm(1, math.inf, 1, 2)),
    (Normal(1, 2, None, 0), st.truncnorm(-math.inf, -0.5, 1, 2)),
    (Normal(0, 1, 6, 7), st.truncnorm(6, 7)),
    (Normal(0, 1, -7.5, -7), st.truncnorm(-7.5, -7)),
]


def words(value: object) -> str:
    """The same in every process: scipy's objects show their addresses."""
    return str(value) if isinstance(value, Distribution) else "scipy"


@pytest.mark.parametrize(("distribution", "oracle"), CONTINUOUS, ids=words)
def test_continuous(distribution: Distribution, oracle: object) -> None:
    inside = oracle.ppf(np.linspace(0.001, 0.999, 41))  # type: ignore[attr-defined]
    np.testing.assert_allclose(log_density(distribution, inside), oracle.logpdf(inside), rtol=1e-9, atol=1e-9)  # type: ignore[attr-defined]
    low, high = oracle.support()  # type: ignore[attr-defined]
    beyond = np.array([v for v in (low - 1e-9 * max(1, abs(low)), high + 1e-9 * max(1, abs(high))) if math.isfinite(v)])
    assert (log_density(distribution, beyond) == -np.inf).all()
    assert np.isneginf(log_density(distribution, np.array([math.nan, math.inf, -math.inf]))).all()


@pytest.mark.parametrize(
    ("distribution", "oracle"), [(Integers(-2, 4), st.randint(-2, 5)), (Poisson(3.7), st.poisson(3.7))], ids=words
)
def test_whole_numbers(distribution: Distribution, oracle: object) -> None:
    values = np.arange(-5.0, 30.0)
    np.testing.assert_allclose(log_density(distribution, values), oracle.logpmf(values), rtol=1e-12)  # type: ignore[attr-defined]
    assert np.isneginf(log_density(distribution, np.array([0.5, math.nan, math.inf]))).all()


def test_single_values() -> None:
    values = np.array([1.0, 2.0, 3.0, math.nan])
    with np.errstate(divide="ignore"):
        expected = np.log([0.25, 0.75, 0, 0])
    np.testing.assert_allclose(log_density(Choice((1, 2, 3), (1, 3, 0)), values), expected)
    np.testing.assert_allclose(
        log_density(Choice((1, 2, 2)), values[:3]), np.log([1 / 3, 2 / 3, 1e-300]) * [1, 1, np.inf]
    )
    for certain in (Constant(2), Uniform(2, 2), LogUniform(2, 2), Normal(2, 0), Normal(2, 1, 2, 2), Integers(2, 2)):
        assert log_density(certain, values).tolist() == [-math.inf, 0, -math.inf, -math.inf]
    assert log_density(Poisson(0), np.array([0.0, 1.0])).tolist() == [0, -math.inf]


@pytest.mark.parametrize(
    "distribution",
    [
        Uniform(0.5, 3),
        LogUniform(0.2, 5),
        Normal(0, 1, -0.7, 3),
        Normal(0, 1, 0, 2e-6),
        Normal(5, 2, 5 + 1e-6, 5 + 5e-6),
    ],
    ids=str,
)
def test_densities_sum_to_one(distribution: Distribution) -> None:
    low, high = distribution.support
    edges = np.linspace(low, high, 20_001)
    middle = (edges[1:] + edges[:-1]) / 2
    assert np.sum(np.exp(log_density(distribution, middle)) * np.diff(edges)) == pytest.approx(1, rel=1e-3)


def test_large_counts() -> None:
    values = np.array([999_000.0, 1e6, 1_001_000.0])
    np.testing.assert_allclose(log_density(Poisson(1e6), values), st.poisson(1e6).logpmf(values), rtol=1e-7)


def test_what_has_no_density() -> None:
    for distribution in (Grid((1, 2)), Offset("x", Constant(1))):
        with pytest.raises(UsageError, match="has no density"):
            log_density(distribution, np.ones(1))


def test_sums_and_products_of_densities() -> None:
    base, own = np.array([2.0, -4.0, 0.5]), np.array([0.1, 0.2, 0.3])
    np.testing.assert_allclose(log_density_of_sum(Normal(0, 1), base + own, base), st.norm.logpdf(own), rtol=1e-12)
    np.testing.assert_allclose(
        log_density_of_product(Uniform(1, 3), 2 * base, base), np.log(0.5 / np.abs(base)), rtol=1e-12
    )
    zero = np.zeros(2)
    assert log_density_of_product(Uniform(1, 3), np.array([0.0, 1.0]), zero).tolist() == [0, -math.inf]


@pytest.mark.parametrize("part", [Constant(0.1), Choice((0.1, 0.7)), Integers(-3, 9), Poisson(4)], ids=str)
def test_single_values_are_found_in_spite_of_rounding(part: Distribution) -> None:
    generator = np.random.default_rng(1)
    base = generator.uniform(0.1, 100, 2000)
    own = np.full(base.size, 0.1) if isinstance(part, Constant | Choice) else np.full(base.size, 3.0)
    expected = log_density(part, own)
    np.testing.assert_array_equal(log_density_of_sum(part, base + own, base), expected)
    np.testing.assert_array_equal(log_density_of_product(part, base * own, base), expected)
    assert np.isneginf(log_density_of_sum(part, base + own + 1e-6, base)).all()
