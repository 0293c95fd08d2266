"""The cutoff that `plan` proposes: its value, how many pixels it leaves, and when there is none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from deepbench_fast import Recipe, samples
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.run.cutoff import proposed_cutoff
from tests.cli.running import run_well

STARS = """
version: 1
samples: 20
image: {shape: [128, 128]}
noise:
  - gaussian: {sigma: 0.25}
catalogues:
  stars:
    objects:
      - star: {count: 9, gamma: 1.5, alpha: 3, amplitude: 2}
"""


def changed(changes: dict[str, Any]) -> Recipe:
    return Recipe.from_yaml(STARS).with_overrides(changes)


def test_a_hundredth_of_the_noise_and_the_pixels_that_are_as_bright() -> None:
    found = proposed_cutoff(make_plan(changed({})))
    assert found is not None
    assert (found.value, found.noise) == (0.002, pytest.approx(0.25))
    radius = 1.5 * math.sqrt((2 / 0.002) ** (1 / 3) - 1)
    assert found.share * 128 * 128 == pytest.approx(math.pi * (radius + 0.75) ** 2, rel=0.02)
    bright = [samples(changed({"noise": [], "stars.star.count": 1}), k, k + 1)["images"] >= 0.002 for k in range(5)]
    assert np.mean(bright) <= found.share


@pytest.mark.parametrize(
    "changes",
    [
        {"noise": []},
        {"image.cutoff": 0.1},
        {"noise": [{"gaussian": {"snr": 10}}]},
        {"size": [28, 28]},
        {"stars.star.gamma": 60},
        {"stars.star.count": 0},
    ],
)
def test_none_where_it_does_not_pay_or_is_unknown(changes: dict[str, Any]) -> None:
    assert proposed_cutoff(make_plan(changed(changes))) is None


def test_none_for_series_and_shapes() -> None:
    for name in ("pendulums", "shapes"):
        assert proposed_cutoff(make_plan(Recipe.builtin(name))) is None


def test_every_model_of_noise_counts() -> None:
    noise = [{"poisson": {"level": 0.16}}, {"gaussian": {"sigma": 0.3}}]
    found = proposed_cutoff(make_plan(changed({"noise": noise})))
    assert found is not None
    assert (found.value, found.noise) == (0.005, pytest.approx(0.5))


def test_plan_tells_it() -> None:
    ran = run_well("plan", "sky", "-n", "3", "--json").json
    assert set(ran["cutoff"]) == {"value", "noise", "share"}
    assert 0 < ran["cutoff"]["share"] < 0.5
    value = f"image.cutoff={ran['cutoff']['value']:g}"
    assert f"{value}, a hundredth of the noise" in run_well("plan", "sky", "-n", "3").out
    assert run_well("plan", "sky", "-n", "3", "--set", value, "--json").json["cutoff"] is None
