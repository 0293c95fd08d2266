"""Recipes that the tests share."""

from __future__ import annotations

from deepbench_fast.recipe.recipe import Recipe

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


NOISY_PENDULUMS = """
seed: 3
samples: 8
series: {outputs: [angle, x, y], stop: 5, steps: 40}
parameter_noise: {gravity: 0.05, big_g: 0.1}
catalogues:
  noisy:
    noise: [{gaussian: {x: 0.3, angle: 0.05}}]
    objects: [pendulum: {}]
  quiet:
    objects: [pendulum: {form: hierarchical}]
"""


def noisy_pendulums() -> Recipe:
    """Pendulums with noise on two of three outputs, beside others without; gravity has noise of its own."""
    return Recipe.from_yaml(NOISY_PENDULUMS)


INFORMED = """
name: informed
seed: 5
samples: 60
image: {shape: [9, 10]}
psf: {gaussian: {sigma: {uniform: [0.6, 0.9]}}}
noise: [{gaussian: {sigma: {uniform: [0.1, 0.3]}}}]
extras:
  - clean
  - fisher: {parameters: [star.x, star.amplitude, psf.gaussian.sigma, noise.gaussian.sigma, noise.ccd.sky]}
  - crlb
catalogues:
  measured:
    objects:
      - star: {x: {uniform: [3, 5]}, y: {offset: {from: x, by: 0.5}}, amplitude: {choice: [0, 4]}, gamma: 2, alpha: 3}
  counted:
    weight: 2
    noise: [{ccd: {sky: {uniform: [0.2, 1]}, gain: 1.5, read_noise: 0.8}}]
    objects:
      - star: {x: 4.2, y: 4, amplitude: {uniform: [1, 9]}, gamma: 2, alpha: 3}
      - star: {name: other, x: 7, y: 2.5, amplitude: 3, gamma: 2, alpha: 2.5}
"""


def informed(**changes: object) -> Recipe:
    """Two catalogues of stars with their information: noise on the light, or photons; parameters that one has alone."""
    return Recipe.from_yaml(INFORMED, source="informed.yaml").with_overrides(changes)


INFORMED_PENDULUMS = """
name: informed-pendulums
samples: 30
series: {outputs: [x, angle], stop: 5, steps: 12}
extras: [crlb]
noise: [{gaussian: {x: 0.3, angle: {uniform: [0.01, 0.1]}}}]
catalogues:
  swings: {objects: [pendulum: {solver: small_angle, angle: {uniform: [0.1, 0.3]}}]}
"""


def informed_pendulums() -> Recipe:
    """Series with their bounds."""
    return Recipe.from_yaml(INFORMED_PENDULUMS)
