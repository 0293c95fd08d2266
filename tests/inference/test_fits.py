"""Fits of maximum likelihood scatter as the bound says, and gain in likelihood as χ² says: every kind and noise.

One case in the suite; all of them, with 2,000 fits each, by `pytest -m slow tests/inference/test_fits.py -s`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats as st

from deepbench_fast import Likelihood, Recipe, Simulator

STEPS = 8
SNR = 85

KINDS: dict[str, dict[str, Any]] = {
    "star": {"x": 8.2, "y": 7.4, "amplitude": 16.0, "gamma": 2.2, "alpha": 2.5},
    "galaxy": {"x": 8.2, "y": 7.4, "amplitude": 6.0, "r_eff": 3.1, "n": 1.4, "ellip": 0.4, "theta": 0.7},
    "spiral_galaxy": {
        "x": 8.2,
        "y": 7.4,
        "amplitude": 6.0,
        "r_eff": 4.0,
        "inclination": 0.6,
        "theta": 0.5,
        "arms": 2,
        "arm_strength": 0.6,
        "arm_width": 0.6,
        "phase": 0.3,
        "handedness": 1,
        "bulge_fraction": 0.2,
        "pitch": 0.4,
    },
    "lens": {
        "x": 8.2,
        "y": 7.4,
        "theta_e": 4.0,
        "q": 0.8,
        "phi": 0.3,
        "softening": 0.3,
        "gamma1": 0.02,
        "gamma2": 0.0,
        "source_dx": 0.5,
        "source_dy": 0.3,
        "source_amplitude": 6.0,
        "source_r_eff": 2.0,
        "source_n": 1.0,
        "source_ellip": 0.2,
        "source_theta": 0.4,
    },
}
FREE = {
    "star": ("x", "y", "amplitude", "gamma"),
    "galaxy": ("x", "y", "amplitude", "r_eff", "n", "ellip", "theta"),
    "spiral_galaxy": ("x", "amplitude", "r_eff", "theta", "pitch"),
    "lens": ("x", "theta_e", "q", "source_dx", "source_amplitude"),
}
LIKE_A_PSF = ("n", "gamma")
"""Parameters that a PSF's width is nearly the same as: fits of both bend too much to scatter as the bound says."""

UNITS = {"ccd": 300.0, "poisson": 30.0}
"""How much light there is where photons are counted."""

NOISES: dict[str, tuple[list[dict[str, Any]], dict[str, float]]] = {
    "gaussian": ([{"gaussian": {"sigma": 0.4}}], {}),
    "sigma": ([{"gaussian": {"sigma": {"uniform": [0.1, 1]}}}], {"noise.gaussian.sigma": 0.4}),
    "snr": ([{"gaussian": {"snr": {"uniform": [50, 500]}}}], {"noise.gaussian.snr": 200.0}),
    "ccd": (
        [{"ccd": {"sky": {"uniform": [100, 900]}, "gain": 1.5, "read_noise": 3}}],
        {"noise.ccd.sky": 400.0},
    ),
    "poisson": (
        [{"poisson": {"level": {"uniform": [1, 30]}}}, {"gaussian": {"sigma": 0.7}}],
        {"noise.poisson.level": 9.0},
    ),
}
PSFS: dict[str, tuple[dict[str, Any], dict[str, float]]] = {
    "gaussian psf": ({"gaussian": {"sigma": {"uniform": [0.5, 2]}}}, {"psf.gaussian.sigma": 1.2}),
    "moffat psf": ({"moffat": {"gamma": {"uniform": [0.5, 3]}, "alpha": 3.0}}, {"psf.moffat.gamma": 1.6}),
}
PENDULUMS = [
    ("pendulum", "rk4"),
    ("pendulum", "exact"),
    ("pendulum", "small_angle"),
    ("hamiltonian_pendulum", "rk4"),
    ("hamiltonian_pendulum", "symplectic"),
]


