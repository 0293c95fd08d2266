"""Weights and fractions as whole shares of a stratum."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from deepbench_fast.errors import UsageError
from deepbench_fast.values import checks

MAX_STRATUM = 65_536


def exact_shares(weights: Mapping[str, Fraction], what: str) -> list[int]:
    """The smallest whole numbers in the ratio of `weights`; their sum is the length of a stratum.

    Raises UsageError, naming the nearest weights that work, where a stratum would be longer than `MAX_STRATUM`.
    """
    common = math.lcm(*(weight.denominator for weight in weights.values()))
    numbers = [weight.numerator * (common // weight.denominator) for weight in weights.values()]
    factor = math.gcd(*numbers)
    shares = [number // factor for number in numbers]
    size = sum(shares)
    if size > MAX_STRATUM:
        nearest = checks.listed([f"{name}: {share}" for name, share in zip(weights, _nearest(shares), strict=True)])
        found = size if size < 10**20 else "(of more than 20 digits)"  # Python refuses to write very long ones
        raise UsageError(
            f"{what}: the common denominator {found} is above {MAX_STRATUM}; the nearest that work: {nearest}"
        )
    return shares


def _nearest(shares: list[int]) -> list[int]:
    """Whole shares nearest to the given ones (largest remainders) of 10,000, or of the maximum where one is small."""
    total = sum(shares)
    size = 10_000 if min(shares) * 1_000 >= total else MAX_STRATUM
    nearest = [max(1, share * size // total) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda i: shares[i] * size - nearest[i] * total, reverse=True)
    for i in by_remainder[: max(0, size - sum(nearest))]:
        nearest[i] += 1
    return nearest


def fraction_data(fraction: Fraction) -> int | float | str:
    """A number where its shortest decimal is exactly the fraction, else text like '1/3'."""
    number = float(fraction)
    return checks.plain(number) if Fraction(repr(number)) == fraction else str(fraction)
