"""Instance masks."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from deepbench_fast import Recipe, UsageError, generate, samples, simulate
from deepbench_fast.run.estimate import estimate

TEXT = """
version: 1
samples: 50
image: {shape: [32, 32]}
extras: [clean, {masks: {threshold: 0.2}}]
catalogues:
  both:
    objects:
      - star: {count: {integers: [0, 3]}, gamma: 2}
      - circle: {radius: {uniform: [2, 6]}, fill: 1}
"""


def alone(recipe: Recipe, sample: int, kind: str, row: int) -> np.ndarray:
    """Light of one object of a sample, rendered by itself with its parameters fixed."""
    table = samples(recipe, sample, sample + 1).tables.objects[kind][row]
    fixed = {name: float(table[name]) for name in table.dtype.names[3:]}
    text = {"version": 1, "image": {"shape": [32, 32]}, "catalogues": {"c": {"objects": [{kind: fixed}]}}}
    return samples(Recipe.parse(text), 0, 1)["images"][0]


def test_each_pixel_belongs_to_the_object_that_is_brightest_there() -> None:
    recipe = Recipe.from_yaml(TEXT)
    masks = samples(recipe, 0, 50)["masks"]
    assert masks.dtype == np.uint16
    for sample in range(0, 50, 7):
        tables = samples(recipe, sample, sample + 1).tables.objects
        lights = [alone(recipe, sample, kind, row) for kind in ("circle", "star") for row in range(len(tables[kind]))]
        shown = np.array([np.where(light > 0.2 * light.max(), light, 0) for light in lights])
        expected = np.where(shown.max(axis=0) > 0, shown.argmax(axis=0) + 1, 0)
        np.testing.assert_array_equal(masks[sample], expected)


def test_masks_follow_the_psf() -> None:
    recipe = Recipe.from_yaml(TEXT)
    sharp = samples(recipe, 0, 50)["masks"]
    blurred = samples(recipe.set("psf", {"gaussian": {"sigma": 2.0}}), 0, 50)["masks"]
    assert (blurred > 0).sum() > 1.2 * (sharp > 0).sum()


CROWD = """
version: 1
samples: 6
image: {shape: [3, 3]}
extras: [masks]
catalogues:
  crowd:
    objects:
      - circle: {count: {choice: [0, 3]}, radius: 1}
      - star: {count: 65_534, gamma: 0.5, amplitude: 1}
      - star: {name: last, gamma: 0.5, amplitude: 1e9}
"""


def test_masks_number_65535_objects() -> None:
    crowd = Recipe.from_yaml(CROWD).set("catalogues.crowd.circle.count", 0)
    assert samples(crowd, 0, 1)["masks"].max() == 65_535


def test_more_objects_than_numbers_are_an_error_before_anything_is_made(tmp_path: Path) -> None:
    recipe = Recipe.from_yaml(CROWD)
    circles = np.bincount(samples(recipe.set("extras", []), 0, 6).tables.objects["circle"]["sample"], minlength=6)
    first = int(circles.argmax())
    assert 0 < first < 5  # not the first, not the last
    assert len(samples(recipe, 0, first)) == first
    words = f"^sample {first}: 65538 objects, but masks number at most 65535 in a sample; lower .* extras$"
    for made in (
        lambda: generate(recipe, tmp_path / "crowd.h5", threads=2),
        lambda: samples(recipe, 0, 6),
        lambda: samples(recipe, first, first + 1),
        lambda: estimate(recipe),
    ):
        with pytest.raises(UsageError, match=words):
            made()
    with pytest.raises(UsageError, match=r"^sample 0: 65538 objects"):
        simulate(recipe.set("catalogues.crowd.circle.count", 3), {}, seed=1)
    assert not list(tmp_path.iterdir())
    assert generate(recipe.set("extras", []), tmp_path / "without.h5").samples == 6


def test_memory_does_not_grow_with_the_number_of_objects() -> None:
    """Where images are large, objects are drawn one after the other, on a few canvases and not on one each."""
    side = 700
    stars = Recipe.of_kind("star").set("catalogues.star.star.count", 64)
    peaks = {}
    for extras in ("[]", "[masks]"):
        recipe = stars.with_overrides({"size": (side, side)}).set("extras", extras)
        samples(recipe.set("image.shape", [16, 16]), 0, 1)
        tracemalloc.start()
        samples(recipe, 0, 1)
        peaks[extras] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks["[masks]"] < peaks["[]"] + 5 * 4 * side * side
