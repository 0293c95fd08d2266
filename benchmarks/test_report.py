"""RESULTS.md is made of sections: one that is measured again replaces its own alone, and goals say of which version."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.table import Row

GOAL = Row("filled ellipse, 256×256, a call each, one core, vs OpenCV, uint8", "2 µs", "3 µs", 1.5, 2.0)
OTHER = Row("something else", "1/s")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for what is kept."""
    for name in ("RESULTS", "KEPT", "GAPS"):
        monkeypatch.setattr(report, name, tmp_path / getattr(report, name).name)
    report.GAPS.write_text("## The largest gaps\n")
    return tmp_path


def facts(version: str, day: str = "2026-11-29") -> dict[str, str]:
    return {"date": f"{day} 03:00 UTC", "versions": f"Python 3.11, deepbench-fast {version}, numba 1"}


def test_a_section_replaces_its_own(place: Path) -> None:
    report.keep("memory", facts("0.1.0"), [OTHER])
    report.keep("peers", facts("0.1.0"), [GOAL])
    report.keep("memory", facts("0.1.0"), [OTHER, OTHER])
    sections = report.kept()
    assert {name: len(section["rows"]) for name, section in sections.items()} == {"peers": 1, "memory": 2}
    assert [Row(**row) for row in sections["peers"]["rows"]] == [GOAL]


def test_goals_come_first_and_say_of_which_version(place: Path) -> None:
    report.keep("memory", facts("0.2.0"), [OTHER])
    for version, day, words in (
        ("0.1.0", "2026-11-22", "2 µs (of 0.1.0, 2026-11-22)"),
        ("0.2.0", "2026-11-22", "2 µs"),
        ("0.3.0", "2026-12-01", "2 µs"),
    ):
        report.keep("peers", facts(version, day), [GOAL, OTHER])
        head, _, rest = report.results(report.kept()).partition("## The largest gaps")
        assert f"| {words} | 3 µs | 1.50× | ≥ 2.00× ✗ |" in head
        assert OTHER.what not in head
        assert OTHER.what in rest


def test_what_is_kept_is_what_is_shown() -> None:
    assert report.RESULTS.read_text(encoding="utf-8") == report.results(report.kept())
