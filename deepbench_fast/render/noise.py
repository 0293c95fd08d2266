"""Noise on rendered images, at the levels that stand in `/samples`; levels that only rendering tells are filled in.

The order is fixed: the detector's noise of the light itself (ccd), a Poisson background, Gaussian noise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.plan import Plan
from deepbench_fast.kernels.noise.ccd import apply_ccd
from deepbench_fast.kernels.noise.gaussian import add_gaussian
from deepbench_fast.kernels.noise.outputs import add_measurement_noise
from deepbench_fast.kernels.noise.poisson import add_poisson
from deepbench_fast.kernels.noise.variance import light_norm, matched_filter_snr, noise_variance

SIGMA, TARGET_SNR = "noise_gaussian_sigma", "noise_gaussian_snr"
LEVEL, SUBTRACT = "noise_poisson_level", "noise_poisson_subtract"
SKY, GAIN, READ_NOISE, SUBTRACT_SKY = (f"noise_ccd_{name}" for name in ("sky", "gain", "read_noise", "subtract_sky"))
REACHED_SNR = "noise_snr"

Floats = npt.NDArray[np.float64]


def find_levels(plan: Plan, samples: npt.NDArray[Any], clean: npt.NDArray[np.float32]) -> None:
    """Fill in what follows from the noise-free images S, shape (samples, pixels).

    Where a recipe gives the Gaussian noise by its `snr`: sigma = sqrt(sum of S**2) / snr. And `noise_snr`, the ratio
    that all noise together leaves to a matched filter, sqrt(sum of S**2 / variance), with each pixel's own variance.
    """
    if REACHED_SNR not in plan.sample_columns:
        return
    if TARGET_SNR in plan.sample_columns:
        norm = np.empty(len(samples))
        light_norm(clean, norm)
        wanted = ~np.isnan(samples[TARGET_SNR])
        samples[SIGMA][wanted] = norm[wanted] / samples[TARGET_SNR][wanted]
    ratio = np.empty(len(samples))
    matched_filter_snr(clean, *_levels(plan, samples), ratio)
    samples[REACHED_SNR] = ratio


def forget_levels(plan: Plan, samples: npt.NDArray[Any]) -> None:
    """Undo `find_levels`: the table as it was drawn."""
    if REACHED_SNR in plan.sample_columns:
        samples[REACHED_SNR] = np.nan
    if TARGET_SNR in plan.sample_columns:
        samples[SIGMA][~np.isnan(samples[TARGET_SNR])] = np.nan


def expected_variance(
    plan: Plan, samples: npt.NDArray[Any], clean: npt.NDArray[np.float32], out: npt.NDArray[np.float32]
) -> None:
    """Variance of the noise in each pixel, shape (samples, pixels)."""
    noise_variance(clean, *_levels(plan, samples), out)


def add_noise(
    plan: Plan, samples: npt.NDArray[Any], images: npt.NDArray[np.float32], key: npt.NDArray[np.uint32]
) -> None:
    """Add the noise of each sample, drawn under `key`, to its image in place; images are (samples, pixels)."""
    members = np.ascontiguousarray(samples["member"])

    def streams(name: str) -> npt.NDArray[np.uint32]:
        numbers: npt.NDArray[np.uint32] = plan.pixel_streams[name][samples["catalogue"]]
        return numbers

    if GAIN in plan.sample_columns:
        sky, gain, read_noise = (_column(plan, samples, name) for name in (SKY, GAIN, READ_NOISE))
        subtract = _flags(samples[SUBTRACT_SKY])
        photons, readings = streams("noise.ccd.photons"), streams("noise.ccd.readings")
        apply_ccd(images, sky, gain, read_noise, subtract, key, photons, readings, members)
    if LEVEL in plan.sample_columns:
        level, subtract = _column(plan, samples, LEVEL), _flags(samples[SUBTRACT])
        add_poisson(images, level, subtract, key, streams("noise.poisson"), members)
    if SIGMA in plan.sample_columns:
        add_gaussian(images, _column(plan, samples, SIGMA), key, streams("noise.gaussian"), members)


def add_output_noise(
    plan: Plan, samples: npt.NDArray[Any], series: npt.NDArray[np.float64], key: npt.NDArray[np.uint32]
) -> None:
    """Add measurement noise, drawn under `key`, to series, shape (samples, steps, columns), in place."""
    names = [(SIGMA, f"noise_gaussian_{output}") for _, _, output in plan.output_columns]
    if not any(name in plan.sample_columns for pair in names for name in pair):
        return
    sigma = np.empty((len(samples), len(names)))
    for number, (of_all, own) in enumerate(names):
        common = _column(plan, samples, of_all)
        sigma[:, number] = np.where(np.isnan(common), _column(plan, samples, own), common)
    streams = plan.output_streams[samples["catalogue"]]
    add_measurement_noise(series, sigma, key, streams, np.ascontiguousarray(samples["member"]))


def _levels(plan: Plan, samples: npt.NDArray[Any]) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """What the variance of a sample's pixels follows from."""
    sigma, level, sky, gain, read_noise = (_column(plan, samples, n) for n in (SIGMA, LEVEL, SKY, GAIN, READ_NOISE))
    return sigma, level, sky, gain, read_noise


def _column(plan: Plan, samples: npt.NDArray[Any], name: str) -> npt.NDArray[np.float64]:
    """A column of `/samples`; NaN where the recipe has no such noise."""
    return np.ascontiguousarray(samples[name]) if name in plan.sample_columns else np.full(len(samples), np.nan)


def _flags(column: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    flags: npt.NDArray[np.int64] = (column == 1.0).astype(np.int64)
    return flags
