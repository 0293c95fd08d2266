"""Likelihoods of whole recipes, against closed forms, differences of ln p, sums over counts, and scatter of fits."""

from __future__ import annotations

import pickle
from functools import partial
from typing import Any

import numpy as np
import pytest
import scipy.stats as st

from deepbench_fast import Likelihood, Recipe, Simulator, UsageError, light_kind, parameter, samples
from deepbench_fast.inference.truths import truths
from deepbench_fast.kinds import registry

GALAXY = {
    "x": {"uniform": [4.5, 5.5]},
    "y": 5.2,
    "amplitude": {"uniform": [5, 8]},
    "r_eff": {"uniform": [2, 3]},
    "n": {"uniform": [1, 2]},
    "ellip": 0.3,
    "theta": 0.6,
}
SIGMA = {"gaussian": {"sigma": 0.1}}
THETA = {
    "galaxy.x": 5.1,
    "galaxy.amplitude": 6.0,
    "galaxy.r_eff": 2.4,
    "galaxy.n": 1.3,
    "psf.gaussian.sigma": 0.9,
    "psf.moffat.gamma": 1.2,
    "psf.moffat.alpha": 2.5,
    "noise.gaussian.sigma": 0.4,
    "noise.gaussian.snr": 30.0,
    "noise.ccd.sky": 1.5,
    "noise.ccd.gain": 1.4,
    "noise.ccd.read_noise": 1.2,
    "noise.poisson.level": 2.0,
}
CCD = {
    "sky": {"uniform": [1, 2]},
    "gain": {"uniform": [1, 2]},
    "read_noise": {"uniform": [1, 2]},
    "subtract_sky": True,
}
CASES: dict[str, dict[str, Any]] = {
    "known": {},
    "sigma": {"noise": [{"gaussian": {"sigma": {"uniform": [0.1, 1]}}}]},
    "snr": {"noise": [{"gaussian": {"snr": {"uniform": [10, 50]}}}]},
    "ccd": {"noise": [{"ccd": CCD}]},
    "poisson": {"noise": [{"poisson": {"level": {"uniform": [1, 3]}, "subtract": True}}, SIGMA]},
    "gaussian psf": {"psf": {"gaussian": {"sigma": {"uniform": [0.5, 1]}}}},
    "moffat psf": {"psf": {"moffat": {"gamma": {"uniform": [1, 2]}, "alpha": {"uniform": [2, 3]}}}},
    "finer": {
        "image": {"shape": [11, 12], "oversample": 3},
        "psf": {"gaussian": {"sigma": {"uniform": [0.5, 1]}}},
    },
    "means": {"image": {"shape": [11, 12], "sampling": "integrate"}},
    "finer means": {
        "image": {"shape": [11, 12], "oversample": 3, "sampling": "integrate"},
        "psf": {"gaussian": {"sigma": {"uniform": [0.5, 1]}}},
    },
}


def galaxies(entries: list[Any] | None = None, **settings: Any) -> Recipe:
    given = {"image": {"shape": [11, 12]}, "noise": [SIGMA], **settings}
    return Recipe(catalogues={"a": {"objects": entries or [{"galaxy": GALAXY}]}}, **given)


def theta_of(likelihood: Likelihood) -> Any:
    return np.array([THETA[name] for name in likelihood.names])


def richardson(f: Any, at: float, step: float) -> float:
    a, b, c = ((f(at + h) - f(at - h)) / (2 * h) for h in (step, step / 2, step / 4))
    return float((16 * (4 * c - b) / 3 - (4 * b - a) / 3) / 15)


@pytest.mark.parametrize("case", CASES)
def test_scores_are_slopes_and_their_products_the_information(case: str) -> None:
    likelihood = Likelihood(galaxies(**CASES[case]), threads=1)
    theta = theta_of(likelihood)
    count = 200 if "means" in case else 3000
    made = Simulator(likelihood.recipe).given(np.repeat(theta[None], count, 0), 4, names=likelihood.names)
    x = made["images"]
    scores = likelihood.score(x, theta)
    for k, found in enumerate(scores[0]):

        def shifted(value: float, k: int = k) -> Any:
            return likelihood.log_likelihood(x[0], np.where(np.arange(theta.size) == k, value, theta))

        exact = 1e-5 if "means" in case else 1e-7  # a mean steps by 1e-8 where it gets other cells
        assert found == pytest.approx(richardson(shifted, theta[k], 1e-3), rel=exact, abs=exact)
    information = likelihood.fisher(theta)
    scale = np.sqrt(np.diag(information))
    seen = scores.T @ scores / len(scores) / np.outer(scale, scale)
    np.testing.assert_allclose(seen, information / np.outer(scale, scale), atol=5 * np.sqrt(2 / len(scores)))
    assert np.abs(scores.mean(axis=0) / scale * np.sqrt(len(scores))).max() < 4.5
    np.testing.assert_array_equal(information, information.T)
    bound = np.sqrt(np.diag(np.linalg.inv(information)))
    np.testing.assert_allclose(likelihood.crlb(theta), bound, rtol=1e-7)


