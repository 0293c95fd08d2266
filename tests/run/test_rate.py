"""What a dataset's samples cost, measured where they differ from the first ones, and without leaving anything."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from deepbench_fast.draw.plan import make_plan
from deepbench_fast.recipe import Recipe
from deepbench_fast.run.estimate import estimate
from deepbench_fast.run.rate import measured_rate, place
from tests import limits


def stars(count: object) -> Recipe:
    return Recipe.of_kind("star").with_overrides({"catalogues.star.star.count": count, "samples": 600_000})


@pytest.mark.parametrize("turns", [2, 5, 20, 1000])
@pytest.mark.parametrize("places", [1, 7, 10**12])
def test_few_turns_reach_all_of_the_range(turns: int, places: int) -> None:
    reached = sorted(place(turn, places) for turn in range(turns))
    assert reached[0] >= 0
    assert reached[-1] < places
    gaps = [b - a for a, b in zip(reached, [*reached[1:], places], strict=True)]
    assert max(gaps) <= 3 * places / turns + 1


def test_first_samples_unlike_the_rest_are_not_taken_for_all(tmp_path: Path) -> None:
    """The first half is empty; the others have 500 stars each."""
    (tmp_path / "counts.csv").write_text("n\n" + "0\n" * 300_000 + "500\n" * 300_000)
    uneven = stars({"table": {"file": str(tmp_path / "counts.csv"), "column": "n", "order": "rows"}})
    empty, mixed = (measured_rate(make_plan(recipe), 1, 0).written for recipe in (stars(0), uneven))
    assert mixed < empty / 5


def test_slow_and_fast_catalogues_weigh_what_their_shares_say() -> None:
    """One sample in 100 has 20,000 stars, and takes 5,000 times as long as the others: its cost is in the rate."""
    text = """
samples: 20000
catalogues:
  empty: {weight: 99, objects: [{star: {count: 0}}]}
  crowded: {weight: 1, objects: [{star: {count: 20000}}]}
"""
    empty, mixed = (measured_rate(make_plan(recipe), 2, 0.3).written for recipe in (stars(0), Recipe.from_yaml(text)))
    assert mixed < empty / 2


def test_nothing_stays_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert measured_rate(make_plan(stars(1)), 2, 0.05).written > 0
    assert not list(tmp_path.iterdir())


def test_a_missing_temporary_folder_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    assert measured_rate(make_plan(stars(1)), 2, 0.05).written > 0


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_limit_of_file_sizes_is_no_error() -> None:
    program = (
        f"{limits.of_file_sizes(2**20)};"
        "from deepbench_fast import Recipe; from deepbench_fast.draw.plan import make_plan;"
        "from deepbench_fast.run.rate import measured_rate;"
        "print(measured_rate(make_plan(Recipe.of_kind('star')), 2, 0.1).written > 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("True\n", "", 0)


def test_slow_series_are_judged_by_their_beginning() -> None:
    """Eight bodies in 1e8 steps, which no processor makes in a second, are not waited for."""
    data = {
        "catalogues.n_body.n_body.solver": "leapfrog",
        "catalogues.n_body.n_body.bodies": 8,
        "catalogues.n_body.n_body.step": 1e-6,
        "series.stop": 100,
    }
    found = estimate(Recipe.of_kind("n_body").with_overrides(data), threads=2)
    assert found.at_least
    assert found.seconds > found.samples / 10
    assert not estimate(stars(1), threads=2, seconds=0).at_least


def test_computing_alone_is_never_slower_than_with_the_disk() -> None:
    for recipe in (stars(1), Recipe.builtin("galaxies")):
        rate = measured_rate(make_plan(recipe), 2, 0.2)
        assert rate.computed >= rate.written > 0
    found = estimate(stars(1), threads=2, seconds=0)
    assert 0 < found.seconds_computing <= found.seconds
