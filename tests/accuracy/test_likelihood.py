"""Log-likelihoods of pixels over all levels of noise, against sums of 40 digits."""

from __future__ import annotations

import numpy as np

from deepbench_fast.effects.law import PixelLaw
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
