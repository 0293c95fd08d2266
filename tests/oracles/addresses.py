"""Philox4x32-10 and the addresses of draws in plain Python integers (Salmon et al. 2011)."""

from __future__ import annotations

MASK = 0xFFFFFFFF


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & MASK, (p0 >> 32) ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return c0, c1, c2, c3


def uniform(key: tuple[int, int], stream: int, member: int, turn: int = 0, block: int = 0) -> float:
    counter = block, stream, member & MASK, (member >> 32) | (turn << 16)
    w0, w1, _, _ = philox(counter, key)
    return ((w0 >> 6) * 2**26 + (w1 >> 6) + 0.5) * 2.0**-52


def shuffled(key: tuple[int, int], stream: int, stratum: int, shares: list[int]) -> list[int]:
    order = [label for label, share in enumerate(shares) for _ in range(share)]
    for j in range(len(order) - 1, 0, -1):
        k = int((j + 1) * uniform(key, stream, stratum, block=j))
        order[j], order[k] = order[k], order[j]
    return order
