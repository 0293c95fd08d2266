"""Posteriors, against closed forms; what has none says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats as st

from deepbench_fast import AccuracyWarning, Likelihood, Recipe, Simulator, UsageError
from deepbench_fast.inference.pareto import pareto_shape
from deepbench_fast.inference.posterior import Posterior
from deepbench_fast.inference.series_likelihood import SeriesLikelihood

STAR = {"x": 4, "y": 5, "amplitude": {"normal": [3, 0.3]}, "gamma": 1.5, "alpha": 2.5}


def stars(noise: Any = 0.3, **changes: Any) -> Recipe:
    entry = {**STAR, **changes}
    settings = {"image": {"shape": [10, 10]}, "noise": [{"gaussian": {"sigma": noise}}]}
    return Recipe(name="stars", catalogues={"a": {"objects": [{"star": entry}]}}, **settings)


def test_an_amplitude_has_the_posterior_of_the_normal_law() -> None:
    """Under a normal prior and normal noise it is normal, and the evidence is the density of a normal law of pixels."""
    recipe = stars()
    x = Simulator(recipe).given([[3.4]], 1, names=["star.amplitude"])["images"][0]
    profile = Likelihood(recipe).mean([1.0]).ravel()
    precision = (profile**2).sum() / 0.09 + 1 / 0.09
    mean = ((profile * x.ravel()).sum() / 0.09 + 3 / 0.09) / precision
    draws = Posterior(recipe).sample(x, 4000, effective=4000)
    assert draws.samples.shape == (4000, 1)
    exact = st.norm(mean, precision**-0.5)
    assert st.kstest(draws.samples[:, 0], exact.cdf).pvalue > 0.01
    assert st.kstest(draws.samples[:500, 0], exact.cdf).pvalue > 0.01  # in an order that says nothing
    covariance = 0.09 * np.eye(100) + 0.09 * np.outer(profile, profile)
    evidence = st.multivariate_normal(3 * profile, covariance).logpdf(x.astype(float).ravel())
    assert draws.log_evidence == pytest.approx(evidence, abs=4 / np.sqrt(draws.effective))
    assert draws.effective > 4000
    assert draws.pareto_k < 0.5


def test_draws_depend_on_recipe_and_sample_alone() -> None:
    recipe = stars({"loguniform": [0.1, 1]}, amplitude={"uniform": [1, 5]}, x={"uniform": [3, 5]})
    x = Simulator(recipe).batch(0, 1)["images"][0]
    draws = Posterior(recipe, threads=1).sample(x, 300, effective=1000)
    again = Posterior(recipe, threads=3).sample(x.ravel(), 300, effective=1000)
    assert draws.digest == again.digest
    assert draws.names == ("star.x", "star.amplitude", "noise.gaussian.sigma")
    assert Posterior(recipe).sample(x + 0.01, 300, effective=1000).digest != draws.digest
    assert np.unique(draws.samples[:, 0]).size > 280


def test_parameters_without_a_posterior_say_so() -> None:
    for changes, words in (
        ({"amplitude": {"choice": [1, 2]}}, "a posterior needs a uniform, loguniform or normal law"),
        ({"amplitude": 3}, "no parameter is drawn"),
        ({"noise": {"uniform": [0.1, 1]}, "count": {"integers": [1, 2]}}, "count: is drawn"),
    ):
        with pytest.raises(UsageError, match=words):
            Posterior(stars(**changes))
    exact = Posterior(stars())
    for x, words in (
        (np.zeros(3), r"shape \(10, 10\), not \(3,\)"),
        (np.full(100, np.nan), "finite"),
        ("a", "numbers"),
    ):
        with pytest.raises(UsageError, match=words):
            exact.sample(x)


PENDULUM = {"length": {"uniform": [2, 8]}, "gravity": 9.8, "angle": {"uniform": [0.2, 1]}, "friction": 0.5}


def series(**changes: Any) -> Recipe:
    settings = {"series": {"start": 0, "stop": 4, "steps": 9, "outputs": ["x", "angle"]}}
    settings["noise"] = [{"gaussian": {"x": {"uniform": [0.1, 1]}, "angle": 0.2}}]
    given = {**settings, "catalogues": {"a": {"objects": [{"pendulum": PENDULUM}]}}, **changes}
    return Recipe(name="swings", **given)


def test_likelihoods_of_series_are_those_with_slopes() -> None:
    recipe = series()
    one, other = SeriesLikelihood(recipe), Likelihood(recipe)
    assert one.names == other.names
    theta = np.array([[3.0, 0.5, 0.3], [4.0, 0.8, 0.5], [7.0, 0.3, 0.9]])
    x = Simulator(recipe).given(theta[:1], 1, names=one.names)["series"]
    np.testing.assert_allclose(one.mean(theta), other.mean(theta), atol=1e-9)
    np.testing.assert_allclose(
        one.variance(theta), np.tile(np.stack([theta[:, 2] ** 2, [0.04] * 3], 1)[:, None], (1, 9, 1))
    )
    np.testing.assert_allclose(one.log_likelihood(x, theta), other.log_likelihood(x, theta), rtol=1e-9)


def test_series_without_a_likelihood_say_so() -> None:
    bodies = {"n_body": {"form": "kepler", "mass": {"uniform": [1, 2]}, "eccentricity": {"uniform": [0, 0.5]}}}
    own = {"series": {"start": 0, "stop": 1, "steps": 3}, "noise": [{"gaussian": {"sigma": 0.1}}]}
    for objects, words in (
        ([bodies], "mass is drawn for each body"),
        ([{"n_body": {"virial_ratio": {"uniform": [0.1, 0.5]}, "mass": 1}}], "draws where bodies start"),
    ):
        with pytest.raises(UsageError, match=words):
            SeriesLikelihood(Recipe(name="b", catalogues={"a": {"objects": objects}}, **own))
    with pytest.raises(UsageError, match="latent"):
        SeriesLikelihood(series(parameter_noise={"length": 0.1}))
    with pytest.raises(UsageError, match="no density"):
        SeriesLikelihood(series(noise=[{"gaussian": {"x": 0.1}}])).variance(np.array([[3.0, 0.5]]))


def test_the_shape_of_a_tail() -> None:
    random = np.random.default_rng(5)
    for shape in (0.3, 0.7, 1.0):
        weights = st.genpareto(shape).rvs(200_000, random_state=random)
        assert pareto_shape(np.log(weights)) == pytest.approx(shape, abs=0.15)
    assert pareto_shape(np.log(random.uniform(0.5, 1, 20_000))) < 0


def test_points_whose_likelihood_is_nan_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """They count as impossible: not one of them is drawn, and the others are."""
    recipe = stars(amplitude={"uniform": [1, 5]})
    posterior = Posterior(recipe)
    x = Simulator(recipe).given([[3.0]], 1, names=["star.amplitude"])["images"][0]
    whole = posterior.likelihood.log_likelihood

    def partly(data: Any, theta: Any) -> Any:
        return np.where(theta[:, 0] > 3.0, np.nan, whole(data, theta))

    monkeypatch.setattr(posterior.likelihood, "log_likelihood", partly)
    with pytest.warns(AccuracyWarning, match=r"ln p of \d+ of \d+ points isn't known \(NaN\)"):
        draws = posterior.sample(x, 500, effective=500)
    assert draws.effective >= 500
    assert draws.samples.max() <= 3.0
    assert np.unique(draws.samples).size > 300


def test_a_sample_that_is_possible_with_nothing_is_refused() -> None:
    posterior = Posterior(stars())
    with pytest.raises(UsageError, match="no likelihood with any of the parameters"):
        posterior.sample(np.full((10, 10), 1e200), 100, effective=100)


def test_a_sample_on_its_side_is_refused() -> None:
    settings = {"image": {"shape": [6, 10]}, "noise": [{"gaussian": {"sigma": 0.3}}]}
    recipe = Recipe(name="stars", catalogues={"a": {"objects": [{"star": STAR}]}}, **settings)
    posterior = Posterior(recipe)
    assert (
        posterior.identity(np.zeros((6, 10)))
        == posterior.identity(np.zeros(60))
        == posterior.identity(np.zeros((1, 6, 10)))
    )
    for shape in ((10, 6), (3, 20), (60, 1), (2, 30)):
        with pytest.raises(UsageError, match="x must have shape"):
            posterior.identity(np.zeros(shape))


def test_weights_of_which_one_is_all_have_no_moments() -> None:
    assert pareto_shape(-(np.arange(1000.0) ** 2)) == np.inf
