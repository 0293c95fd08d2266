from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats

from deepbench_fast.values.distributions import Integers
from deepbench_fast.values.distributions.distribution import MANY
from tests.values.distributions.laws import check, check_certain, check_many

LARGEST = 2**31 - 1


def make(generator: np.random.Generator) -> tuple[Integers, Any]:
    size = 2 ** int(generator.integers(1, 31))
    low, high = sorted(generator.choice(np.arange(-size, size) if size < 9 else generator.integers(-size, size, 9), 2))
    law = Integers(int(low), int(high) + 1)
    return law, scipy.stats.randint(float(law.low), law.high + 1.0)


def test_against_scipy() -> None:
    check_many(make)


def test_the_widest() -> None:
    check(Integers(-LARGEST, LARGEST), scipy.stats.randint(float(-LARGEST), LARGEST + 1.0))


def test_every_number_and_none_between() -> None:
    values = np.arange(-5.0, 30.0)
    np.testing.assert_allclose(Integers(-2, 4).log_density(values), scipy.stats.randint(-2, 5).logpmf(values))
    assert np.isneginf(Integers(-2, 4).log_density(np.array([0.5, -1.5]))).all()


def test_one_number() -> None:
    check_certain(Integers(2, 2), 2)


@pytest.mark.parametrize("count", [1, MANY, MANY + 1])
def test_few_can_be_named(count: int) -> None:
    named = Integers(3, 2 + count).possible
    assert named == (range(3, 3 + count) if count <= MANY else None)
