"""Philox4x32-10: a counter-based generator, whose every output is a pure function of a counter and a key."""

from __future__ import annotations

import numpy as np

from deepbench_fast.kernels._jit import inline

ROUNDS = 10
MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint32(0x9E3779B9)
WEYL_1 = np.uint32(0xBB67AE85)
WORD = np.uint64(32)


@inline
def philox4x32(
    c0: np.uint32, c1: np.uint32, c2: np.uint32, c3: np.uint32, k0: np.uint32, k1: np.uint32
) -> tuple[np.uint32, np.uint32, np.uint32, np.uint32]:
    """Four random 32-bit words at the counter (c0, c1, c2, c3) under the key (k0, k1); all uint32.

    Ten rounds of two 32x32 -> 64 bit products, equal to Random123's philox4x32. Salmon, Moraes, Dror & Shaw (2011),
    "Parallel random numbers: as easy as 1, 2, 3", SC'11.
    """
    for _ in range(ROUNDS):
        product0 = MULTIPLIER_0 * np.uint64(c0)
        product1 = MULTIPLIER_1 * np.uint64(c2)
        c0 = np.uint32(np.uint32(product1 >> WORD) ^ c1 ^ k0)
        c1 = np.uint32(product1)
        c2 = np.uint32(np.uint32(product0 >> WORD) ^ c3 ^ k1)
        c3 = np.uint32(product0)
        k0 = np.uint32(k0 + WEYL_0)
        k1 = np.uint32(k1 + WEYL_1)
    return c0, c1, c2, c3
