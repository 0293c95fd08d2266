"""Ranges shrink about their medians, at every quantile."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import scipy.stats

from deepbench_fast import RecipeError, UsageError, ladder
from deepbench_fast.authoring.ladders.spread import narrowed
from deepbench_fast.recipe import Recipe
from deepbench_fast.values.distributions import (
    Choice,
    Constant,
    Distribution,
    Grid,
    Integers,
    LogUniform,
    Normal,
    Offset,
    Scaled,
    Uniform,
)
from tests.recipe.ladder.rungs import SERIES, assert_equal_bits, drawn, read

WIDE = """
samples: 300
noise: [{gaussian: {sigma: {uniform: [0, 1]}}}]
psf: {moffat: {gamma: {uniform: [1, 3]}, alpha: 3}}
catalogues:
  all:
    objects:
      - galaxy:
          count: {integers: [0, 3]}
          x: {normal: [14, 3]}
          y: {offset: {from: x, by: {uniform: [-2, 5]}}}
          amplitude: {loguniform: [1e-3, 7]}
          r_eff: {normal: {mean: 3, sigma: 2, low: 1, high: 9}}
          n: {normal: {mean: 1, sigma: 1, low: 2}}
          ellip: {normal: {mean: 0.2, sigma: 0.1, low: 0.1, high: 0.3}}