def of_light(kind: str, noise: str, psf: str = "") -> tuple[Recipe, dict[str, float]]:
    """A recipe of one object that draws what is free, and the values of that."""
    values = dict(KINDS[kind])
    for name in ("amplitude", "source_amplitude"):
        if name in values:
            values[name] *= UNITS.get(noise, 2.0)
    models, levels = NOISES[noise]
    free = [name for name in FREE[kind] if not psf or name not in LIKE_A_PSF]
    wide = {name: {"uniform": [0.8 * values[name], 1.2 * values[name]]} for name in free}
    data = {
        "image": {"shape": [16, 16]},
        "noise": models,
        "catalogues": {"a": {"objects": [{kind: {**values, **wide}}]}},
    }
    theta = {f"{kind}.{name}": values[name] for name in free} | levels
    if psf:
        data["psf"], widths = PSFS[psf]
        theta |= widths
    return Recipe(**data), theta


def of_pendulum(kind: str, solver: str) -> tuple[Recipe, dict[str, float]]:
    entry = {"solver": solver, "length": {"uniform": [1, 3]}, "angle": {"uniform": [0.2, 1.0]}, "gravity": 9.8}
    noise = [{"gaussian": {"sigma": {"uniform": [0.001, 0.1]}}}]
    recipe = Recipe(
        series={"stop": 6, "steps": 40, "outputs": ["x"]},
        noise=noise,
        catalogues={"a": {"objects": [{kind: entry}]}},
    )
    return recipe, {f"{kind}.length": 2.0, f"{kind}.angle": 0.6, "noise.gaussian.sigma": 0.01}


ALL = {
    **{f"{kind}, {noise}": (of_light, (kind, noise)) for kind in KINDS for noise in NOISES},
    **{f"{kind}, {psf}": (of_light, (kind, "gaussian", psf)) for kind in ("star", "galaxy") for psf in PSFS},
    **{f"{kind}, {solver}": (of_pendulum, (kind, solver)) for kind, solver in PENDULUMS},
}


def fitted(likelihood: Likelihood, x: Any, theta: Any) -> Any:
    """Fits of maximum likelihood, by Fisher's scoring from the truth."""
    fits = np.repeat(theta[None], len(x), 0)
    for _ in range(STEPS):
        fits += np.linalg.solve(likelihood.fisher(fits), likelihood.score(x, fits)[:, :, None])[:, :, 0]
    return fits


def check_fits(case: str, count: int, tolerance: float) -> None:
    make, arguments = ALL[case]
    recipe, values = make(*arguments)
    likelihood = Likelihood(recipe)
    theta = np.array([values[name] for name in likelihood.names])
    made = Simulator(recipe).given(np.repeat(theta[None], count, 0), 2, names=likelihood.names)
    x = made["series" if likelihood.recipe.series else "images"]
    mean, variance = likelihood.mean(theta), likelihood.variance(theta)
    snr = float(np.sqrt(np.sum(mean**2 / variance)))
    assert snr > SNR
    fits = fitted(likelihood, x, theta)
    ratio = fits.std(axis=0) / likelihood.crlb(theta)
    gained = 2 * (likelihood.log_likelihood(x, fits) - likelihood.log_likelihood(x, theta))
    p = st.kstest(gained, st.chi2(theta.size).cdf).pvalue
    print(
        f"\n{case}: {count} fits, SNR {snr:.0f}, scatter / bound {ratio.min():.3f} to {ratio.max():.3f}, KS p {p:.3f}"
    )
    np.testing.assert_allclose(ratio, 1.0, atol=tolerance)
    assert p > 0.01


def test_fits_scatter_as_the_bound_says() -> None:
    check_fits("galaxy, sigma", 500, 0.12)


@pytest.mark.slow
@pytest.mark.parametrize("case", ALL)
def test_all_fits_scatter_as_the_bound_says(case: str) -> None:
    check_fits(case, 2000, 0.06)
