"""Information of samples: what it is, for whom it is NaN, that its bits depend on nothing else, who has none."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from deepbench_fast import Likelihood, Recipe, Simulator, samples
from deepbench_fast.render.samples import samples_at
from tests.recipes import informed, informed_pendulums

NAMES = ("star.x", "star.amplitude", "psf.gaussian.sigma", "noise.gaussian.sigma", "noise.ccd.sky")
STEP = 1e-3


def differences(likelihood: Likelihood, theta: Any) -> Any:
    """Slopes of the mean along each parameter, by differences of sixth order; it is linear in the amplitude."""
    shifts = STEP * np.arange(-3, 4)
    weights = np.array([-1, 9, -45, 0, 45, -9, 1]) / (60 * STEP)
    each = np.eye(theta.size)
    along = [likelihood.mean(np.where(each[1] * each[p], 1.0, theta) + np.outer(shifts, each[p])) for p in range(4)]
    return np.einsum("s,psij->pij", weights, along)


def test_information_under_gaussian_noise_is_that_of_differences_of_the_mean() -> None:
    """Jᵀ J / sigma², and 2 n / sigma² for sigma itself; the bounds are roots of NumPy's inverse."""
    likelihood = Likelihood(informed(), NAMES[:4], catalogue="measured")
    batch = samples(informed(), 0, 30)
    levels, stars, ranks = batch.tables.samples, batch.tables.objects["star"], set()
    for k in np.flatnonzero(batch.labels == 0).tolist():
        star, sigma = stars[stars["sample"] == k][0], levels["noise_gaussian_sigma"][k]
        theta = np.array([star["x"], star["amplitude"], levels["psf_gaussian_sigma"][k], sigma])
        slopes = differences(likelihood, theta)
        expected = np.einsum("aij,bij->ab", slopes, slopes) / sigma**2
        expected[3, 3] = 2 * 90 / sigma**2
        scale = np.sqrt(np.diag(expected)) + (np.diag(expected) == 0)
        found, bound = batch["fisher"][k], batch["crlb"][k]
        np.testing.assert_allclose(found[:4, :4] / np.outer(scale, scale), expected / np.outer(scale, scale), atol=1e-9)
        assert np.isnan(found[4]).all() and np.isnan(found[:, 4]).all() and np.isnan(bound[4])  # noqa: PT018
        rank = int(levels["fisher_rank"][k])
        ranks.add(rank)
        if star["amplitude"] > 0:
            assert rank == 4
            np.testing.assert_allclose(bound[:4], np.sqrt(np.diag(np.linalg.inv(expected))), rtol=1e-7)
        else:  # nothing to see of the place, and of the PSF
            assert rank == 2
            assert np.isnan(bound).all()
    assert ranks == {2, 4}


def test_information_of_every_catalogue_is_that_of_its_likelihood() -> None:
    batch = samples(informed(), 0, 20)
    counted = np.flatnonzero(batch.labels == 1)
    likelihood = Likelihood(informed(), [NAMES[k] for k in (1, 2, 4)], catalogue="counted")
    levels, stars = batch.tables.samples[counted], batch.tables.objects["star"]
    (first,) = {e.number for e in Simulator(informed()).plan.entries if e.label == "counted/star"}
    amplitude = stars["amplitude"][stars["entry"] == first]
    theta = np.stack([amplitude, levels["psf_gaussian_sigma"], levels["noise_ccd_sky"]], axis=1)
    places = np.ix_(counted, [1, 2, 4], [1, 2, 4])
    # the place is one of the parameters of the file: fixed here, and its slopes count there
    np.testing.assert_array_equal(batch["fisher"][places], likelihood.fisher(theta))
    assert np.isfinite(batch["crlb"][np.ix_(counted, [0, 1, 2, 4])]).all()
    assert (batch["crlb"][np.ix_(counted, [1, 2, 4])] >= likelihood.crlb(theta)).all()


