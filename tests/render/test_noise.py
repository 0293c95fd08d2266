"""Noise models together, their levels in the tables, and the variance that is expected of them."""

from __future__ import annotations

import numpy as np
import pytest

from deepbench_fast import Recipe, generate, samples, verify

TEXT = """
version: 1
samples: 400
image: {shape: [40, 40]}
noise: %s
extras: [clean, variance]
catalogues:
  stars: {objects: [{star: {amplitude: {uniform: [20, 60]}, gamma: 6}}]}
"""
CCD = "{ccd: {sky: {uniform: [5, 20]}, gain: 1.5, read_noise: {uniform: [2, 6]}, subtract_sky: true}}"
POISSON = "{poisson: {level: {uniform: [0.5, 30]}, subtract: true}}"
GAUSSIAN = "{gaussian: {sigma: {uniform: [1, 3]}}}"


@pytest.mark.parametrize(
    "noise", [f"[{CCD}]", f"[{POISSON}]", f"[{GAUSSIAN}]", f"[{CCD}, {POISSON}, {GAUSSIAN}]", "[{gaussian: {snr: 20}}]"]
)
def test_residuals_have_mean_zero_and_the_expected_variance(noise: str) -> None:
    got = samples(Recipe.from_yaml(TEXT % noise), 0, 400)
    residual = got["images"].astype(np.float64) - got["clean"]
    scaled = residual / np.sqrt(got["variance"])
    assert abs(scaled.mean()) < 5 / np.sqrt(scaled.size)
    assert abs(scaled.var() - 1) < 0.01
    assert abs((scaled**2).mean(axis=0) - 1).max() < 0.6


def test_the_order_of_models_in_a_recipe_is_of_no_account() -> None:
    one, other = (
        samples(Recipe.from_yaml(TEXT % f"[{models}]"), 0, 20)["images"]
        for models in (f"{CCD}, {POISSON}, {GAUSSIAN}", f"{GAUSSIAN}, {CCD}, {POISSON}")
    )
    np.testing.assert_array_equal(one, other)


def test_models_have_streams_of_their_own() -> None:
    """Each model alone adds what it adds together with others (to rounding)."""
    together = samples(Recipe.from_yaml(TEXT % f"[{POISSON}, {GAUSSIAN}]"), 0, 20)
    parts = [samples(Recipe.from_yaml(TEXT % f"[{model}]"), 0, 20) for model in (POISSON, GAUSSIAN)]
    added = sum(part["images"].astype(float) - part["clean"] for part in parts)
    np.testing.assert_allclose(together["images"] - together["clean"], added, atol=1e-4)


def test_snr_asked_for_is_snr_reached() -> None:
    recipe = Recipe.from_yaml(TEXT % "[{gaussian: {snr: {loguniform: [5, 500]}}}]")
    got = samples(recipe, 0, 100)
    levels = got.tables.samples
    np.testing.assert_allclose(levels["noise_snr"], levels["noise_gaussian_snr"], rtol=1e-12)
    norm = np.sqrt((got["clean"].astype(np.float64) ** 2).sum(axis=(1, 2)))
    np.testing.assert_allclose(levels["noise_gaussian_sigma"], norm / levels["noise_gaussian_snr"], rtol=1e-12)


@pytest.mark.parametrize("noise", [f"[{CCD}, {POISSON}, {GAUSSIAN}]", f"[{CCD}]", f"[{POISSON}, {GAUSSIAN}]"])
def test_snr_counts_the_noise_of_each_pixel(noise: str) -> None:
    """Light, noise and ratio stand in one relation: that of the variance, which has the light's own photons in it."""
    got = samples(Recipe.from_yaml(TEXT % noise), 0, 50)
    power = got["clean"].astype(np.float64) ** 2
    expected = np.sqrt((power / got["variance"]).sum(axis=(1, 2)))
    np.testing.assert_allclose(got.tables.samples["noise_snr"], expected, rtol=1e-7)


def test_snr_is_what_a_matched_filter_finds() -> None:
    """The sum of S (pixel - mean) / variance over many noises: its mean over its scatter."""
    text = TEXT.replace("{uniform: [20, 60]}", "40") % "[{ccd: {sky: 0.2, gain: 1.5, read_noise: 2}}]"
    got = samples(Recipe.from_yaml(text.replace("gamma: 6", "gamma: 6, alpha: 3, x: 20, y: 20")), 0, 2000)
    clean, variance = got["clean"][0].astype(np.float64), got["variance"][0]
    found = ((got["images"] - 0.2) * (clean / variance)).sum(axis=(1, 2))
    ratio = found.mean() / found.std()
    assert ratio == pytest.approx(got.tables.samples["noise_snr"][0], rel=4 / np.sqrt(2 * 2000))


def test_catalogues_may_differ_in_how_noise_is_given(tmp_path) -> None:  # type: ignore[no-untyped-def]
    text = """
version: 1
samples: 60
image: {shape: [16, 16]}
catalogues:
  a: {noise: [{gaussian: {sigma: 0.1}}], objects: [star]}
  b: {noise: [{gaussian: {snr: 10}}], objects: [star]}
  c: {objects: [star]}
"""
    recipe = Recipe.from_yaml(text)
    got = samples(recipe, 0, 60)
    s = got.tables.samples
    a, b, c = (s["catalogue"] == k for k in range(3))
    assert (s["noise_gaussian_sigma"][a] == 0.1).all()
    assert (s["noise_gaussian_sigma"][b] > 0).all()
    assert np.isnan(s["noise_gaussian_sigma"][c]).all()
    assert np.isnan(s["noise_snr"][c]).all()
    assert np.isfinite(got["images"]).all()
    generate(recipe, tmp_path / "three.h5")
    assert verify(tmp_path / "three.h5", "all").same
