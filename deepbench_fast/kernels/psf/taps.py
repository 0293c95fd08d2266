"""Sums over the pixels on both sides of a pixel, for PSFs that reach a few pixels: tap after tap, in a fixed order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import piece

Pixels = npt.NDArray[np.float32]


@piece
def _add_pair(sums: Pixels, before: Pixels, after: Pixels, weight: np.float32) -> None:
    for i in range(sums.size):
        sums[i] += weight * (before[i] + after[i])


@piece
def _add_two_pairs(
    sums: Pixels,
    before: Pixels,
    after: Pixels,
    weight: np.float32,
    before_next: Pixels,
    after_next: Pixels,
    weight_next: np.float32,
) -> None:
    for i in range(sums.size):
        sums[i] = (sums[i] + weight * (before[i] + after[i])) + weight_next * (before_next[i] + after_next[i])


@piece
def _add_three_pairs(
    sums: Pixels,
    before: Pixels,
    after: Pixels,
    weight: np.float32,
    before_next: Pixels,
    after_next: Pixels,
    weight_next: np.float32,
    before_last: Pixels,
    after_last: Pixels,
    weight_last: np.float32,
) -> None:
    for i in range(sums.size):
        total = (sums[i] + weight * (before[i] + after[i])) + weight_next * (before_next[i] + after_next[i])
        sums[i] = total + weight_last * (before_last[i] + after_last[i])


@piece
def add_pairs(sums: Pixels, source: Pixels, stride: int, weights: npt.NDArray[np.float64], first: int) -> None:
    """sums[i] += w_k (f(-k) + f(k)) for k = first, first + 1, ... r, added in this order.

    f(k) = source[i + (r + k) stride]; r = weights.size - 1; the weights are rounded to float32.
    """
    # Slices, one a tap: an index with an offset that is not provably positive would leave the loops scalar. As many
    # pairs in one loop as stay packed, since each loop reads and writes all sums.
    radius = weights.size - 1
    centre = radius * stride
    k = first
    while k + 2 <= radius:
        near = k * stride
        next_one = near + stride
        far = next_one + stride
        _add_three_pairs(
            sums,
            source[centre - near :],
            source[centre + near :],
            np.float32(weights[k]),
            source[centre - next_one :],
            source[centre + next_one :],
            np.float32(weights[k + 1]),
            source[centre - far :],
            source[centre + far :],
            np.float32(weights[k + 2]),
        )
        k += 3
    if k + 1 == radius:
        _add_two_pairs(
            sums,
            source[stride:],
            source[2 * centre - stride :],
            np.float32(weights[k]),
            source,
            source[2 * centre :],
            np.float32(weights[radius]),
        )
    elif k == radius:
        _add_pair(sums, source, source[2 * centre :], np.float32(weights[radius]))
