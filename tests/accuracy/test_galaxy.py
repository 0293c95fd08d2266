"""Galaxies of any size, index and flatness, anywhere, against astropy, the incomplete gamma function and mpmath."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy.special import gammaincinv

from deepbench_fast.kernels.light.galaxy import galaxy_center, galaxy_integrate, sersic_b
from deepbench_fast.kinds.light.galaxy import NARROWEST_MEAN
from tests.accuracy.corners import even, limits, place, wide
from tests.accuracy.stated import Worst, campaign
from tests.kernels.astro.objects import render
from tests.kernels.loops import loop
from tests.oracles import light
from tests.oracles.means import pixel_means

SIZE = 17
# What counts: light above this part of the brightest pixel, or of the cusp; none below that part of the cusp.
FAINT = 1e-6
FAINTEST = 1e-30


def random_galaxy(rng: np.random.Generator, least_minor: float) -> dict[str, float]:
    x, y = place(rng, SIZE)
    ellip = even(rng, *limits("galaxy", "ellip"))
    smallest, largest = limits("galaxy", "r_eff")
    minor = wide(rng, least_minor, 3.0, [0.7]) if rng.random() < 0.5 else wide(rng, least_minor, largest)
    theta = even(rng, *limits("galaxy", "theta"), [0.0, np.pi / 2]) if rng.random() < 0.5 else rng.uniform(-7.0, 7.0)
    r_eff = min(max(minor / (1.0 - ellip), smallest), largest)
    index = even(rng, *limits("galaxy", "n"), [1.0, 4.0])
    return {"x": x, "y": y, "amplitude": 1.0, "r_eff": r_eff, "n": index, "ellip": ellip, "theta": theta}


def relative(image: light.FloatArray, exact: light.FloatArray, faintest: float) -> float:
    seen = exact > faintest
    return float(np.max(np.abs(image[seen] / exact[seen] - 1.0), initial=0.0))


@campaign(300, 30_000)
def test_center(draws: int) -> None:
    rng = np.random.default_rng(1)
    worst, core = Worst("Galaxy, `center`"), Worst("Galaxy, `center`, above 1e-6 of the cusp")
    for _ in range(draws):
        galaxy = random_galaxy(rng, limits("galaxy", "r_eff")[0])
        exact = light.galaxy(galaxy)(*light.pixel_grid(SIZE, SIZE))
        image = render(galaxy_center, galaxy, SIZE, SIZE)
        assert np.isfinite(image).all()
        cusp = np.exp(gammaincinv(2.0 * galaxy["n"], 0.5))
        worst.see(relative(image, exact, max(FAINT * exact.max(), FAINTEST * cusp)), **galaxy)
        core.see(relative(image, exact, FAINT * cusp), **galaxy)
    worst.check()
    core.check()


@campaign(150, 2_000)
def test_integrate(draws: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("FAN_NODES", 24), ("FAN_DISTANCE", 4.0), ("GRID_NODES", 10)):
        monkeypatch.setattr(light, name, value)
    rng = np.random.default_rng(2)
    worst, faint = Worst("Galaxy, `integrate`"), Worst("Galaxy, `integrate`, fainter pixels")
    for _ in range(draws):
        galaxy = random_galaxy(rng, NARROWEST_MEAN)
        exact = light.galaxy_means(galaxy, *light.pixel_grid(SIZE, SIZE))
        own = light.galaxy_means(galaxy, np.rint([[galaxy["x"]]]), np.rint([[galaxy["y"]]])).item()
        brightest = max(exact.max(), own)
        image = render(galaxy_integrate, galaxy, SIZE, SIZE)
        assert np.isfinite(image).all()
        worst.see(relative(image, exact, FAINT * brightest), **galaxy)
        unseen = exact <= FAINT * brightest
        faint.see(np.max(np.abs(image - exact)[unseen], initial=0.0) / brightest, **galaxy)
    worst.check()
    faint.check()


@pytest.mark.parametrize(("r_eff", "n", "ellip"), [(0.4, 0.5, 0.0), (1.5, 1.0, 0.7), (7.0, 2.0, 0.95), (4.0, 3.0, 0.3)])
def test_the_oracle_agrees_with_cubature(r_eff: float, n: float, ellip: float) -> None:
    galaxy = {"x": 8.3, "y": 7.6, "amplitude": 1.0, "r_eff": r_eff, "n": n, "ellip": ellip, "theta": 0.7}
    grid = light.pixel_grid(SIZE, SIZE)
    cubature = pixel_means(light.galaxy(galaxy), *grid)
    np.testing.assert_allclose(light.galaxy_means(galaxy, *grid), cubature, rtol=3e-6, atol=1e-12)


@campaign(60, 2_000)
def test_b(draws: int) -> None:
    rng, worst = np.random.default_rng(3), Worst("Sérsic b_n")
    n = np.array([even(rng, *limits("galaxy", "n")) for _ in range(draws)])
    found = np.empty_like(n)
    loop(sersic_b)(n, found)
    for index, b in zip(n, found, strict=True):
        with mpmath.workdps(30):
            half = mpmath.findroot(lambda x, a=2 * index: mpmath.gammainc(a, 0, x, regularized=True) - 0.5, b)
        worst.see(float(abs(half - b)) / np.spacing(b), n=index)
    worst.check()
