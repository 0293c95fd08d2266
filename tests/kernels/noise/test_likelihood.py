"""Densities of pixels against sums in mpmath and SciPy, far into the tails, and against the noise that is made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from deepbench_fast import Recipe, samples
from deepbench_fast.effects.chain import log_likelihood
from deepbench_fast.effects.law import PixelLaw
from deepbench_fast.effects.noise.ccd import CcdNoise
from deepbench_fast.effects.noise.gaussian import GaussianNoise
from deepbench_fast.effects.noise.poisson import PoissonNoise
from deepbench_fast.kernels.noise import likelihood
from tests.effects.levels import rows
from tests.kernels import assembly
from tests.kernels.loops import Array
from tests.oracles.density import log_density

LEVELS = ("gain", "sky", "level", "shift", "variance")


def density(pixel: Any, light: float, **levels: float) -> Any:
    """ln of the density of each pixel, all with this light."""
    pixels = np.atleast_1d(np.asarray(pixel, np.float64))[:, None]
    law = PixelLaw.of(len(pixels), **{name: np.full(len(pixels), float(level)) for name, level in levels.items()})
    found = law.log_likelihood(pixels, np.full(pixels.shape, float(light)))
    return found if np.ndim(pixel) else found[0]


def counts(mean: float, reach: float) -> Array:
    """Counts with all weight of a Poisson law of this mean, and of those whose sum must reach so far."""
    high = max(mean, reach, 0.0)
    width = 30 * np.sqrt(high + 10) + 30
    return np.arange(max(np.floor(min(mean, max(reach, 0.0)) - width), 0), np.ceil(high + width) + 1)


def log_poisson(n: Array, mean: float) -> Array:
    return special.xlogy(n, mean) - mean - special.gammaln(n + 1)


def exact(pixel: float, light: float, gain: float, sky: float, level: float, shift: float, variance: float) -> float:
    """The double sum, every term by SciPy."""
    mean = gain * max(0.0, light + sky) if gain > 0 else 0.0
    y = pixel - shift - (0.0 if gain > 0 else light)
    step = 1 / gain if gain > 0 else 1.0
    n = counts(mean, y / step) if mean > 0 else np.zeros(1)
    m = counts(level, y) if level > 0 else np.zeros(1)
    weights = (log_poisson(m, level) if level > 0 else np.zeros(1))[:, None] + (
        log_poisson(n, mean) if mean > 0 else np.zeros(1)
    )
    normal = (y - m[:, None] - n * step) ** 2 / (-2 * variance) - 0.5 * np.log(2 * np.pi * variance)
    return float(special.logsumexp(weights + normal))


def test_sums_are_those_of_every_term() -> None:
    """Levels over three to five decades, pixels up to tens of standard deviations out."""
    rng = np.random.default_rng(1)
    for _ in range(80):
        light, gain = 10 ** rng.uniform(-2, 2.5), rng.choice([0.0, 1.0, 10 ** rng.uniform(-1, 1)])
        sky, level = (rng.choice([0.0, 10 ** rng.uniform(-1, 1.7)]) for _ in range(2))
        variance, shift = 10 ** rng.uniform(-3, 4), rng.normal(0, 3)
        scatter = np.sqrt(variance + level + (light + sky) / gain if gain > 0 else variance + level)
        pixel = light + sky + level + shift + scatter * rng.choice([0, 1, 3, 12]) * rng.normal()
        levels = dict(zip(LEVELS, (gain, sky, level, shift, variance), strict=True))
        found, expected = density(pixel, light, **levels), exact(pixel, light, **levels)
        assert abs(found - expected) < 3e-12 * max(1.0, abs(expected)), (pixel, light, levels)


@pytest.mark.parametrize(
    ("mean", "variance"),
    [
        (1e-12, 1.0),
        (0.3, 1e-6),
        (5.0, 0.04),
        (50.0, 1e4),
        (1e3, 9.0),
        (3e4, 1e-2),
        (1e6, 25.0),
        (1e6, 1e8),
        (1e9, 1e12),
    ],
)
@pytest.mark.parametrize("deviations", [-40.0, -6.0, 0.0, 0.37, 9.0, 60.0])
def test_one_count_is_right_to_its_last_digits(mean: float, variance: float, deviations: float) -> None:
    """Against 40 digits: the sum over all counts that matter, or steps of it where it is far wider than a count."""
    pixel = mean + deviations * np.sqrt(mean + variance)
    found = density(pixel, mean, gain=1.0, variance=variance)
    expected = log_density(mean, 1.0, pixel, variance)
    # What float64 can hold of the pixel comes first: its last digit moves the density by so much.
    step = np.spacing(pixel) * abs(deviations) / np.sqrt(mean + variance)
    assert abs(found - expected) < 1e-12 * max(1, abs(expected)) + step


def test_two_counts_of_different_steps() -> None:
    """Counts of a thousandth of the background's, or of many of it, and reading finer than either."""
    for gain, level, variance, pixel in ((1e3, 5.0, 1e-4, 7.3), (0.05, 30.0, 0.01, 95.02), (0.3, 400.0, 1.0, 700.0)):
        levels = {"gain": gain, "sky": 0.0, "level": level, "shift": 0.0, "variance": variance}
        for offset in (0.0, -3.0, 5.5):
            expected = exact(pixel + offset, 60.0 if gain < 1 else 2.0, **levels)
            assert density(pixel + offset, 60.0 if gain < 1 else 2.0, **levels) == pytest.approx(expected, rel=1e-11)


