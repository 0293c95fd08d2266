"""How much noise a pixel is expected to have, and how clearly an image stands out of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.random.samplers import POISSON_LARGEST_MEAN

LANES = 32


@inline
def _constant_variance(gaussian_sigma: float, poisson_level: float, ccd_gain: float, ccd_read_noise: float) -> float:
    """The part of the variance that no light changes: all but shot noise; NaN where there is no noise."""
    variance = 0.0
    if not np.isnan(gaussian_sigma):
        variance += gaussian_sigma * gaussian_sigma
    if poisson_level > 0.0:
        variance += poisson_level
    if not ccd_gain > 0.0 and not np.isnan(ccd_gain):
        variance += ccd_read_noise * ccd_read_noise
    silent = np.isnan(gaussian_sigma) and np.isnan(poisson_level) and np.isnan(ccd_gain)
    return np.nan if silent else variance


@inline
def _with_shot_noise(clean: np.float32, constant: float, sky: float, most: float, gain: float, reading: float) -> float:
    """The variance of a pixel with this light where electrons are counted, up to `most` of them in units of light."""
    light: float = np.float64(clean) + sky
    light = light if light > 0.0 else 0.0
    light = light if light < most else most
    return constant + (light / gain + reading)


@inline
def _read_variance(gain: float, read_noise: float) -> float:
    return (read_noise / gain) * (read_noise / gain)


@kernel
def noise_variance(
    clean: npt.NDArray[np.float32],
    gaussian_sigma: npt.NDArray[np.float64],
    poisson_level: npt.NDArray[np.float64],
    ccd_sky: npt.NDArray[np.float64],
    ccd_gain: npt.NDArray[np.float64],
    ccd_read_noise: npt.NDArray[np.float64],
    out: npt.NDArray[np.float32],
) -> None:
    """Expected noise variance of each pixel: the sum over the models that a sample has.

        sigma**2 + level + max(0, S + sky) / gain + (read_noise / gain)**2

    and for a gain of 0 or less sigma**2 + level + read_noise**2; 0 without any noise. Where gain (S + sky) is above
    2**50 electrons, the most that `ccd.apply_ccd` counts, it is 2**50 / gain**2 instead of (S + sky) / gain. clean:
    float32 (T, pixels), the light S after the PSF; the parameters: float64 (T,), units as in `noise.add_gaussian`,
    `poisson.add_poisson` and `ccd.apply_ccd`, NaN where the sample has no such noise (gain NaN: no CCD); out: float32
    (T, pixels), the unit of the image squared.
    """
    for t in range(clean.shape[0]):
        constant = _constant_variance(gaussian_sigma[t], poisson_level[t], ccd_gain[t], ccd_read_noise[t])
        if ccd_gain[t] > 0.0:
            sky, gain, pixels = ccd_sky[t], ccd_gain[t], out[t]
            most, reading = POISSON_LARGEST_MEAN / gain, _read_variance(gain, ccd_read_noise[t])
            light = clean[t, : pixels.size]
            for p in range(pixels.size):
                pixels[p] = np.float32(_with_shot_noise(light[p], constant, sky, most, gain, reading))
        else:
            out[t, :] = np.float32(0.0 if np.isnan(constant) else constant)


@inline
def _add_up(partial: npt.NDArray[np.float64]) -> float:
    total = 0.0
    for lane in range(LANES):
        total += partial[lane]
    return total


@inline
def _squared_light(image: npt.NDArray[np.float32], partial: npt.NDArray[np.float64]) -> float:
    """Sum of S**2: pixel p goes to the partial sum p mod 32; the partial sums are added in order."""
    whole = image.size // LANES * LANES
    partial[:] = 0.0
    for start in range(0, whole, LANES):
        strip = image[start : start + LANES]
        for lane in range(LANES):
            partial[lane] += np.float64(strip[lane]) * np.float64(strip[lane])
    for p in range(whole, image.size):
        partial[p - whole] += np.float64(image[p]) * np.float64(image[p])
    return _add_up(partial)


@inline
def _squared_ratio(clean: np.float32, constant: float, sky: float, most: float, gain: float, reading: float) -> float:
    square = np.float64(clean) * np.float64(clean)
    ratio = square / _with_shot_noise(clean, constant, sky, most, gain, reading)
    return ratio if square > 0.0 else 0.0


@inline
def _squared_ratios(
    image: npt.NDArray[np.float32],
    partial: npt.NDArray[np.float64],
    constant: float,
    sky: float,
    gain: float,
    read_noise: float,
) -> float:
    """Sum of S**2 / variance, in the order of `_squared_light`; a pixel without light adds nothing."""
    most, reading = POISSON_LARGEST_MEAN / gain, _read_variance(gain, read_noise)
    whole = image.size // LANES * LANES
    partial[:] = 0.0
    for start in range(0, whole, LANES):
        strip = image[start : start + LANES]
        for lane in range(LANES):
            partial[lane] += _squared_ratio(strip[lane], constant, sky, most, gain, reading)
    for p in range(whole, image.size):
        partial[p - whole] += _squared_ratio(image[p], constant, sky, most, gain, reading)
    return _add_up(partial)


@kernel
def light_norm(clean: npt.NDArray[np.float32], out: npt.NDArray[np.float64]) -> None:
    """sqrt(sum over the pixels of S**2) of each image. clean: float32 (T, pixels), the light S; out: float64 (T,)."""
    partial = np.empty(LANES, np.float64)
    for t in range(clean.shape[0]):
        out[t] = np.sqrt(_squared_light(clean[t], partial))


@kernel
def matched_filter_snr(
    clean: npt.NDArray[np.float32],
    gaussian_sigma: npt.NDArray[np.float64],
    poisson_level: npt.NDArray[np.float64],
    ccd_sky: npt.NDArray[np.float64],
    ccd_gain: npt.NDArray[np.float64],
    ccd_read_noise: npt.NDArray[np.float64],
    out: npt.NDArray[np.float64],
) -> None:
    """Signal-to-noise ratio of each image for a matched filter: sqrt(sum over the pixels of S**2 / variance).

    The variance of each pixel is that of `noise_variance`, in float64: with the light's own shot noise. A pixel without
    light adds nothing, one with light and no variance makes the ratio infinite; NaN where the sample has no noise.
    Parameters as in `noise_variance`; out: float64 (T,). Without shot noise it is `light_norm` / sqrt(variance), as
    galsim.Image.addNoiseSNR defines it. Pixel p goes to the partial sum p mod 32; the partial sums are added in order.
    """
    partial = np.empty(LANES, np.float64)
    for t in range(clean.shape[0]):
        constant = _constant_variance(gaussian_sigma[t], poisson_level[t], ccd_gain[t], ccd_read_noise[t])
        if ccd_gain[t] > 0.0:
            gain, sky, read_noise = ccd_gain[t], ccd_sky[t], ccd_read_noise[t]
            out[t] = np.sqrt(_squared_ratios(clean[t], partial, constant, sky, gain, read_noise))
        else:
            norm = np.sqrt(_squared_light(clean[t], partial))
            out[t] = norm / np.sqrt(constant) if norm > 0.0 or np.isnan(constant) else 0.0
