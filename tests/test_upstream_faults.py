"""Faults of DeepBench 0.2.3 that concern images and collections, each shown not to be here.

Those of single shapes are in tests/kernels/shapes/test_upstream_faults.py, those of spirals in
tests/kernels/astro/test_spiral.py.
"""

from __future__ import annotations

import numpy as np
import pytest

from deepbench_fast import Recipe, RecipeError, samples

TEXT = """
version: 1
samples: 500
image: {shape: [32, 48]}
%s
catalogues:
  stars: {objects: [{star: {x: 20, y: 12, amplitude: %s, gamma: 1.5, alpha: 3}}]}
"""


def images(options: str = "", amplitude: str = "1", count: int = 500, name: str = "images") -> np.ndarray:
    return samples(Recipe.from_yaml(TEXT % (options, amplitude)), 0, count)[name].astype(np.float64)


def test_noise_comes_after_the_psf() -> None:
    """Blurred noise would have less variance, and neighbouring pixels would correlate."""
    noise = images("psf: {gaussian: {sigma: 1.3}}\nnoise: [{gaussian: {sigma: 2.0}}]", amplitude="0")
    assert abs(noise.var() - 4.0) < 0.05
    neighbours = np.corrcoef(noise[:, :, :-1].ravel(), noise[:, :, 1:].ravel())[0, 1]
    assert abs(neighbours) < 0.01


def test_the_detectors_noise_follows_the_light() -> None:
    """Where there is more light, there is more noise; and nothing adds a mean."""
    ccd = "noise: [{ccd: {sky: 10, gain: 2, read_noise: 1, subtract_sky: true}}]\nextras: [clean, variance]"
    got = samples(Recipe.from_yaml(TEXT % (ccd, "400")), 0, 500)
    residual = got["images"].astype(np.float64) - got["clean"]
    at_peak, far = residual[:, 12, 20], residual[:, 28, 2]
    assert abs(at_peak.var() / got["variance"][0, 12, 20] - 1) < 0.3
    assert abs(far.var() / got["variance"][0, 28, 2] - 1) < 0.3
    assert at_peak.var() > 10 * far.var()
    assert abs(residual.mean()) < 0.02


def test_a_poisson_background_keeps_or_loses_its_mean_as_asked() -> None:
    kept, lost = (
        images(f"noise: [{{poisson: {{level: 7, subtract: {subtract}}}}}]", "0").mean()
        for subtract in ("false", "true")
    )
    assert abs(kept - 7) < 0.03
    assert abs(lost) < 0.03


def test_light_leaves_the_frame_instead_of_being_reflected() -> None:
    """A source in the corner pixel, blurred by sigma 1.3, keeps 0.426985946683 of its light in the frame."""
    text = """
version: 1
image: {shape: [32, 32]}
psf: {gaussian: {sigma: 1.3}}
catalogues: {c: {objects: [{rectangle: {x: 0, y: 0, width: 1, height: 1, angle: 0, fill: 1}}]}}
"""
    image = samples(Recipe.from_yaml(text), 0, 1)["images"]
    assert abs(image.astype(np.float64).sum() - 0.426985946683) < 1e-6


def test_amplitude_is_not_scaled_away() -> None:
    np.testing.assert_allclose(images(amplitude="1000", count=1), 1000 * images(amplitude="1", count=1), rtol=1e-6)
    assert images(amplitude="0", count=1).max() == 0  # a flat image is no division by zero


def test_a_star_of_infinite_flux_is_refused_where_flux_counts() -> None:
    star = Recipe.of_kind("star").set("catalogues.star.star.alpha", 1.0)
    assert np.isfinite(samples(star, 0, 1)["images"]).all()
    with pytest.raises(RecipeError, match="above 1 with sampling integrate"):
        star.set("image.sampling", "integrate")


def test_images_that_are_not_square_hold_shapes_and_light_alike() -> None:
    peak = np.unravel_index(images(count=1)[0].argmax(), (32, 48))
    assert peak == (12, 20)


def test_shapes_get_the_parameters_that_were_asked_for() -> None:
    text = """
version: 1
image: {shape: [16, 16]}
catalogues: {c: {objects: [{rectangle: {x: 5, y: 5, width: 4, height: 4, angle: 0, fill: 1}}]}}
"""
    image = samples(Recipe.from_yaml(text), 0, 1)["images"][0]
    rows, columns = np.nonzero(image)
    assert (rows.size, set(rows), set(columns)) == (16, {3, 4, 5, 6}, {3, 4, 5, 6})


def test_every_image_has_noise_of_its_own_and_every_seed_too() -> None:
    noise = images("noise: [{gaussian: {sigma: 1.0}}]", "0")
    assert len({image.tobytes() for image in noise}) == len(noise)
    flat = noise.reshape(len(noise), -1)
    assert np.abs(np.corrcoef(flat[:40]) - np.eye(40)).max() < 0.15
    other = images("seed: 1\nnoise: [{gaussian: {sigma: 1.0}}]", "0")
    assert not (noise == other).any(axis=(1, 2)).all()


def test_the_seed_zero_is_a_seed_like_others() -> None:
    noise = "noise: [{gaussian: {sigma: 1.0}}]\nseed: 0"
    np.testing.assert_array_equal(images(noise, "0"), images(noise, "0"))


def test_defaults_are_drawn_for_each_sample_and_not_once() -> None:
    table = samples(Recipe.of_kind("galaxy"), 0, 100).tables.objects["galaxy"]
    for name in ("x", "amplitude", "r_eff", "theta"):
        assert len(set(table[name])) == 100
    assert abs(np.corrcoef(table["r_eff"], table["n"])[0, 1]) < 0.35
