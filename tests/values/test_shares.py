from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast.errors import UsageError
from deepbench_fast.values.shares import MAX_STRATUM, exact_shares


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        (["1", "2"], [1, 2]),
        (["0.6", "0.2", "0.2"], [3, 1, 1]),
        (["0.1", "0.9"], [1, 9]),
        (["1/3", "2/3"], [1, 2]),
        (["10"], [1]),
        (["2", "4", "6"], [1, 2, 3]),
    ],
)
def test_known_shares(weights: list[str], shares: list[int]) -> None:
    assert exact_shares({str(i): Fraction(w) for i, w in enumerate(weights)}, "weights") == shares


@settings(derandomize=True, deadline=None)
@given(st.lists(st.integers(1, 5000), min_size=1, max_size=8))
def test_shares_keep_the_ratios(weights: list[int]) -> None:
    shares = exact_shares({str(i): Fraction(w) for i, w in enumerate(weights)}, "weights")
    assert all(s * weights[0] == shares[0] * w for s, w in zip(shares, weights, strict=True))


def test_a_stratum_too_long_names_the_nearest_weights_that_work() -> None:
    weights = {"a": Fraction("0.123457"), "b": Fraction("0.876543")}
    with pytest.raises(UsageError, match=r"catalogue weights: .* above 65536; .* a: 1235, b: 8765") as refused:
        exact_shares(weights, "catalogue weights")
    assert "\n" not in str(refused.value)
    assert sum(exact_shares({"a": Fraction(1235), "b": Fraction(8765)}, "x")) <= MAX_STRATUM


def test_a_stratum_of_thousands_of_digits_is_refused_in_one_line() -> None:
    weights = {f"c{k}": Fraction(10**39 + k, 10**39 + 7 * k + 1) for k in range(150)}
    with pytest.raises(UsageError, match="of more than 20 digits") as refused:
        exact_shares(weights, "catalogue weights")
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith("… of 150")
    assert len(str(refused.value)) < 2000
