"""Arithmetic with numbers as a recipe writes them, so that a tenth of 0.3 is 0.03."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction


def exact(value: float) -> Fraction:
    """The number as it is written."""
    return Fraction(repr(value))


def times(value: float, factor: Fraction) -> float:
    """The product, rounded once."""
    return float(exact(value) * factor)


def way(start: float, end: float, fraction: Fraction) -> float:
    """What lies `fraction` of the way from one number to another, rounded once."""
    return float(exact(start) + fraction * (exact(end) - exact(start)))


def about(centre: Fraction, values: Iterable[float], fraction: Fraction) -> list[float]:
    """The values, `fraction` of their distances from a centre away from it."""
    return [float(centre + fraction * (exact(value) - centre)) for value in values]


def one_to(most: float, fraction: Fraction) -> float:
    """A whole number from one (fraction 0) to the most; what is less than one stays."""
    return most if most <= 1 else 1.0 + round((int(most) - 1) * fraction)
