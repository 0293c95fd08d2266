"""Log-likelihoods of pixels over all levels of noise, against sums of 40 digits; information of those that count."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.stats as st

from deepbench_fast.effects.law import PixelLaw
from deepbench_fast.render.expected import Part
from deepbench_fast.render.information import Weights
from tests.accuracy.corners import wide
from tests.accuracy.stated import Worst, campaign
from tests.oracles.density import log_density


@campaign(60, 10_000)
def test_log_likelihood(draws: int) -> None:
    rng, worst = np.random.default_rng(1), Worst("log-likelihood of a pixel, one kind of counts")
    for _ in range(draws):
        gain, electrons = wide(rng, 1e-9, 1e6, [1.0]), wide(rng, 1e-6, 1e9)
        light = electrons / gain
        variance = (wide(rng, 1e-3, 1e6) / gain) ** 2
        scatter = np.sqrt(light / gain + variance)
        pixel = light + rng.choice([0.0, 1.0, 6.0, 60.0]) * rng.uniform(-1, 1) * scatter
        law = PixelLaw.of(3, gain=np.full(3, gain), variance=np.full(3, variance))
        pixels = np.array([[np.nextafter(pixel, -np.inf)], [pixel], [np.nextafter(pixel, np.inf)]])
        below, found, above = law.log_likelihood(pixels, np.full((3, 1), light))
        expected = log_density(gain * light, gain, pixel, variance)
        digit = max(abs(above - found), abs(below - found))
        error = max(abs(found - expected) - 2 * digit, 0.0) / max(1.0, abs(expected))
        worst.see(error, gain=gain, electrons=electrons, variance=variance, pixel=pixel)
    worst.check()


def mean_products(mean: float, gain: float, light: float, variance: float) -> Any:
    """E of the products of the scores along light, gain and variance, by a sum over readings.

    y = gain pixel is a count n with normal noise of variance u = gain² variance; f, its slopes along the mean and along
    y are sums over n of Poisson(n; mean) Normal(y - n; u), and the heat equation gives that along u.
    """
    u = gain * gain * variance
    root, width = np.sqrt(u), np.sqrt(mean + u)
    step = min(0.1 * width, max(0.1 * u, 0.02 * root)) if u < 4.0 else 0.1 * width
    y = np.arange(-13 * root, mean + 16 * width + 13 * root + 14, step)
    near = np.floor(y + 0.5)[:, None] + np.arange(-np.ceil(13 * root) - 1, np.ceil(13 * root) + 2)
    n = (
        near
        if u < 25.0
        else np.arange(max(0.0, np.floor(mean - 12 * np.sqrt(mean) - 12)), mean + 14 * np.sqrt(mean) + 30)
    )
    normal = st.norm.pdf(y[:, None] - n, 0, root)
    counts = st.poisson.pmf(n, mean)
    f = (normal * counts).sum(axis=1)
    there = f > 1e-280
    rest = y[:, None] - n
    by_mean = ((st.poisson.pmf(n - 1, mean) - counts) * normal).sum(axis=1)[there] / f[there]
    by_y = -(rest * normal * counts).sum(axis=1)[there] / f[there] / u
    by_u = 0.5 * ((rest**2 / u - 1) * normal * counts).sum(axis=1)[there] / f[there] / u
    by_gain = (1 + y[there] * by_y + 2 * u * by_u + gain * light * by_mean) / gain
    scores = np.stack([gain * by_mean, by_gain, gain * gain * by_u])
    return np.einsum("ai,bi,i->ab", scores, scores, f[there] * step)


@campaign(10, 1500)
def test_information_of_counts(draws: int) -> None:
    rng, worst = (
        np.random.default_rng(3),
        Worst("information of a pixel that counts, by its light, gain and read noise"),
    )
    weights = Weights()
    for _ in range(draws):
        gain, electrons = wide(rng, 0.1, 100.0, [1.0]), wide(rng, 1e-4, 1e3)
        reading = wide(rng, 0.1, 30.0)
        light, variance = electrons / gain, (reading / gain) ** 2
        law, slopes = np.array([[gain, 0.0, 0.0, 0.0, variance]]), np.zeros((1, 5, 3))
        slopes[0, 0, 1], slopes[0, 4, 2] = 1.0, 1.0
        found = np.zeros((1, 3, 3))
        weights.add(Part(np.array([[light]]), np.array([[[1.0], [0.0], [0.0]]]), law, slopes), found)
        expected = mean_products(electrons, gain, light, variance)
        scale = np.sqrt(np.diag(expected))
        error = np.abs(found[0] - expected) / np.outer(scale, scale)
        worst.see(error.max(), gain=gain, electrons=electrons, reading=reading)
    worst.check()
