"""Instance masks."""

from __future__ import annotations

import numpy as np

from deepbench_fast import Recipe, samples

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
