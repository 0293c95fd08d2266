"""Loops over pixels cut into steps, each a loop of its own over a short strip.

A CPU works on as many instructions at once as its window holds, a few hundred. Those of a profile at one vector of
pixels are a hundred, most of which wait for the one before: the window holds two or three such chains, and they leave
half of the units idle. A step is a short chain, of which it holds many. What a step leaves for the next one stays in
the first-level cache, and the operations and their order are the same: so are the bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import piece
from deepbench_fast.kernels.base2 import exp2f, log2f

STRIP = 256
"""Pixels of a strip, a multiple of all lengths of vectors."""

Float32Array = npt.NDArray[np.float32]
SetExponents: TypeAlias = Callable[[Float32Array, Float32Array, Float32Array, Any], None]


class Strips(NamedTuple):
    """Scratch for the cells of a strip: place of each, the mean there, and a factor of it."""

    x: Float32Array
    y: Float32Array
    mean: Float32Array
    factor: Float32Array


@piece
def make_strip(length: int) -> Float32Array:
    """Scratch for one strip of a canvas of `length` pixels."""
    return np.empty(min(length, STRIP), np.float32)


@piece
def make_strips() -> Strips:
    """Scratch for one strip of cells."""
    x, y, mean = np.empty(STRIP, np.float32), np.empty(STRIP, np.float32), np.empty(STRIP, np.float32)
    return Strips(x, y, mean, np.empty(STRIP, np.float32))


@piece
def part_of(strips: Strips, k: int, size: int) -> Strips:
    """Part number k of the strip, if parts have so many cells."""
    start, stop = k * size, (k + 1) * size
    return Strips(strips.x[start:stop], strips.y[start:stop], strips.mean[start:stop], strips.factor[start:stop])


@piece
def powers(values: Float32Array, power: np.float32, factor: np.float32) -> None:
    """factor * values**power in place, of positive normal numbers."""
    for i in range(values.size):
        values[i] = power * log2f(values[i])
    for i in range(values.size):
        values[i] = factor * exp2f(values[i])


@piece
def add_light_by_strips(
    image: Float32Array,
    columns: Float32Array,
    rows: Float32Array,
    strip: Float32Array,
    peak: np.float32,
    set_exponents: SetExponents,
    shape: Any,
) -> None:
    """Add peak * 2**exponent: `set_exponents(exponents, columns, rows, shape)`, a `@piece`, sets those of one strip."""
    for start in range(0, image.shape[0], STRIP):
        stop = min(start + STRIP, image.shape[0])
        part, exponents = image[start:stop], strip[: stop - start]
        set_exponents(exponents, columns[start:stop], rows[start:stop], shape)
        for i in range(stop - start):
            part[i] += peak * exp2f(exponents[i])
