"""Default distributions that scale with the image. S is its smaller side; positions are fractions of the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepbench_fast.values.distributions import Distribution, Uniform

if TYPE_CHECKING:
    from deepbench_fast.values.image import Image


def across(low: float, high: float, image: Image) -> Distribution:
    """Uniform between two fractions of the columns: 0 is the first pixel's centre, 1 the last one's."""
    return Uniform(low * (image.width - 1), high * (image.width - 1))


def along(low: float, high: float, image: Image) -> Distribution:
    """Uniform between two fractions of the rows."""
    return Uniform(low * (image.height - 1), high * (image.height - 1))


def of_size(low: float, high: float, minimum: float, image: Image) -> Distribution:
    """Uniform between two fractions of S, neither end below `minimum` pixels."""
    return Uniform(max(low * image.size, minimum), max(high * image.size, minimum))


def always(distribution: Distribution, image: Image) -> Distribution:
    """The same for every image."""
    return distribution
