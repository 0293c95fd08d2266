"""Slopes of systems of bodies against orbits of another integrator over complex numbers, and what they give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from deepbench_fast import Likelihood, Recipe, Simulator, samples
from deepbench_fast.draw.free_parameters import given_to
from deepbench_fast.draw.tables import draw
from deepbench_fast.inference.truths import truths
from deepbench_fast.render.expected import Expected

TIMES = np.linspace(0.0, 8.0, 9)
RANGES = {
    "big_g": {"uniform": [0.5, 2]},
    "softening": {"uniform": [0, 0.5]},
    "semi_major_axis": {"uniform": [0.5, 1.5]},
    "eccentricity": {"uniform": [0, 0.99]},
}


def recipe(form: str = "kepler", **entry: Any) -> Recipe:
    return Recipe(
        series={"start": 0, "stop": 8, "steps": 9, "outputs": ["position", "energy"]},
        noise=[{"gaussian": {"sigma": 0.1}}],
        catalogues={"a": {"objects": [{"n_body": {"form": form, "mass": 1, **entry}}]}},
    )


def complex_orbit(big_g: Any, softening: Any, semi_major_axis: Any, eccentricity: Any) -> Any:
    """Positions of both bodies and the energy, (9, 5), of masses 1: DOP853 to 1e-13, over complex numbers."""
    distance = semi_major_axis * (1.0 - eccentricity)
    speed = np.sqrt(2.0 * big_g / semi_major_axis * (1.0 + eccentricity) / (1.0 - eccentricity))

    def motion(_: float, y: Any) -> Any:
        square = y[0] ** 2 + y[1] ** 2 + softening**2
        return np.array([y[2], y[3], *(-2.0 * big_g * y[:2] / (square * np.sqrt(square)))])

    start = np.array([distance, 0.0, 0.0, speed], complex)
    found = solve_ivp(motion, (0.0, 8.0), start, "DOP853", TIMES, rtol=1e-13, atol=1e-14).y
    x, y = found[:2] / 2.0
    energy = 0.25 * (start[3] ** 2) - big_g / np.sqrt(start[0] ** 2 + softening**2)
    return np.stack([-x, -y, x, y, np.full(9, energy)], axis=1)


def slopes_of(asked: Recipe, theta: Any) -> tuple[Any, Any]:
    """Series (9, 5) and slopes (P, 9, 5)."""
    likelihood = Likelihood(asked)
    expected = Expected(likelihood._plan, 0, likelihood.names)
    given = [given_to(one, np.array([value])) for one, value in zip(expected.free.values(), theta, strict=True)]
    parts = expected.parts(draw(likelihood._plan, 0, 1, given, catalogue=0))
    return np.stack([part.light[0] for part in parts], -1), np.stack([part.slopes[0] for part in parts], -1)


@pytest.mark.parametrize(
    "values",
    [(1.0, 0.2, 1.0, 0.3), (1.7, 0.05, 0.6, 0.6), (0.5, 0.4, 1.4, 0.0), (1.0, 0.1, 1.0, 0.85), (1.3, 0.0, 1.3, 0.99)],
)
@pytest.mark.parametrize("solver", ["radau", "rk4"])
def test_slopes_are_those_of_complex_steps(values: tuple[float, ...], solver: str) -> None:
    names = list(RANGES)
    series, slopes = slopes_of(recipe(**RANGES, solver=solver), values)
    if solver == "radau" or values[-1] < 0.95:
        np.testing.assert_allclose(series, complex_orbit(*values).real, atol=1e-8 if solver == "radau" else 1e-4)
    for k, found in enumerate(slopes):
        shifted = np.array(values, complex)
        shifted[k] += 1e-40j
        wanted = complex_orbit(*shifted).imag / 1e-40
        if np.abs(wanted).max() > 0.0:
            right = 1e-6 if values[-1] > 0.95 else 1e-7
            assert np.abs(found - wanted).max() < right * np.abs(wanted).max(), names[k]


@pytest.mark.parametrize("softening", [1e-2, 1e-4, 1e-6, 1e-9, 1e-12])
@pytest.mark.parametrize("eccentricity", [0.0, 0.3, 0.85])
def test_slopes_along_a_small_softening_are_not_those_of_rounding(softening: float, eccentricity: float) -> None:
    """The motion changes with its square: over a part of 1e-8 by less than a number's last digit."""
    _, slopes = slopes_of(recipe(**RANGES), (1.0, softening, 1.0, eccentricity))
    wanted = complex_orbit(1.0, softening + 1e-40j, 1.0, eccentricity).imag / 1e-40
    assert np.abs(slopes[1] - wanted).max() < 1e-7 * np.abs(wanted).max()