@pytest.mark.parametrize("case", CASES)
def test_mean_and_variance_are_those_of_the_samples(case: str) -> None:
    recipe = galaxies(**CASES[case], extras=["clean", "variance"])
    likelihood = Likelihood(recipe)
    theta = theta_of(likelihood)
    made = Simulator(recipe).given(theta[None], 1, names=likelihood.names)
    exact = 1e-4 if "means" in case else 2e-5  # of the images, whose light is a float32 kernel's
    np.testing.assert_allclose(likelihood.mean(theta), made["clean"][0], rtol=exact, atol=1e-5 * made["clean"].max())
    np.testing.assert_allclose(likelihood.variance(theta), made["variance"][0], rtol=1e-5)


def test_means_of_users_kinds_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's kind with no code but its profile, on either grid, against products of error functions."""
    monkeypatch.setattr(registry, "_own", {})

    brightness = parameter("brightness", low=0, default={"uniform": [1, 9]})

    @light_kind("oval", parameters=[brightness, parameter("width", "pix", low=0.1, default={"uniform": [0.5, 3]})])
    def oval(dx: Any, dy: Any, row: Any) -> Any:
        return row.brightness * np.exp(-(dx * dx + 4.0 * dy * dy) / (2.0 * row.width**2))

    amplitude, width = 3.0, 0.8
    for factor in (1, 3):
        image = {"shape": [9, 10], "oversample": factor, "sampling": "integrate"}
        likelihood = Likelihood(galaxies([{"oval": {"x": 4.2, "y": 3.9}}], image=image))
        assert likelihood.names == ("oval.brightness", "oval.width")
        edges = [np.arange(n + 1) - 0.5 - centre for n, centre in ((10, 4.2), (9, 3.9))]
        across, down = (
            np.diff(st.norm.cdf(edge, scale=scale)) * np.sqrt(2 * np.pi) * scale
            for edge, scale in zip(edges, (width, width / 2), strict=True)
        )
        wanted = amplitude * np.outer(down, across)
        np.testing.assert_allclose(likelihood.mean([amplitude, width]), wanted, rtol=1e-6, atol=1e-6 * wanted.max())
        information = likelihood.fisher([amplitude, width])
        assert information[0, 0] == pytest.approx(np.sum(wanted**2) / (amplitude * 0.1) ** 2, rel=1e-6)


@pytest.mark.parametrize("amplitude", [0.0, 1e-90])
def test_noise_of_a_ratio_to_light_that_is_too_faint_is_none(amplitude: float) -> None:
    star = {"x": 5, "y": 5, "gamma": 2, "alpha": 3, "amplitude": {"uniform": [0, 1e-3]}}
    recipe = galaxies([{"star": star}], noise=[{"gaussian": {"snr": {"uniform": [10, 50]}}}])
    likelihood = Likelihood(recipe)
    for call in (likelihood.fisher, partial(likelihood.score, np.zeros((11, 12)))):
        with pytest.raises(UsageError, match="has no density"):
            call([amplitude, 20.0])
    made = samples(recipe.set("star.amplitude", amplitude).set("extras", ["fisher"]), 0, 2)
    assert np.isnan(made["fisher"]).all()


def test_samples_have_the_same_bounds_of_means() -> None:
    recipe = galaxies(**CASES["means"])
    batch = samples(recipe.set("extras", ["fisher"]), 2, 5)
    likelihood = Likelihood(recipe)
    theta = truths(recipe, 0, likelihood.names, batch.tables)
    np.testing.assert_array_equal(batch["fisher"], likelihood.fisher(theta))


