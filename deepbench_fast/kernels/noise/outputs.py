"""Measurement noise on series: Gaussian, every value at an address of its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel
from deepbench_fast.kernels.noise.gaussian import WORDS, box_muller, fill_normals

# Blocks are computed in multiples of this, past the last time if need be: a remainder loop would be scalar.
LANES = 32
# Blocks of one pass through the scratch array: 16 KiB.
STRETCH = 512


@kernel
def add_measurement_noise(
    series: npt.NDArray[np.float64],
    sigma: npt.NDArray[np.float64],
    key: npt.NDArray[np.uint32],
    streams: npt.NDArray[np.uint32],
    members: npt.NDArray[np.int64],
) -> None:
    """Add Gaussian noise in place: series[i, t, f] += sigma[i, f] z(i, t, f), z standard normal.

    series: float64 (n, T, F); sigma: float64 (n, F), in the unit of the column, where NaN or 0 leaves every bit of the
    column as it is; key: uint32 (2,); streams: uint32 (n, F); members: int64 (n,), 0 <= member < 2**48.

    z is a pure function of (key, streams[i, f], members[i], t): the times 4m .. 4m + 3 have the Box-Muller normals
    (r cos, r sin) of the word pairs (w0, w1), (w2, w3) of Philox4x32-10 at the counter (m, stream, member low 32 bits,
    member high 16 bits). So a series with fewer times has the first ones of the same normals. Computed in float64;
    abs(z) <= 6.77 (Box & Muller 1958, Ann. Math. Stat. 29, 610; Salmon et al. 2011, SC'11).
    """
    times = series.shape[1]
    padded = ((times + WORDS - 1) // WORDS + LANES - 1) // LANES * LANES
    normals = np.empty(WORDS * min(padded, STRETCH))
    for i in range(series.shape[0]):
        for f in range(series.shape[2]):
            scale = sigma[i, f]
            if np.isnan(scale) or scale == 0.0:
                continue
            for first in range(0, padded, STRETCH):
                start = WORDS * first
                stop = min(start + WORDS * STRETCH, times)
                blocks = min(STRETCH, padded - first)
                fill_normals(normals, box_muller, first, blocks, streams[i, f], members[i], key)
                for t in range(stop - start):
                    series[i, start + t, f] += scale * normals[t]
