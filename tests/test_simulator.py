"""Simulations of given parameters, and priors, against datasets, closed forms and SciPy."""

from __future__ import annotations

import runpy
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import scipy.stats as st

from deepbench_fast import Prior, Recipe, samples, simulate
from deepbench_fast.errors import UsageError
from tests.recipes import mixed

EXAMPLE = Path(__file__).parents[1] / "docs/examples/sbi_posterior.py"

PENDULUM = """
name: pendulum
series: {start: 0, stop: 4, steps: 30, outputs: [x]}
noise: [{gaussian: {sigma: 0.2}}]
catalogues:
  pendulums:
    objects: [pendulum: {length: {uniform: [1, 4]}, angle: 0.6}]
"""


def galaxies(**parameters: object) -> Recipe:
    entry = {"amplitude": 2, "x": 4, "y": 4, **parameters}
    return Recipe(image={"shape": [9, 9]}, catalogues={"a": {"objects": [{"galaxy": entry}]}})


def test_simulations_of_a_datasets_parameters_are_the_dataset() -> None:
    """Whatever is given: all, a part or nothing."""
    for recipe in (
        galaxies(n={"uniform": [1, 4]}, ellip={"scaled": {"by": "n", "of": {"uniform": [0.01, 0.1]}}}).set(
            "noise.gaussian.sigma", "{uniform: [0, 1]}"
        ),
        Recipe.of_kind("lens"),
        Recipe.of_kind("line").set("catalogues.line.line.min_length", 30),
        Recipe.of_kind("pendulum").set("noise.gaussian.x", 0.1).set("parameter_noise.length", 0.1),
    ):
        whole = samples(recipe.set("seed", 8), 0, 20)
        expected = whole["series" if recipe.series else "images"]
        prior = Prior(recipe)
        drawn = prior.sample(20, 8)
        parts = [prior.names[::2], prior.names[:1]] if recipe.name != "line" else []  # their ends are drawn together
        for names in (prior.names, *parts):
            given = {name: drawn[:, prior.names.index(name)] for name in names}
            np.testing.assert_array_equal(simulate(recipe, given, 8), expected)
    np.testing.assert_array_equal(simulate(galaxies(), {}, 8), samples(galaxies().set("seed", 8), 0, 1)["images"])


def test_levels_can_be_given() -> None:
    recipe = galaxies(n=1).set("noise.gaussian.sigma", "{uniform: [0, 1]}")
    quiet, loud = simulate(recipe, {"noise.gaussian.sigma": [0, 1]}, 1)
    assert loud.std() > 2 * (quiet - quiet.mean()).std() or abs(loud - quiet).std() > 0.5
    np.testing.assert_array_equal(quiet, samples(galaxies(n=1).set("seed", 1), 0, 1)["images"][0])
    prior = Prior(recipe, ["noise.gaussian.sigma", "galaxy.r_eff"])
    assert prior.sample(5, 1).shape == (5, 2)
    np.testing.assert_allclose(Prior(recipe, ["noise.gaussian.sigma"]).log_prob([[0.5], [2]]), [0, -np.inf])


def test_one_entry_of_several_is_given() -> None:
    entries = [{"star": {"name": name, "x": x, "y": 4, "gamma": 1, "alpha": 3}} for name, x in (("a", 2), ("b", 6))]
    many = {"star": {"name": "others", "count": {"poisson": 2}, "amplitude": 0}}
    recipe = Recipe(image={"shape": [9, 9]}, catalogues={"sky": {"objects": [*entries, many]}})
    one, two = simulate(recipe, {"a.amplitude": [0, 5], "b.amplitude": 3}, 0)
    moffat = lambda x: (1 + (np.arange(9) - x) ** 2 + (np.arange(9)[:, None] - 4) ** 2) ** -3.0  # noqa: E731
    np.testing.assert_allclose(one, 3 * moffat(6), rtol=1e-5)
    np.testing.assert_allclose(two, 3 * moffat(6) + 5 * moffat(2), rtol=1e-5)
    assert Prior(recipe, ["b.amplitude", "a.amplitude"]).names == ("b.amplitude", "a.amplitude")
    with pytest.raises(UsageError, match=r"unknown parameter of the simulator 'others\.x'"):
        simulate(recipe, {"others.x": 3}, 0)


def test_given_ends_of_segments_stay() -> None:
    recipe = Recipe.of_kind("line").set("catalogues.line.line.min_length", 40).set("image.shape", [64, 64])
    ends = {"line.x1": 10.0, "line.y1": 10.0, "line.x2": 14.0, "line.y2": 10.0, "line.line_width": 1.0}
    image = simulate(recipe, ends, 3)[0]
    assert set(np.flatnonzero(image.any(axis=0))) <= set(range(9, 16))
    moved = simulate(recipe, {"line.x1": 10.0, "line.y1": 10.0}, 3)
    assert all(image[9:12, 9:12].any() for image in moved)


