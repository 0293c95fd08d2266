"""Messages about words that aren't allowed."""

from __future__ import annotations

import pytest

from deepbench_fast.values.checks import MOST_LISTED, Invalid, known


def test_all_words_are_listed_unless_they_are_very_many() -> None:
    words = [f"word{number:04d}" for number in range(3000)]
    with pytest.raises(Invalid) as error:
        known("wort0007", words[:MOST_LISTED], "word")
    assert error.value.problem.endswith(f"(allowed: {', '.join(words[:MOST_LISTED])})")
    with pytest.raises(Invalid, match=r"did you mean 'word2007'\? \(allowed: word0000, .*, … of 3000\)") as error:
        known("wort2007", words, "word")
    assert len(error.value.problem) < 1000