def test_bits_depend_on_no_neighbours_and_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = samples(informed(), 0, 60)
    shuffled = np.random.default_rng(0).permutation(60)[:17]
    part = samples_at(informed(), shuffled.tolist())
    monkeypatch.setattr("deepbench_fast.render.information.BLOCK_BYTES", 2**14)
    monkeypatch.setattr("deepbench_fast.render.renderer.BLOCK_BYTES", 2**12)
    small = samples(informed(samples=61), 0, 60)
    for name in ("fisher", "crlb"):
        assert part[name].tobytes() == whole[name][shuffled].tobytes()
        assert small[name].tobytes() == whole[name].tobytes()
    assert (part.tables.samples["fisher_rank"] == whole.tables.samples["fisher_rank"][shuffled]).all()


def test_every_nan_has_the_same_bits() -> None:
    """Others than NumPy's come out of infinity times 0 on some CPUs: here where light is very bright, or 0."""
    faint = informed().set("noise", [{"gaussian": {"sigma": 1e-150}}])
    batch = samples(faint.set("catalogues.measured.star.amplitude", {"choice": [0, 1e10]}), 0, 60)
    for name in ("fisher", "crlb"):
        found = batch[name][np.isnan(batch[name])].view(np.uint64)
        assert found.size
        assert set(found.tolist()) == {int(np.array(np.nan).view(np.uint64))}


def test_given_parameters_have_their_own_information() -> None:
    recipe = informed()
    simulator = Simulator(recipe, catalogue="measured")
    amplitude = np.array([0.5, 4.0, 4.0])
    made = simulator.given({"star.x": 4.0, "star.amplitude": amplitude, "psf.gaussian.sigma": 0.7}, seed=3)
    assert made["crlb"][1, 0] < made["crlb"][0, 0]
    again = simulator.given({"star.x": 4.0, "star.amplitude": 4.0, "psf.gaussian.sigma": 0.7}, seed=3, first=1)
    assert again["fisher"][0].tobytes() == made["fisher"][1].tobytes()


def test_a_sample_without_noise_has_no_information() -> None:
    recipe = informed().set("noise", [{"gaussian": {"sigma": {"choice": [0, 1e-160, 0.2]}}}])
    batch = samples(recipe, 0, 30)
    own = batch.labels == 0
    silent = own & (batch.tables.samples["noise_gaussian_sigma"] < 0.2)
    assert 0 < silent.sum() < own.sum()
    assert np.isnan(batch["fisher"][silent]).all()
    assert (batch.tables.samples["fisher_rank"][silent] == 0).all()
    assert np.isfinite(batch["fisher"][own & ~silent][:, :4, :4]).all()


def test_series_have_their_own() -> None:
    recipe = informed_pendulums()
    batch = samples(recipe, 0, 5)
    assert batch.recipe.extras.parameters == ("pendulum.length", "pendulum.angle", "noise.gaussian.angle")
    likelihood = Likelihood(recipe)
    rows, levels = batch.tables.objects["pendulum"], batch.tables.samples
    theta = np.stack([rows["length"], rows["angle"], levels["noise_gaussian_angle"]], axis=1)
    np.testing.assert_array_equal(batch["crlb"], likelihood.crlb(theta))


def test_default_parameters_are_those_that_are_drawn_and_that_all_catalogues_have() -> None:
    star = {"x": 4, "y": 4, "gamma": 2, "alpha": 3, "amplitude": {"uniform": [1, 2]}}
    both = {"objects": [{"star": star}]}
    fixed = {"objects": [{"star": {**star, "amplitude": 3}}]}
    recipe = Recipe(noise=[{"gaussian": {"sigma": 0.1}}], extras=["fisher"], catalogues={"a": fixed, "b": both})
    assert recipe.extras.parameters is None
    assert recipe.resolved().extras.parameters == ("star.amplitude",)
    assert Recipe.from_yaml(recipe.to_yaml()).hash() == recipe.hash()


CODE = """
import sys
from deepbench_fast import Recipe, samples
samples(Recipe.of_kind("star").set("noise", [{"gaussian": {"sigma": 0.1}}]), 0, 2)
print([name for name in sys.modules if "derivatives" in name or "information" in name and "render" in name])
"""


def test_nothing_of_it_is_loaded_where_nothing_asks_for_it() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
