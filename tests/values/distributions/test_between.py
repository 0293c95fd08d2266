"""Laws between two: their quantiles lie between, in the logarithm where the law is one of logarithms."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions import (
    Base,
    Choice,
    Constant,
    Grid,
    Integers,
    LogUniform,
    Normal,
    Offset,
    Poisson,
    Scaled,
    Uniform,
    parse_distribution,
)
from deepbench_fast.values.distributions.varied import Varied

U = np.linspace(0.003, 0.997, 41)
PART = Fraction(1, 3)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Uniform(1, 2), Uniform(3, 8)),
        (Uniform(1, 2), Constant(5)),
        (Constant(5), Uniform(1, 2)),
        (Constant(5), Constant(-1)),
        (Normal(1, 2), Normal(4, 0.5)),
        (Normal(1, 2), Constant(3)),
        (Normal(0, 1, -1, 1), Normal(3, 2, 1, 5)),
        (Choice((1, 2, 5)), Constant(4)),
        (Constant(4), Choice((1, 2, 5))),
        (Uniform(2, 2), Constant(4)),
        (Constant(2), Uniform(4, 4)),
        (Choice((1, 2), (1, 3)), Choice((4, 8), (1, 3))),
    ],
    ids=str,
)
def test_each_quantile_lies_between(one: Base, other: Base) -> None:
    found = one.between(other, PART)
    expected = one.quantile(U) + (other.quantile(U) - one.quantile(U)) / 3  # type: ignore[attr-defined]
    np.testing.assert_allclose(found.quantile(U), expected, rtol=1e-12, atol=1e-12)
    assert one.between(other, Fraction(0)).support == one.support
    assert one.between(other, Fraction(1)).support == other.support
    assert parse_distribution(found.to_yaml_data()) == found


def test_random_laws_lie_between() -> None:
    generator = np.random.default_rng(1)
    for _ in range(40):
        a, b, c, d = np.sort(generator.uniform(0.01, 9, 4)).tolist()
        f = Fraction(int(generator.integers(0, 101)), 100)
        for law in (Uniform, LogUniform):
            one, other = law(a, c).quantile(U), law(b, d).quantile(U)
            expected = one + (other - one) * float(f) if law is Uniform else one ** (1 - float(f)) * other ** float(f)
            np.testing.assert_allclose(law(a, c).between(law(b, d), f).quantile(U), expected, rtol=1e-12)


def test_decimals_stay_decimals() -> None:
    assert Uniform(0.1, 0.3).between(Uniform(0.2, 0.7), Fraction(1, 2)) == Uniform(0.15, 0.5)
    assert Constant(0.1).between(Constant(0.4), Fraction(2, 3)) == Constant(0.3)
    assert LogUniform(1, 10).between(LogUniform(100, 1000), Fraction(1, 2)) == LogUniform(10, 100)


def test_whole_numbers_stay_whole() -> None:
    assert Integers(1, 4).between(Integers(2, 9), Fraction(1, 2)) == Integers(2, 6)
    assert Integers(1, 4).between(Constant(7), Fraction(1, 2)) == Integers(4, 6)
    assert Poisson(2).between(Poisson(3), Fraction(1, 4)) == Poisson(2.25)


def test_grids_go_step_by_step() -> None:
    assert Grid((1, 2, 4)).between(Grid((2, 3, 9)), Fraction(1, 2)) == Grid((1.5, 2.5, 6.5))


def test_choices_between_the_same_values_change_their_weights() -> None:
    found = Choice((1, 2)).between(Choice((1, 2), (1, 4)), Fraction(1, 2))
    assert found == Choice((1, 2), (0.35, 0.65))
    assert Choice((1, 2), (1, 3)).between(Choice((1, 2), (2, 6)), Fraction(1, 3)) == Choice((1, 2), (0.25, 0.75))


@pytest.mark.parametrize(
    ("one", "other", "weights"),
    [
        (Choice((1, 2)), Choice((1, 2), (1, 0)), (0.75, 0.25)),
        (Choice((1, 2), (0, 3)), Choice((1, 2)), (0.25, 0.75)),
        (Choice((1, 2), (1, 0)), Choice((1, 2), (0, 1)), (0.5, 0.5)),
        (Choice((1, 2)), Constant(2), (0.25, 0.75)),
        (Constant(1), Choice((1, 2), (1, 3)), (0.625, 0.375)),
    ],
    ids=str,
)
def test_a_value_of_a_choice_is_the_choice_with_all_weight_there(
    one: Base, other: Base, weights: tuple[float, float]
) -> None:
    assert one.between(other, Fraction(1, 2)) == Choice((1, 2), weights)


def test_what_is_derived_goes_with_its_part() -> None:
    assert Offset("x", Uniform(0, 1)).between(Offset("x", Uniform(1, 2)), PART) == Offset("x", Uniform(1 / 3, 4 / 3))
    assert Scaled("x", Constant(1)).between(Scaled("x", Constant(4)), PART) == Scaled("x", Constant(2))
    one, other = (Varied("normal", {"mean": Constant(0), "sigma": Uniform(0, high)}) for high in (1, 3))
    assert one.between(other, Fraction(1, 2)) == Varied("normal", {"mean": Constant(0), "sigma": Uniform(0, 2)})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Uniform(1, 2), LogUniform(1, 2)),
        (Normal(1, 2), Normal(1, 2, 0)),
        (Choice((1, 2)), Choice((3, 4), (1, 2))),
        (Grid((1, 2)), Constant(1)),
        (Poisson(3), Constant(1)),
        (Grid((1, 2)), Grid((1, 2, 3))),
        (Offset("x", Uniform(0, 1)), Offset("y", Uniform(0, 2))),
        (Offset("x", Uniform(0, 1)), Scaled("x", Uniform(0, 1))),
        (Scaled("x", Uniform(0, 1)), Uniform(0, 1)),
        (Uniform(0, 1), Scaled("x", Uniform(0, 1))),
        (Constant(1), Varied("normal", {"mean": Constant(0), "sigma": Uniform(0, 1)})),
        (LogUniform(1, 2), Constant(0)),
    ],
    ids=str,
)
def test_between_others_there_is_nothing(one: Base, other: Base) -> None:
    with pytest.raises(Invalid, match=r"there is nothing|low must be above 0"):
        one.between(other, PART)