def test_gaussian_likelihood_is_the_normal_density() -> None:
    likelihood = Likelihood(galaxies())
    theta = theta_of(likelihood) * np.linspace(0.98, 1.02, 7)[:, None]
    x = np.random.default_rng(1).normal(1.0, 1.0, (7, 11, 12))
    expected = st.norm.logpdf(x, likelihood.mean(theta), 0.1).sum(axis=(1, 2))
    np.testing.assert_allclose(likelihood.log_likelihood(x, theta), expected, rtol=1e-12)


def test_information_of_amplitudes_is_analytic() -> None:
    star = {"x": 3.1, "y": 4.2, "gamma": 2.0, "alpha": 3.0}
    entries = [
        {"star": {"name": "one", **star, "amplitude": {"uniform": [1, 9]}}},
        {"star": {"name": "two", **star, "x": 6.3, "amplitude": {"uniform": [1, 9]}}},
    ]
    likelihood = Likelihood(galaxies(entries))
    one, two = (likelihood.mean([a, b]).ravel() - likelihood.mean([1, 1]).ravel() for a, b in ((2, 1), (1, 2)))
    design = np.stack([one, two])
    np.testing.assert_allclose(likelihood.fisher([4.0, 5.0]), design @ design.T / 0.01, rtol=1e-12)


@pytest.mark.parametrize("read_noise", [0.05, 0.3, 0.8, 1.6, 5.0])
def test_information_of_faint_pixels_is_a_direct_sum(read_noise: float) -> None:
    """Half of the light's parameters: one pixel of a wide star, whose brightness is that of the amplitude."""
    star = {"x": 0, "y": 0, "gamma": 3.0, "alpha": 2.0, "amplitude": {"uniform": [0.001, 100]}}
    ccd = {"ccd": {"sky": 0.0, "gain": 1.0, "read_noise": read_noise}}
    likelihood = Likelihood(galaxies([{"star": star}], image={"shape": [1, 1]}, noise=[ccd]))
    for mean in (0.02, 0.7, 4.0, 37.0):
        n = np.arange(0, 200)
        step = 0.02 * min(read_noise, read_noise**2)
        y = np.arange(-12 * read_noise, mean + 12 * np.sqrt(mean + read_noise**2) + 8, max(step, 2e-3))
        peaks = st.norm.pdf(y[:, None], n, read_noise)
        density, slope = (
            peaks @ st.poisson.pmf(n, mean),
            peaks @ (st.poisson.pmf(n - 1, mean) - st.poisson.pmf(n, mean)),
        )
        there = density > 1e-290
        expected = np.sum(slope[there] ** 2 / density[there]) * (y[1] - y[0])
        assert likelihood.fisher([mean])[0, 0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("psf", [{"moffat": {"gamma": 1.2, "alpha": 8}}, {"gaussian": {"sigma": 0.4}}])
@pytest.mark.parametrize("background", [[], [{"poisson": {"level": 0.4}}]])
def test_pixels_that_a_narrow_psf_makes_negative_tell_nothing_of_the_light(psf: Any, background: list[Any]) -> None:
    """No photons come of them, so that brighter light changes nothing there: against products of scores."""
    star = {"x": 5.5, "y": 5.0, "gamma": 0.4, "alpha": 4, "amplitude": {"uniform": [500, 2000]}}
    varied = {"sky": {"uniform": [0, 1]}, "read_noise": {"uniform": [0.4, 1]}}
    ccd = {"gain": 1, **varied} if background else {"gain": {"uniform": [1, 4]}, **varied}
    likelihood = Likelihood(galaxies([{"star": star}], psf=psf, noise=[{"ccd": ccd}, *background]))
    truth = {"star.amplitude": 1000.0, "noise.ccd.sky": 0.01, "noise.ccd.gain": 3.0, "noise.ccd.read_noise": 0.6}
    theta = np.array([truth[name] for name in likelihood.names])
    assert ((likelihood.mean(theta) + 0.01) < 0).sum() > 4
    made = Simulator(likelihood.recipe).given(np.repeat(theta[None], 3000, 0), 4, names=likelihood.names)
    scores = likelihood.score(made["images"], theta)
    information = likelihood.fisher(theta)
    scale = np.sqrt(np.diag(information))
    seen = scores.T @ scores / len(scores) / np.outer(scale, scale)
    np.testing.assert_allclose(seen, information / np.outer(scale, scale), atol=5 * np.sqrt(2 / len(scores)))


def test_bits_depend_on_no_threads_blocks_and_neighbours() -> None:
    recipe = galaxies(**CASES["gaussian psf"])
    one, many = Likelihood(recipe, threads=1), Likelihood(recipe, threads=3)
    theta = theta_of(one) * np.linspace(0.95, 1.05, 400)[:, None]
    np.testing.assert_array_equal(one.fisher(theta), many.fisher(theta))
    np.testing.assert_array_equal(one.fisher(theta[37]), many.fisher(theta)[37])
    x = one.mean(theta[0])
    np.testing.assert_array_equal(many.score(x, theta)[3], one.score(x, theta[3]))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(many)).fisher(theta[:3]), one.fisher(theta[:3]))


