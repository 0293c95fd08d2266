from __future__ import annotations

import math
from fractions import Fraction

import pytest

from deepbench_fast.values.distributions import Constant
from tests.values.distributions.laws import check_certain


@pytest.mark.parametrize("value", [3.0, 0.0, -1e300, 5e-324, 0.1])
def test_it_is_certain(value: float) -> None:
    check_certain(Constant(value), value)


def test_negative_zero_is_zero() -> None:
    assert math.copysign(1, Constant(-0.0).value) == 1


def test_a_tenth_of_three_tenths() -> None:
    assert Constant(0.3).scaled(Fraction(1, 10)) == Constant(0.03)
    assert Constant(3).possible == (3, 3)
