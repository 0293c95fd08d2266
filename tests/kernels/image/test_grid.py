"""The flat canvas: every pixel knows where it stands in the frame, whatever the padding."""

from __future__ import annotations

import numpy as np
import pytest

from deepbench_fast.kernels._jit import kernel
from deepbench_fast.kernels.image.grid import (
    LANES,
    Spans,
    canvas_coordinates,
    nearest_integer,
    padded_length,
    place_of,
    spans_of,
)


@kernel
def place_on_canvas(frame: tuple[int, int, int], column: float, row: float) -> int:
    return place_of(spans_of(frame), column, row)


@kernel
def place_among(spans: Spans, column: float, row: float) -> int:
    return place_of(spans, column, row)


@kernel
def nearest(x: float) -> float:
    return nearest_integer(x)


@pytest.mark.parametrize(
    ("n", "length"), [(0, 0), (1, 16), (16, 16), (17, 32), (28 * 28, 784), (27 * 27, 736), (256 * 256, 65536)]
)
def test_length_is_the_next_multiple_of_the_lanes(n: int, length: int) -> None:
    assert padded_length(n) == length
    assert length % LANES == 0


@pytest.mark.parametrize(("height", "width", "pad"), [(28, 28, 0), (5, 9, 2), (9, 5, 7), (1, 1, 0)])
def test_pixels_know_their_place_in_the_frame(height: int, width: int, pad: int) -> None:
    columns, rows = canvas_coordinates(height, width, pad)
    shape = (height + 2 * pad, width + 2 * pad)
    pixels = shape[0] * shape[1]
    expected_rows, expected_columns = np.indices(shape)
    np.testing.assert_array_equal(columns[:pixels].reshape(shape), expected_columns - pad)
    np.testing.assert_array_equal(rows[:pixels].reshape(shape), expected_rows - pad)
    assert columns.dtype == rows.dtype == np.float32
    assert len(columns) == len(rows) == padded_length(pixels)


def test_tail_is_finite_and_below_the_canvas() -> None:
    columns, rows = canvas_coordinates(5, 9, 2)
    assert np.isfinite(columns).all()
    assert (rows[9 * 13 :] >= 5 + 2).all()


def test_place_of_each_pixel_and_of_none() -> None:
    frame = (5, 9, 2)
    columns, rows = canvas_coordinates(*frame)
    for place in range(9 * 13):
        assert place_on_canvas(frame, float(columns[place]), float(rows[place])) == place
    for column, row in ((-3.0, 0.0), (11.0, 0.0), (0.0, -3.0), (0.0, 7.0), (1e300, 0.0), (0.0, -1e300)):
        assert place_on_canvas(frame, column, row) == -1


def test_place_among_rows_of_different_lengths() -> None:
    """Rows 3, 4 and 5; the one in the middle has no pixel."""
    starts, stops, places = np.array([2, 7, -1]), np.array([4, 7, 2]), np.array([0, 2, 2])
    spans = Spans(3, starts, stops, places - starts)
    listed = [(2, 3), (3, 3), (-1, 5), (0, 5), (1, 5)]
    assert [place_among(spans, float(column), float(row)) for column, row in listed] == [0, 1, 2, 3, 4]
    for column, row in ((1, 3), (4, 3), (7, 4), (6, 4), (-2, 5), (2, 5), (2, 2), (0, 6)):
        assert place_among(spans, float(column), float(row)) == -1


@pytest.mark.parametrize(("x", "integer"), [(0.49, 0.0), (0.51, 1.0), (-0.51, -1.0), (1e9 + 0.3, 1e9), (2.5, 2.0)])
def test_nearest_integer(x: float, integer: float) -> None:
    assert nearest(x) == integer