"""


def test_spread_keeps_quantiles() -> None:
    recipe = read(WIDE)
    rungs = ladder(recipe, "spread", 4)
    made = drawn(rungs)
    top = made[-1].tables.objects["galaxy"]
    truncated = scipy.stats.truncnorm
    centre = {
        "x": 14.0,
        "r_eff": truncated.median(-1, 3, loc=3, scale=2),
        "n": truncated.median(1, np.inf, loc=1, scale=1),
        "ellip": 0.2,
        "theta": np.pi / 2,
    }
    for number, rung in enumerate(made, 1):
        table = rung.tables.objects["galaxy"]
        f = number / 4
        for name, c in centre.items():
            np.testing.assert_allclose(table[name], c + f * (top[name] - c), rtol=1e-12, atol=1e-12)
        middle = np.sqrt(1e-3 * 7)
        np.testing.assert_allclose(
            np.log(table["amplitude"] / middle), f * np.log(top["amplitude"] / middle), atol=1e-12
        )
        by = f * (top["y"] - top["x"] - 1.5)
        np.testing.assert_allclose(table["y"] - table["x"] - 1.5, by, atol=1e-12)
        psf = rung.tables.samples["psf_moffat_gamma"]
        np.testing.assert_allclose(psf - 2, f * (made[-1].tables.samples["psf_moffat_gamma"] - 2), atol=1e-12)
        for name in ("sample", "entry", "slot"):
            assert_equal_bits(table[name], top[name])
        for name in ("catalogue", "member", "noise_gaussian_sigma"):
            assert_equal_bits(rung.tables.samples[name], made[-1].tables.samples[name])


def test_spread_of_series() -> None:
    made = drawn(ladder(read(SERIES), "spread", 2))
    easy, hard = (rung.tables.objects["hamiltonian_pendulum"]["angle"] for rung in made)
    np.testing.assert_allclose(easy - 0.8, (hard - 0.8) / 2, rtol=1e-12, atol=1e-13)
    noise = [rung["series"] - rung["clean"] for rung in made]
    np.testing.assert_allclose(noise[0], noise[1], atol=1e-9)


def test_segments_shrink_with_their_ends() -> None:
    made = drawn(ladder(Recipe.of_kind("line").with_overrides({"samples": 200, "size": [64, 64]}), "spread", 4))
    easy, hard = made[0].tables.objects["line"], made[-1].tables.objects["line"]
    for one, other in (("x1", "x2"), ("y1", "y2")):
        np.testing.assert_allclose(easy[one] - easy[other], (hard[one] - hard[other]) / 4, atol=1e-9)


@pytest.mark.parametrize(
    ("wide", "fraction", "narrow"),
    [
        (Integers(3, 8), Fraction(1, 3), Integers(5, 6)),
        (Integers(1, 4), Fraction(1, 100), Integers(2, 2)),
        (Choice((8.0, 3.0, 5.0)), Fraction(2, 3), Choice((3.0, 5.0))),
        (Choice((8.0, 3.0, 5.0)), Fraction(1, 3), Constant(5.0)),
        (Choice((1.0, 2.0, 3.0, 4.0), (1, 1, 8, 1)), Fraction(1, 2), Choice((2.0, 3.0), (1, 8))),
        (Grid((0.0, 1.0, 4.0)), Fraction(1, 2), Grid((1.0, 1.5, 3.0))),
        (Scaled("a", Uniform(0, 2)), Fraction(1, 2), Scaled("a", Uniform(0.5, 1.5))),
        (Offset("a", Normal(1, 2)), Fraction(1, 2), Offset("a", Normal(1, 1))),
        (LogUniform(1, 100), Fraction(1, 2), LogUniform(3.1622776601683795, 31.622776601683793)),
        (Constant(3.0), Fraction(1, 2), Constant(3.0)),
    ],
)
def test_narrowed(wide: Distribution, fraction: Fraction, narrow: Distribution) -> None:
    assert narrowed(wide, fraction) == narrow


@pytest.mark.parametrize("bounds", [(7.0, None), (7.0, 7.5), (-1.0, None), (None, 0.5), (None, -7.0), (-8.0, 1.0)])
def test_truncated_normals_shrink_about_their_median(bounds: tuple[float | None, float | None]) -> None:
    ends = [infinite if bound is None else bound for bound, infinite in zip(bounds, (-np.inf, np.inf), strict=True)]
    median = scipy.stats.truncnorm.median(*ends)
    found = narrowed(Normal(0, 1, *bounds), Fraction(1, 4))
    assert isinstance(found, Normal)
    assert found.sigma == 0.25
    assert found.mean == pytest.approx(0.75 * median, rel=1e-9)
    for bound, narrow in zip(bounds, (found.low, found.high), strict=True):
        assert narrow == (None if bound is None else pytest.approx(median + (bound - median) / 4, rel=1e-9))


def test_grid_keeps_its_place() -> None:
    recipe = read(WIDE).set("catalogues.all.galaxy.n", "{grid: [1, 2, 4]}").set("catalogues.all.galaxy.count", 1)
    easy, hard = (rung.tables.objects["galaxy"]["n"] for rung in drawn(ladder(recipe, "spread", 2)))
    np.testing.assert_array_equal(easy, 2.5 + (hard - 2.5) / 2)


def test_fixed_parameters_have_no_spread() -> None:
    recipe = read("catalogues: {a: {objects: [circle: {x: 9, y: 9, radius: 3, line_width: 1, fill: true}]}}")
    with pytest.raises(UsageError, match="no parameter of an object or a PSF is random"):
        ladder(recipe, "spread", 3)


ENDS = "{samples: 300, image: {shape: [64, 64]}, catalogues: {a: {objects: [line: {%s}]}}}"


@pytest.mark.parametrize(
    "ends",
    [
        "x1: {uniform: [0, 60]}, x2: {normal: [30, 9]}",
        "x1: 30, x2: {uniform: [0, 60]}",
        "y2: {uniform: [20, 50]}, y1: {offset: {from: y2, by: {uniform: [-30, 30]}}}",
    ],
)
def test_the_same_segments_are_drawn_again(ends: str) -> None:
    made = [rung.tables.objects["line"] for rung in drawn(ladder(read(ENDS % f"{ends}, min_length: 30"), "spread", 2))]
    easy, hard = (np.hypot(table["x1"] - table["x2"], table["y1"] - table["y2"]) for table in made)
    np.testing.assert_allclose(easy, hard / 2, rtol=1e-9)


@pytest.mark.parametrize(
    "ends",
    [
        "x1: {uniform: [0, 9]}, x2: {uniform: [40, 60]}",
        "x1: {integers: [0, 60]}, x2: {integers: [0, 60]}",
        "y1: {loguniform: [1, 60]}, y2: {loguniform: [1, 60]}",
        "y1: 30, y2: {offset: {from: y1, by: {uniform: [0, 30]}}}",
    ],
)
def test_other_segments_would_be_drawn_again(ends: str) -> None:
    with pytest.raises(RecipeError, match=r"catalogues\.a\.line\.min_length: axis spread: stays that of the same segm"):
        ladder(read(ENDS % f"{ends}, min_length: 31"), "spread", 2)
    assert len(ladder(read(ENDS % ends), "spread", 2)) == 2
