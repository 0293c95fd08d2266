from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.stats

from deepbench_fast.values.distributions import Normal
from deepbench_fast.values.distributions.normal import NORMAL_REACH
from tests.values.distributions.laws import ENDS, check, check_certain, check_many


def truncated(law: Normal) -> Any:
    low, high = ((bound - law.mean) / law.sigma for bound in law.bounds)
    return scipy.stats.truncnorm(low, high, law.mean, law.sigma)


def make(generator: np.random.Generator) -> tuple[Normal, Any]:
    mean, sigma = generator.normal() * 10 ** generator.uniform(-3, 3), 10 ** generator.uniform(-3, 3)
    a = generator.uniform(-7, 7)
    b = a + generator.uniform(0.3, 9)
    if b < -7:
        b = -6.5
    bounds = mean + sigma * a, mean + sigma * b
    law = Normal(mean, sigma, *((None, None), (bounds[0], None), (None, bounds[1]), bounds)[generator.integers(4)])
    return law, truncated(law) if any(map(math.isfinite, law.bounds)) else scipy.stats.norm(mean, sigma)


def test_against_scipy() -> None:
    check_many(make, tolerance=1e-8, moments=1e-6)


@pytest.mark.parametrize("bounds", [(6, 7), (-7.5, -7), (0, 4), (1, None), (None, -1), (8, None), (None, -8)])
def test_tails(bounds: tuple[float | None, float | None]) -> None:
    law = Normal(0, 1, *bounds)
    check(law, truncated(law), tolerance=1e-8, moments=1e-5)


@pytest.mark.parametrize("law", [Normal(2, 0), Normal(2, 1, 2, 2), Normal(2, 0, 1, 3), Normal(2, 0, 2, 2)], ids=str)
def test_it_can_be_certain(law: Normal) -> None:
    check_certain(law, 2)


@pytest.mark.parametrize(
    "law",
    [Normal(0, 1, -0.7, 3), Normal(0, 1, 0, 2e-6), Normal(5, 2, 5 + 1e-6, 5 + 5e-6), Normal(0, 1, 7, 7 + 1e-4)],
    ids=str,
)
def test_densities_sum_to_one(law: Normal) -> None:
    low, high = law.support
    edges = np.linspace(low, high, 20_001)
    middle = (edges[1:] + edges[:-1]) / 2
    density = np.exp(law.log_density(middle)) * np.diff(edges)
    assert np.sum(density) == pytest.approx(1, rel=1e-3)
    assert np.sum(density * (middle - low)) == pytest.approx(law.expectation - low, rel=1e-3)


@pytest.mark.parametrize("low", [-7.0, -0.3, 0.0, 0.3, 7.0])
def test_between_near_bounds_the_mean_density_is_that_of_the_middle(low: float) -> None:
    for width in np.linspace(1.1e-6, 9e-6, 20):
        law = Normal(0, 1, low, low + width)
        first, last = law.bounds
        assert last - first == pytest.approx(math.exp(-law.log_density(np.array([0.5 * (first + last)]))[0]), rel=1e-9)


def test_the_reach_is_that_of_the_uniforms() -> None:
    assert 8 < -scipy.stats.norm.ppf(ENDS[0]) < NORMAL_REACH


@pytest.mark.parametrize("low", [-7.9, -1.0, 0.0, 3.0, 7.9])
@pytest.mark.parametrize("width", [1e-6, 9e-6, 1.1e-5, 1e-3])
def test_narrow_ones_keep_the_fall_of_the_tail(low: float, width: float) -> None:
    """At 8 sigma the density changes by 8e-5 of itself over 1e-5 sigma."""
    law = Normal(0.0, 1.0, low, low + width)
    step = width * np.array([0.0, 0.25, 0.5, 1.0])
    # exp(-low t - t**2 / 2) over t from 0 to the width: its powers integrated term by term.
    nodes, weights = np.polynomial.legendre.leggauss(12)

    def weight(end: Any) -> Any:
        t = 0.5 * end[:, None] * (nodes + 1.0)
        return 0.5 * end * (np.exp(-low * t - 0.5 * t * t) @ weights)

    whole = weight(np.array([law.high - law.low]))[0]  # type: ignore[operator]
    values = law.low + step  # type: ignore[operator]
    t = values - law.low
    inside = values <= law.high
    np.testing.assert_allclose(
        law.log_density(values)[inside], (-low * t - 0.5 * t * t - math.log(whole))[inside], atol=1e-9, rtol=0
    )
    np.testing.assert_allclose(law.rank(values)[inside], (weight(t) / whole)[inside], atol=1e-9, rtol=0)