def test_parameters_that_follow_change_with_what_they_follow() -> None:
    entry = {
        **GALAXY,
        "r_eff": {"scaled": {"by": "amplitude", "of": 0.4}},
        "y": {"offset": {"from": "x", "by": 0.2}},
        "n": 1.3,
    }
    likelihood = Likelihood(galaxies([{"galaxy": entry}]))
    assert likelihood.names == ("galaxy.x", "galaxy.amplitude")
    theta, x = theta_of(likelihood), np.ones((11, 12))
    found = likelihood.score(x, theta)
    for k in range(2):
        shifted = lambda t, k=k: likelihood.log_likelihood(x, np.where(np.arange(2) == k, t, theta))  # noqa: E731
        assert found[k] == pytest.approx(richardson(shifted, theta[k], 1e-3), rel=1e-8)


def test_a_round_galaxy_has_no_bound() -> None:
    entry = {**GALAXY, "x": 5, "amplitude": 6, "r_eff": 2.4, "n": 1.3}
    entry |= {"ellip": {"uniform": [0, 0.5]}, "theta": {"uniform": [0, 3]}}
    likelihood = Likelihood(galaxies([{"galaxy": entry}]))
    assert np.isnan(likelihood.crlb([0.0, 1.0])).all()
    assert np.isfinite(likelihood.crlb([0.1, 1.0])).all()


def pendulums(solver: str, noise: dict[str, Any], **entry: Any) -> Recipe:
    given = {"length": {"uniform": [1, 3]}, "gravity": {"uniform": [9, 10]}, "angle": {"uniform": [0.5, 1]}, **entry}
    return Recipe(
        series={"stop": 6, "steps": 12, "outputs": ["x", "velocity"]},
        noise=[{"gaussian": noise}],
        catalogues={"a": {"objects": [{"pendulum": {"solver": solver, **given}}]}},
    )


@pytest.mark.parametrize("solver", ["rk4", "exact", "small_angle"])
def test_series(solver: str) -> None:
    likelihood = Likelihood(pendulums(solver, {"x": {"uniform": [0.1, 0.2]}, "velocity": 0.3}), threads=1)
    theta = np.array(
        [{"length": 2.0, "gravity": 9.5, "angle": 0.8, "x": 0.15}[n.split(".")[-1]] for n in likelihood.names]
    )
    made = Simulator(likelihood.recipe).given(np.repeat(theta[None], 2000, 0), 4, names=likelihood.names)
    x = made["series"]
    scores, information = likelihood.score(x, theta), likelihood.fisher(theta)
    sigma = np.array([0.15, 0.3])
    expected = st.norm.logpdf(x[0], likelihood.mean(theta), sigma).sum()
    assert likelihood.log_likelihood(x[0], theta) == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(likelihood.variance(theta), np.broadcast_to(sigma**2, (12, 2)), rtol=1e-14)
    for k, found in enumerate(scores[0]):
        shifted = lambda t, k=k: likelihood.log_likelihood(x[0], np.where(np.arange(theta.size) == k, t, theta))  # noqa: E731
        assert found == pytest.approx(richardson(shifted, theta[k], 1e-4), rel=1e-7)
    scale = np.sqrt(np.diag(information))
    seen = scores.T @ scores / len(scores) / np.outer(scale, scale)
    np.testing.assert_allclose(seen, information / np.outer(scale, scale), atol=5 * np.sqrt(2 / len(scores)))