def test_what_follows_from_a_given_parameter_follows() -> None:
    recipe = galaxies(n=1, ellip=0, x={"offset": {"from": "y", "by": {"uniform": [1, 1.5]}}})
    image = simulate(recipe, {"galaxy.y": [2.0, 6.0]}, 0)
    rows, columns = np.unravel_index(image.reshape(2, -1).argmax(axis=1), (9, 9))
    assert rows.tolist() == [2, 6]
    assert columns.tolist() == [3, 7]


def test_small_oscillations_have_their_closed_form() -> None:
    recipe = Recipe.from_yaml(PENDULUM).set("noise", []).set("series.outputs", ["angle"])
    length = np.array([1.0, 2.5, 4.0])
    got = simulate(recipe, {"pendulum.length": length, "pendulum.angle": 0.001}, 0)[:, :, 0]
    time = np.array(recipe.time.moments)
    expected = 0.001 * np.cos(np.sqrt(9.80665 / length)[:, None] * time)
    np.testing.assert_allclose(got, expected, atol=2e-9)


def test_one_catalogue_of_several() -> None:
    recipe = mixed()
    with pytest.raises(UsageError, match=r"has several catalogues: say which one \(stars, fields\)"):
        simulate(recipe, {}, 0)
    images = simulate(recipe.of_split("test"), {"bright.amplitude": [1, 2]}, 0, catalogue="stars")
    assert images.shape == (2, 16, 20)
    assert simulate(recipe, {}, 0, catalogue="fields").shape == (1, 16, 20)
    assert Prior(recipe, catalogue="stars").names == ("bright.x", "bright.y", "bright.amplitude", "bright.alpha")
    with pytest.raises(UsageError, match="no parameter is drawn"):
        Prior(recipe, catalogue="fields")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"galaxy.rr": 1}, r"unknown parameter of the simulator 'galaxy\.rr'"),
        ({"galaxy.n": 99}, r"galaxy\.n must be from 0\.5 to 10; the values reach from 99 to 99"),
        ({"galaxy.n": [1, float("nan")]}, r"galaxy\.n must be"),
        ({"galaxy.n": [1, 2], "galaxy.theta": [1, 2, 3]}, "lists of one length, not of 2, 3"),
        ({"galaxy.n": [[1, 2]]}, "lists of one length"),
        ({"galaxy.r_eff": [3, 0.5], "galaxy.ellip": 0.5}, r"galaxy\.r_eff: with sampling integrate.*given r_eff 0\.5"),
    ],
)
def test_wrong_parameters(given: dict[str, object], words: str) -> None:
    recipe = galaxies(r_eff=2, ellip=0, n=1).set("image.sampling", "integrate")
    with pytest.raises(UsageError, match=words) as caught:
        simulate(recipe, given, 0)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_parameters_must_suit_each_other_simulation_by_simulation() -> None:
    lens = Recipe.of_kind("lens")
    simulate(lens, {"lens.theta_e": [2.0, 8.0], "lens.softening": [0.9, 3.9]}, 0)
    with pytest.raises(UsageError, match=r"lens\.softening: must not be above 0\.5 theta_e"):
        simulate(lens, {"lens.theta_e": [2.0, 8.0], "lens.softening": [3.9, 0.9]}, 0)
    pendulum = Recipe.of_kind("pendulum").set("series.stop", 600)
    with pytest.raises(UsageError, match=r"pendulum\.length: too short for a series of 600 s.*given length 0\.02"):
        simulate(pendulum, {"pendulum.length": [5, 0.02]}, 0)


def test_whole_numbers_and_flags_are_checked() -> None:
    spiral = Recipe.of_kind("spiral_galaxy")
    for given in ({"spiral_galaxy.arms": 2.5}, {"spiral_galaxy.handedness": 0}):
        with pytest.raises(UsageError, match="must be"):
            simulate(spiral, given, 0)
    assert simulate(spiral, {"spiral_galaxy.arms": [2, 3], "spiral_galaxy.handedness": [-1, 1]}, 0).shape[0] == 2
    assert simulate(spiral, {"spiral_galaxy.arms": []}, 0).shape[0] == 0


