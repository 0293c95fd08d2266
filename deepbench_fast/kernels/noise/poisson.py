"""Poisson noise of a background, with the same mean in every pixel of a sample; see `counts`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.noise.counts import (
    STRETCH,
    fill_counts,
    make_means,
    make_scratch,
    split_means,
    whole_lanes,
)


@piece
def _add_counts(pixels: npt.NDArray[np.float32], counts: npt.NDArray[np.float64], mean: float) -> None:
    for p in range(pixels.size):
        pixels[p] += np.float32(counts[p] - mean)


@kernel
def add_poisson(
    images: npt.NDArray[np.float32],
    level: npt.NDArray[np.float64],
    subtract: npt.NDArray[np.int64],
    key: npt.NDArray[np.uint32],
    streams: npt.NDArray[np.uint32],
    members: npt.NDArray[np.int64],
    first_pixel: int = 0,
) -> None:
    """Add a Poisson background in place: images[t, p] += float32(N(t, p) - (level[t] if subtract[t] else 0)).

    images: float32 (T, pixels), in counts; level: float64 (T,), mean counts a pixel >= 0, where NaN or 0 leaves every
    bit of the sample as it is; subtract: int64 (T,), 1 where the mean is taken off again; key: uint32 (2,); streams:
    uint32 (T,); members: int64 (T,), 0 <= member < 2**48. Of images that begin with the pixel `first_pixel` of larger
    ones, a multiple of 4096, p is counted in these.

    N(t, p) is a pure function of (key, streams[t], members[t], p) and the level: the smallest count k with P(X <= k)
    >= u, X Poisson of mean level[t], at the 52-bit uniform number u = uniform52(w0, w1) of the words w0, w1 of
    Philox4x32-10 at the counter (p, stream, member low 32 bits, member high 16 bits). So it is
    `scipy.stats.poisson.ppf(u, level)`, and never falls where the level rises: `samplers.poisson_quantile`, which also
    says what happens above 1e9 (Giles 2016, ACM TOMS 42(1), 7; Salmon et al. 2011, SC'11).
    """
    pixels = images.shape[1]
    scratch = make_scratch()
    means = make_means()
    counts = np.empty(STRETCH, np.float64)
    for t in range(images.shape[0]):
        if not level[t] > 0.0:
            continue
        means.exact[:] = level[t]
        span = split_means(means, STRETCH)
        mean = level[t] if subtract[t] != 0 else 0.0
        for first in range(0, pixels, STRETCH):
            stop = min(first + STRETCH, pixels)
            part = counts[: whole_lanes(stop - first)]
            fill_counts(part, means, span, scratch, first_pixel + first, streams[t], members[t], key)
            _add_counts(images[t, first:stop], counts, mean)
