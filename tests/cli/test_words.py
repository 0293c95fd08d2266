from __future__ import annotations

import math
from functools import partial

import pytest
from click.testing import CliRunner

from deepbench_fast.cli import words
from deepbench_fast.cli.progress import Progress


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (3_140_000_000, "3.14 GB"), (999_600, "1 MB"), (2e17, "200 PB")],
)
def test_byte_size(number: float, text: str) -> None:
    assert words.byte_size(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.312, "0.31 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 05 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("rate", "text"),
    [(0.0712, "0.071"), (0.07, "0.07"), (9.4, "9.4"), (9.96, "10"), (120.4, "120"), (554_000, "554 000")],
)
def test_rates_of_slow_work_are_not_0(rate: float, text: str) -> None:
    assert words.rate(rate) == text


def test_grouped() -> None:
    assert words.grouped(1_000_000) == "1 000 000"


def test_columns_are_aligned_without_trailing_space() -> None:
    assert words.columns([("a", "bb", ""), ("ccc", "d", "e")], " ") == " a    bb\n ccc  d   e"
    assert words.columns([]) == ""


def test_json_knows_no_nan() -> None:
    with CliRunner().isolation() as (out, _, _):
        words.print_json({"a": [1.5, math.nan, (math.inf,)]})
        assert out.getvalue().split() == b'{ "a": [ 1.5, null, [ null ] ] }'.split()


def progress_after(total: int, done: int, steps: list[tuple[float, int]], monkeypatch: pytest.MonkeyPatch) -> str:
    """The line of a work that goes on at `done`, of which so many more are done at these moments."""
    progress = Progress()
    monkeypatch.setattr("time.monotonic", lambda: 0.0)
    progress.start(total, done)
    for moment, number in steps:
        monkeypatch.setattr("time.monotonic", partial(float, moment))
        progress.advance(number)
    assert progress.made == sum(number for _, number in steps)
    return progress.line(steps[-1][0])


def test_progress_line(monkeypatch: pytest.MonkeyPatch) -> None:
    line = progress_after(1_000_000, 300_000, [(7.0, 100_000), (9.0, 100_000)], monkeypatch)
    assert line == "500 000 of 1 000 000 samples (50 %), 50 000 a second, 10 s left"


def test_progress_line_of_slow_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    line = progress_after(20, 0, [(14.0, 1), (28.0, 1)], monkeypatch)
    assert line == "2 of 20 samples (10 %), 0.071 a second, 4 min 12 s left"


def test_no_rate_follows_from_the_time_in_which_kernels_were_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    assert progress_after(20_000_000, 0, [(29.0, 2000)], monkeypatch) == "2 000 of 20 000 000 samples (0 %)"


def test_progress_is_quiet_at_first_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("chunks") as progress:
        progress.start(10, 0)
        progress.advance(10)
    assert capsys.readouterr().err == ""
