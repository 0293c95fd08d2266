"""Recipes to climb, and what the tests of ladders share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast import Samples, samples
from deepbench_fast.recipe import Recipe

SCENES = """
seed: 3
samples: 60
image: {shape: [12, 14]}
psf: {gaussian: {sigma: {uniform: [0.4, 0.9]}}}
noise: [{gaussian: {sigma: {loguniform: [0.01, 0.5]}}}]
splits: {train: 0.5, test: 0.5}
targets: [catalogue, {brightness: {noise: {normal: [0.5, 2]}}}]
extras: [clean]
catalogues:
  stars: {weight: 3, objects: [star: {count: {poisson: 3}}]}
  pairs: {weight: 2, objects: [star: {count: 2}, galaxy: {count: {integers: [0, 4]}}]}
  plain: {weight: 1, objects: [galaxy: {count: {choice: {values: [4, 0, 9], weights: [1, 2, 1]}}}]}
"""


SERIES = """
seed: 5
samples: 40
series: {stop: 4, steps: 21, outputs: [x, energy]}
parameter_noise: {length: 0.05}
noise: [{gaussian: {x: 0.1, energy: {uniform: [0, 1]}}}]
extras: [clean]
catalogues:
  short: {weight: 2, objects: [pendulum: {length: {uniform: [1, 3]}}]}
  long: {weight: 1, objects: [pendulum: {length: {uniform: [5, 9]}, angle: {normal: [0.5, 0.1]}}]}
  ideal: {weight: 1, objects: [hamiltonian_pendulum]}
"""


def read(text: str, **changes: object) -> Recipe:
    return Recipe.from_yaml(text).with_overrides(changes)


def drawn(rungs: list[Recipe]) -> list[Samples]:
    return [samples(rung, 0, rung.samples) for rung in rungs]


def assert_equal_bits(one: npt.NDArray[np.generic], other: npt.NDArray[np.generic]) -> None:
    assert one.dtype == other.dtype
    assert np.ascontiguousarray(one).tobytes() == np.ascontiguousarray(other).tobytes()
