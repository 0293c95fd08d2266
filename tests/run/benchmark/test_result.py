"""What a benchmark found: kept, read again, and set beside another one's."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepbench_fast.errors import DeepbenchFastError, FileError, UsageError
from deepbench_fast.run.benchmark.result import FORMAT, Measure, Result, changes, differences, load_result

OLD = Result(
    {"date": "then", "CPU": "one", "numpy": "2.0"},
    2,
    3,
    [
        Measure("kernels", "galaxy", "pix", 100.0, 90.0, 120.0, "arithmetic", 0.5),
        Measure("kernels", "star", "pix", 100.0, 99.0, 101.0),
        Measure("limits", "gone", "B", 1.0, 1.0, 1.0),
    ],
)
NEW = Result(
    {"date": "now", "CPU": "other", "numpy": "2.0", "torch": "2.13"},
    2,
    5,
    [
        Measure("kernels", "galaxy", "pix", 110.0, 100.0, 115.0),
        Measure("kernels", "star", "pix", 80.0, 75.0, 90.0, speedup=1.5),
        Measure("limits", "new", "B", 1.0, 1.0, 1.0),
    ],
)


def test_what_was_kept_is_read_again(tmp_path: Path) -> None:
    for result in (OLD, NEW):
        (tmp_path / "kept.json").write_text(json.dumps(result.as_json()))
        assert load_result(tmp_path / "kept.json") == result


def test_bands_span_all_rounds_of_both() -> None:
    galaxy, star = changes(NEW, OLD)
    assert (galaxy.measure.name, galaxy.ratio, galaxy.low, galaxy.high) == ("galaxy", 1.1, 100 / 120, 115 / 90)
    assert not galaxy.is_clear
    assert (star.ratio, star.low, star.high) == (0.8, 75 / 101, 90 / 99)
    assert star.is_clear


def test_a_unit_that_is_another_is_not_compared() -> None:
    other = replace(OLD, measures=[replace(measure, unit="samples") for measure in OLD.measures])
    assert list(changes(NEW, other)) == []


def test_says_what_differs_but_for_the_date() -> None:
    assert differences(NEW, OLD) == {"CPU": ("one", "other"), "torch": ("not told", "2.13")}
    assert differences(replace(NEW, threads=4), NEW) == {"threads": ("2", "4")}
    assert differences(NEW, NEW) == {}


def changed(**fields: Any) -> str:
    return json.dumps({**OLD.as_json(), **fields})


BAD = {
    "nothing": "",
    "no JSON": "galaxies: 5",
    "binary": "\x00\x89HDF",
    "a number": "5",
    "a list": "[1, 2]",
    "deep": "[" * 100_000,
    "another format": changed(format=FORMAT + "0"),
    "no machine": changed(machine=None),
    "a machine that is a number": changed(machine=5),
    "no measures": changed(measures=None),
    "measures that are words": changed(measures=["galaxy"]),
    "measures of something else": changed(measures=[{"name": "galaxy", "rate": 5.0}]),
    "a rate of 0": changed(measures=[{**OLD.as_json()["measures"][0], "low": 0.0}]),
    "a rate that is a word": changed(measures=[{**OLD.as_json()["measures"][0], "rate": "fast"}]),
    "a rate that isn't finite": changed(measures=[{**OLD.as_json()["measures"][0], "high": float("inf")}]),
    "null": changed(measures=[{**OLD.as_json()["measures"][0], "rate": None}]),
    "names that are lists": changed(measures=[{**OLD.as_json()["measures"][0], "name": []}]),
    "threads that are words": changed(threads="many"),
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_anything_else_is_refused_in_one_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"bad\.json: no result of a benchmark") as raised:
        load_result(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_files_that_cannot_be_read(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileError) as raised:
        load_result(tmp_path / name)
    assert str(tmp_path) in str(raised.value)
    assert isinstance(raised.value, DeepbenchFastError)
