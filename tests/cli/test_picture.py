from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deepbench_fast import Recipe, generate
from deepbench_fast.cli.picture import _shrunk, picture

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


def test_shrunk_pixels_are_means_of_equal_areas() -> None:
    image = np.random.default_rng(1).random((7, 5))
    np.testing.assert_array_equal(_shrunk(image, 1.0), image)
    shrunk = _shrunk(image, 0.6)
    assert shrunk.shape == (4, 3)
    fine = image.repeat(12, axis=0).repeat(12, axis=1)
    np.testing.assert_allclose(shrunk, fine.reshape(4, 21, 3, 20).mean(axis=(1, 3)), rtol=1e-12)


def test_large_images_fit_into_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    lines = picture(np.random.default_rng(2).random((256, 256)), colour=True).split("\n")
    assert len(lines) == 23
    assert all(len(CELL.findall(line)) == 46 for line in lines)
    wide = picture(np.random.default_rng(2).random((30, 300)), colour=True).split("\n")
    assert all(len(CELL.findall(line)) == 79 for line in wide)


def test_colour_has_two_rows_a_line_and_ends_reset() -> None:
    image = np.zeros((5, 3), np.float32)
    image[4, 1] = 1
    lines = picture(image, colour=True, width=20).split("\n")
    assert len(lines) == 3
    assert all(line.endswith("\x1b[0m") and len(CELL.findall(line)) == 3 for line in lines)
    cells = CELL.findall(lines[0])
    assert [tuple(map(int, cell[:3])) for cell in cells] == [(0, 0, 4), (252, 253, 191), (0, 0, 4)]


def test_flat_image() -> None:
    assert picture(np.full((2, 2), 3.0, np.float32), colour=False) == "\n"


def test_small_images_fill_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "41")
    image = np.arange(12.0 * 10).reshape(12, 10)
    lines = picture(image, colour=True).split("\n")
    assert len(lines) == 36  # 6 times: 72 rows, two a line; 7 times would be 42 lines
    assert all(len(CELL.findall(line)) == 60 for line in lines)
    assert len(set(lines)) == 12


@pytest.mark.parametrize(("value", "term"), [("1", "xterm"), ("", "xterm"), ("", "dumb")])
def test_no_colour_where_the_user_wants_none(value: str, term: str, tmp_path: Path) -> None:
    generate(Recipe.of_kind("star").with_overrides({"samples": 1}), tmp_path / "star.h5")
    code = "import pty, sys; pty.spawn([sys.executable, '-m', 'deepbench_fast', 'show', sys.argv[1], '0'])"
    environment = {**os.environ, "NO_COLOR": value, "TERM": term}
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "star.h5"], capture_output=True, env=environment, check=True
    )
    assert (b"\x1b[38;2;" in done.stdout) == (value == "" and term != "dumb")
