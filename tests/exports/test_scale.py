"""The scale of pictures: astropy's stretches, and defaults that leave no class of a dataset in the dark."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy import visualization
from PIL import Image

from deepbench_fast import generate
from deepbench_fast.exports.formats import export
from deepbench_fast.pictures.colours import STRETCHES, Scale
from deepbench_fast.recipe.recipe import Recipe
from tests.exports.reading import manifest, stored
from tests.recipes import mixed

BRIGHT_AND_FAINT = """
samples: 200
image: {shape: [28, 28]}
noise: [{gaussian: {sigma: 0.05}}]
catalogues:
  stars: {objects: [{star: {amplitude: 100}}]}
  galaxies: {objects: [{galaxy: {amplitude: 1}}]}
"""
ASTROPY = {
    "linear": lambda a: visualization.LinearStretch(),
    "sqrt": lambda a: visualization.SqrtStretch(),
    "log": visualization.LogStretch,
    "asinh": visualization.AsinhStretch,
}


@pytest.mark.parametrize("stretch", STRETCHES)
@pytest.mark.parametrize("a", [0.01, 0.3])
def test_brightness_is_that_of_astropy(stretch: str, a: float) -> None:
    values = np.random.default_rng(3).normal(0, 2, (5, 6, 7)).astype(np.float32)
    found = Scale(-1.0, 2.5, stretch, a).brightness(values)
    expected = ASTROPY[stretch](a)(np.clip((values.astype(np.float64) + 1) / 3.5, 0, 1))
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-15)
    assert (found.min(), found.max()) == (0.0, pytest.approx(1.0, abs=1e-15))


@pytest.mark.parametrize("stretch", STRETCHES)
def test_pictures_have_the_stretch_that_is_recorded(mixed_file: Path, tmp_path: Path, stretch: str) -> None:
    export(mixed_file, tmp_path / "out", "png", stretch=stretch, count=20)
    said = manifest(tmp_path / "out")
    assert said["stretch"] == stretch
    assert (said["stretch_a"] is None) == (stretch in ("linear", "sqrt"))
    images = stored(mixed_file, "images")
    for path in sorted((tmp_path / "out").rglob("*.png")):
        x = np.clip((images[int(path.stem)].astype(np.float64) - said["low"]) / (said["high"] - said["low"]), 0, 1)
        with Image.open(path) as picture:
            difference = np.asarray(picture) - 255 * ASTROPY[stretch](said["stretch_a"])(x)
        assert np.abs(difference).max() <= 0.5 + 1e-9


def test_a_faint_class_is_seen_beside_a_bright_one(tmp_path: Path) -> None:
    """The middle of a galaxy of amplitude 1 stands out from its corner, beside stars of amplitude 100."""
    generate(Recipe.from_yaml(BRIGHT_AND_FAINT, source="both.yaml"), tmp_path / "both.h5")
    contrast = {}
    for stretch in (None, "linear"):
        export(tmp_path / "both.h5", tmp_path / str(stretch), "png", stretch=stretch)
        galaxies = sorted((tmp_path / str(stretch) / "1-galaxies").glob("*.png"))
        pictures = [np.asarray(Image.open(path)).astype(int) for path in galaxies]
        contrast[stretch] = np.median([np.percentile(p, 99) - np.percentile(p, 10) for p in pictures])
    assert contrast["linear"] < 20
    assert contrast[None] > 50


def test_given_values_make_the_same_scale_for_another_dataset(mixed_file: Path, tmp_path: Path) -> None:
    export(mixed_file, tmp_path / "first", "png", count=5)
    said = {key: manifest(tmp_path / "first")[key] for key in ("low", "high", "stretch", "stretch_a")}
    generate(mixed(samples=30, seed=8), tmp_path / "other.h5")
    export(tmp_path / "other.h5", tmp_path / "second", "png", **said)
    assert {key: manifest(tmp_path / "second")[key] for key in said} == said


def test_shapes_alone_are_linear_and_light_is_not(tmp_path: Path) -> None:
    for kind, stretch in (("circle", "linear"), ("star", "asinh")):
        generate(Recipe.of_kind(kind).with_overrides({"samples": 5, "image.shape": [16, 16]}), tmp_path / f"{kind}.h5")
        export(tmp_path / f"{kind}.h5", tmp_path / kind, "png")
        assert manifest(tmp_path / kind)["stretch"] == stretch
