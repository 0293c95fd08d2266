"""Noise scales, and its clean twins stay."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from deepbench_fast import ladder, samples
from deepbench_fast.values.distributions import (
    Alone,
    Choice,
    Constant,
    Integers,
    LogUniform,
    Normal,
    Uniform,
)
from tests.recipe.ladder.rungs import SCENES, SERIES, assert_equal_bits, drawn, read


def test_noise_is_proportional_and_clean_twins_are_equal() -> None:
    made = drawn(ladder(read(SCENES), "noise", 5))
    assert_equal_bits(made[0]["images"], made[0]["clean"])
    top = made[-1]["images"].astype(np.float64) - made[-1]["clean"]
    assert top.std() > 0.1
    for step, rung in enumerate(made):
        assert_equal_bits(rung["clean"], made[-1]["clean"])
        noise = rung["images"].astype(np.float64) - rung["clean"]
        np.testing.assert_allclose(noise, step / 4 * top, atol=2e-6 * np.abs(rung["clean"]).max())
        for kind, table in made[-1].tables.objects.items():
            assert_equal_bits(rung.tables.objects[kind], table)
        for column in ("catalogue", "split", "member", "psf_gaussian_sigma"):
            assert_equal_bits(rung.tables.samples[column], made[-1].tables.samples[column])


def test_noise_on_targets_is_proportional() -> None:
    rungs = ladder(read(SCENES), "noise", 3)
    bare = samples(read(SCENES, targets=["catalogue", "brightness"]), 0, 60)["targets"][:, 1]
    added = [rung["targets"][:, 1] - bare for rung in drawn(rungs)]
    assert (added[0] == 0).all()
    np.testing.assert_allclose(added[1], added[2] / 2, atol=1e-9)
    assert added[2].std() > 1


@pytest.mark.parametrize(
    ("noise", "falls"),
    [
        ("{poisson: {level: {uniform: [1, 9]}, subtract: true}}", True),
        ("{ccd: {sky: 20, gain: {uniform: [1, 3]}, read_noise: 5, subtract_sky: true}}", True),
        ("{ccd: {sky: 0, gain: 2, read_noise: 5}}", True),
        ("{ccd: {sky: 20, gain: 2, read_noise: 5}}", False),
        ("{ccd: {sky: 20, gain: 0, read_noise: 5, subtract_sky: true}}", True),
        ("{gaussian: {snr: {uniform: [5, 50]}}}", True),
    ],
)
def test_variance_falls_with_the_square(noise: str, falls: bool) -> None:
    recipe = read(SCENES, extras=["clean", "variance"]).set("noise", f"[{noise}]")
    made = drawn(ladder(recipe, "noise", 3))
    assert_equal_bits(made[0]["images"], made[0]["clean"])
    assert not made[0]["variance"].any()
    assert (made[1]["images"] != made[1]["clean"]).mean() > 0.8
    if falls:
        np.testing.assert_allclose(made[1]["variance"], made[2]["variance"] / 4, rtol=1e-6)
    else:
        assert (made[1]["variance"] < made[2]["variance"] / 4).all()


def test_noise_of_series() -> None:
    rungs = ladder(read(SERIES), "noise", 3)
    made = drawn(rungs)
    assert_equal_bits(made[0]["series"], made[0]["clean"])
    scatter = [
        table["length"] - table["length_nominal"] for table in (rung.tables.objects["pendulum"] for rung in made)
    ]
    assert (scatter[0] == 0).all()
    np.testing.assert_allclose(scatter[1], scatter[2] / 2, rtol=1e-12, atol=1e-14)
    measured = drawn(ladder(read(SERIES, parameter_noise={}), "noise", 3))
    for rung in measured:
        assert_equal_bits(rung["clean"], measured[0]["clean"])
    noise = [rung["series"] - rung["clean"] for rung in measured]
    np.testing.assert_allclose(noise[1], noise[2] / 2, atol=1e-12)
    assert noise[2].std() > 0.05


@pytest.mark.parametrize(
    ("loud", "quiet"),
    [
        (Uniform(0.2, 0.4), Uniform(0.02, 0.04)),
        (LogUniform(0.1, 3), LogUniform(0.01, 0.3)),
        (Normal(1, 0.3, 0, None), Normal(0.1, 0.03, 0, None)),
        (Choice((0.0, 2.0), (1, 3)), Choice((0.0, 0.2), (1, 3))),
        (Integers(0, 2), Choice((0.0, 0.1, 0.2))),
        (Constant(0.3), Constant(0.03)),
    ],
)
def test_scaled(loud: Alone, quiet: Alone) -> None:
    assert loud.scaled(Fraction(1, 10)) == quiet
    assert loud.scaled(Fraction(0)) == Constant(0)
