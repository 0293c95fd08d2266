from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbench_fast.errors import RecipeError
from deepbench_fast.values.distributions import (
    Choice,
    Constant,
    Distribution,
    Integers,
    Normal,
    Offset,
    Poisson,
    Scaled,
    Uniform,
)
from deepbench_fast.values.image import Image
from deepbench_fast.values.parameter import Parameter

CLOSED = Parameter("n", "", "Sérsic index", 0.5, 10.0)
OPEN = Parameter("alpha", "pix", "", 0.0, 100.0, low_open=True, high_open=True)
FLAG = Parameter("fill", "", "", 0.0, 1.0, integer=True, only=(0, 1))
SIGN = Parameter("handedness", "", "", -1.0, 1.0, integer=True, only=(-1, 1))
WHOLE = Parameter("count", "", "", 0.0, 5.0, integer=True)


@pytest.mark.parametrize(
    ("parameter", "distribution"),
    [
        (CLOSED, Constant(0.5)),
        (CLOSED, Uniform(0.5, 10)),
        (CLOSED, Normal(5, 3, 0.5, 10)),
        (CLOSED, Normal(5, 0.1)),
        (OPEN, Uniform(1e-300, 99.9)),
        (WHOLE, Constant(5)),
        (WHOLE, Integers(0, 5)),
        (WHOLE, Choice((1, 3))),
        (WHOLE, Choice((1, 2.5), (1, 0))),
        (WHOLE, Poisson(0)),
        (FLAG, Constant(0)),
        (FLAG, Choice((0, 1))),
        (FLAG, Integers(0, 1)),
        (FLAG, Uniform(1, 1)),
        (SIGN, Choice((-1, 1))),
        (SIGN, Choice((-1, 0, 1), (1, 0, 1))),
    ],
)
def test_what_lies_within_the_range_is_valid(parameter: Parameter, distribution: Distribution) -> None:
    parameter.check(distribution)


@pytest.mark.parametrize(
    ("parameter", "distribution", "problem"),
    [
        (CLOSED, Constant(0.25), "must be from 0.5 to 10, not 0.25"),
        (CLOSED, Uniform(0.25, 4), r"from 0.5 to 10, but uniform \[0.25, 4\] reaches from 0.25 to 4"),
        (CLOSED, Uniform(4, 11), "reaches from 4 to 11"),
        (CLOSED, Normal(5, 1), "reaches from -3.3 to 13.3; give it low and high"),
        (CLOSED, Normal(5, 1, low=1), "reaches from 1 to 13.3; give it low and high"),
        (OPEN, Constant(0), "must be above 0 and below 100 pix, not 0"),
        (OPEN, Uniform(1, 100), "reaches from 1 to 100"),
        (WHOLE, Constant(2.5), "must be a whole number from 0 to 5, not 2.5"),
        (WHOLE, Uniform(0, 5), "gives other numbers too"),
        (WHOLE, Choice((1, 2.5)), "gives other numbers too"),
        (WHOLE, Poisson(1), "use a smaller mean"),
        (FLAG, Constant(2), "must be 0 or 1, not 2"),
        (FLAG, Constant(0.5), "must be 0 or 1, not 0.5"),
        (FLAG, Uniform(0, 1), "must be 0 or 1, but uniform .* gives other numbers too"),
        (FLAG, Integers(-(2**31) + 1, 2**31 - 1), "gives other numbers too"),
        (SIGN, Constant(0), "must be -1 or 1, not 0"),
        (SIGN, Integers(-1, 1), "gives other numbers too"),
        (SIGN, Offset("arms", Constant(1)), "gives other numbers too"),
        (CLOSED, Scaled("x", Constant(1)), "together with what it scales"),
    ],
)
def test_what_reaches_beyond_the_range_is_refused(
    parameter: Parameter, distribution: Distribution, problem: str
) -> None:
    with pytest.raises(RecipeError, match=problem):
        parameter.check(distribution)


@settings(derandomize=True, database=None, deadline=None)
@given(low=st.floats(-20, 20), span=st.floats(0, 20))
def test_a_uniform_is_valid_where_both_its_ends_are(low: float, span: float) -> None:
    def valid(distribution: Distribution) -> bool:
        try:
            CLOSED.check(distribution)
        except RecipeError:
            return False
        return True

    ends = valid(Constant(low)) and valid(Constant(low + span))
    assert valid(Uniform(low, low + span)) == ends


def test_an_offset_is_judged_by_the_support_it_is_given() -> None:
    CLOSED.check(Constant(100), support=(1.0, 2.0))
    with pytest.raises(RecipeError, match=r"from 0\.5 to 10"):
        CLOSED.check(Constant(1), support=(1.0, 12.0))


def test_a_parameter_without_a_default_says_so() -> None:
    with pytest.raises(RecipeError, match="no default"):
        CLOSED.default(Image())


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        (CLOSED, "from 0.5 to 10"),
        (OPEN, "above 0 and below 100 pix"),
        (WHOLE, "a whole number from 0 to 5"),
        (FLAG, "0 or 1"),
        (SIGN, "-1 or 1"),
    ],
)
def test_the_range_in_words(parameter: Parameter, words: str) -> None:
    assert parameter.allowed == words