def test_small_softenings_have_slopes_of_their_own_sample() -> None:
    """Beside large ones, which are differentiated otherwise."""
    likelihood = Likelihood(recipe(softening={"uniform": [0, 0.5]}, eccentricity=0.3))
    theta = np.array([[0.3], [1e-5], [0.0], [0.2], [2e-5]])
    together = likelihood.fisher(theta)[:, 0, 0]
    np.testing.assert_array_equal(together, [likelihood.fisher(one)[0, 0] for one in theta])
    assert together[4] == pytest.approx(4.0 * together[1], rel=1e-6)


def test_score_information_and_samples_agree() -> None:
    likelihood = Likelihood(recipe(**RANGES), threads=1)
    theta = np.array([1.0, 0.2, 1.0, 0.3])
    made = Simulator(likelihood.recipe).given(np.repeat(theta[None], 500, 0), 4, names=likelihood.names)
    scores, information = likelihood.score(made["series"], theta), likelihood.fisher(theta)
    scale = np.sqrt(np.diag(information))
    seen = scores.T @ scores / len(scores) / np.outer(scale, scale)
    np.testing.assert_allclose(seen, information / np.outer(scale, scale), atol=5 * np.sqrt(2 / len(scores)))
    np.testing.assert_allclose(likelihood.crlb(theta), np.sqrt(np.diag(np.linalg.inv(information))), rtol=1e-7)


def test_what_follows_a_parameter_changes_with_it() -> None:
    """A softening that is a part of the axis: the sum of both slopes."""
    both = {"big_g": 1, "semi_major_axis": RANGES["semi_major_axis"], "eccentricity": 0.3}
    _, apart = slopes_of(recipe(**both, softening=RANGES["softening"]), (0.2, 1.0))
    _, together = slopes_of(recipe(**both, softening={"scaled": {"by": "semi_major_axis", "of": 0.2}}), (1.0,))
    np.testing.assert_allclose(together[0], apart[1] + 0.2 * apart[0], atol=1e-7 * np.abs(together).max())


def test_samples_have_the_same_bounds() -> None:
    """As an extra, beside members that begin elsewhere."""
    asked = recipe(**RANGES)
    batch = samples(asked.set("extras", ["fisher", "crlb"]), 3, 7)
    likelihood = Likelihood(asked)
    theta = truths(asked, 0, likelihood.names, batch.tables)
    np.testing.assert_array_equal(batch["fisher"], likelihood.fisher(theta))
    np.testing.assert_array_equal(batch["crlb"], likelihood.crlb(theta))


def test_slopes_that_differences_do_not_tell_are_nan() -> None:
    """Three bodies without order: rounding grows as fast as slopes do."""
    asked = recipe("figure_eight", big_g={"uniform": [0.1, 60]})
    _, slopes = slopes_of(asked, (1.0,))
    assert np.isfinite(slopes).all()
    longer = asked.set("series", {"start": 0, "stop": 400, "steps": 9, "outputs": ["position", "energy"]})
    _, slopes = slopes_of(longer.set("n_body.softening", 0.5), (50.0,))
    assert np.isnan(slopes).all()
