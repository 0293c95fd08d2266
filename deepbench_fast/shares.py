"""Weights and fractions as whole shares of a stratum."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from deepbench_fast.errors import UsageError

MAX_STRATUM = 65_536


def exact_shares(weights: Mapping[str, Fraction], what: str) -> list[int]:
    """The smallest whole numbers in the ratio of `weights`; their sum is the length of a stratum.

    Raises UsageError, naming the nearest weights that work, where a stratum would be longer than `MAX_STRATUM`.
    """
    total = sum(weights.values(), Fraction(0))
    parts = [weight / total for weight in weights.values()]
    size = math.lcm(*(part.denominator for part in parts))
    if size > MAX_STRATUM:
        nearest = ", ".join(f"{name}: {share}" for name, share in zip(weights, _nearest(parts), strict=True))
        raise UsageError(
            f"{what}: the common denominator {size} is above {MAX_STRATUM}; the nearest that work: {nearest}"
        )
    return [int(part * size) for part in parts]


def _nearest(parts: list[Fraction]) -> list[int]:
    """Whole shares nearest to `parts` (largest remainders) of 10,000, or of the maximum where a part is small."""
    size = 10_000 if min(parts) * 10_000 >= 10 else MAX_STRATUM
    shares = [max(1, math.floor(part * size)) for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda i: parts[i] * size - shares[i], reverse=True)
    for i in by_remainder[: max(0, size - sum(shares))]:
        shares[i] += 1
    return shares
