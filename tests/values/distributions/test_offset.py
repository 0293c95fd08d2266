from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from deepbench_fast.values.distributions import Alone, Choice, Constant, Integers, Normal, Offset, Poisson


def test_the_density_is_that_of_the_difference() -> None:
    generator = np.random.default_rng(3)
    base = generator.normal(size=50) * 10 ** generator.uniform(-3, 3, 50)
    for sigma in 10 ** generator.uniform(-3, 3, 20):
        values = base + generator.normal(size=50) * sigma
        expected = scipy.stats.norm(0, sigma).logpdf(values - base)
        np.testing.assert_allclose(Offset("x", Normal(0, sigma)).log_density_from(base, values), expected, rtol=1e-12)


@pytest.mark.parametrize("part", [Constant(0.1), Choice((0.1, 0.7)), Integers(-3, 9), Poisson(4)], ids=str)
def test_single_values_are_found_in_spite_of_rounding(part: Alone) -> None:
    base = np.random.default_rng(1).uniform(0.1, 1e5, 2000)
    own = np.full(base.size, 0.1) if isinstance(part, Constant | Choice) else np.full(base.size, 3.0)
    law = Offset("x", part)
    np.testing.assert_array_equal(law.log_density_from(base, base + own), part.log_density(own))
    assert np.isneginf(law.log_density_from(base, base + own + 1e-6)).all()
