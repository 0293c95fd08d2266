"""Recipes that the tests share."""

from __future__ import annotations

from deepbench_fast.recipe.model import Recipe

MIXED = """
version: 1
name: mixed
seed: 7
samples: 3000
image: {shape: [16, 20]}
psf: {gaussian: {sigma: {uniform: [0.3, 1.1]}}}
noise:
  - gaussian: {sigma: {uniform: [0.0, 0.2]}}
splits: {train: 0.6, validation: 0.2, test: 0.2}
targets: [catalogue, count.star, count.galaxy, bright.amplitude, brightness]
extras: [clean]
catalogues:
  stars:
    weight: 1
    objects:
      - star: {name: bright, amplitude: {loguniform: [1, 100]}, gamma: 2.0}
  fields:
    weight: 2
    objects:
      - star: {count: {poisson: 2}}
      - galaxy: {count: {integers: [0, 2]}, n: {uniform: [0.5, 4]}, ellip: {choice: [0, 0.5]}}
"""


def mixed(**changes: object) -> Recipe:
    """Two catalogues with everything on: counts, PSF, noise, splits, targets, a clean twin."""
    return Recipe.from_yaml(MIXED, source="mixed.yaml").with_overrides(changes)
