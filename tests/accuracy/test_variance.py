"""The variance of noise, and the ratio of light to it, over all levels that a recipe can draw."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels.noise.ccd import apply_ccd
from deepbench_fast.kernels.noise.gaussian import add_gaussian
from deepbench_fast.kernels.noise.poisson import add_poisson
from tests.accuracy.stated import Worst, campaign
from tests.effects.levels import matched_filter_snr, noise_variance

NAMES = ("sigma", "level", "sky", "gain", "read_noise")
KEY = np.array([11, 12], np.uint32)
PIXELS = 100


def level_of(rng: np.random.Generator, low: float, high: float) -> float:
    """From all of a range, its ends and 0 more often than by chance."""
    return float(rng.choice([0.0, low, high, *np.exp(rng.uniform(np.log(low), np.log(high), 6))]))


def drawn_levels(rng: np.random.Generator) -> dict[str, float]:
    """Levels of one to three models of noise, NaN for those that are absent."""
    levels = dict.fromkeys(NAMES, np.nan)
    chosen = rng.permutation(3)[: rng.integers(1, 4)]
    if 0 in chosen:
        levels["sigma"] = level_of(rng, 1e-15, 1e18)
    if 1 in chosen:
        levels["level"] = level_of(rng, 1e-15, 1e9)
    if 2 in chosen:
        levels["sky"], levels["read_noise"] = level_of(rng, 1e-9, 1e9), level_of(rng, 1e-9, 1e9)
        levels["gain"] = level_of(rng, 1e-8, 1e6)
    return levels


def drawn_light(rng: np.random.Generator, brightest: float) -> npt.NDArray[np.float32]:
    """Light from 1e-8 of its brightest pixel on, half of the pixels dark."""
    light = brightest * np.exp(rng.uniform(np.log(1e-8), 0, (1, PIXELS))) * (rng.random((1, PIXELS)) < 0.5)
    return light.astype(np.float32)


def columns(levels: dict[str, float], count: int = 1) -> list[Any]:
    return [np.full(count, levels[name]) for name in NAMES]


def exact_variance(light: npt.NDArray[np.float32], levels: dict[str, float]) -> npt.NDArray[np.longdouble]:
    """The formula, in 64 bits of mantissa."""
    sigma, level, sky, gain, read_noise = (np.longdouble(np.nan_to_num(levels[name])) for name in NAMES)
    constant = sigma * sigma + level
    if not gain > 0:
        return np.full(light.shape, constant + read_noise * read_noise)
    seen = light.astype(np.longdouble) + sky
    return constant + np.minimum(seen, np.longdouble(2) ** 50 / gain) / gain + (read_noise / gain) ** 2


@campaign(400, 200_000)
def test_variance_is_its_formula(draws: int) -> None:
    worst = Worst("variance of a pixel")
    rng = np.random.default_rng(1)
    for _ in range(draws):
        levels, light = drawn_levels(rng), drawn_light(rng, 10.0 ** rng.uniform(-6, 20))
        exact = exact_variance(light, levels)
        found = noise_variance(light, *columns(levels))
        held = (exact > 1.2e-38) & (exact < 1e38)
        if held.any():
            worst.see(float(np.abs(found[held] / exact[held] - 1).max()), **levels)
        assert not found[exact == 0].any()
    worst.check()


@campaign(400, 100_000)
def test_ratio_is_its_formula(draws: int) -> None:
    worst = Worst("noise_snr")
    rng = np.random.default_rng(2)
    for _ in range(draws):
        levels, light = drawn_levels(rng), drawn_light(rng, 10.0 ** rng.uniform(-6, 20))
        variance, square = exact_variance(light, levels)[0], light[0].astype(np.longdouble) ** 2
        found = matched_filter_snr(light, *columns(levels))
        if (square[variance == 0] > 0).any():
            assert found[0] == np.inf
            continue
        lit = square > 0
        exact = math.sqrt(math.fsum((square[lit] / variance[lit]).astype(float)))
        worst.see(abs(found[0] / exact - 1) if exact else found[0], **levels)
    worst.check()


@campaign(30, 3000)
def test_variance_is_that_of_the_noise_made(draws: int) -> None:
    """In units of its standard error, from the fourth moment, over 4,000 samples of a pixel."""
    worst = Worst("variance of the noise made, in standard errors")
    rng = np.random.default_rng(3)
    samples = 4000
    streams = [np.full(samples, number, np.uint32) for number in range(4)]
    for _ in range(draws):
        levels = drawn_levels(rng)
        if not any(levels[name] > 0 for name in ("sigma", "level", "gain", "read_noise")):
            continue
        light = drawn_light(rng, 10.0 ** rng.uniform(-3, 6))[:, :4]
        images, members = np.tile(light, (samples, 1)), np.arange(samples) + rng.integers(2**40)
        sigma, level, sky, gain, read_noise = columns(levels, samples)
        none = np.zeros(samples, np.int64)
        apply_ccd(images, sky, gain, read_noise, none, KEY, streams[0], streams[1], members)
        add_poisson(images, level, none, KEY, streams[2], members)
        add_gaussian(images, sigma, KEY, streams[3], members)
        expected = exact_variance(light, levels)[0].astype(float)
        deviation = images - images.mean(axis=0, dtype=np.float64)
        error = np.sqrt(((deviation**4).mean(axis=0) - deviation.var(axis=0) ** 2) / samples)
        # Where noise is below the steps of float32 at the pixel's brightness, these steps are seen and not the noise;
        # where hardly any photon comes in so many samples, its rare counts say nothing of their mean.
        steps = np.spacing(np.abs(images).max(axis=0))
        photons = np.nan_to_num(levels["gain"]) * (light[0] + np.nan_to_num(levels["sky"]))
        few = ((photons > 0) & (photons < 0.05)) | (0 < np.nan_to_num(levels["level"]) < 0.05)
        seen = (np.sqrt(expected) > 30 * steps) & ~few & (error > 0)
        if seen.any():
            worst.see(float((np.abs(deviation.var(axis=0) - expected) / np.where(seen, error, np.inf)).max()), **levels)
    worst.check()
