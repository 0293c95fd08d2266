"""The order of an epoch: a keyed permutation that is computed, position by position, and stored nowhere.

A Feistel network on a grid of a × b >= size places, walked until it is inside (Black & Rogaway 2002, "Ciphers with
arbitrary finite domains"). Its round function is Philox4x32-10, so positions need no state: any of them is found alone,
in the same time however many there are.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel, piece
from deepbench_fast.kernels.random.philox import philox4x32

Integers = npt.NDArray[np.int64]

ROUNDS = 6
HALF = np.uint64(32)
BLOCK = 128


@piece
def _moved(half: int, other: int, size: int, step: int, domain: int, key: npt.NDArray[np.uint32]) -> int:
    """One half of a place, of `size`, moved on by a number that depends on the other half and the round."""
    w, _, _, _ = philox4x32(
        np.uint32(step), np.uint32(domain), np.uint32(other), np.uint32(domain >> 32), key[0], key[1]
    )
    moved = half + np.int64((np.uint64(w) * np.uint64(size)) >> HALF)
    return moved - (size if moved >= size else 0)  # type: ignore[return-value]


@piece
def _root(size: int) -> int:
    """The square root of a size, rounded up."""
    found = int(np.sqrt(float(size)))
    return max(found + 1 if found * found < size else found, 1)


@piece
def _walk(place: int, size: int, domain: int, key: npt.NDArray[np.uint32]) -> int:
    """Where a permutation of 0 to size - 1 takes `place`; `domain` tells permutations under one key apart."""
    a = _root(size)
    b = (size + a - 1) // a
    while True:
        left = place // b
        right = place - left * b
        for step in range(0, ROUNDS, 2):
            left = _moved(left, right, a, step, domain, key)
            right = _moved(right, left, b, step + 1, domain, key)
        place = left * b + right
        if place < size:
            return place


@piece
def _permute(places: Integers, count: int, size: int, domain: int, key: npt.NDArray[np.uint32]) -> None:
    """`_walk` for a block of places; all of it is moved round by round, so that the loops are vectorised."""
    a = _root(size)
    b = (size + a - 1) // a
    left = np.zeros(BLOCK, np.int64)
    right = np.zeros(BLOCK, np.int64)
    for i in range(count):
        left[i] = places[i] // b
        right[i] = places[i] - left[i] * b
    for step in range(0, ROUNDS, 2):
        for i in range(BLOCK):
            left[i] = _moved(left[i], right[i], a, step, domain, key)
        for i in range(BLOCK):
            right[i] = _moved(right[i], left[i], b, step + 1, domain, key)
    for i in range(count):
        place = left[i] * b + right[i]
        places[i] = place if place < size else _walk(place, size, domain, key)


@kernel
def epoch_order(
    first: int, size: int, run: int, window: int, epoch: int, key: npt.NDArray[np.uint32], out: Integers
) -> None:
    """The samples at the positions `first`, `first + 1`, ... of an epoch of `size` samples, up to 2**48.

    With runs of one sample it is a permutation of all of them. Of longer ones, runs of `run` neighbours are permuted,
    then the samples within each window of `window` runs.
    """
    runs = (size + run - 1) // run
    span = run * window
    places = np.zeros(BLOCK, np.int64)
    for start in range(0, out.size, BLOCK):
        count = min(BLOCK, out.size - start)
        for i in range(count):
            places[i] = first + start + i
        if run == 1:
            _permute(places, count, size, 2 * epoch, key)
        for i in range(count):
            place = places[i]
            while run > 1:
                low = place // span * span
                place = low + _walk(place - low, min(span, runs * run - low), (low // span << 32) + 2 * epoch + 1, key)
                place = _walk(place // run, runs, 2 * epoch, key) * run + place % run
                if place < size:
                    break
            out[start + i] = place


def shuffled(first: int, count: int, size: int, epoch: int, key: npt.NDArray[np.uint32]) -> Integers:
    """What `epoch_order` gives with runs of one sample, by NumPy: slower, but no kernel has to be loaded for it."""
    a = math.isqrt(size - 1) + 1
    b = (size + a - 1) // a
    places = np.arange(first, first + count, dtype=np.int64)
    walking = np.arange(count)
    while walking.size:
        left, right = np.divmod(places[walking], b)
        for step in range(0, ROUNDS, 2):
            left = _all_moved(left, right, a, step, 2 * epoch, key)
            right = _all_moved(right, left, b, step + 1, 2 * epoch, key)
        places[walking] = left * b + right
        walking = walking[places[walking] >= size]
    return places


def _all_moved(
    half: Integers, other: Integers, size: int, step: int, domain: int, key: npt.NDArray[np.uint32]
) -> Integers:
    """`_moved` of many places."""
    philox: Any = getattr(philox4x32, "py_func", philox4x32)  # the same arithmetic, of arrays
    low, high = np.uint32(domain & 0xFFFFFFFF), np.uint32(domain >> 32)
    w, _, _, _ = philox(np.uint32(step), low, other.astype(np.uint32), high, key[0], key[1])
    moved: Integers = half + ((w.astype(np.uint64) * np.uint64(size)) >> HALF).astype(np.int64)
    moved[moved >= size] -= size
    return moved
