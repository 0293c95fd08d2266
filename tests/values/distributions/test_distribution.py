from __future__ import annotations

import math
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast.errors import RecipeError
from deepbench_fast.values.distributions import (
    Choice,
    Constant,
    Distribution,
    Integers,
    LogUniform,
    Normal,
    Offset,
    Poisson,
    Scaled,
    Uniform,
    parse_distribution,
)
from deepbench_fast.values.distributions.normal import NORMAL_REACH

FORMS: list[tuple[object, Distribution]] = [
    (3, Constant(3.0)),
    (2.5, Constant(2.5)),
    ({"uniform": [0.5, 4]}, Uniform(0.5, 4)),
    ({"uniform": {"low": 0.5, "high": 4}}, Uniform(0.5, 4)),
    ({"loguniform": [1, 100]}, LogUniform(1, 100)),
    ({"normal": [2, 0.5]}, Normal(2, 0.5)),
    ({"normal": {"mean": 2, "sigma": 0.5, "low": 1, "high": 3}}, Normal(2, 0.5, 1, 3)),
    ({"normal": {"mean": 2, "sigma": 0.5, "high": 3}}, Normal(2, 0.5, None, 3)),
    ({"integers": [1, 3]}, Integers(1, 3)),
    ({"integers": [1.0, 1e5]}, Integers(1, 100_000)),
    ({"choice": [1, 2.5, -3]}, Choice((1, 2.5, -3))),
    ({"choice": {"values": [1, 2], "weights": [3, 1]}}, Choice((1, 2), (3, 1))),
    ({"poisson": 5}, Poisson(5)),
    ({"poisson": {"mean": 5}}, Poisson(5)),
    ({"offset": {"from": "theta1", "by": {"uniform": [60, 300]}}}, Offset("theta1", Uniform(60, 300))),
    ({"offset": {"from": "theta1", "by": 7}}, Offset("theta1", Constant(7))),
    ({"scaled": {"by": "theta_e", "of": {"uniform": [-0.5, 0.5]}}}, Scaled("theta_e", Uniform(-0.5, 0.5))),
    ({"scaled": {"by": "theta_e", "of": 2}}, Scaled("theta_e", Constant(2))),
]


