"""How much noise a pixel is expected to have, and how clearly an image stands out of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel

LANES = 32


@inline
def _set_ccd_variance(
    pixels: npt.NDArray[np.float32],
    clean: npt.NDArray[np.float32],
    background: float,
    sky: float,
    gain: float,
    read_noise: float,
) -> None:
    read_variance = (read_noise / gain) * (read_noise / gain)
    for p in range(pixels.size):
        light: float = np.float64(clean[p]) + sky
        light = light if light > 0.0 else 0.0
        pixels[p] = np.float32(background + (light / gain + read_variance))


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

    and for a gain of 0 or less sigma**2 + level + read_noise**2. clean: float32 (T, pixels), the light S after the PSF;
    the parameters: float64 (T,), units as in `noise.add_gaussian`, `poisson.add_poisson` and `ccd.apply_ccd`, NaN where
    the sample has no such noise (gain NaN: no CCD); out: float32 (T, pixels), the unit of the image squared.
    """
    for t in range(clean.shape[0]):
        background = 0.0
        if not np.isnan(gaussian_sigma[t]):
            background += gaussian_sigma[t] * gaussian_sigma[t]
        if poisson_level[t] > 0.0:
            background += poisson_level[t]
        if ccd_gain[t] > 0.0:
            _set_ccd_variance(out[t], clean[t], background, ccd_sky[t], ccd_gain[t], ccd_read_noise[t])
        else:
            if not np.isnan(ccd_gain[t]):
                background += ccd_read_noise[t] * ccd_read_noise[t]
            out[t, :] = np.float32(background)


@kernel
def matched_filter_snr(
    clean: npt.NDArray[np.float32], background_variance: npt.NDArray[np.float64], out: npt.NDArray[np.float64]
) -> None:
    """Signal-to-noise ratio of each image for a matched filter: sqrt(sum over the pixels of S**2 / variance).

    clean: float32 (T, pixels), the light S; background_variance: float64 (T,), of a pixel without light, in the unit of
    the image squared: 0 gives inf (an empty image NaN), NaN gives NaN; out: float64 (T,). As galsim.Image.addNoiseSNR
    defines it. Pixel p goes to the partial sum p mod 32; the partial sums are added in order.
    """
    partial = np.zeros(LANES, np.float64)
    pixels = clean.shape[1]
    whole = pixels // LANES * LANES
    for t in range(clean.shape[0]):
        image = clean[t]
        partial[:] = 0.0
        for start in range(0, whole, LANES):
            strip = image[start : start + LANES]
            for lane in range(LANES):
                partial[lane] += np.float64(strip[lane]) * np.float64(strip[lane])
        for p in range(whole, pixels):
            partial[p - whole] += np.float64(image[p]) * np.float64(image[p])
        total = 0.0
        for lane in range(LANES):
            total += partial[lane]
        out[t] = np.sqrt(total / background_variance[t])
