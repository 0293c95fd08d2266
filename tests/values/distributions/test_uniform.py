from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import scipy.stats

from deepbench_fast.values.distributions import Uniform
from tests.values.distributions.laws import check_certain, check_many


def make(generator: np.random.Generator) -> tuple[Uniform, Any]:
    low = float(generator.normal() * 10 ** generator.uniform(-9, 9))
    law = Uniform(low, low + 10 ** generator.uniform(-9, 9))
    return law, scipy.stats.uniform(law.low, law.high - law.low)


def test_against_scipy() -> None:
    check_many(make)


def test_no_quantile_rounds_beyond_its_bounds() -> None:
    """-0.2 + (0.1 + 0.2) is more than 0.1."""
    tenths = np.arange(-30, 31) / 10
    laws = [Uniform(low, high) for low in tenths for high in tenths if low < high]
    assert all(law.quantile(np.ones(1))[0] <= law.high for law in laws)


def test_equal_bounds() -> None:
    check_certain(Uniform(2, 2), 2)
    check_certain(Uniform(-1e300, -1e300), -1e300)


def test_densities_end_at_the_bounds() -> None:
    law = Uniform(0.5, 3)
    values = np.array([np.nextafter(0.5, 0), 0.5, 3, np.nextafter(3, 4)])
    np.testing.assert_allclose(np.exp(law.log_density(values)), [0, 0.4, 0.4, 0])


def test_narrowed() -> None:
    assert Uniform(0, 2).narrowed(Fraction(1, 2)) == Uniform(0.5, 1.5)


def test_densities_sum_to_one() -> None:
    law = Uniform(0.5, 3)
    edges = np.linspace(*law.support, 20_001)
    density = np.exp(law.log_density((edges[1:] + edges[:-1]) / 2))
    np.testing.assert_allclose(np.sum(density * np.diff(edges)), 1, rtol=1e-6)
