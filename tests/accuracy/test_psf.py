"""Point spread functions on a scene that pixels resolve, against closed forms, Hankel transforms and finer pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.polynomial.legendre import leggauss
from scipy import signal, special

from deepbench_fast import Recipe, samples
from deepbench_fast.kernels.image.grid import padded_length
from deepbench_fast.kernels.psf.gaussian import blur, widest_gaussian
from deepbench_fast.kernels.psf.moffat import moffat_blur, widest_moffat
from deepbench_fast.kernels.stopping import NEVER
from tests.accuracy.stated import Worst, campaign

BLOB = 1.5
"""Standard deviation in pixels of a scene that pixels resolve."""

FINER = 9


def blob(shape: tuple[int, int], pad: int, x: float, y: float) -> Any:
    """A Gaussian blob of peak 1 on a canvas."""
    height, width = shape
    rows, columns = np.arange(-pad, height + pad), np.arange(-pad, width + pad)
    canvas = np.zeros((1, padded_length(rows.size * columns.size)), np.float32)
    down, along = (np.exp(-0.5 * ((at - c) / BLOB) ** 2) for at, c in ((rows, y), (columns, x)))
    canvas[0, : rows.size * columns.size] = np.outer(down, along).ravel()
    return canvas


def squared_distances(shape: tuple[int, int], x: float, y: float) -> Any:
    rows, columns = np.indices(shape)
    return (columns - x) ** 2 + (rows - y) ** 2


def place(random: np.random.Generator) -> tuple[tuple[int, int], float, float]:
    """A frame and a place in it, at its very corner too."""
    height, width = (int(random.integers(12, 48)) for _ in range(2))
    x, y = (float(random.choice([0.0, side - 1, random.uniform(0, side - 1)])) for side in (width, height))
    return (height, width), x, y


@campaign(few=200, many=20_000)
def test_gaussian_psf(draws: int) -> None:
    random = np.random.default_rng(0)
    worst = Worst("Gaussian PSF, `sigma` below 1")
    wide = Worst("Gaussian PSF, `sigma` from 1 on")
    for _ in range(draws):
        sigma = float(
            random.choice([random.uniform(0, 1), np.exp(random.uniform(np.log(1), np.log(100)))], p=[0.9, 0.1])
        )
        shape, x, y = place(random)
        pad = widest_gaussian(np.array([sigma]))
        out = np.empty((1, shape[0] * shape[1]), np.float32)
        blur(blob(shape, pad, x, y), (*shape, pad), np.array([sigma]), out, NEVER.flag)
        variance = BLOB**2 + sigma**2
        expected = BLOB**2 / variance * np.exp(-0.5 * squared_distances(shape, x, y) / variance)
        error = np.abs(out[0].reshape(shape) - expected).max() / (BLOB**2 / variance)
        (worst if sigma < 1 else wide).see(error, sigma=sigma, shape=shape, x=x, y=y)
    worst.check()
    wide.check()


def blurred_blob(radius: Any, gamma: float, alpha: float) -> Any:
    """The blob after a Moffat PSF, at these distances from its centre: by the product of their Hankel transforms.

    That of the PSF is 2 (gamma k / 2)^(alpha - 1) K_(alpha - 1)(gamma k) / Gamma(alpha - 1).
    """
    edges = np.concatenate([np.geomspace(1e-6, 0.1, 16), np.linspace(0.1, 6.5 / BLOB, 44)[1:]])
    nodes, weights = leggauss(12)
    middles, halves = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    k = (middles[:, None] + halves[:, None] * nodes).ravel()
    measure = (halves[:, None] * weights).ravel() * k
    logarithm = (alpha - 1) * np.log(gamma * k / 2) - special.gammaln(alpha - 1)
    with np.errstate(over="ignore", invalid="ignore"):
        psf = 2 * np.exp(logarithm - gamma * k) * special.kve(alpha - 1, gamma * k)
    # K is beyond all numbers where the transform is 1.
    psf[~np.isfinite(psf)] = 1.0
    distances, back = np.unique(radius, return_inverse=True)
    scene = BLOB**2 * np.exp(-0.5 * (BLOB * k) ** 2)
    return (special.j0(distances[:, None] * k) @ (psf * scene * measure))[back].reshape(radius.shape)


@campaign(few=60, many=4_000)
def test_moffat_psf(draws: int) -> None:
    random = np.random.default_rng(0)
    worst = Worst("Moffat PSF")
    light = Worst("Moffat PSF, light in the frame")
    for _ in range(draws):
        gamma = float(np.clip(np.exp(random.uniform(np.log(0.4), np.log(120))), 0.5, 100))
        alpha = float(min(1 + np.exp(random.uniform(np.log(1e-3), np.log(25))), 20))
        shape, x, y = place(random)
        pad = widest_moffat(np.array([gamma]), np.array([alpha]), max(shape))
        out = np.empty((1, shape[0] * shape[1]), np.float32)
        moffat_blur(blob(shape, pad, x, y), (*shape, pad), np.array([gamma]), np.array([alpha]), out, NEVER.flag)
        expected = blurred_blob(np.sqrt(squared_distances(shape, x, y)), gamma, alpha)
        case = {"gamma": gamma, "alpha": alpha, "shape": shape, "x": x, "y": y}
        peak = float(blurred_blob(np.zeros(1), gamma, alpha)[0])
        worst.see(np.abs(out[0].reshape(shape) - expected).max() / peak, **case)
        light.see(abs(out.sum(dtype=np.float64) - expected.sum()) / (2 * np.pi * BLOB**2), **case)
    worst.check()
    light.check()


def finely(psf: dict[str, dict[str, float]], sampling: str, size: int) -> Any:
    """A star of gamma 7, alpha 10 and the PSF on pixels of a ninth, convolved, and what a whole pixel has of it."""
    reach = size * FINER + FINER // 2
    at = np.arange(-reach, reach + 1) / FINER
    squares = at[:, None] ** 2 + at**2
    ((name, values),) = psf.items()
    if name == "gaussian":
        kernel = np.exp(-0.5 * squares / values["sigma"] ** 2) / (2 * np.pi * values["sigma"] ** 2)
    else:
        gamma, alpha = values["gamma"], values["alpha"]
        kernel = (alpha - 1) / (np.pi * gamma**2) * (1 + squares / gamma**2) ** -alpha
    fine = signal.fftconvolve((1 + squares / 49) ** -10.0, kernel / FINER**2, mode="same")
    cut = slice(reach - (size // 2) * FINER - FINER // 2, reach + (size // 2) * FINER + FINER // 2 + 1)
    pixels = fine[cut, cut].reshape(size, FINER, size, FINER)
    return pixels.mean(axis=(1, 3)) if sampling == "integrate" else pixels[:, FINER // 2, :, FINER // 2]


@pytest.mark.parametrize("sampling", ["center", "integrate"])
@pytest.mark.parametrize(
    "psf",
    [
        *({"gaussian": {"sigma": sigma}} for sigma in (0.3, 0.5, 0.6, 0.7, 1.0, 2.0, 4.0)),
        *(
            {"moffat": {"gamma": g, "alpha": a}}
            for g, a in ((1.1, 4.765), (1.0, 2.5), (2.0, 4.765), (3.0, 2.5), (8, 2.5))
        ),
    ],
    ids=str,
)
def test_the_pixel_counts_once(psf: dict[str, dict[str, float]], sampling: str) -> None:
    """`integrate` is (scene * PSF * pixel) at the pixel's centre, `center` (scene * PSF), whichever the PSF."""
    size = 25
    star = {"x": size // 2, "y": size // 2, "amplitude": 1, "gamma": 7, "alpha": 10}
    data = {
        "version": 1,
        "image": {"shape": [size, size], "sampling": sampling},
        "psf": psf,
        "catalogues": {"a": {"objects": [{"star": star}]}},
    }
    worst = Worst("PSF against pixels of a ninth")
    expected = finely(psf, sampling, size)
    made = samples(Recipe.parse(data), 0, 1)["images"][0]
    worst.see(np.abs(made - expected).max() / expected.max(), psf=psf, sampling=sampling)
    worst.check()
