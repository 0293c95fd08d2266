"""Lenses over all that is valid, against NumPy, astropy and SciPy: rays at pixel centres, means over pixels, rings."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.special import gammaincinv

from deepbench_fast.kernels.light import lens as kernels
from tests.accuracy.draws import place, span, spread
from tests.accuracy.stated import Worst, campaign
from tests.kernels.astro.objects import render
from tests.oracles import lens, light
from tests.oracles.means import known_means

SIZE = 21
FAINT = 1e-6
# Of the source's peak: a lens's central image, seen smaller by (theta_e / softening)**2, may be all that is there.
DARK = 1e-8
# Nodes and weights from 0 to 1: across a ring.
RING = tuple(0.5 * (values + shift) for values, shift in zip(leggauss(200), (1.0, 0.0), strict=True))


def random_lens(rng: np.random.Generator) -> dict[str, Any]:
    """A lens over all that is valid: often as it stands on frames, round and aligned, or at the ends of its ranges."""
    theta_e = span(rng, 1e-3, 1e6) if rng.random() < 0.4 else span(rng, 1.0, 30.0)
    signs = rng.choice([-1.0, 1.0], 2)
    source = (
        np.zeros(2),
        rng.uniform(-0.5, 0.5, 2) * theta_e,
        signs * 10.0 ** rng.uniform(-9.0, 0.0, 2) * theta_e,
        rng.uniform(-2.0, 2.0, 2) * theta_e,
        signs * 10.0 ** rng.uniform(-3.0, 6.0, 2),
        rng.uniform(-10.0, 10.0, 2),
    )[rng.integers(6)]
    source = np.clip(source, -1e6, 1e6)
    softening = (0.0, 0.0, spread(rng, 0.0, 0.5), 10.0 ** rng.uniform(-10.0, -0.302))[rng.integers(4)]
    is_round = rng.random() < 0.25
    q = (spread(rng, 0.2, 1.0), spread(rng, 0.2, 1.0), 1.0 - 10.0 ** rng.uniform(-12.0, -1.0))[rng.integers(3)]
    return {
        "x": place(rng, SIZE),
        "y": place(rng, SIZE),
        "theta_e": theta_e,
        "q": 1.0 if is_round else q,
        "phi": rng.uniform(-7.0, 7.0),
        "softening": softening * theta_e,
        "gamma1": 0.0 if is_round else spread(rng, -0.3, 0.3),
        "gamma2": 0.0 if is_round else spread(rng, -0.3, 0.3),
        "source_dx": float(source[0]),
        "source_dy": float(source[1]),
        "source_amplitude": span(rng, 1e-3, 1e20),
        "source_r_eff": span(rng, 1e-3, 1e6) if rng.random() < 0.5 else span(rng, 0.3, 10.0),
        "source_n": span(rng, 0.5, 10.0),
        "source_ellip": spread(rng, 0.0, 0.95),
        "source_theta": rng.uniform(-7.0, 7.0),
    }


def peak(parameters: dict[str, Any]) -> float:
    """Brightness at the source's centre."""
    return float(parameters["source_amplitude"] * np.exp(gammaincinv(2.0 * parameters["source_n"], 0.5)))


@campaign(300, 10_000)
def test_lens_at_centres(draws: int) -> None:
    rng = np.random.default_rng(41)
    worst = Worst("lens, `center`")
    for _ in range(draws):
        parameters = random_lens(rng)
        image = render(kernels.lens_center, parameters, SIZE, SIZE).astype(np.float64)
        exact = lens.lens(parameters, *light.pixel_grid(SIZE, SIZE))
        seen = exact > FAINT * peak(parameters)
        worst.see(np.max(np.abs(image[seen] / exact[seen] - 1.0), initial=0.0), **parameters)
    worst.check()


