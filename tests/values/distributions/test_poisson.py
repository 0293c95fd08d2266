from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.stats

from deepbench_fast.values.distributions import Poisson
from tests.values.distributions.laws import ENDS, check_certain, check_many


def make(generator: np.random.Generator) -> tuple[Poisson, Any]:
    law = Poisson(float(generator.choice([10 ** generator.uniform(-9, 6), 1e6, 10.0, 1.0])))
    return law, scipy.stats.poisson(law.mean)


def test_against_scipy() -> None:
    check_many(make, 40, tolerance=1e-7)


@pytest.mark.parametrize("mean", [1e-6, 0.3, 15.0, 1e3, 719_650.6, 1e6])
def test_densities_keep_their_digits(mean: float) -> None:
    """Against 40 digits, from the middle to the ends of what can be drawn and beyond them."""
    law = Poisson(mean)
    counts = np.unique([0.0, *law.quantile(np.array([0.0, 0.01, 0.5, 0.99, 1.0])), 3e6, 1e200])
    with mpmath.workdps(40):
        expected = [float(n * mpmath.log(mean) - mean - mpmath.loggamma(n + 1)) for n in map(mpmath.mpf, counts)]
    np.testing.assert_allclose(law.log_density(counts), expected, rtol=3e-14, atol=1e-14)
    assert np.isneginf(law.log_density(np.array([1e308])))


def test_none() -> None:
    check_certain(Poisson(0), 0)


@pytest.mark.parametrize("mean", [*np.logspace(-6, 6, 49)])
def test_a_draw_stays_within_its_support(mean: float) -> None:
    assert Poisson(mean).support[1] > scipy.stats.poisson.isf(ENDS[0], mean)


def test_halves_have_no_probability() -> None:
    assert np.isneginf(Poisson(3.7).log_density(np.array([0.5, -1.0]))).all()
    values = np.arange(-5.0, 30.0)
    np.testing.assert_allclose(Poisson(3.7).log_density(values), scipy.stats.poisson(3.7).logpmf(values), rtol=1e-12)
