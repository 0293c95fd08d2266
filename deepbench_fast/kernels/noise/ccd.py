"""Noise of a CCD: shot noise of the light and of the sky in electrons, and read noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.noise.counts import (
    STRETCH,
    Means,
    fill_counts,
    make_means,
    make_scratch,
    split_means,
    whole_lanes,
)
from deepbench_fast.kernels.noise.gaussian import WORDS, box_muller32, fill_normals


@piece
def _set_electrons(means: Means, pixels: npt.NDArray[np.float32], length: int, sky: float, gain: float) -> None:
    """Mean electrons of each pixel, none where light and sky together are negative; 0 past the last pixel."""
    exact = means.exact[: pixels.size]
    for p in range(pixels.size):
        electrons = gain * (np.float64(pixels[p]) + sky)
        exact[p] = electrons if electrons > 0.0 else 0.0
    means.exact[pixels.size : length] = 0.0


@piece
def _set_readings(
    pixels: npt.NDArray[np.float32],
    electrons: npt.NDArray[np.float64],
    normals: npt.NDArray[np.float32],
    gain: float,
    read_noise: float,
    offset: float,
) -> None:
    for p in range(pixels.size):
        pixels[p] = np.float32((electrons[p] / gain - offset) + read_noise * np.float64(normals[p]))


@piece
def _add_readings(
    pixels: npt.NDArray[np.float32], normals: npt.NDArray[np.float32], read_noise: float, sky: float
) -> None:
    for p in range(pixels.size):
        pixels[p] = np.float32((np.float64(pixels[p]) + sky) + read_noise * np.float64(normals[p]))


@kernel
def apply_ccd(
    images: npt.NDArray[np.float32],
    sky: npt.NDArray[np.float64],
    gain: npt.NDArray[np.float64],
    read_noise: npt.NDArray[np.float64],
    subtract_sky: npt.NDArray[np.int64],
    key: npt.NDArray[np.uint32],
    photon_streams: npt.NDArray[np.uint32],
    read_streams: npt.NDArray[np.uint32],
    members: npt.NDArray[np.int64],
    first_pixel: int = 0,
) -> None:
    """Turn the light S of each image into a CCD's reading, in place, as galsim.CCDNoise defines it.

        images[t, p] = float32((N / gain - offset) + (read_noise / gain) z),    N ~ Poisson(max(0, gain (S + sky)))

    offset = sky where the sky is subtracted, else 0; variance (S + sky) / gain + (read_noise / gain)**2, third central
    moment (S + sky) / gain**2. A gain of 0 or less means no shot noise and a read noise in ADU: images[t, p] =
    float32((S + sky - offset) + read_noise z(t, p)).

    images: float32 (T, pixels), ADU; sky: float64 (T,), ADU a pixel; gain: float64 (T,), electrons per ADU, where NaN
    leaves every bit of the sample as it is; read_noise: float64 (T,), electrons; subtract_sky: int64 (T,), 0 or 1; key:
    uint32 (2,); photon_streams, read_streams: uint32 (T,); members: int64 (T,), 0 <= member < 2**48. Of images that
    begin with the pixel `first_pixel` of larger ones, a multiple of 4096, p is counted in these.

    N is the Poisson quantile of the uniform number at (key, photon_streams[t], members[t], p), as in
    `poisson.add_poisson`; z the standard normal at (key, read_streams[t], members[t], p), as in `noise.add_gaussian`.
    So more gain or sky never means fewer electrons. Howell (2006), Handbook of CCD Astronomy.
    """
    pixels = images.shape[1]
    scratch = make_scratch()
    means = make_means()
    electrons = np.empty(STRETCH, np.float64)
    normals = np.empty(STRETCH, np.float32)
    for t in range(images.shape[0]):
        if np.isnan(gain[t]):
            continue
        offset = sky[t] if subtract_sky[t] != 0 else 0.0
        for first in range(0, pixels, STRETCH):
            stop = min(first + STRETCH, pixels)
            length = whole_lanes(stop - first)
            part = images[t, first:stop]
            pixel = first_pixel + first
            fill_normals(normals, box_muller32, pixel // WORDS, length // WORDS, read_streams[t], members[t], key)
            if gain[t] > 0.0:
                _set_electrons(means, part, length, sky[t], gain[t])
                span = split_means(means, length)
                fill_counts(electrons[:length], means, span, scratch, pixel, photon_streams[t], members[t], key)
                _set_readings(part, electrons, normals, gain[t], read_noise[t] / gain[t], offset)
            else:
                _add_readings(part, normals, read_noise[t], sky[t] - offset)
