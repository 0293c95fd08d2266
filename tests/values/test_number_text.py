"""One format of numbers: digits that are needed, no others."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepbench_fast.values.number_text import LARGEST, SMALLEST, brief, counted, data_text, grouped, percent


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.0, 7, "0"),
        (-0.0, 7, "0"),
        (2.8000000000000003, 7, "2.8"),
        (3.141592653589793, 7, "3.141593"),
        (300.0, 2, "300"),
        (12345.0, 3, "12300"),
        (0.999951, 4, "1"),
        (99.96, 3, "100"),
        (9_999_999.9, 7, "1e7"),
        (1e25, 7, "1e25"),
        (-1.5e-9, 7, "-1.5e-9"),
        (0.0001, 7, "0.0001"),
        (0.00001, 7, "1e-5"),
        (123_456_789_012, 7, "123456789012"),
        (math.nan, 7, "nan"),
        (-math.inf, 7, "-inf"),
        (np.float32(0.1), 7, "0.1"),
        (np.int64(7), 7, "7"),
        (np.float64(2.0), 7, "2"),
    ],
)
def test_brief(value: float, digits: int, text: str) -> None:
    assert brief(value, digits) == text


@given(st.floats(-1e308, 1e308), st.integers(1, 12))
def test_it_is_the_number_that_is_nearest_with_so_many_digits(value: float, digits: int) -> None:
    text = brief(value, digits)
    assert float(text) == float(f"{value:.{digits}g}")
    mantissa = text.lstrip("-").partition("e")[0]
    assert not ("." in mantissa and mantissa.endswith(("0", ".")))
    assert ("e" in text) == (float(text) != 0 and not SMALLEST <= abs(float(text)) < LARGEST)
    assert len(mantissa.replace(".", "").lstrip("0")) <= max(digits, len(str(int(LARGEST))) - 1)


def test_counts_shares_and_data() -> None:
    assert grouped(1_000_000) == "1 000 000"
    assert [percent(share) for share in (1 / 3, 0.5, 1.0, 0.000123)] == ["33.3 %", "50 %", "100 %", "0.0123 %"]
    data = {"low": 0.1 + 0.2, "of": [1, 2.0, "a", None, True]}
    assert data_text(data) == "{low: 0.3, of: [1, 2, a, null, true]}"


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [(0, "sample", "0 samples"), (1, "sample", "1 sample"), (5000, "part", "5 000 parts"), (1, "series", "1 series")],
)
def test_counts_agree_with_their_nouns(count: int, noun: str, text: str) -> None:
    assert counted(count, noun) == text
