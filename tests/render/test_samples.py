"""Samples on the fly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepbench_fast import Likelihood, Prior, Simulator, generate, sample, samples
from deepbench_fast.errors import UsageError
from tests.recipes import mixed


def test_any_range_gives_the_same_samples() -> None:
    recipe = mixed()
    whole = samples(recipe, 0, 50)
    for start, stop in ((0, 1), (7, 23), (49, 50), (10, 10)):
        part = samples(recipe, start, stop)
        for name in whole.keys():  # noqa: SIM118 -- a batch runs through its samples
            assert part[name].tobytes() == whole[name][start:stop].tobytes()
        np.testing.assert_array_equal(part.labels, whole.labels[start:stop])


def test_a_sample_far_away() -> None:
    one = sample(mixed(), 123_456_789_012)
    assert one["index"] == 123_456_789_012
    assert np.isfinite(one["image"]).all()
    again = samples(mixed(), 123_456_789_000, 123_456_789_020)
    np.testing.assert_array_equal(one["image"], again["images"][12])
    np.testing.assert_array_equal(one["target"], again["targets"][12])


def test_a_wrong_range() -> None:
    for start, stop in ((-1, 3), (5, 4)):
        with pytest.raises(UsageError, match="not a range"):
            samples(mixed(), start, stop)


def test_the_clean_twin_differs_by_the_noise_alone() -> None:
    got = samples(mixed(), 0, 2000)
    noise = got["images"].astype(float) - got["clean"]
    sigma = got.tables.samples["noise_gaussian_sigma"]
    np.testing.assert_allclose(noise.std(axis=(1, 2)), sigma, rtol=0.25, atol=1e-6)
    assert abs((noise / sigma[:, None, None]).mean()) < 0.005


def test_a_million_samples_hold_no_two_alike() -> None:
    recipe = mixed().set("image.shape", [4, 4]).set("extras", []).set("targets", ["catalogue"])
    seen: set[bytes] = set()
    for start in range(0, 1_000_000, 100_000):
        images = samples(recipe, start, start + 100_000)["images"]
        seen.update(image.tobytes() for image in images)
    assert len(seen) == 1_000_000


@pytest.mark.parametrize("index", [-1, "1", 1.5, True, 2**48])
def test_what_is_no_number_of_a_sample(index: Any) -> None:
    with pytest.raises(UsageError):
        sample(mixed(), index)


@pytest.mark.parametrize("recipe", ["star", None, 3])
def test_what_is_no_recipe(recipe: Any, tmp_path: Path) -> None:
    for use in (
        lambda: sample(recipe, 0),
        lambda: samples(recipe, 0, 2),
        lambda: Simulator(recipe),
        lambda: Prior(recipe),
        lambda: Likelihood(recipe),
        lambda: generate(recipe, tmp_path / "a.h5"),
    ):
        with pytest.raises(UsageError, match=r"a recipe is what Recipe\.load\(path\).* gives, not"):
            use()
