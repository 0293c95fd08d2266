"""A law that only this test declares goes everywhere: what CONTRIBUTING lists "to add a distribution" is complete."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats
from jsonschema import Draft202012Validator

from deepbench_fast import Prior, Recipe, RecipeError, Simulator, generate, ladder, open_dataset, samples, verify
from deepbench_fast.kernels.random import codes
from deepbench_fast.recipe.json_schema import json_schema
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions import FORMS, Constant, Normal, Offset, parse_distribution, register
from deepbench_fast.values.distributions.distribution import where
from deepbench_fast.values.distributions.exact import about, exact
from deepbench_fast.values.distributions.numeric import Numeric
from tests.cli.running import run_well
from tests.values.distributions.laws import Array, check_certain, check_many


@dataclass(frozen=True)
class HalfNormal(Numeric):
    """The upper half of a Gaussian whose peak is at `start`, which is 0 where it isn't given."""

    form = "halfnormal"
    code = codes.NORMAL
    remedy = "; give it a smaller sigma"

    sigma: float
    start: float | None = None

    def check(self) -> None:
        if self.sigma < 0:
            raise Invalid(f"sigma must not be negative, not {self.sigma:g}")

    @property
    def _normal(self) -> Normal:
        return Normal(self.start or 0.0, self.sigma, self.start or 0.0)

    @property
    def support(self) -> tuple[float, float]:
        return self._normal.support

    @property
    def expectation(self) -> float:
        return self._normal.expectation

    @classmethod
    def fill_numbers(cls, row: Any, numbers: Mapping[str, Any]) -> None:
        start = numbers.get("start", 0.0)
        super().fill_numbers(row, {"mean": start, "low": start, "sigma": numbers["sigma"]})

    @classmethod
    def standard_deviations(cls, rows: Any) -> Array:
        return Normal.standard_deviations(rows)

    def quantile(self, u: Array) -> Array:
        return self._normal.quantile(u)

    def _log_density(self, values: Array) -> Array:
        z = (values - (self.start or 0.0)) / self.sigma
        return where(z >= 0, 0.5 * math.log(2 / math.pi) - math.log(self.sigma) - 0.5 * z * z)

    @property
    def bounds(self) -> tuple[float, float]:
        return self._normal.bounds

    def _rank(self, values: Array) -> Array:
        return self._normal.rank(values)

    def _slope(self, values: Array) -> Array:
        return self._normal.slope(values)

    def narrowed(self, fraction: Fraction, *, whole: bool = False) -> HalfNormal:
        median = exact(float(self.quantile(np.array([0.5]))[0]))
        return HalfNormal(float(fraction * exact(self.sigma)), about(median, [self.start or 0.0], fraction)[0])


TEXT = """
name: halves
seed: 5
samples: 24
image: {shape: [12, 12]}
noise: [{gaussian: {sigma: {halfnormal: 0.1}}}]
targets: [catalogue, {galaxy.n: {noise: {halfnormal: {uniform: [0.1, 0.2]}}}}, {galaxy.x: {noise: {halfnormal: 2}}}]
catalogues:
  all:
    objects:
    - galaxy:
        n: {halfnormal: {sigma: 0.3, start: 1}}
        r_eff: 2
        x: {halfnormal: 1.5}
        y: {offset: {from: x, by: {halfnormal: 0.5}}}
"""
KEY = "catalogues.all.galaxy.n"


@pytest.fixture(autouse=True)
def _declared() -> Iterator[None]:
    register(HalfNormal)
    yield
    del FORMS[HalfNormal.form]


@pytest.fixture
def recipe() -> Recipe:
    return Recipe.from_yaml(TEXT)


def test_it_is_a_law() -> None:
    def make(generator: np.random.Generator) -> tuple[HalfNormal, Any]:
        law = HalfNormal(10 ** generator.uniform(-3, 3), float(generator.choice([0.0, generator.normal()])))
        return law, scipy.stats.halfnorm(law.start, law.sigma)

    check_many(make, 20, tolerance=1e-7)
    check_certain(HalfNormal(0.0, 3.0), 3.0)


@pytest.mark.parametrize("data", [{"halfnormal": 2}, {"halfnormal": {"sigma": 0.5, "start": 3}}])
def test_it_is_read_and_written(data: dict[str, Any]) -> None:
    law = parse_distribution(data)
    assert (type(law), law.to_yaml_data()) == (HalfNormal, data)
    assert parse_distribution({"offset": {"from": "x", "by": data}}) == Offset("x", law)  # type: ignore[arg-type]
    assert parse_distribution({"halfnormal": {"sigma": 2}}).to_yaml_data() == {"halfnormal": 2}


