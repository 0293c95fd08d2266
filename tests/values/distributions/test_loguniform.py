from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats

from deepbench_fast.values.distributions import LogUniform
from tests.values.distributions.laws import check, check_certain, check_many


def make(generator: np.random.Generator) -> tuple[LogUniform, Any]:
    low = float(10 ** generator.uniform(-100, 100))
    law = LogUniform(low, low * (1.0 + 10 ** generator.uniform(-1, 12)))
    return law, scipy.stats.loguniform(law.low, law.high)


def test_against_scipy() -> None:
    check_many(make, moments=1e-6)


def test_a_wide_one() -> None:
    check(LogUniform(1e-150, 1e150), scipy.stats.loguniform(1e-150, 1e150), tolerance=1e-8, moments=1e-7)


def test_equal_bounds() -> None:
    check_certain(LogUniform(2, 2), 2)


@pytest.mark.parametrize("width", [1e-14, 1e-9, 1e-3])
def test_near_bounds_are_those_of_a_uniform(width: float) -> None:
    law = LogUniform(3, 3 * (1 + width))
    assert law.expectation == pytest.approx((law.low + law.high) / 2, rel=width * width + 1e-15)
    assert law.standard_deviation == pytest.approx((law.high - law.low) / np.sqrt(12), rel=width)
    assert law.log_density(np.array([3.0]))[0] == pytest.approx(-np.log(law.high - law.low), abs=width)


@pytest.mark.parametrize("high", [3e250 * (1 + 1e-12), 3e250 * (1 + 1e-6), 1e300])
def test_ranks_give_their_quantiles_back(high: float) -> None:
    """Also between near bounds far from 1, whose logarithms differ in their last digits alone."""
    law, u = LogUniform(3e250, high), np.linspace(0, 1, 11)
    step = np.spacing(high) / (law.high - law.low)
    np.testing.assert_allclose(law.rank(law.quantile(u)), u, rtol=1e-12, atol=4 * step)


def test_quantiles_over_600_orders() -> None:
    law, u = LogUniform(1e-300, 1e300), np.linspace(0, 1, 13)
    np.testing.assert_allclose(law.quantile(u), 10.0 ** np.linspace(-300, 300, 13), rtol=1e-12)
    np.testing.assert_allclose(law.rank(law.quantile(u)), u, rtol=1e-14)


def test_densities_sum_to_one() -> None:
    law = LogUniform(0.2, 5)
    edges = np.linspace(*law.support, 20_001)
    density = np.exp(law.log_density((edges[1:] + edges[:-1]) / 2))
    np.testing.assert_allclose(np.sum(density * np.diff(edges)), 1, rtol=1e-6)