def _ask(recipe: Recipe, names: list[str] | None) -> None:
    likelihood = Likelihood(recipe, names)
    likelihood.log_likelihood(np.ones((11, 12)), theta_of(likelihood))


def test_what_has_no_density_is_refused_in_one_line() -> None:
    star = {"star": {"x": 5, "y": 5, "gamma": 2, "alpha": 3, "amplitude": {"uniform": [1, 2]}}}
    rectangle = {"rectangle": {"x": 5, "y": 5, "width": 3, "height": 2}}
    refused = [
        (galaxies(noise=[]), None, "without noise"),
        (galaxies(noise=[{"poisson": {"level": 3}}]), None, "poisson noise alone"),
        (galaxies(noise=[{"ccd": {"sky": 1, "gain": 1, "read_noise": 0}}]), None, "noise.ccd.read_noise: is 0"),
        (galaxies(), ["galaxy.n"], "galaxy.x: is drawn"),
        (
            galaxies([{"star": {**star["star"], "count": {"integers": [1, 3]}}}, {"galaxy": GALAXY}]),
            None,
            "star.count: is drawn",
        ),
        (galaxies([{"star": {**star["star"], "count": 2}}, {"galaxy": GALAXY}]), None, "several objects"),
        (galaxies([star, rectangle]), None, "rectangle: is a shape"),
        (galaxies([star]), ["star.gama"], "star.gamma"),
        (galaxies([{"star": {**star["star"], "amplitude": 1}}]), None, "no parameter is drawn"),
    ]
    for recipe, names, words in refused:
        with pytest.raises(UsageError, match=words) as caught:
            _ask(recipe, names)
        assert "\n" not in str(caught.value)
    likelihood = Likelihood(galaxies())
    for x, theta, words in (
        (np.ones((3, 3)), theta_of(likelihood), "x must have shape"),
        (np.ones((11, 12)), [1.0], "theta must have shape"),
        (np.ones((11, 12)), theta_of(likelihood) * [1, -1, 1, 1], "galaxy.amplitude must be"),
        (np.ones((2, 11, 12)), np.repeat(theta_of(likelihood)[None], 3, 0), "2 samples x"),
    ):
        with pytest.raises(UsageError, match=words):
            likelihood.log_likelihood(x, theta)


def test_what_is_not_known_of_a_round_lens_is_nan() -> None:
    lens = {
        "x": 8.2,
        "y": 7.7,
        "theta_e": {"uniform": [3, 5]},
        "q": {"uniform": [0.5, 1]},
        "phi": 0.3,
        "softening": 0.1,
    }
    lens |= {"gamma1": 0, "gamma2": 0, "source_dx": 0.3, "source_dy": 0.1, "source_amplitude": 2, "source_r_eff": 2}
    lens |= {"source_n": 1, "source_ellip": 0.2, "source_theta": 0.4}
    likelihood = Likelihood(galaxies([{"lens": lens}], image={"shape": [16, 16]}), threads=1)
    assert likelihood.names == ("lens.theta_e", "lens.q")
    theta = np.array([[4.0, 1.0], [4.0, 0.99]])
    x = likelihood.mean(theta)
    assert np.isfinite(x).all()
    assert np.isfinite(likelihood.log_likelihood(x, theta)).all()
    information, score = likelihood.fisher(theta), likelihood.score(x, theta)
    assert np.isnan(information[0]).tolist() == [[False, True], [True, True]]
    assert np.isnan(score[0]).tolist() == [False, True]
    assert np.isnan(likelihood.crlb(theta)[0]).all()
    assert np.isfinite(information[1]).all()
    assert np.isfinite(score[1]).all()
    assert np.isfinite(likelihood.crlb(theta)[1]).all()


def test_no_samples_have_no_likelihoods() -> None:
    recipe = Recipe(
        image={"shape": [4, 5]},
        noise=[{"gaussian": {"sigma": 0.1}}],
        catalogues={
            "a": {"objects": [{"star": {"x": 2, "y": 2, "amplitude": {"uniform": [1, 2]}, "gamma": 1, "alpha": 3}}]}
        },
    )
    likelihood = Likelihood(recipe, ["star.amplitude"])
    x, theta = np.zeros((0, 4, 5)), np.zeros((0, 1))
    assert likelihood.log_likelihood(x, theta).shape == (0,)
    assert likelihood.score(x, theta).shape == (0, 1)