@pytest.mark.parametrize(("data", "distribution"), FORMS)
def test_every_form_is_read(data: object, distribution: Distribution) -> None:
    assert parse_distribution(data) == distribution
    assert parse_distribution(distribution) is distribution


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("ten", "must be a number or one distribution"),
        (True, "must be a number or one distribution"),
        (None, "not nothing"),
        ([1, 2], r"must be a number or one distribution \(uniform, .*\), not \[1, 2\]"),
        ({}, "one distribution"),
        ({"uniform": [1, 2], "normal": [1, 2]}, "one distribution"),
        ({"unifrom": [1, 2]}, "unknown distribution 'unifrom'; did you mean 'uniform'"),
        (math.nan, "must be a finite number, not nan"),
        (math.inf, "must be a finite number, not inf"),
        (10**400, "must be a finite number"),
        ({"uniform": [2, 1]}, r"uniform: low \(2\) must not be above high \(1\)"),
        ({"uniform": [1]}, r"uniform: must be two numbers \[low, high\], not \[1\]"),
        ({"uniform": 1}, r"two numbers \[low, high\]"),
        ({"uniform": "12"}, r"two numbers \[low, high\]"),
        ({"uniform": [1, "a"]}, "uniform: high must be a number, not 'a'"),
        ({"uniform": [1, math.inf]}, "uniform: high must be a finite number"),
        ({"uniform": {"low": 1}}, "uniform: lacks its high"),
        ({"uniform": {"low": 1, "hig": 2}}, "did you mean 'high'"),
        ({"loguniform": [0, 1]}, "low must be above 0, not 0"),
        ({"loguniform": [2, 1]}, "must not be above"),
        ({"normal": [0, -1]}, "sigma must not be negative, not -1"),
        ({"normal": {"mean": 0, "sigma": 1, "low": 2, "high": 1}}, "must not be above"),
        ({"normal": {"mean": 0, "sigma": 1, "low": 9}}, "within 8 sigma"),
        ({"normal": {"mean": 0, "sigma": 1, "high": -9}}, "within 8 sigma"),
        ({"normal": {"mean": 0, "sigma": 1, "low": None}}, "low must be a number, not nothing"),
        ({"integers": [1.5, 2]}, "low must be a whole number"),
        ({"integers": [1, 2**40]}, "high must be a whole number"),
        ({"integers": [3, 2]}, "must not be above"),
        ({"choice": []}, "at least one value"),
        ({"choice": 3}, "a list of numbers"),
        ({"choice": ["a"]}, "must be a number, not 'a'"),
        ({"choice": {"values": [1, 2], "weights": [1]}}, "weights must be 2 numbers"),
        ({"choice": {"values": [1, 2], "weights": [1, -1]}}, "not be negative"),
        ({"choice": {"values": [1, 2], "weights": [0, 0]}}, "all zero"),
        ({"choice": {"values": [1, 2], "weights": [1e308, 1e308]}}, "weights"),
        ({"poisson": -1}, "mean must be from 0 to 1000000, not -1"),
        ({"poisson": 1e7}, "mean must be from 0 to 1000000"),
        ({"poisson": [1, 2]}, "must be a number"),
        ({"offset": {"from": "x"}}, "lacks its by"),
        ({"offset": 3}, "from: PARAMETER"),
        ({"offset": {"from": "x", "by": {"offset": {"from": "y", "by": 1}}}}, "that needs no other parameter"),
        ({"offset": {"from": "x", "by": {"scaled": {"by": "y", "of": 1}}}}, "that needs no other parameter"),
        ({"scaled": {"by": "x", "of": {"offset": {"from": "y", "by": 1}}}}, "that needs no other parameter"),
        ({"scaled": {"by": "x"}}, "scaled: lacks its of"),
        ({"scaled": {"from": "x", "of": 1}}, r"unknown key 'from'"),
        ({"scaled": 3}, "by: PARAMETER"),
        ({"scaled": {"by": 3, "of": 1}}, "scaled: by must be a name"),
        ({"scaled": {"by": "x", "of": {"unifrm": [1, 2]}}}, "did you mean 'uniform'"),
        ({"offset": {"from": "x", "by": {"uniform": [2, 1]}}}, "must not be above"),
        ({"offset": {"from": 3, "by": 1}}, "must be a name"),
    ],
)
def test_what_is_no_distribution_is_refused_in_one_plain_line(data: object, problem: str) -> None:
    with pytest.raises(RecipeError, match=problem) as caught:
        parse_distribution(data)
    assert "\n" not in str(caught.value)


def test_constructors_check_as_the_reader_does() -> None:
    with pytest.raises(RecipeError, match="must not be above"):
        Uniform(2, 1)
    with pytest.raises(RecipeError, match="must be a number"):
        Constant("x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("distribution", "support", "random", "integer"),
    [
        (Constant(3), (3, 3), False, True),
        (Constant(0.5), (0.5, 0.5), False, False),
        (Uniform(1, 2), (1, 2), True, False),
        (Uniform(1, 1), (1, 1), False, True),
        (LogUniform(1, 2), (1, 2), True, False),
        (Normal(1, 0), (1, 1), False, True),
        (Normal(0, 1, -2, 3), (-2, 3), True, False),
        (Normal(0, 1, -2), (-2, NORMAL_REACH), True, False),
        (Integers(1, 3), (1, 3), True, True),
        (Integers(2, 2), (2, 2), False, True),
        (Choice((1, 5, 3)), (1, 5), True, True),
        (Choice((1, 5, 2.5)), (1, 5), True, False),
        (Choice((1, 5, 2.5), (1, 1, 0)), (1, 5), True, True),
        (Choice((1, 5), (0, 2)), (5, 5), False, True),
        (Poisson(0), (0, 0), False, True),
        (Offset("x", Uniform(1, 2)), (-math.inf, math.inf), True, False),
        (Offset("x", Constant(1)), (-math.inf, math.inf), False, True),
        (Scaled("x", Uniform(1, 2)), (-math.inf, math.inf), True, False),
        (Scaled("x", Constant(2)), (-math.inf, math.inf), False, True),
    ],
)
def test_support_and_nature(
    distribution: Distribution, support: tuple[float, float], random: bool, integer: bool
) -> None:
    assert distribution.support == support
    assert distribution.is_random is random
    assert distribution.is_integer is integer


