"""Messages about words that aren't allowed."""

from __future__ import annotations

import enum
from fractions import Fraction

import numpy as np
import pytest

from deepbench_fast.values import checks
from deepbench_fast.values.checks import MOST_LISTED, Invalid, known


def test_all_words_are_listed_unless_they_are_very_many() -> None:
    words = [f"word{number:04d}" for number in range(3000)]
    with pytest.raises(Invalid) as error:
        known("wort0007", words[:MOST_LISTED], "word")
    assert error.value.problem.endswith(f"(allowed: {', '.join(words[:MOST_LISTED])})")
    with pytest.raises(Invalid, match=r"did you mean 'word2007'\? \(allowed: word0000, .*, … of 3000\)") as error:
        known("wort2007", words, "word")
    assert len(error.value.problem) < 1000


class Colour(str, enum.Enum):  # noqa: UP042 -- the older way, whose str() is another text
    RED = "red"


@pytest.mark.parametrize("word", [np.str_("red"), Colour.RED])
def test_text_of_other_types_becomes_plain_text(word: str) -> None:
    """YAML and HDF5 can't hold NumPy's text and that of enumerations."""
    found = [
        checks.text(word),
        checks.name(word),
        checks.known(word, ["red"], "colour"),
        checks.choice("red", "blue")(word),
        *checks.mapping({word: 1}),
    ]
    assert found == ["red"] * 5
    assert {type(one) for one in found} == {str}


def test_text_alone_is_one_name() -> None:
    assert checks.names("parameters", "star.x") == ["star.x"]
    assert checks.names("parameters", ("star.x", "star.y")) == ["star.x", "star.y"]
    for wrong in (3, None):
        with pytest.raises(checks.Invalid, match="parameters: must be a list of names, not"):
            checks.names("parameters", wrong)  # type: ignore[arg-type]


def test_numbers_of_more_digits_than_python_writes_are_quoted() -> None:
    assert checks.quote(10**5000) == "a number of very many digits"


def test_fractions_are_numbers_that_can_be_written() -> None:
    for value in (10**400, Fraction(10**400), Fraction(10**5000)):
        with pytest.raises(Invalid, match="must be a finite number"):
            checks.rational(value)
    assert checks.rational("1/3") == Fraction(1, 3)
