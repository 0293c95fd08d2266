from __future__ import annotations

import re

import numpy as np
import pytest

from deepbench_fast.cli.curves import NARROWEST, ROWS, curves
from deepbench_fast.pictures.series_panels import Motion

ESCAPE = re.compile("\x1b\\[[0-9;]*m")
TIME = np.linspace(0.0, 1.0, 50)


def motion(values: np.ndarray, names: str, clean: np.ndarray | None = None, time: np.ndarray = TIME) -> Motion:
    """A series of the outputs `names`; x0 and the like are positions."""
    columns = tuple((name, "m", "position" if name[-1].isdigit() else name) for name in names.split())
    return Motion(0, "made", time, "s", columns, values, clean)


def body(text: str) -> list[str]:
    """What stands inside of the frame."""
    return [line.partition("│")[2] for line in text.splitlines() if "│" in line]


def test_a_straight_line_rises_to_the_right() -> None:
    text = curves(motion(TIME[:, None], "x"), False, 60)
    lines = text.splitlines()
    assert lines[0] == "x [m]"
    assert "time [s]" in lines[-1]
    assert lines[-1].split()[0] == "0"
    assert lines[-1].split()[-1] == "1"
    rows = body(text)
    assert len(rows) == ROWS
    starts = [row.find("*") for row in rows]
    assert starts == sorted(starts, reverse=True)
    assert starts[-1] == 0
    assert max(map(len, lines)) <= 60
    assert "\x1b" not in text


def test_noise_is_dots_beside_the_line() -> None:
    noisy = np.where(np.arange(50) % 2, 1.0, -1.0)[:, None]
    rows = body(curves(motion(noisy, "x", np.zeros((50, 1))), False, 60))
    assert [row.count("*") > 40 for row in rows] == [False] * 4 + [True] + [False] * 4
    assert "." in rows[0]
    assert "." in rows[-1]
    assert "." not in "".join(body(curves(motion(noisy, "x", noisy), False, 60)))


def test_lines_have_names() -> None:
    text = curves(motion(np.stack([TIME, 1 - TIME], axis=1), "x y"), False, 60)
    assert text.splitlines()[0] == "[m]  * x  + y"
    assert "+" in body(text)[0]


def test_a_circle_is_round_and_its_start_is_marked() -> None:
    turn = 2 * np.pi * TIME
    orbit = np.stack([np.cos(turn), np.sin(turn), 0 * turn, 0 * turn], axis=1)
    rows = body(curves(motion(orbit, "x0 y0 x1 y1"), False, 60))
    assert sum(row.count("$") for row in rows) == 0  # where it starts
    inked = np.array([[mark in "*@" for mark in row.ljust(60)] for row in rows])
    high, wide = (np.flatnonzero(inked.any(axis=axis)) for axis in (1, 0))
    assert np.ptp(wide) / np.ptp(high) == pytest.approx(2.0, abs=0.2)
    assert next(row.index("@") for row in rows if "@" in row) > 15
    assert sum(row.count("@") for row in rows) == 2


def test_colour_has_the_same_frame_and_every_escape_ends() -> None:
    shown = motion(np.stack([TIME, 1 - TIME], axis=1), "x y")
    plain, coloured = curves(shown, False, 60), curves(shown, True, 60)
    assert ESCAPE.sub("", coloured).splitlines()[-1] == plain.splitlines()[-1]
    assert len(coloured.splitlines()) == len(plain.splitlines())
    dots = [mark for row in body(ESCAPE.sub("", coloured)) for mark in row if mark != " "]
    assert dots
    assert all(0x2800 < ord(mark) <= 0x28FF for mark in dots)
    assert all(line.count("\x1b[0m") * 2 == line.count("\x1b") for line in coloured.splitlines())
    assert "\x1b[38;2;0;114;178m" in coloured
    assert "\x1b[38;2;213;94;0m" in coloured


def test_colour_draws_the_start_of_orbits() -> None:
    turn = 2 * np.pi * TIME
    text = curves(motion(np.stack([np.cos(turn), np.sin(turn)], axis=1), "x0 y0"), True, 60)
    assert text.splitlines()[0] == "y  ○ start  ● end"
    assert "".join(body(text)).count("○") == 1  # a closed one ends there, too
    half = curves(motion(np.stack([np.cos(turn / 2), np.sin(turn / 2)], axis=1), "x0 y0"), True, 60)
    assert ["".join(body(half)).count(mark) for mark in "○●"] == [1, 1]


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize(
    "shown",
    [
        motion(np.ones((1, 1)), "x", time=np.array([3.0])),
        motion(np.full((50, 1), np.nan), "x"),
        motion(np.where(np.arange(50) == 3, np.inf, 1.0)[:, None], "x"),
        motion(np.full((50, 2), np.nan), "x0 y0"),
        motion(np.random.default_rng(0).normal(size=(100_000, 1)), "x", time=np.arange(100_000.0)),
        motion(np.tile(TIME[:, None], 128), " ".join(f"x{b} y{b}" for b in range(64))),
    ],
    ids=["one step", "no numbers", "infinite", "orbit of no numbers", "long", "many bodies"],
)
def test_odd_series(shown: Motion, colour: bool) -> None:
    lines = ESCAPE.sub("", curves(shown, colour, NARROWEST)).splitlines()
    assert max(map(len, lines)) <= NARROWEST
