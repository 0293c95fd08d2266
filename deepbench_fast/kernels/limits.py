"""What a core can do at most, to set beside what kernels do."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel

STEPS = 8
CHAINS = 8
OPERATIONS = 2 * STEPS * CHAINS
"""Multiplications and additions that `multiply_add` does for each number."""


@kernel
def multiply_add(numbers: npt.NDArray[np.float32]) -> None:
    """Multiply and add, OPERATIONS of each number in turn: as fast as whole vectors in registers go.

    numbers: float32 (N,), finite. Eight sums that don't wait for each other keep the arithmetic units busy.
    """
    half = np.float32(0.5)
    one = np.float32(1.0)
    for i in range(numbers.size):
        a = numbers[i]
        b, c, d, e, f, g, h = a, a, a, a, a, a, a
        b += one
        c += half
        d -= one
        e -= half
        f *= half
        g = -g
        h = one - h
        for _ in range(STEPS):
            a = a * half + one
            b = b * half + one
            c = c * half + one
            d = d * half + one
            e = e * half + one
            f = f * half + one
            g = g * half + one
            h = h * half + one
        numbers[i] = (((a - b) + (c - d)) + ((e - f) + (g - h))) * half
