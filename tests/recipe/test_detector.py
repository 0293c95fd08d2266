"""Ranges of light and noise that a detector, or an array of float32, has no room for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepbench_fast import Recipe, RecipeError, samples
from deepbench_fast.effects.noise.ccd import MOST_ELECTRONS
from deepbench_fast.kernels.random.samplers import POISSON_LARGEST_MEAN
from deepbench_fast.recipe.detector import MOST_VARIANCE

TEXT = """
version: 1
samples: 3
image: {shape: [12, 12]}
noise:
  - gaussian: {sigma: 1}
  - ccd: {sky: 1, gain: 1e4, read_noise: 1}
extras: [variance]
catalogues:
  dark: {objects: [circle]}
  bright:
    noise: [{ccd: {sky: {uniform: [0, 1e9]}, gain: 1, read_noise: 0}}]
    objects:
      - star: {count: {integers: [0, 2]}, amplitude: {loguniform: [1, 1e9]}}
"""
STAR, GAIN = "catalogues.bright.star", "catalogues.bright.noise.ccd.gain"


def test_a_detector_counts_as_many_as_its_noise() -> None:
    assert MOST_ELECTRONS == POISSON_LARGEST_MEAN
    assert np.finfo(np.float32).max > 3 * MOST_VARIANCE


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        (
            {f"{STAR}.amplitude": {"loguniform": [1, 2e15]}},
            GAIN,
            "2e15 electrons in a pixel with bright.star.amplitude",
        ),
        (
            {GAIN: {"uniform": [0, 1e6]}},
            GAIN,
            "2e15 electrons in a pixel with bright.star.amplitude up to 1e9, but",
        ),
        (
            {"catalogues.dark.circle.amplitude": 1e12},
            "noise.ccd.gain",
            "with dark.circle.amplitude up to 1e12, but",
        ),
        (
            {"noise.gaussian.sigma": {"uniform": [0, 1e20]}},
            "noise.gaussian.sigma",
            "a variance of 1e40, above the 1e38",
        ),
        ({"noise.ccd.gain": {"uniform": [0, 1e-9]}}, "noise.ccd.gain", "a variance of 8.1e49, above the 1e38"),
        ({GAIN: {"uniform": [0, 1e-9]}, "catalogues.bright.star.amplitude": 1e14}, GAIN, "a variance of 9e38"),
    ],
)
def test_what_ranges_reach_is_refused_in_one_line(changes: dict[str, object], key: str, words: str) -> None:
    with pytest.raises(RecipeError) as error:
        Recipe.from_yaml(TEXT).with_overrides(changes)
    assert error.value.key == key
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(TEXT.replace("loguniform: [1, 1e9]", "loguniform: [1, 1e16]"))
    with pytest.raises(RecipeError, match=r"recipe\.yaml:12: catalogues\.bright\.noise\.ccd\.gain: reaches 1e16"):
        Recipe.load(path)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {f"{STAR}.amplitude": 1e15},
        {f"{STAR}.count": 0, f"{STAR}.amplitude": 1e20},
        {"catalogues.bright.noise": [], f"{STAR}.amplitude": 1e20},
        {"noise.ccd.gain": {"uniform": [0, 2]}},
        {"noise.ccd.gain": 0, "noise.ccd.read_noise": 1e9},
        {"extras": [], "noise.gaussian.sigma": 1e30},
    ],
)
def test_what_fits_is_made_with_finite_variances(changes: dict[str, object]) -> None:
    recipe = Recipe.from_yaml(TEXT)
    for key, value in changes.items():
        recipe = recipe.set(key, value)
    made = samples(recipe, 0, 6)
    assert np.isfinite(made["images"]).all()
    if "variance" in recipe.extras:
        assert np.isfinite(made["variance"]).all()


def test_more_electrons_than_are_counted_have_the_variance_of_those() -> None:
    """A cusp, or many objects on one pixel, can be brighter than the ranges say: the pixel is full."""
    galaxy = {"x": 6, "y": 6, "amplitude": 1e8, "n": 10, "r_eff": 2, "ellip": 0}
    text = TEXT.replace("star: {count: {integers: [0, 2]}, amplitude: {loguniform: [1, 1e9]}}", f"galaxy: {galaxy}")
    made = samples(Recipe.from_yaml(text).set(GAIN, 1e3), 0, 2)
    k = int(made.tables.samples["catalogue"].argmax())
    full = made["images"][k, 6, 6]
    assert full == pytest.approx(2.0**50 / 1e3, rel=1e-6)
    assert made["variance"][k, 6, 6] == np.float32(2.0**50 / 1e6)


FAINT = """
version: 1
samples: 3
image: {shape: [12, 12]}
noise: [{gaussian: {sigma: {uniform: [0, 1e-20]}}}]
extras: [variance]
catalogues: {a: {objects: [star: {amplitude: 1e-17}]}}
"""


def test_a_variance_that_float32_has_no_digits_for_is_refused() -> None:
    """Fluxes in erg / s / cm2: 1e-46 would be written as 0."""
    with pytest.raises(RecipeError) as error:
        Recipe.from_yaml(FAINT)
    assert error.value.key == "noise.gaussian.sigma"
    assert "a variance of 1e-40 at most, below the 1.2e-38" in str(error.value)


@pytest.mark.parametrize(
    "changes", [{"noise.gaussian.sigma": 1e-18}, {"noise.gaussian.sigma": 0}, {"extras": ["clean"]}]
)
def test_a_variance_that_has_its_digits_is_not(changes: dict[str, object]) -> None:
    data = Recipe.from_yaml(FAINT.replace("1e-20", "1e-18")).with_overrides(changes)
    found = samples(data, 0, 3)
    if "variance" in data.extras:
        sigma = found.tables.samples["noise_gaussian_sigma"]
        np.testing.assert_allclose(found["variance"][:, 0, 0], sigma**2, rtol=1e-6)
