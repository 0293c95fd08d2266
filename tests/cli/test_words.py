from __future__ import annotations

import math

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


def test_grouped() -> None:
    assert words.grouped(1_000_000) == "1 000 000"


def test_columns_are_aligned_without_trailing_space() -> None:
    assert words.columns([("a", "bb", ""), ("ccc", "d", "e")], " ") == " a    bb\n ccc  d   e"
    assert words.columns([]) == ""


def test_json_knows_no_nan() -> None:
    with CliRunner().isolation() as (out, _, _):
        words.print_json({"a": [1.5, math.nan, (math.inf,)]})
        assert out.getvalue().split() == b'{ "a": [ 1.5, null, [ null ] ] }'.split()


def test_progress_line() -> None:
    progress = Progress()
    progress.start(1_000_000, 400_000)
    progress.advance(100_000)
    assert progress.made == 100_000
    assert progress.line(2.0) == "500 000 of 1 000 000 samples (50 %), 5e+04 a second, 10 s left"


def test_progress_is_quiet_at_first_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("chunks") as progress:
        progress.start(10, 0)
        progress.advance(10)
    assert capsys.readouterr().err == ""
