from __future__ import annotations

import re

import numpy as np

from deepbench_fast.cli.picture import picture

CELL = re.compile("\x1b\\[38;2;(\\d+);(\\d+);(\\d+);48;2;(\\d+);(\\d+);(\\d+)m▀")


def test_first_row_is_at_the_bottom_or_as_asked_at_the_top() -> None:
    image = np.zeros((4, 6), np.float32)
    image[0, 0] = 1
    lines = picture(image, colour=False).split("\n")
    assert lines == ["", "", "", "@@"]
    assert picture(image, colour=False, origin="upper").split("\n") == lines[::-1]


def test_large_images_are_shrunk_to_the_width() -> None:
    image = np.arange(256.0 * 256).reshape(256, 256).astype(np.float32)
    for colour, across in ((False, 2), (True, 1)):
        drawn = picture(image, colour, width=80).split("\n")
        widest = max(len(CELL.findall(line)) if colour else len(line) for line in drawn)
        assert 40 < widest <= 80
        assert abs(len(drawn) * (2 if colour else 1) - widest / across) <= 2


def test_colour_has_two_rows_a_line_and_ends_reset() -> None:
    image = np.zeros((5, 3), np.float32)
    image[4, 1] = 1
    lines = picture(image, colour=True).split("\n")
    assert len(lines) == 3
    assert all(line.endswith("\x1b[0m") and len(CELL.findall(line)) == 3 for line in lines)
    cells = CELL.findall(lines[0])
    assert [tuple(map(int, cell[:3])) for cell in cells] == [(0, 0, 4), (252, 253, 191), (0, 0, 4)]


def test_flat_image() -> None:
    assert picture(np.full((2, 2), 3.0, np.float32), colour=False) == "\n"