def hardest_pixels(image: light.FloatArray, parameters: dict[str, Any], rng: np.random.Generator) -> light.FloatArray:
    """Columns and rows of the lens's centre, the brightest pixels, the steepest ones, and some others."""
    lit = image.ravel() > max(FAINT * image.max(), DARK * peak(parameters))
    steepness = np.hypot(*np.gradient(np.log(image + 1e-30))).ravel()
    centre = [int(np.clip(np.rint(parameters[name]), 0, SIZE - 1)) for name in ("y", "x")]
    picked = np.unique(
        [
            centre[0] * SIZE + centre[1],
            *np.argsort(image.ravel())[-2:],
            *np.argsort(steepness * lit)[-2:],
            *rng.integers(SIZE * SIZE, size=2),
        ]
    )
    return np.array([picked % SIZE, picked // SIZE], np.float64)


@campaign(16, 600)
def test_lens_means(draws: int) -> None:
    """A cusp of large index that is drawn out to a ridge takes the oracle too many cells: see the rings below."""
    rng = np.random.default_rng(42)
    worst = Worst("lens, `integrate`")
    for _ in range(draws):
        parameters = random_lens(rng)
        image = render(kernels.lens_integrate, parameters, SIZE, SIZE).astype(np.float64)
        assert np.isfinite(image).all()
        assert (image >= 0.0).all()
        columns, rows = hardest_pixels(image, parameters, rng)
        profile = partial(lens.lens, parameters)
        exact, known = known_means(profile, columns, rows, 1e-6, fewest_cuts=3, most_cuts=24, most_cells=1000)
        found = image[rows.astype(int), columns.astype(int)]
        seen = known & (exact > max(FAINT * image.max(), DARK * peak(parameters)))
        worst.see(np.max(np.abs(found[seen] / exact[seen] - 1.0), initial=0.0), **parameters)
    worst.check()


def ring_mean(parameters: dict[str, Any], column: int, row: int) -> float:
    """Mean over a pixel, right of and above the lens, of the ring about a round lens: a function of the radius."""
    x1, y1 = column - parameters["x"] - 0.5, row - parameters["y"] - 0.5
    x2, y2 = x1 + 1.0, y1 + 1.0
    n, r_eff, theta_e, core = (parameters[k] for k in ("source_n", "source_r_eff", "theta_e", "softening"))
    b = gammaincinv(2.0 * n, 0.5)
    # Where t**power is the distance from the ridge, the light is smooth in t.
    power = 3.0 * n

    def arc(r: light.FloatArray) -> light.FloatArray:
        low = np.maximum(np.arcsin(np.minimum(y1 / r, 1.0)), np.arccos(np.minimum(x2 / r, 1.0)))
        high = np.minimum(np.arcsin(np.minimum(y2 / r, 1.0)), np.arccos(np.minimum(x1 / r, 1.0)))
        return np.maximum(high - low, 0.0) * r

    def brightness(r: light.FloatArray) -> light.FloatArray:
        beta = np.abs(r - theta_e * r / (np.hypot(r, core) + core))
        return np.asarray(parameters["source_amplitude"] * np.exp(-b * ((beta / r_eff) ** (1.0 / n) - 1.0)))

    # Radius of the ring's ridge: hypot(r, core) + core = theta_e.
    ridge = np.sqrt(max(theta_e * (theta_e - 2.0 * core), 0.0))
    ends = sorted({*np.hypot([x1, x2, x1, x2], [y1, y1, y2, y2]), *((ridge,) if np.hypot(x1, y1) < ridge else ())})
    total = 0.0
    nodes, weights = RING
    for low, high in pairwise(ends):
        at, away = (high, low - high) if high == ridge else (low, high - low)
        r = at + away * nodes**power
        total += np.sum(weights * brightness(r) * arc(r) * abs(away) * power * nodes ** (power - 1.0))
    return float(total)


@campaign(20, 500)
def test_rings(draws: int) -> None:
    """The cusp of a source right behind a round lens is a ridge all around it."""
    rng = np.random.default_rng(43)
    worst = Worst("lens, `integrate`, rings")
    for _ in range(draws):
        theta_e = span(rng, 2.0, 12.0)
        parameters = random_lens(rng) | {
            "x": rng.uniform(0.0, 4.0),
            "y": rng.uniform(0.0, 4.0),
            "theta_e": theta_e,
            "q": 1.0,
            "softening": spread(rng, 0.0, 0.45) * theta_e * rng.integers(2),
            "source_ellip": 0.0,
            "source_r_eff": span(rng, 1e-2, 10.0),
        }
        parameters |= dict.fromkeys(("gamma1", "gamma2", "source_dx", "source_dy"), 0.0)
        image = render(kernels.lens_integrate, parameters, SIZE, SIZE).astype(np.float64)
        columns, rows = light.pixel_grid(SIZE, SIZE)
        off = np.minimum(columns - parameters["x"], rows - parameters["y"]) > 0.6
        picked = np.argsort((image * off).ravel())[-4:]
        for column, row in zip(picked % SIZE, picked // SIZE, strict=True):
            exact = ring_mean(parameters, int(column), int(row))
            if exact > DARK * peak(parameters):
                worst.see(abs(image[row, column] / exact - 1.0), **parameters)
    worst.check()
