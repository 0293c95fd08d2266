"""Log-likelihoods of pixels over all levels of noise, against sums of 40 digits; information of those that count."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.stats as st

from deepbench_fast.effects.law import PixelLaw
from deepbench_fast.render.expected import Part
from deepbench_fast.render.information import Weights, add_scores
from tests.accuracy.corners import wide
from tests.accuracy.stated import Worst, campaign
from tests.oracles import bright_counts
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


def bright_pixel(rng: np.random.Generator) -> dict[str, float]:
    """Gain, electrons and read noise of a pixel of many counts."""
    electrons = wide(rng, 400.0, 2e9, [499.99, 500.0])
    return {"gain": wide(rng, 0.1, 100.0, [1.0]), "electrons": electrons, "reading": wide(rng, 0.05, 1e4, [1.41, 1.42])}


def part_of(gain: float, electrons: float, reading: float, pixels: int) -> Part:
    """Samples of one pixel each, and its slopes along light, gain and the variance of the read-out."""
    light, slopes = np.full((pixels, 1), electrons / gain), np.zeros((pixels, 5, 3))
    law = np.tile([gain, 0.0, 0.0, 0.0, (reading / gain) ** 2], (pixels, 1))
    slopes[:, 0, 1], slopes[:, 4, 2] = 1.0, 1.0
    return Part(light, np.tile([[1.0], [0.0], [0.0]], (pixels, 1, 1)), law, slopes)


def by_parameters(gain: float) -> Any:
    """What turns slopes along the mean, the reading, its variance and ln of the gain into those of `part_of`."""
    turn = np.zeros((3, 4))
    turn[0, 0], turn[1, 3], turn[2, 2] = gain, 1 / gain, gain**2
    return turn


@campaign(10, 1500)
def test_information_of_bright_counts(draws: int) -> None:
    rng, worst = np.random.default_rng(4), Worst("information of a pixel of many counts")
    weights = Weights()
    for _ in range(draws):
        pixel = bright_pixel(rng)
        found, turn = np.zeros((1, 3, 3)), by_parameters(pixel["gain"])
        weights.add(part_of(**pixel, pixels=1), found)
        mean, variance = pixel["gain"] * (pixel["electrons"] / pixel["gain"]), pixel["reading"] ** 2
        expected = turn @ bright_counts.products(mean, variance) @ turn.T
        scale = np.sqrt(np.diag(expected))
        worst.see(np.abs((found[0] - expected) / np.outer(scale, scale)).max(), **pixel)
    worst.check()


@campaign(20, 1000)
def test_scores_of_bright_counts(draws: int) -> None:
    rng, worst = np.random.default_rng(5), Worst("score of a pixel of many counts")
    for _ in range(draws):
        pixel = bright_pixel(rng)
        part, turn = part_of(**pixel, pixels=20), by_parameters(pixel["gain"])
        gain, variance = pixel["gain"], pixel["gain"] ** 2 * part.law[0, 4]
        mean, found = gain * part.light[0, 0], np.zeros((20, 3))
        read = (mean + rng.uniform(-6, 6, (20, 1)) * np.sqrt(mean + variance)) / gain
        add_scores(part, read, found)
        _, slopes = bright_counts.slopes(gain * read[:, 0], mean, variance)
        scale = np.sqrt(np.diag(turn @ bright_counts.products(mean, variance) @ turn.T))
        worst.see(np.abs((found - (turn @ slopes).T) / scale).max(), **pixel)
    worst.check()


def double_scores(pixel: float, light: float, gain: float, level: float, variance: float) -> Any:
    """Scores along light, gain, level and variance of M + N / gain with normal noise, from means over M and N.

    M ~ Poisson(level), N ~ Poisson(gain light); of many photons those over N by `bright_counts`.
    """
    mean = gain * light
    spread = np.sqrt(level) + 12
    m = np.arange(max(0.0, np.floor(level - 14 * spread)), level + 14 * spread)
    counts = st.poisson.logpmf(m, level) if level < 1e3 else bright_counts.log_poisson(m, np.longdouble(level))
    if mean < 1e3:
        n = np.arange(np.floor(mean + 14 * np.sqrt(mean) + 60))[:, None]
        rest = pixel - m - n / gain
        terms = counts + st.poisson.logpmf(n, mean) + st.norm.logpdf(rest, 0, np.sqrt(variance))
        weights = np.exp(terms - terms.max())
        weights /= weights.sum()
        by_mean = (weights * (n - mean)).sum() / mean
        by_gain = by_mean * light - (weights * rest * n).sum() / variance / gain**2
        by_variance = ((weights * rest**2).sum() / variance - 1) / variance / 2
    else:
        y = gain * (pixel - m.astype(np.longdouble))
        near = np.abs(y - mean) < 9 * np.sqrt(mean + gain**2 * variance)
        m, y, counts = m[near], y[near], counts[near]
        f, by = bright_counts.slopes(y, mean, gain**2 * variance)
        terms = counts + np.log(f)
        weights = np.exp(terms - terms.max())
        weights /= weights.sum()
        by_mean, _, by_variance, by_gain = by @ weights
        by_gain, by_variance = by_gain / gain, by_variance * gain**2
    by_level = (weights * (m - level)).sum() / level
    return np.array([gain * by_mean, by_gain, by_level, by_variance], float)


@campaign(12, 500)
def test_scores_of_two_kinds_of_counts(draws: int) -> None:
    rng, worst = np.random.default_rng(6), Worst("score of a pixel, two kinds of counts")
    for _ in range(draws):
        gain, level, reading = wide(rng, 0.1, 30.0), wide(rng, 1e-2, 1e5), wide(rng, 0.5, 30.0)
        light, variance = wide(rng, 1e-2, 1e6) / gain, (reading / gain) ** 2
        scatter = np.sqrt(light / gain + level + variance)
        pixels = light + level + rng.uniform(-5, 5, (6, 1)) * scatter
        law, slopes = np.tile([gain, 0.0, level, 0.0, variance], (6, 1)), np.zeros((6, 5, 4))
        for column, number in ((1, 0), (2, 2), (3, 4)):
            slopes[:, number, column] = 1.0
        found = np.zeros((6, 4))
        part = Part(np.full((6, 1), light), np.tile(np.eye(4, 1), (6, 1, 1)), law, slopes)
        add_scores(part, pixels, found)
        expected = np.array([double_scores(pixel, light, gain, level, variance) for pixel in pixels[:, 0]])
        whole = scatter**2
        scale = np.array([1 / np.sqrt(whole), light / gain / whole, 1 / np.sqrt(whole), 1 / whole])
        case = {"gain": gain, "level": level, "light": light, "reading": reading}
        worst.see((np.abs(found - expected) / np.maximum(np.abs(expected), scale)).max(), **case)
    worst.check()


def test_more_counts_than_that_are_unknown() -> None:
    found = np.zeros((3, 3, 3))
    part = part_of(1.0, 1.0, 3.0, 3)
    part.light[:, 0] = 2e9, 2.1e9, 2.0**50
    Weights().add(part, found)
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1:]).all()
