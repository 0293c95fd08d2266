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
def test_between_near_bounds_it_is_flat(low: float) -> None:
    for width in np.linspace(1.1e-6, 9e-6, 20):
        law = Normal(0, 1, low, low + width)
        assert law.bounds[1] - law.bounds[0] == pytest.approx(math.exp(-law.log_density(np.array([low]))[0]), rel=1e-12)


def test_the_reach_is_that_of_the_uniforms() -> None:
    assert 8 < -scipy.stats.norm.ppf(ENDS[0]) < NORMAL_REACH
