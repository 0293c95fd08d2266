from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from deepbench_fast.values.distributions import Alone, Choice, Constant, Integers, LogUniform, Poisson, Scaled, Uniform


def test_the_density_is_that_of_the_ratio() -> None:
    generator = np.random.default_rng(4)
    base = generator.normal(size=50) * 10 ** generator.uniform(-3, 3, 50)
    for high in 10 ** generator.uniform(0.1, 3, 20):
        part = scipy.stats.loguniform(1, high)
        values = base * part.rvs(size=50, random_state=generator)
        expected = part.logpdf(values / base) - np.log(np.abs(base))
        found = Scaled("x", LogUniform(1, high)).log_density_from(base, values)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_nothing_times_anything_is_nothing() -> None:
    found = Scaled("x", Uniform(1, 3)).log_density_from(np.zeros(2), np.array([0.0, 1.0]))
    assert found.tolist() == [0, -math.inf]


@pytest.mark.parametrize("part", [Constant(0.1), Choice((0.1, 0.7)), Integers(-3, 9), Poisson(4)], ids=str)
def test_single_values_are_found_in_spite_of_rounding(part: Alone) -> None:
    base = np.random.default_rng(1).uniform(0.1, 1e5, 2000)
    own = np.full(base.size, 0.1) if isinstance(part, Constant | Choice) else np.full(base.size, 3.0)
    np.testing.assert_array_equal(Scaled("x", part).log_density_from(base, base * own), part.log_density(own))


def test_moments_of_a_product() -> None:
    """E x² E y² - (E x E y)², of independent ones."""
    for low, high in ((0, 1), (-3, 5), (2, 2.5)):
        mean, deviation = Scaled("x", Uniform(low, high)).moments_from(1.5, 2.0)
        square = (low * low + low * high + high * high) / 3
        assert mean == pytest.approx(1.5 * (low + high) / 2, rel=1e-14)
        assert deviation**2 == pytest.approx((4.0 + 2.25) * square - mean * mean, rel=1e-12)


def test_a_base_of_0_leaves_the_part_open() -> None:
    law = Scaled("x", Uniform(1, 3))
    ranks = law.rank_from(np.array([0.0, 0.0, 2.0]), np.array([0.0, 1.0, 3.0]))
    np.testing.assert_array_equal(ranks, [0.5, np.nan, 0.25])
