"""The law of a parameter plus a value."""

from __future__ import annotations

import math

from deepbench_fast.values.distributions.derived import ROUNDING, Derived
from deepbench_fast.values.distributions.distribution import Floats


class Offset(Derived):
    """Another parameter of the same object plus a value of its own."""

    form = "offset"
    as_given = ("from",)
    keys = ("from", "by")
    noun = "an offset"
    role = "base"
    remedy = " together with what it adds to"

    def ends_from(self, base: tuple[float, float], part: tuple[float, float]) -> tuple[float, float]:
        return base[0] + part[0], base[1] + part[1]

    def part_ends_from(self, base: tuple[float, float], values: tuple[float, float]) -> tuple[float, float]:
        return values[0] - base[1], values[1] - base[0]

    def moments_from(self, mean: float, deviation: float) -> tuple[float, float]:
        return mean + self.part.expectation, math.hypot(deviation, self.part.standard_deviation)

    def value_from(self, base: Floats, own: Floats) -> Floats:
        return base + own

    def part_from(self, base: Floats, values: Floats, rounding: float = ROUNDING) -> Floats:
        import numpy as np

        return self.part.near(values - base, np.maximum(np.abs(values), np.abs(base)), rounding)

    def log_density_from(self, base: Floats, values: Floats, rounding: float = ROUNDING) -> Floats:
        """The density of the difference."""
        return self.part.log_density(self.part_from(base, values, rounding))

    def slopes_from(self, base: Floats, values: Floats, rounding: float = ROUNDING) -> tuple[Floats, Floats]:
        slope = self.part.slope(self.part_from(base, values, rounding))
        return -slope, slope
