"""Posteriors that a few laws don't cover: thin sheets that bend."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import scipy.integrate as si
import scipy.stats as st

from deepbench_fast import Recipe
from deepbench_fast.draw.streams import seed_key
from deepbench_fast.inference import weighted
from deepbench_fast.inference.fit import fitted
from deepbench_fast.inference.modes import Problem
from deepbench_fast.inference.posterior import Posterior
from deepbench_fast.tasks import calibrate, get_task

Floats = npt.NDArray[np.float64]

WIDTH = 0.1


def bent_sheet() -> Problem:
    """A last parameter that is known, but for a small error, as the sum of the others' squares."""

    def mean(points: Floats) -> Floats:
        found: Floats = points[:, -1:] - (points[:, :-1] ** 2).sum(axis=1, keepdims=True)
        return found

    def log_density(points: Floats) -> Floats:
        found: Floats = st.norm.logpdf(mean(points)[:, 0], 0.0, WIDTH) - 0.5 * (points**2).sum(axis=1)
        return found

    return Problem(log_density, mean, lambda points: np.full((len(points), 1), WIDTH**2), np.zeros(1))


def of_squares(size: int, power: int) -> float:
    """The evidence of `bent_sheet`, times the mean of a power of the squares' sum s: an integral over s alone."""

    def density(s: float) -> float:
        return float(s**power * st.chi2.pdf(s, size - 1) * st.norm.pdf(s, 0.0, np.hypot(1.0, WIDTH)))

    return float(si.quad(density, 0.0, 12.0, limit=200)[0])


@pytest.mark.parametrize("size", [4, 6])
def test_thin_sheets_that_bend_are_drawn(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws of the first mixture are worth little; those of the second are worth enough, and those of the sheet."""
    problem, key = bent_sheet(), seed_key("sheet")
    mixture, modes = fitted(problem, key, size, 512)
    found = weighted.weighted_draws(problem, mixture, modes, key, 1000)
    assert found.effective >= 1000
    exact = of_squares(size, 0)
    assert found.log_evidence == pytest.approx(np.log(exact), abs=4 / np.sqrt(1000))
    mean, second = (of_squares(size, power) / exact for power in (1, 2))
    deviation = np.sqrt(second - mean**2)
    squares = (found.points[:, :-1] ** 2).sum(axis=1)
    assert (found.weights * squares).sum() == pytest.approx(mean, abs=4 * deviation / np.sqrt(1000))
    monkeypatch.setattr(weighted, "fitted_again", lambda problem, key, mixture, lacking: mixture)
    monkeypatch.setattr(weighted, "MOST_DRAWS", 2 * len(found.points))
    assert weighted.weighted_draws(problem, mixture, modes, key, 1000).effective < 700


def test_an_orbit_that_many_periods_fit() -> None:
    """Sample 13 of the calibration set of `task-n-body`: 2**20 draws of the first mixture are worth 5. A warning is an
    error here."""
    recipe = Recipe.builtin("task-n-body")
    x = calibrate(recipe, 14).x
    assert x is not None
    draws = Posterior(recipe).sample(x[13], 200, effective=1000)
    assert draws.effective >= 1000
    assert draws.pareto_k < 0.5
    assert draws.draws < 2**16


@pytest.mark.parametrize("number", [127, 177])
def test_a_mode_that_the_fit_lost_is_drawn(number: int) -> None:
    """Samples of the calibration set of `task-two-galaxies`: each galaxy is the first one in half of the draws, also
    where starts led to one of the two modes alone (127)."""
    recipe = Recipe.builtin("task-two-galaxies")
    x = calibrate(recipe, number + 1).x
    assert x is not None
    draws = Posterior(recipe).sample(x[number], 200, effective=1000)
    assert (draws.samples[:, 0] < draws.samples[:, 4]).mean() == pytest.approx(0.5, abs=0.15)


def test_a_mode_of_little_mass_is_drawn() -> None:
    """Observation 1 of `two-galaxies`: in 1.4 % of the states of tempered chains (0.8 to 1.9 in four of them) one
    galaxy is a faint one far away."""
    task = get_task("two-galaxies")
    draws = task.posterior.sample(task.get_observation(1), 4000, effective=4000)
    far = (draws.samples[:, [0, 4]] > 13.0).any(axis=1)
    assert far.mean() == pytest.approx(0.0145, abs=0.006)
