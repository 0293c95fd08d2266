"""How much noise a pixel is expected to have, and how clearly an image stands out of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.image.measure import LANES, add_up, sum_over
from deepbench_fast.kernels.random.samplers import POISSON_LARGEST_MEAN


@kernel
def add_ccd_variance(
    light: npt.NDArray[np.float32],
    sky: npt.NDArray[np.float64],
    gain: npt.NDArray[np.float64],
    read_noise: npt.NDArray[np.float64],
    out: npt.NDArray[np.float64],
) -> None:
    """Add the variance of `ccd.apply_ccd` in each pixel: max(0, S + sky) / gain + (read_noise / gain)**2.

    For a gain of 0 or less it is read_noise**2. Where gain (S + sky) is above 2**50 electrons, the most that are
    counted, it is 2**50 / gain**2 instead of (S + sky) / gain. light: float32 (T, pixels), the light S after the PSF;
    the parameters: float64 (T,), units as there, NaN where the sample has no such noise and nothing is added; out:
    float64 (T, pixels), the unit of the image squared.
    """
    for t in range(light.shape[0]):
        pixels = out[t]
        if gain[t] > 0.0:
            reading = (read_noise[t] / gain[t]) * (read_noise[t] / gain[t])
            most, own_sky, own_gain = POISSON_LARGEST_MEAN / gain[t], sky[t], gain[t]
            image = light[t, : pixels.size]
            for p in range(pixels.size):
                shining = np.float64(image[p]) + own_sky
                shining = shining if shining > 0.0 else 0.0
                shining = shining if shining < most else most
                pixels[p] += shining / own_gain + reading
        elif not np.isnan(gain[t]):
            pixels += read_noise[t] * read_noise[t]


@piece
def _square(light: np.float32) -> float:
    return np.float64(light) * np.float64(light)


@kernel
def light_norm(clean: npt.NDArray[np.float32], out: npt.NDArray[np.float64]) -> None:
    """sqrt(sum over the pixels of S**2) of each image. clean: float32 (T, pixels), the light S; out: float64 (T,)."""
    partial = np.empty(LANES, np.float64)
    for t in range(clean.shape[0]):
        out[t] = np.sqrt(sum_over(clean[t], _square, partial))


@kernel
def even_snr(clean: npt.NDArray[np.float32], variance: npt.NDArray[np.float64], out: npt.NDArray[np.float64]) -> None:
    """Signal-to-noise ratio of each image for a matched filter, where its pixels have one variance.

    sqrt(sum over the pixels of S**2) / sqrt(variance), as galsim.Image.addNoiseSNR defines it: `light_norm` over the
    standard deviation. clean: float32 (T, pixels), the light S; variance: float64 (T,), NaN where there is no noise and
    no ratio; out: float64 (T,). Light without variance makes it infinite, no light 0.
    """
    partial = np.empty(LANES, np.float64)
    for t in range(clean.shape[0]):
        norm = np.sqrt(sum_over(clean[t], _square, partial))
        out[t] = norm / np.sqrt(variance[t]) if norm > 0.0 or np.isnan(variance[t]) else 0.0


@piece
def _squared_ratio(light: np.float32, variance: float) -> float:
    square = np.float64(light) * np.float64(light)
    ratio = square / variance
    return ratio if square > 0.0 else 0.0


@kernel
def add_squared_ratios(
    clean: npt.NDArray[np.float32], variance: npt.NDArray[np.float64], partial: npt.NDArray[np.float64]
) -> None:
    """Add S**2 / variance of each pixel to the partial sums of its image; a pixel without light adds nothing.

    clean: float32 (T, pixels), the light S; variance: float64 (T, pixels); partial: float64 (T, 32), where pixel p goes
    to the partial sum p mod 32. So an image can come in parts of a multiple of 32 pixels.
    """
    for t in range(clean.shape[0]):
        image, own, sums = clean[t], variance[t, : clean.shape[1]], partial[t, :LANES]
        whole = image.size // LANES * LANES
        for start in range(0, whole, LANES):
            strip, noise = image[start : start + LANES], own[start : start + LANES]
            for lane in range(LANES):
                sums[lane] += _squared_ratio(strip[lane], noise[lane])
        for p in range(whole, image.size):
            sums[p - whole] += _squared_ratio(image[p], own[p])


@kernel
def root_of_sum(partial: npt.NDArray[np.float64], out: npt.NDArray[np.float64]) -> None:
    """sqrt of the sum of each image's partial sums, added in order. partial: float64 (T, 32); out: float64 (T,).

    Of those of `add_squared_ratios` it is the signal-to-noise ratio of a matched filter: light without variance makes
    it infinite.
    """
    for t in range(partial.shape[0]):
        out[t] = np.sqrt(add_up(partial[t]))
