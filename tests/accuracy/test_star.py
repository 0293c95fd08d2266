"""Stars of any width and steepness, anywhere, against astropy and the incomplete beta function."""

from __future__ import annotations

import numpy as np
import pytest

from deepbench_fast.kernels.light.star import star_center, star_integrate
from tests.accuracy.corners import limits, place, wide
from tests.accuracy.stated import Worst, campaign
from tests.kernels.astro.objects import render
from tests.oracles import light
from tests.oracles.means import pixel_means
from tests.oracles.star import row_means

SIZE = 17
PIXELS = np.arange(SIZE, dtype=np.float64)
# What counts: light above this part of the brightest pixel; far from a star none below that part of its amplitude.
FAINT = 1e-6
FAINTEST = 1e-30


def random_star(rng: np.random.Generator, least_alpha: float) -> dict[str, float]:
    x, y = place(rng, SIZE)
    gamma = wide(rng, 0.3, 3.0, [0.5]) if rng.random() < 0.5 else wide(rng, *limits("star", "gamma"))
    steepest = limits("star", "alpha")[1]
    if least_alpha < 1.0 and rng.random() < 0.3:
        alpha = wide(rng, least_alpha, 1.0)
    else:
        alpha = min(1.0 + wide(rng, 1e-9, steepest, [1.5, 4.0, 9.0]), steepest)
    return {"x": x, "y": y, "amplitude": 1.0, "gamma": gamma, "alpha": alpha}


@campaign(300, 30_000)
def test_center(draws: int) -> None:
    rng, worst = np.random.default_rng(1), Worst("Star, `center`")
    for _ in range(draws):
        star = random_star(rng, 1e-3)
        exact = light.star(star)(*light.pixel_grid(SIZE, SIZE))
        image = render(star_center, star, SIZE, SIZE)
        assert np.isfinite(image).all()
        seen = exact > max(FAINT * exact.max(), FAINTEST)
        worst.see(np.max(np.abs(image[seen] / exact[seen] - 1.0), initial=0.0), **star)
    worst.check()


@campaign(250, 6_000)
def test_integrate(draws: int) -> None:
    rng = np.random.default_rng(2)
    worst, faint = Worst("Star, `integrate`"), Worst("Star, `integrate`, fainter pixels")
    for _ in range(draws):
        star = random_star(rng, 1.0)
        exact = row_means(star, PIXELS, PIXELS)
        own = row_means(star, np.rint([star["x"]]), np.rint([star["y"]])).item()
        brightest = max(exact.max(), own)
        image = render(star_integrate, star, SIZE, SIZE)
        assert np.isfinite(image).all()
        assert (image >= 0.0).all(), star
        seen = exact > FAINT * brightest
        worst.see(np.max(np.abs(image[seen] / exact[seen] - 1.0), initial=0.0), **star)
        faint.see(np.max(np.abs(image - exact)[~seen], initial=0.0) / brightest, **star)
    worst.check()
    faint.check()


@pytest.mark.parametrize(("gamma", "alpha"), [(0.05, 1.2), (0.3, 2.5), (0.8, 12.0), (2.0, 4.0), (9.0, 100.0)])
def test_the_oracle_agrees_with_cubature(gamma: float, alpha: float) -> None:
    star = {"x": 8.3, "y": 7.6, "amplitude": 1.0, "gamma": gamma, "alpha": alpha}
    cubature = pixel_means(light.star(star), *light.pixel_grid(SIZE, SIZE))
    np.testing.assert_allclose(row_means(star, PIXELS, PIXELS), cubature, rtol=1e-6, atol=1e-12)
