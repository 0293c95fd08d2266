"""`posterior`, `calibrate` and `coverage`, as commands and by what they give."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from deepbench_fast import Recipe, generate
from deepbench_fast.inference.calibration import c2st
from deepbench_fast.tasks import PosteriorSamples, calibrate, coverage
from tests.cli.running import run, run_well
from tests.tasks import sbc

PENDULUM = ["--set", "noise.gaussian.x=1"]
SMALL = 24, 40


@pytest.fixture(scope="module")
def exact() -> PosteriorSamples:
    """Draws of exact posteriors, of pendulums."""
    return calibrate(Recipe.builtin("task-pendulum"), SMALL[0], samples=SMALL[1])


def test_exact_posteriors_are_calibrated_and_narrow_ones_are_not(exact: PosteriorSamples) -> None:
    assert coverage(exact).calibrated
    assert not coverage(sbc.narrowed(exact, 0.3)).calibrated


@pytest.mark.slow
@pytest.mark.parametrize("name", ["star", "galaxy", "galaxy-ccd", "lens", "pendulum", "n-body", "two-galaxies"])
def test_every_task_is_calibrated(name: str) -> None:
    """500 posteriors, 200 draws each; 0.7 times as wide they fail."""
    assert sbc.passes(sbc.calibration(name))


def test_calibrations_that_were_run_passed_and_are_shown() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "tasks.md").read_text()
    for name, found in json.loads(sbc.FILE.read_text()).items():
        assert (found["posteriors"], found["samples"]) == (500, 200)
        assert sbc.passes(found), name
        assert sbc.row(name, found) in page


def test_a_set_waits_for_samples_and_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "set.h5"
    ran = run_well("calibrate", "task-pendulum", "-n", 30, "-o", path, *PENDULUM)
    assert "add /samples (N, S, P)" in ran.err
    found = PosteriorSamples.read(path)
    assert found.x is not None
    assert (found.truth.shape, found.x.shape) == ((30, 4), (30, 24))
    assert "no samples yet" in run("coverage", path).err
    prior = calibrate(Recipe.builtin("task-pendulum"), 30 * 40, seed=3).truth.reshape(30, 40, 4)
    PosteriorSamples(prior, found.truth, found.names).write(path, overwrite=True)
    ran = run_well("coverage", path, "--plot", tmp_path / "c.png")
    assert "nothing tells them from exact ones" in ran.out  # the prior is calibrated, too
    assert "TARP" in ran.out
    assert (tmp_path / "c.png").stat().st_size > 5000
    assert run_well("coverage", path, "--json").json["calibrated"] is True


def test_a_sample_of_a_file_has_its_posterior(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepbench_fast.tasks.references._folder", lambda: None)
    recipe = Recipe.builtin("task-pendulum").with_overrides({"samples": 3})
    generate(recipe, tmp_path / "p.h5")
    ran = run_well("posterior", tmp_path / "p.h5", 2, "-o", tmp_path / "s.h5", "--plot", tmp_path / "c.png", "--json")
    found = PosteriorSamples.read(tmp_path / "s.h5")
    assert found.samples.shape == (1, 10_000, 4)
    facts = ran.json["parameters"]["pendulum.angle"]
    assert facts["truth"] == found.truth[0, 2]
    assert facts["mean"] == pytest.approx(found.samples[0, :, 2].mean())
    assert (tmp_path / "c.png").stat().st_size > 5000
    assert "exists; --overwrite" in run("posterior", tmp_path / "p.h5", 2, "-o", tmp_path / "s.h5").err
    assert "samples are numbered 0 to 2, not 3" in run("posterior", tmp_path / "p.h5", 3).err
    assert "no task 'none'" in run("posterior", "none", 1).err


def test_a_calibration_goes_on_with_what_was_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Posteriors that were drawn before aren't drawn again, and the set is as it would be."""
    kept = tmp_path / "references"
    monkeypatch.setattr("deepbench_fast.tasks.references._folder", lambda: kept)
    command = ("calibrate", "task-pendulum", "--samples", 50, "--seed", 7)
    run_well(*command, "-n", 2, "-o", tmp_path / "two.h5")
    first = {path.name: path.stat().st_mtime_ns for path in kept.iterdir()}
    assert len(first) == 2
    run_well(*command, "-n", 4, "-o", tmp_path / "four.h5")
    then = {path.name: path.stat().st_mtime_ns for path in kept.iterdir()}
    assert len(then) == 4
    assert first.items() <= then.items()
    found = PosteriorSamples.read(tmp_path / "four.h5")
    alone = calibrate(Recipe.builtin("task-pendulum"), 4, samples=50, seed=7)
    np.testing.assert_array_equal(found.samples, alone.samples)


def test_a_classifier_tells_shifted_samples() -> None:
    pytest.importorskip("sklearn")
    random = np.random.default_rng(6)
    one, other = random.standard_normal((2, 1500, 2))
    assert c2st(one, other) == pytest.approx(0.5, abs=0.03)
    assert c2st(one, other + 0.5) > 0.57
