"""Scenes that pixels do not resolve: what plan says of them, and what its advice leaves."""

from __future__ import annotations

import numpy as np

from deepbench_fast.draw.plan import make_plan
from deepbench_fast.recipe import Recipe
from deepbench_fast.run.resolution import blur_errors, center_errors, resolution_warnings
from tests.run.test_estimate import galaxies

CUSPY = """
samples: 60
image: {sampling: integrate}
psf: {gaussian: {sigma: 0.8}}
catalogues:
  cuspy: {objects: [{galaxy: {n: 4, r_eff: 2, ellip: 0.3}}]}
  smooth: {objects: [{star: {gamma: 3, alpha: 3}}]}
"""


def test_error_of_a_centred_cusp() -> None:
    """The centre of n = 4, r_eff = 5 in the middle of a pixel is 46 times as bright as the pixel's mean."""
    plan = make_plan(galaxies(n=4, r_eff=5, x=14, y=14, ellip=0))
    errors, labels = center_errors(plan)
    np.testing.assert_allclose(errors, 45.0, rtol=0.03)
    assert set(labels) == {0}
    (warning,) = resolution_warnings(plan)
    assert "galaxy: " in warning
    assert "100 % of the samples" in warning


def test_smooth_light_and_integrated_light_need_no_warning() -> None:
    assert not list(resolution_warnings(make_plan(galaxies(n=0.5, r_eff=6))))
    assert not list(resolution_warnings(make_plan(galaxies(n=4).with_overrides({"image.sampling": "integrate"}))))


def test_dark_samples_have_no_error() -> None:
    plan = make_plan(galaxies(count=0))
    assert center_errors(plan)[0].size == 0
    assert not list(resolution_warnings(plan))


def test_a_blurred_scene_that_pixels_do_not_resolve_is_told_with_what_helps() -> None:
    (warning,) = resolution_warnings(make_plan(Recipe.from_yaml(CUSPY)))
    assert warning.startswith("cuspy: pixels don't resolve the scene")
    assert "image.oversample=3 leaves" in warning
    assert not list(resolution_warnings(make_plan(Recipe.from_yaml(CUSPY).set("image.oversample", 3))))
    assert not list(resolution_warnings(make_plan(Recipe.from_yaml(CUSPY).set("image.oversample", 5))))


def test_the_errors_told_are_those_of_the_catalogues() -> None:
    plan = make_plan(Recipe.from_yaml(CUSPY))
    (errors, labels), (finer, _) = (blur_errors(plan, factor) for factor in (1, 3))
    assert errors[labels == 0].min() > 0.03
    assert errors[labels == 1].max() < 0.002
    assert finer[labels == 0].max() < 0.01


def test_nothing_is_told_of_series() -> None:
    assert not list(resolution_warnings(make_plan(Recipe.of_kind("pendulum"))))