def test_gaussian_alone_is_scipys() -> None:
    rng = np.random.default_rng(2)
    pixels, clean = rng.normal(0, 5, (2, 3, 4, 5))
    table = rows([0.1, 2.0, 1e4], *[[np.nan] * 3] * 4)
    narrowed = table._replace(columns={"sigma": table.columns["noise_gaussian_sigma"]})
    found = GaussianNoise.log_likelihood(pixels, clean, narrowed)
    expected = stats.norm.logpdf(pixels, clean, np.array([0.1, 2.0, 1e4])[:, None, None]).sum(axis=(1, 2))
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_counts_alone_have_probabilities() -> None:
    n = np.arange(30.0)
    np.testing.assert_allclose(density(5.0 + n, 5.0, level=7.0), stats.poisson.logpmf(n, 7), rtol=1e-12)
    np.testing.assert_allclose(density(n / 4 - 1, 2.0, gain=4, shift=-1), stats.poisson.logpmf(n, 8), rtol=1e-12)
    assert np.isneginf(density([5.5, 4.0], 5.0, level=7.0)).all()
    assert np.exp(density(np.arange(60) / 4, 2.0, gain=4)).sum() == pytest.approx(1, abs=1e-12)
    both = {"gain": 2.0, "sky": 0.0, "level": 3.0}
    assert np.exp(density(np.arange(100) / 2, 2.0, **both)).sum() == pytest.approx(1, abs=1e-12)
    assert density(0.0, 0.0) == 0.0
    assert np.isneginf(density(0.1, 0.0))
    assert density([1e6 + 3.0], np.float32(1e6), level=2.0)[0] == pytest.approx(stats.poisson.logpmf(3, 2))


@pytest.mark.parametrize(
    ("light", "levels"),
    [
        (3.0, {"gain": 0.7, "sky": 1.0, "variance": 0.5, "shift": -1.0}),
        (0.5, {"gain": 20.0, "level": 2.0, "variance": 0.02}),
        (-4.0, {"gain": 2.0, "sky": 1.0, "level": 1.5, "variance": 0.3}),
        (10.0, {"level": 40.0, "variance": 4.0, "shift": -40.0}),
        (30.0, {"gain": 3.0, "level": 8.0, "variance": 400.0}),
    ],
)
def test_densities_are_normalised_and_have_the_moments_of_the_noise(light: float, levels: dict[str, float]) -> None:
    x, step = np.linspace(-150, 250, 20_001, retstep=True)
    weights = np.exp(density(x, light, **levels)) * step
    gain, sky, level, shift = (levels.get(name, 0.0) for name in ("gain", "sky", "level", "shift"))
    shining = max(light + sky, 0.0) if gain else light
    assert weights.sum() == pytest.approx(1, abs=1e-10)
    mean = (weights * x).sum()
    assert mean == pytest.approx(shining + level + shift, abs=1e-9)
    variance = (weights * (x - mean) ** 2).sum()
    assert variance == pytest.approx(levels["variance"] + level + (shining / gain if gain else 0), rel=1e-9)


CCD = "{ccd: {sky: 2, gain: 1.5, read_noise: 1.2, subtract_sky: true}}"
TEXT = """
samples: 3000
image: {shape: [4, 5]}
noise: [%s]
extras: [clean]
catalogues: {a: {objects: [star: {x: 1, y: 1, amplitude: 8, gamma: 2, alpha: 3}]}}
"""


