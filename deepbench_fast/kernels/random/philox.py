"""Philox4x32-10: a counter-based generator, whose every output is a pure function of a counter and a key."""

from __future__ import annotations

import numpy as np

from deepbench_fast.kernels._jit import inline

ROUNDS = 10
MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
WEYL_1 = np.uint64(0xBB67AE85)
WORD = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)
LOW_MEMBER = np.int64(0xFFFFFFFF)
HIGH_MEMBER = np.int64(0xFFFF)
MEMBER_WORD = np.int64(32)


@inline
def member_words(member: int) -> tuple[np.uint32, np.uint32]:
    """The counter's last two words for a member, 0 <= member < 2**48: its low 32 bits and its high 16 bits."""
    return np.uint32(np.int64(member) & LOW_MEMBER), np.uint32((np.int64(member) >> MEMBER_WORD) & HIGH_MEMBER)


@inline
def philox4x32(
    c0: np.uint32, c1: np.uint32, c2: np.uint32, c3: np.uint32, k0: np.uint32, k1: np.uint32
) -> tuple[np.uint32, np.uint32, np.uint32, np.uint32]:
    """Four random 32-bit words at the counter (c0, c1, c2, c3) under the key (k0, k1); all uint32.

    Ten rounds of two 32x32 -> 64 bit products, equal to Random123's philox4x32. Salmon, Moraes, Dror & Shaw (2011),
    "Parallel random numbers: as easy as 1, 2, 3", SC'11.
    """
    # 64-bit lanes throughout, of which the low words count: narrowing in each round can more than halve the speed.
    x0, x1, x2, x3 = np.uint64(c0), np.uint64(c1), np.uint64(c2), np.uint64(c3)
    key0, key1 = np.uint64(k0), np.uint64(k1)
    for _ in range(ROUNDS):
        product0 = MULTIPLIER_0 * (x0 & LOW)
        product1 = MULTIPLIER_1 * (x2 & LOW)
        x0 = (product1 >> WORD) ^ x1 ^ key0
        x1 = product1
        x2 = (product0 >> WORD) ^ x3 ^ key1
        x3 = product0
        key0 = (key0 + WEYL_0) & LOW
        key1 = (key1 + WEYL_1) & LOW
    return np.uint32(x0), np.uint32(x1), np.uint32(x2), np.uint32(x3)
