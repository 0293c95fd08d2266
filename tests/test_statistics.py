"""Distributions, counts, classes and splits of a dataset, by statistical tests with fixed seeds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from deepbench_fast import Recipe, samples
from deepbench_fast.draw.layout import Tables
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.tables import draw

SAMPLES = 60_000
LEAST_P = 1e-4

TEXT = """
version: 1
name: distributions
seed: a text as seed
samples: 60000
image: {shape: [28, 28]}
splits: {train: 0.8, test: 0.2}
catalogues:
  one:
    weight: 3
    objects:
      - star:
          x: {uniform: [2, 9]}
          y: {normal: [5, 2]}
          amplitude: {loguniform: [0.1, 1000]}
          gamma: {normal: {mean: 1, sigma: 2, low: 0.5, high: 4}}
          alpha: {choice: {values: [2, 3, 4.5], weights: [1, 2, 5]}}
      - galaxy: {count: {poisson: 1.7}, n: {integers: [1, 4]}, theta: {offset: {from: ellip, by: {uniform: [1, 2]}}}}
  two:
    weight: 2
    objects: [star]
"""


@pytest.fixture(scope="module")
def tables() -> Tables:
    return draw(make_plan(Recipe.from_yaml(TEXT)), 0, SAMPLES)


def test_continuous_distributions(tables: Tables) -> None:
    stars = tables.objects["star"]
    stars = stars[stars["entry"] == 0]
    assert len(stars) == SAMPLES * 3 // 5
    for name, law in {
        "x": stats.uniform(2, 7),
        "y": stats.norm(5, 2),
        "amplitude": stats.loguniform(0.1, 1000),
        "gamma": stats.truncnorm(-0.25, 1.5, 1, 2),
    }.items():
        assert stats.kstest(stars[name], law.cdf).pvalue > LEAST_P, name


def test_discrete_distributions(tables: Tables) -> None:
    stars, galaxies = tables.objects["star"], tables.objects["galaxy"]
    _, seen = np.unique(stars["alpha"][stars["entry"] == 0], return_counts=True)
    assert stats.chisquare(seen, seen.sum() * np.array([1, 2, 5]) / 8).pvalue > LEAST_P
    values, seen = np.unique(galaxies["n"], return_counts=True)
    assert values.tolist() == [1, 2, 3, 4]
    assert stats.chisquare(seen).pvalue > LEAST_P
    counts = np.bincount(galaxies["sample"], minlength=SAMPLES)[tables.samples["catalogue"] == 0]
    seen = np.bincount(np.minimum(counts, 7), minlength=8)
    expected = np.append(stats.poisson(1.7).pmf(np.arange(7)), stats.poisson(1.7).sf(6)) * len(counts)
    assert stats.chisquare(seen, expected).pvalue > LEAST_P


def test_an_offset_adds_to_the_drawn_value(tables: Tables) -> None:
    galaxies = tables.objects["galaxy"]
    assert stats.kstest(galaxies["theta"] - galaxies["ellip"], stats.uniform(1, 1).cdf).pvalue > LEAST_P


def test_columns_slots_and_neighbours_are_independent(tables: Tables) -> None:
    stars, galaxies = tables.objects["star"], tables.objects["galaxy"]
    first = stars[stars["entry"] == 0]
    pairs = [(first["x"], first["y"]), (first["x"][:-1], first["x"][1:]), (first["x"], first["amplitude"])]
    slots = [galaxies[galaxies["slot"] == k] for k in (0, 1)]
    both, here, there = np.intersect1d(slots[0]["sample"], slots[1]["sample"], return_indices=True)
    assert len(both) > 1000
    pairs.append((slots[0]["x"][here], slots[1]["x"][there]))
    for a, b in pairs:
        assert stats.spearmanr(a, b).pvalue > LEAST_P


def test_classes_and_splits_hold_their_shares_in_every_stratum(tables: Tables) -> None:
    catalogue, split = tables.samples["catalogue"], tables.samples["split"]
    assert (catalogue.reshape(-1, 5) == 1).sum(axis=1).tolist() == [2] * (SAMPLES // 5)
    assert len({tuple(stratum) for stratum in catalogue.reshape(-1, 5).tolist()}) == 10
    for c in (0, 1):
        assert ((split[catalogue == c] == 1).reshape(-1, 5).sum(axis=1) == 1).all()


def test_a_value_can_be_derived_from_a_whole_number() -> None:
    scaled = {"polygon": {"radius": {"scaled": {"by": "vertices", "of": 2}}}}
    moved = {"polygon": {"radius": {"offset": {"from": "vertices", "by": 0.5}}}}
    recipe = Recipe.parse({"catalogues": {"shapes": {"objects": [scaled, moved]}}})
    table = samples(recipe, 0, 50).tables.objects["polygon"]
    first, second = (table[table["entry"] == entry] for entry in (0, 1))
    np.testing.assert_array_equal(first["radius"], 2.0 * first["vertices"])
    np.testing.assert_array_equal(second["radius"], 0.5 + second["vertices"])
    assert len(set(first["vertices"])) > 3