@pytest.mark.parametrize(
    "noise",
    [
        CCD,
        f"{CCD}, {{poisson: {{level: 1.3, subtract: true}}}}, {{gaussian: {{sigma: 0.3}}}}",
        "{poisson: {level: 2.5}}, {gaussian: {sigma: 0.2}}",
        "{ccd: {sky: 2, gain: 0, read_noise: 1.2}}, {poisson: {level: 30}}, {gaussian: {snr: 9}}",
    ],
)
def test_the_noise_that_is_made_has_the_density(noise: str) -> None:
    """Pixels of one light over 3,000 samples, against the distribution function that the density sums up to."""
    made = samples(Recipe.from_yaml(TEXT % noise), 0, 3000)
    columns = made.tables.samples
    for row, column in ((1, 1), (3, 4)):
        seen, light = made["images"][:, row, column].astype(np.float64), made["clean"][:1, row, column]
        x, step = np.linspace(seen.min() - 20, seen.max() + 20, 8001, retstep=True)
        table = np.repeat(columns[:1], len(x))
        curve = np.exp(log_likelihood(x[:, None], np.repeat(light, len(x))[:, None], table))
        assert curve.sum() * step == pytest.approx(1, abs=1e-6)
        below = np.interp(np.sort(seen), x + step / 2, np.cumsum(curve) * step)
        assert stats.kstest(below, stats.uniform.cdf).pvalue > 1e-3


def test_models_together_and_alone() -> None:
    rng = np.random.default_rng(4)
    clean = rng.uniform(0, 20, (3, 30))
    pixels = clean + rng.normal(0, 4, clean.shape)
    none = [np.nan] * 3
    for levels, model, prefix in (
        ((none, none, [1, 0, 2], [2, 0, 0.4], [1, 2, 3]), CcdNoise, "noise_ccd_"),
        ((none, [5.0, 1.0, 9.0], none, none, none), PoissonNoise, "noise_poisson_"),
    ):
        table = rows(*levels)
        own = {name.removeprefix(prefix): column for name, column in table.columns.items() if name.startswith(prefix)}
        seen = np.round(pixels - clean) + clean if model is PoissonNoise else pixels
        alone = model.log_likelihood(seen, clean, table._replace(columns=own))
        stored = np.zeros(3, [(name, "<f8") for name in table.columns] + [("member", "<i8")])
        for name, column in table.columns.items():
            stored[name] = column
        np.testing.assert_array_equal(log_likelihood(seen, clean, stored), alone)


def test_the_truth_is_the_likeliest() -> None:
    made = samples(Recipe.from_yaml(TEXT % CCD), 0, 400)
    table = made.tables.samples
    at = {s: log_likelihood(made["images"], s * made["clean"].astype(float), table).sum() for s in (0.97, 1.0, 1.03)}
    assert max(at, key=at.__getitem__) == 1.0


def test_no_fused_multiply_add() -> None:
    one, column = np.ones((1, 4)), np.ones(1)
    for code in (
        assembly.fresh(likelihood.log_poisson, 1.0, 1.0),
        assembly.fresh(likelihood._peak, 1.0, 1.0, 1.0),
        assembly.fresh(likelihood._log_sum, 1.0, 1.0, 1.0),
        assembly.fresh(likelihood._log_profile, *[1.0] * 6),
        assembly.fresh(likelihood._log_double_sum, *[1.0] * 6),
        assembly.fresh(likelihood.log_likelihood, one, one, *[column] * 5, column.copy()),
    ):
        assert assembly.fma(code) == 0


NOISES: list[dict[str, float]] = [
    {"gain": 1.0},
    {"gain": 1.0, "variance": 25.0},
    {"gain": 1.0, "variance": 1e10},
    {"gain": 0.25, "variance": 25.0, "level": 10.0},
    {"level": 10.0, "variance": 1.0},
    {"level": 10.0},
]


@pytest.mark.parametrize("levels", NOISES, ids=str)
def test_pixels_beyond_all_counts_are_impossible(levels: dict[str, float]) -> None:
    """There one count more is none in float64, and sums over counts wouldn't end."""
    beyond = 2.0**51 * 1.001 / (levels.get("gain") or 1.0)
    assert np.isneginf(density(np.array([beyond, 1e16 / 0.25, 1e30, 1e300, np.inf]), 3.0, **levels)).all()
    assert np.isneginf(density(np.array([-np.inf]), 3.0, **levels)).all()
    if levels.get("variance"):
        assert np.isfinite(density(np.array([-1e30, -1e16, 1e6, 1e9]), 3.0, **levels)).all()


@pytest.mark.parametrize("light", [1e3, 2.0**49])
def test_pixels_far_out_are_likely_as_their_largest_term_says(light: float) -> None:
    """Beside ln p of 1e10 and more the width of the sum is nothing."""
    n = 2.0**50
    found = density(np.array([n]), light, gain=1.0, variance=1.0)[0]
    assert found == pytest.approx(n * np.log(light / n) + n - light, rel=1e-9)