@settings(derandomize=True, database=None, deadline=None)
@given(
    base=st.tuples(st.floats(-9, 9), st.floats(-9, 9)).map(sorted),
    own=st.tuples(st.floats(-9, 9), st.floats(-9, 9)).map(sorted),
    parts=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_supports_that_start_from_another_parameter_hold_every_draw(
    base: list[float], own: list[float], parts: tuple[float, float]
) -> None:
    start, value = ((1 - part) * low + part * high for part, (low, high) in zip(parts, (base, own), strict=True))
    low, high = Offset("x", Uniform(*own)).support_from((base[0], base[1]))
    assert low - 1e-9 <= start + value <= high + 1e-9
    low, high = Scaled("x", Uniform(*own)).support_from((base[0], base[1]))
    assert low - 1e-9 <= start * value <= high + 1e-9
    corners = [scale * end for scale in base for end in own]
    assert (low, high) == (min(corners), max(corners))


finite = st.floats(-1e300, 1e300)
positive = st.floats(1e-300, 1e300)
pairs = st.tuples(finite, finite).map(sorted)
distributions: st.SearchStrategy[Distribution] = st.one_of(
    finite.map(Constant),
    pairs.map(lambda p: Uniform(*p)),
    st.tuples(positive, positive).map(sorted).map(lambda p: LogUniform(*p)),
    st.builds(Normal, finite, st.floats(0, 1e300)),
    st.builds(lambda m, s, a, b: Normal(m, s, m - a * s, m + b * s), *[st.floats(0, 8)] * 4),
    st.lists(st.integers(-(2**31) + 1, 2**31 - 1), min_size=2, max_size=2).map(sorted).map(lambda p: Integers(*p)),
    st.lists(finite, min_size=1, max_size=5).map(lambda v: Choice(tuple(v))),
    st.lists(st.tuples(finite, st.floats(1e-3, 1e3)), min_size=1, max_size=5).map(
        lambda v: Choice(tuple(a for a, _ in v), tuple(b for _, b in v))
    ),
    st.floats(0, 1e6).map(Poisson),
    pairs.map(lambda p: Offset("x", Uniform(*p))),
    pairs.map(lambda p: Scaled("x", Uniform(*p))),
)


@settings(derandomize=True, database=None, deadline=None)
@given(distributions)
def test_plain_data_give_the_distribution_back(distribution: Distribution) -> None:
    assert parse_distribution(distribution.to_yaml_data()) == distribution
    assert pickle.loads(pickle.dumps(distribution)) == distribution
    assert hash(distribution) == hash(parse_distribution(distribution.to_yaml_data()))


@pytest.mark.parametrize(
    ("distribution", "text"),
    [
        (Constant(4), "4"),
        (Uniform(0.5, 4), "uniform [0.5, 4]"),
        (Normal(1, 2, 0), "normal {mean: 1, sigma: 2, low: 0}"),
        (Poisson(5), "poisson 5"),
        (Scaled("theta_e", Uniform(0, 1)), "scaled {by: theta_e, of: {uniform: [0, 1]}}"),
    ],
)
def test_distributions_read_well(distribution: Distribution, text: str) -> None:
    assert str(distribution) == text
