"""Spiral galaxies over all that is valid, against NumPy and astropy: values at pixel centres, means over pixels."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from deepbench_fast.kernels.light import spiral_galaxy as kernels
from deepbench_fast.kinds.registry import kind
from deepbench_fast.render.light_slopes import kernels_of
from tests.accuracy.draws import place, span, spread
from tests.accuracy.stated import Worst, campaign
from tests.kernels.astro.objects import render
from tests.kernels.derivatives.test_light import table_of
from tests.oracles import light, spiral
from tests.oracles.means import known_means

SIZE = 21
FAINT = 1e-6
# Arms are resolved where the standard deviation of their ridge is no less than this, in pixels.
RESOLVED = 0.1
# Means of nearly all pixels whose arms are resolved, and of others; the worst of all are stated.
USUAL, USUAL_OF_WOUND = 1e-3, 1e-2
BRIGHT = 1e-3
FORMS = pytest.mark.parametrize("form", ["logarithmic", "ringermacher_mead"])


def random_spiral(rng: np.random.Generator, form: str) -> dict[str, Any]:
    """A galaxy over all that is valid: often as it stands on frames, or at the ends of its ranges."""
    strengths = 1.0 - 10.0 ** rng.uniform(-8.0, 0.0), 1.0, spread(rng, 0.0, 1.0)

    def width() -> float:
        return span(rng, 1e-3, 1e6) if rng.random() < 0.5 else span(rng, 1.0, 100.0)

    parameters = {
        "x": place(rng, SIZE),
        "y": place(rng, SIZE),
        "amplitude": span(rng, 1e-3, 1e20),
        "r_eff": width(),
        "inclination": spread(rng, 0.0, 1.4),
        "theta": rng.uniform(-7.0, 7.0),
        "arms": int(rng.integers(1, 9)),
        "arm_strength": float(strengths[rng.integers(3)]),
        "arm_width": span(rng, 0.05, 3.14),
        "phase": rng.uniform(-1e4, 1e4),
        "handedness": int(rng.choice([-1, 1])),
        "bulge_fraction": spread(rng, 0.0, 1.0),
    }
    if form == "logarithmic":
        return parameters | {"pitch": span(rng, 0.087, 1.048)}
    return parameters | {"rm_scale": width(), "rm_b": span(rng, 1e-3, 1e3), "rm_n": int(rng.integers(1, 65))}


def ridge(parameters: dict[str, Any], x: light.FloatArray, y: light.FloatArray) -> light.FloatArray:
    """Standard deviation of an arm across itself at a position, in pixels: that of exp(kappa cos psi) by its slope."""
    r, angle = spiral.in_disc_plane(parameters, x, y)
    ends = [spiral.spiral_angle(parameters, r * grown) for grown in (1.0 + 1e-6, 1.0 - 1e-6)]
    turning = (ends[0] - ends[1]) / 2e-6
    # The gradient of psi along the radius and around it, then along and across the axis of the inclined disc.
    radial, around = parameters["arms"] * turning / r, parameters["arms"] / r
    along = radial * np.cos(angle) + parameters["handedness"] * around * np.sin(angle)
    across = radial * np.sin(angle) - parameters["handedness"] * around * np.cos(angle)
    slope = np.hypot(along, across / np.cos(parameters["inclination"]))
    return np.asarray(1.0 / (slope * np.sqrt(spiral.sharpness(parameters["arm_width"]))))


@FORMS
@campaign(300, 10_000)
def test_spiral_at_centres(form: str, draws: int) -> None:
    rng = np.random.default_rng(51)
    worst = Worst("spiral_galaxy, `center`")
    kernel = getattr(kernels, f"spiral_{form}_center")
    for _ in range(draws):
        parameters = random_spiral(rng, form)
        image = render(kernel, parameters, SIZE, SIZE).astype(np.float64)
        exact = spiral.spiral(parameters, *light.pixel_grid(SIZE, SIZE))
        seen = exact > FAINT * spiral.brightest(parameters)
        worst.see(np.max(np.abs(image[seen] / exact[seen] - 1.0), initial=0.0), form=form, **parameters)
    worst.check()


@FORMS
@campaign(8, 300)
def test_spiral_means(form: str, draws: int) -> None:
    """Against sums over a pixel that know nothing of ours, of some pixels."""
    rng = np.random.default_rng(52)
    resolved, wound = Worst("resolved"), Worst("not resolved")
    kernel = getattr(kernels, f"spiral_{form}_integrate")
    for _ in range(draws):
        parameters = random_spiral(rng, form)
        image = render(kernel, parameters, SIZE, SIZE).astype(np.float64)
        assert np.isfinite(image).all()
        assert (image >= 0.0).all()
        columns, rows = light.pixel_grid(SIZE, SIZE)
        distance = np.hypot(columns - parameters["x"], rows - parameters["y"]).ravel()
        picked = np.unique([*np.argsort(distance)[:4], *rng.integers(SIZE * SIZE, size=3)])
        columns, rows = (picked % SIZE).astype(np.float64), (picked // SIZE).astype(np.float64)
        # From the pixel's point that is nearest to the core on, arms are wider.
        near = [at + np.clip(parameters[name] - at, -0.5, 0.5) for at, name in ((columns, "x"), (rows, "y"))]
        wide = (ridge(parameters, *near) > RESOLVED) | (parameters["arm_strength"] == 0.0)
        exact, known = known_means(
            partial(spiral.spiral, parameters), columns, rows, 1e-5, fewest_cuts=4, most_cells=8000
        )
        error = np.abs(image[rows.astype(int), columns.astype(int)] / np.maximum(exact, 1e-300) - 1.0)
        brightest = max(image.max(), spiral.brightest(parameters))
        seen = known & (exact > FAINT * brightest)
        for worst, which in ((resolved, wide), (wound, ~wide)):
            worst.see(np.max(error[seen & which], initial=0.0), form=form, **parameters)
    assert resolved.error <= USUAL, resolved.case
    assert wound.error <= USUAL_OF_WOUND, wound.case


@FORMS
@campaign(60, 10_000)
def test_spiral_images(form: str, draws: int) -> None:
    """Against the means of the likelihood, in float64: all pixels, from the core to the darkest gap."""
    rng = np.random.default_rng(53)
    bright, faint = Worst("spiral_galaxy, `integrate`"), Worst("spiral_galaxy, `integrate`, fainter pixels")
    mean, _ = kernels_of(kind("spiral_galaxy"), means=True)
    columns, rows = light.pixel_grid(SIZE, SIZE)
    beyond = 0
    for _ in range(draws):
        parameters = random_spiral(rng, form)
        image = render(getattr(kernels, f"spiral_{form}_integrate"), parameters, SIZE, SIZE).astype(np.float64)
        exact = np.zeros((1, SIZE * SIZE))
        mean(table_of("spiral_galaxy", parameters), 0, columns.ravel(), rows.ravel(), 1.0, exact)
        brightest = max(image.max(), spiral.brightest(parameters))
        error, seen = np.abs(image.ravel() - exact[0]), exact[0] > BRIGHT * brightest
        off = np.max(error[seen] / exact[0, seen], initial=0.0)
        bright.see(off, form=form, **parameters)
        faint.see(np.max(error[~seen], initial=0.0) / brightest, form=form, **parameters)
        beyond += off > USUAL_OF_WOUND
    print(f"\n{beyond} of {draws} have a bright pixel beyond {USUAL_OF_WOUND:g}")
    bright.check()
    faint.check()
