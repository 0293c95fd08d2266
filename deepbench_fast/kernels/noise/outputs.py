"""Measurement noise on series: Gaussian, every value at an address of its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel
from deepbench_fast.kernels.noise.gaussian import HIGH_MEMBER_MASK, HIGH_MEMBER_SHIFT, WORD_MASK, WORDS, box_muller
from deepbench_fast.kernels.random.philox import philox4x32

# Blocks are computed in multiples of this, past the last time if need be: a remainder loop would be scalar.
LANES = 32
# Blocks of one pass through the scratch array: 16 KiB.
STRETCH = 512


@inline
def _fill_normals(
    normals: npt.NDArray[np.float64],
    first: int,
    blocks: int,
    stream: np.uint32,
    member: int,
    k0: np.uint32,
    k1: np.uint32,
) -> None:
    """Normals of the blocks first .. first + blocks - 1 of one address, WORDS of them a block, into `normals`."""
    low = np.uint32(np.int64(member) & WORD_MASK)
    high = np.uint32((np.int64(member) >> HIGH_MEMBER_SHIFT) & HIGH_MEMBER_MASK)
    for b in range(blocks):
        w0, w1, w2, w3 = philox4x32(np.uint32(first + b), stream, low, high, k0, k1)
        z0, z1 = box_muller(w0, w1)
        z2, z3 = box_muller(w2, w3)
        normals[WORDS * b] = z0
        normals[WORDS * b + 1] = z1
        normals[WORDS * b + 2] = z2
        normals[WORDS * b + 3] = z3


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
                _fill_normals(normals, first, min(STRETCH, padded - first), streams[i, f], members[i], key[0], key[1])
                for t in range(stop - start):
                    series[i, start + t, f] += scale * normals[t]
