"""Choices against the weighted sums of their values; running shares against exact fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions import Choice
from deepbench_fast.values.distributions.choice import running_shares
from tests.values.distributions.laws import Array, check_certain, check_many


class Weighted:
    """Values with weights, by NumPy."""

    def __init__(self, values: Array, weights: Array) -> None:
        self.values, self.shares = values, weights / weights.sum()

    def ppf(self, u: Array) -> Array:
        below = np.cumsum(self.shares)
        return np.array([self.values[np.flatnonzero(p < below)[0]] for p in u])

    def logpmf(self, values: Array) -> Array:
        return np.log([self.shares[self.values == value].sum() for value in values])

    def pmf(self, values: Array) -> Array:
        """The share of the first place in the list at which each value is drawn."""
        return self.shares[self._places(values)]

    def cdf(self, values: Array) -> Array:
        """The shares up to that place."""
        return np.cumsum(self.shares)[self._places(values)]

    def _places(self, values: Array) -> list[int]:
        return [np.flatnonzero((self.values == value) & (self.shares > 0))[0] for value in values]

    def support(self) -> tuple[float, float]:
        return self.values.min(), self.values.max()

    def mean(self) -> float:
        return float(np.average(self.values, weights=self.shares))

    def std(self) -> float:
        return float(np.sqrt(np.average((self.values - self.mean()) ** 2, weights=self.shares)))


def make(generator: np.random.Generator) -> tuple[Choice, Any]:
    values = generator.normal(size=generator.integers(2, 9)) * 10 ** generator.uniform(-5, 5) + generator.normal()
    values[-1] = generator.choice([values[-1], values[0]])
    weights = generator.uniform(0.01, 1, values.size)
    weights[1] = generator.choice([0.0, 0.5])
    if weights[1]:
        return Choice(tuple(values)), Weighted(values, np.ones(values.size))
    return Choice(tuple(values), tuple(weights)), Weighted(values, weights)


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_against_weighted_sums() -> None:
    check_many(make)


@pytest.mark.parametrize("law", [Choice((2,)), Choice((2, 2)), Choice((2, 5), (1, 0))], ids=str)
def test_one_value(law: Choice) -> None:
    check_certain(law, 2)


def test_only_its_values_have_a_probability() -> None:
    found = Choice((1, 2, 2, 3), (1, 2, 1, 0)).log_density(np.array([1.0, 2.0, 3.0, 1.5, np.nan]))
    np.testing.assert_allclose(found, [np.log(0.25), np.log(0.75), -np.inf, -np.inf, -np.inf])


def test_a_value_begins_where_the_one_before_ends() -> None:
    assert Choice((1, 2, 3), (1, 1, 2)).quantile(np.array([0.25, 0.5])).tolist() == [2, 3]


def test_the_farthest_values() -> None:
    law = Choice((-1e308, 1e308), (1, 3))
    assert law.expectation == pytest.approx(0.5e308)
    assert law.standard_deviation == pytest.approx(np.sqrt(0.75) * 1e308)


def by_fractions(weights: list[float]) -> list[float]:
    exact = [Fraction(weight) for weight in weights]
    return [float(part / sum(exact)) for part in accumulate(exact)]


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(st.floats(0, 1e308) | st.floats(0, 1) | st.integers(0, 9).map(float), min_size=1, max_size=20))
@example([5e-324, 1.7e308, 0.1])
@example([0.1] * 10)
@example([0.0, 1.0, 0.0])
def test_running_shares_are_the_exact_ones_rounded_once(weights: list[float]) -> None:
    if sum(map(Fraction, weights)):
        assert running_shares(weights) == by_fractions(weights)


def test_running_shares_of_thousands_of_weights() -> None:
    weights = [1.0 / number for number in range(1, 301)]
    assert running_shares(weights) == by_fractions(weights)
    assert running_shares([1.0] * 3000) == [number / 3000 for number in range(1, 3001)]


def test_a_value_that_stands_twice_has_its_first_place_with_a_weight() -> None:
    law = Choice((2, 1, 2, 2), (0, 1, 2, 5))
    assert law.rank(np.array([1.0, 2.0])).tolist() == [1 / 16, 1 / 4]
    assert law.quantile(law.rank(np.array([1.0, 2.0]))).tolist() == [1, 2]
    vanishing = Choice((2, 8, 6, 8), (1e300, 1, 1e300, 1e300))
    assert vanishing.quantile(vanishing.rank(np.array([8.0]))).tolist() == [8]
    assert Choice((5, 1), (0, 1)).nearest(np.array([4.0])).tolist() == [1]


@pytest.mark.parametrize("weights", [[0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 0]])
def test_no_probability_is_that_of_a_value_without_weight(weights: list[float]) -> None:
    law = Choice((1.0, 2.0, 3.0), tuple(weights))
    ends = law.quantile(np.array([0.0, 1.0 - 2.0**-53, 1.0]))
    assert set(ends.tolist()) <= set(law.possible)
    assert np.isfinite(law.log_density(ends)).all()


def test_weights_must_add_up() -> None:
    with pytest.raises(Invalid, match="are too large to be added up"):
        Choice((1.0, 2.0), (1e308, 1e308))
