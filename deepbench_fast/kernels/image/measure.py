"""Sums over images, in an order that no compiler changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import inline, kernel

LANES = 32
# Strips whose pixels are added at once: the partial sums are read and written once for all of them.
STRIPS = 4

Pixels = npt.NDArray[Any]
Partial = npt.NDArray[np.float64]


@inline
def add_up(partial: Partial) -> float:
    """The sum of 32 partial sums, added in order."""
    total = 0.0
    for lane in range(LANES):
        total += partial[lane]
    return total


@inline
def sum_over(image: Pixels, term: Callable[[Any], float], partial: Partial) -> float:
    """Sum of `term` over the pixels, in float64.

    Pixel p goes to the partial sum p mod 32, `partial`, float64 (32,); the partial sums are added in order.
    """
    whole = image.size // LANES * LANES
    stretches = whole // (STRIPS * LANES) * (STRIPS * LANES)
    partial[:] = 0.0
    for start in range(0, stretches, STRIPS * LANES):
        part = image[start : start + STRIPS * LANES]
        _add_strips(
            part[:LANES], part[LANES : 2 * LANES], part[2 * LANES : 3 * LANES], part[3 * LANES :], term, partial
        )
    for start in range(stretches, whole, LANES):
        strip = image[start : start + LANES]
        for lane in range(LANES):
            partial[lane] += term(strip[lane])
    for p in range(whole, image.size):
        partial[p - whole] += term(image[p])
    return add_up(partial)


@inline
def _add_strips(
    first: Pixels,
    second: Pixels,
    third: Pixels,
    last: Pixels,
    term: Callable[[Any], float],
    partial: Partial,
) -> None:
    for lane in range(LANES):
        total = (partial[lane] + term(first[lane])) + term(second[lane])
        partial[lane] = (total + term(third[lane])) + term(last[lane])


@inline
def _itself(light: Any) -> float:
    return float(light)


@kernel
def brightness(images: Pixels, out: Partial) -> None:
    """Sum of each image, float32 or uint8, shape (samples, pixels) → (samples,), in float64: see `sum_over`."""
    partial = np.empty(LANES, np.float64)
    for t in range(images.shape[0]):
        out[t] = sum_over(images[t], _itself, partial)


@kernel
def quantise(images: npt.NDArray[np.float32], out: npt.NDArray[np.uint8]) -> None:
    """Nearest whole numbers (halves up) from 0 to 255 of images, shape (samples, pixels)."""
    for t in range(images.shape[0]):
        image = images[t]
        bytes_ = out[t]
        for p in range(image.size):
            bytes_[p] = np.uint8(np.int32(min(max(image[p] + np.float32(0.5), np.float32(0.0)), np.float32(255.0))))