def test_a_prior_scores_what_it_draws() -> None:
    recipe = galaxies(
        n={"uniform": [1, 4]},
        r_eff={"loguniform": [1, 3]},
        ellip={"normal": {"mean": 0.3, "sigma": 0.1, "low": 0, "high": 0.5}},
        theta={"scaled": {"by": "n", "of": {"uniform": [0.5, 1]}}},
        x={"offset": {"from": "y", "by": {"choice": [0.1, 0.2]}}},
    )
    prior = Prior(recipe, ["galaxy.n", "galaxy.r_eff", "galaxy.ellip", "galaxy.theta", "galaxy.x"])
    drawn = prior.sample(500, 2)
    n, r_eff, ellip, theta, _ = drawn.T
    expected = (
        st.uniform(1, 3).logpdf(n)
        + st.loguniform(1, 3).logpdf(r_eff)
        + st.truncnorm(-3, 2, 0.3, 0.1).logpdf(ellip)
        + st.uniform(0.5 * n, 0.5 * n).logpdf(theta)
        + np.log(0.5)
    )
    np.testing.assert_allclose(prior.log_prob(drawn), expected, rtol=1e-9)
    assert np.isneginf(prior.log_prob(drawn + np.array([0, 0, 0, 0, 0.05]))).all()
    np.testing.assert_array_equal(prior.sample(20, 2), drawn[:20])
    assert (prior.sample(20, 3) != drawn[:20]).any()
    assert prior.sample(0, 2).shape == (0, 5)
    assert prior.log_prob(np.empty((0, 5))).shape == (0,)


def test_priors_without_a_density_say_so(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("n\n1\n2\n")
    table = {"table": {"file": str(tmp_path / "t.csv"), "column": "n"}}
    for drawn in (table, {"grid": [1, 2]}):
        prior = Prior(galaxies(n=drawn, r_eff=1), ["galaxy.n"])
        assert set(prior.sample(50, 0).ravel()) == {1, 2}
        with pytest.raises(UsageError, match="has no density"):
            prior.log_prob([[1.0]])
    with pytest.raises(UsageError, match=r"depends on galaxy\.n, which is not among the parameters"):
        Prior(
            galaxies(n={"uniform": [1, 4]}, r_eff={"offset": {"from": "n", "by": {"uniform": [0, 1]}}}),
            ["galaxy.r_eff"],
        ).log_prob([[2.0]])
    with pytest.raises(UsageError, match="drawn again while the segment is too short"):
        Prior(Recipe.of_kind("line"), ["line.x1"]).log_prob([[2.0]])
    with pytest.raises(UsageError, match=r"must have shape \(count, 1\), not \(1,\)"):
        Prior(galaxies(n={"uniform": [1, 4]}), ["galaxy.n"]).log_prob([2.0])
    with pytest.raises(UsageError, match="negative"):
        Prior(galaxies(), ["galaxy.theta"]).sample(-1, 0)


def test_posteriors_on_a_grid_are_calibrated() -> None:
    """Ranks of true lengths in exact posteriors are uniform (simulation-based calibration)."""
    recipe = Recipe.from_yaml(PENDULUM)
    sigma, truths = 0.2, 300
    prior = Prior(recipe)
    true = prior.sample(truths, 4)
    observed = simulate(recipe, {"pendulum.length": true[:, 0]}, 4)[:, :, 0]
    grid = np.linspace(1, 4, 1501)
    model = simulate(recipe.set("noise", []), {"pendulum.length": grid}, 0)[:, :, 0]
    log_likelihood = -0.5 * ((observed[:, None, :] - model[None]) ** 2).sum(axis=2) / sigma**2
    log_posterior = log_likelihood + prior.log_prob(grid[:, None])
    posterior = np.exp(log_posterior - log_posterior.max(axis=1, keepdims=True))
    below = np.cumsum(posterior, axis=1) / posterior.sum(axis=1, keepdims=True)
    ranks = np.array([np.interp(length, grid, row) for length, row in zip(true[:, 0], below, strict=True)])
    assert st.kstest(ranks, "uniform").pvalue > 0.01
    best = grid[posterior.argmax(axis=1)]
    assert np.median(abs(best - true[:, 0])) < 0.05
    assert np.mean((ranks > 0.05) & (ranks < 0.95)) == pytest.approx(0.9, abs=0.05)


@pytest.mark.skipif(find_spec("sbi") is None, reason="sbi is not installed")
@pytest.mark.filterwarnings("default")
def test_the_example_trains_sbi() -> None:
    found = runpy.run_path(str(EXAMPLE))["main"](simulations=300, epochs=3)
    assert found.shape[1] == 1


def test_the_example_is_short_and_says_what_it_needs() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    compile(text, str(EXAMPLE), "exec")
    assert len(text.splitlines()) < 70
    assert "pip install" in text