@pytest.mark.parametrize(
    ("law", "problem"),
    [
        ("{halfnormal: -1}", "halfnormal: sigma must not be negative"),
        ("{halfnormal: {sigm: 1}}", "halfnormal: unknown key 'sigm'; did you mean 'sigma'?"),
        ("{halfnormal: {start: 1}}", "halfnormal: lacks its sigma"),
        ("{halfnormal: {sigma: 1, start: }}", "halfnormal: start must be a number, not nothing"),
        ("{halfnormal: [1, 2]}", "halfnormal: must be a number"),
        ("{halfnorml: 1}", "did you mean 'halfnormal'?"),
        ("{halfnormal: {sigma: 2, start: 1}}", "reaches from 1 to 17.6; give it a smaller sigma"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(law: str, problem: str) -> None:
    with pytest.raises(RecipeError) as caught:
        Recipe.from_yaml(TEXT.replace("{halfnormal: {sigma: 0.3, start: 1}}", law), source="halves.yaml")
    assert problem in caught.value.problem
    assert str(caught.value).startswith("halves.yaml:12: catalogues.all.galaxy.n: ")


def test_recipes_hold_it(recipe: Recipe) -> None:
    assert Recipe.from_yaml(recipe.to_yaml()).hash() == recipe.hash()
    assert recipe.set(KEY, "{halfnormal: {sigma: 0.2, start: 1}}").hash() != recipe.hash()
    valid = Draft202012Validator(json_schema()).is_valid
    galaxy = {"catalogues": {"c": {"objects": [{"galaxy": {"n": {"halfnormal": 1}}}]}}}
    assert valid(galaxy)
    assert not valid({**galaxy, "catalogues": {"c": {"objects": [{"galaxy": {"n": {"halfnormal": [1, 2]}}}]}}})
    assert valid({**galaxy, "targets": [{"galaxy.n": {"noise": {"halfnormal": {"uniform": [1, 2]}}}}]})


def test_it_is_drawn_kept_and_verified(recipe: Recipe, tmp_path: Path) -> None:
    generate(recipe, tmp_path / "halves.h5")
    assert verify(tmp_path / "halves.h5", regenerate="all").same
    dataset, made = open_dataset(tmp_path / "halves.h5"), samples(recipe, 0, 24)
    np.testing.assert_array_equal(dataset[:]["images"], made["images"])
    galaxies = made.tables.objects["galaxy"]
    assert (galaxies["n"] > 1).all()
    assert (galaxies["y"] > galaxies["x"]).all()
    many = samples(recipe, 0, 600)
    assert scipy.stats.kstest(many.tables.objects["galaxy"]["x"], scipy.stats.halfnorm(0, 1.5).cdf).pvalue > 1e-3


def test_noise_on_targets_has_its_sigma(recipe: Recipe) -> None:
    made = samples(recipe, 0, 600)
    added, sigma = made["targets"] - made["targets_true"], made["targets_sigma"]
    assert (added[:, 1:] > 0).all()
    assert (sigma[:, 0] == 0).all()
    assert (sigma[:, 2] == HalfNormal(2).standard_deviation).all()
    assert HalfNormal(2).standard_deviation == pytest.approx(2 * math.sqrt(1 - 2 / math.pi), rel=1e-12)
    scale = sigma[:, 1] / math.sqrt(1 - 2 / math.pi)
    assert ((scale > 0.1) & (scale < 0.2)).all()
    assert scipy.stats.kstest(added[:, 1] / scale, scipy.stats.halfnorm.cdf).pvalue > 1e-3


def test_it_is_scored_and_given(recipe: Recipe) -> None:
    prior = Prior(recipe, ["galaxy.n", "galaxy.x", "galaxy.y", "noise.gaussian.sigma"])
    drawn = prior.sample(50, 3)
    n, x, y, sigma = drawn.T
    half = scipy.stats.halfnorm
    expected = half(1, 0.3).logpdf(n) + half(0, 1.5).logpdf(x) + half(0, 0.5).logpdf(y - x) + half(0, 0.1).logpdf(sigma)
    np.testing.assert_allclose(prior.log_prob(drawn), expected, rtol=1e-9)
    assert np.isneginf(prior.log_prob(drawn - [[2, 0, 0, 0]])).all()
    np.testing.assert_allclose(prior.from_unit(prior.to_unit(drawn)), drawn, rtol=1e-7)
    made = Simulator(recipe).given({"galaxy.n": [2.0, 3.0]}, seed=1)
    assert made.tables.objects["galaxy"]["n"].tolist() == [2, 3]


def test_ladders_climb_to_it(recipe: Recipe) -> None:
    for axis in ("noise", "spread"):
        *_, last = ladder(recipe, axis, 3)
        assert last.set("name", recipe.name).hash() == recipe.hash()
    quiet, half, _ = (rung.targets.noise for rung in ladder(recipe, "noise", 3))
    assert quiet["galaxy.n"] == quiet["galaxy.x"] == Constant(0)
    assert half["galaxy.x"] == HalfNormal(1)
    assert half["galaxy.n"].to_yaml_data() == {"halfnormal": {"uniform": [0.05, 0.1]}}
    easy, hard = (samples(rung, 0, 40).tables.objects["galaxy"] for rung in ladder(recipe, "spread", 2))
    median = scipy.stats.halfnorm(0, 1.5).median()
    np.testing.assert_allclose(easy["x"] - median, (hard["x"] - median) / 2, rtol=1e-9, atol=1e-12)
    with pytest.raises(RecipeError, match=r"halfnormal .* can't be thinned"):
        HalfNormal(2).thinned(Fraction(1, 2))


def test_commands_know_it(tmp_path: Path) -> None:
    (tmp_path / "halves.yaml").write_text(TEXT)
    assert "halfnormal" in run_well("schema").json["$defs"]["varied"]["properties"]
    assert "halfnormal {sigma: 0.3, start: 1}" in run_well("plan", tmp_path / "halves.yaml").out
    run_well("generate", tmp_path / "halves.yaml", tmp_path / "halves.h5")
    assert "galaxy" in run_well("show", tmp_path / "halves.h5", 3).out
    run_well("verify", tmp_path / "halves.h5", "--regenerate", "all")


def test_without_it_recipes_are_refused() -> None:
    del FORMS[HalfNormal.form]
    with pytest.raises(RecipeError, match="unknown distribution 'halfnormal'"):
        Recipe.from_yaml(TEXT)
    register(HalfNormal)
