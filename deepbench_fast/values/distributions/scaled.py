"""The law of a value times a parameter."""

from __future__ import annotations

import math

from deepbench_fast.values.distributions.derived import ROUNDING, Derived
from deepbench_fast.values.distributions.distribution import Floats, where


class Scaled(Derived):
    """A value of its own times another parameter of the same object."""

    form = "scaled"
    as_given = ("by",)
    is_ratio = True
    keys = ("by", "of")
    noun = "scaled"
    role = "factor"
    remedy = " together with what it scales"

    def ends_from(self, base: tuple[float, float], part: tuple[float, float]) -> tuple[float, float]:
        products = [_times(scale, value) for scale in base for value in part]
        return min(products), max(products)

    def part_ends_from(self, base: tuple[float, float], values: tuple[float, float]) -> tuple[float, float]:
        """Without ends where the other parameter can be 0."""
        if base[0] <= 0.0 <= base[1]:
            return -math.inf, math.inf
        ratios = [value / scale for value in values for scale in base]
        return min(ratios), max(ratios)

    def moments_from(self, mean: float, deviation: float) -> tuple[float, float]:
        own, spread = self.part.expectation, self.part.standard_deviation
        return mean * own, math.hypot(deviation * own, deviation * spread, mean * spread)

    def value_from(self, base: Floats, own: Floats) -> Floats:
        return base * own

    def part_from(self, base: Floats, values: Floats, rounding: float = ROUNDING) -> Floats:
        """The ratio; 0 where the base is 0, which makes every product 0."""
        import numpy as np

        ratio = np.divide(values, base, out=np.zeros_like(values), where=base != 0)
        return self.part.near(ratio, np.abs(ratio), rounding)

    def log_density_from(self, base: Floats, values: Floats, rounding: float = ROUNDING) -> Floats:
        """The density of the ratio, over |base| where it is a density; a base of 0 makes every product 0."""
        import numpy as np

        log_part = self.part.log_density(self.part_from(base, values, rounding))
        if not self.part.is_discrete:
            log_part = log_part - np.log(np.where(base != 0, np.abs(base), 1.0))
        return np.where(base != 0, log_part, where(values == 0, 0.0))

    def rank_from(self, base: Floats, values: Floats, rounding: float = ROUNDING) -> Floats:
        import numpy as np

        return np.where(base != 0, super().rank_from(base, values, rounding), np.where(values == 0, 0.5, np.nan))

    def slopes_from(self, base: Floats, values: Floats, rounding: float = ROUNDING) -> tuple[Floats, Floats]:
        import numpy as np

        ratio = self.part_from(base, values, rounding)
        with np.errstate(divide="ignore", invalid="ignore"):
            along = self.part.slope(ratio) / base
            along_base = -along * ratio - (0.0 if self.part.is_discrete else 1.0 / base)
        return np.where(base != 0, along_base, 0.0), np.where(base != 0, along, 0.0)


def _times(scale: float, value: float) -> float:
    """The product; that of 0 and an end at infinity, which no draw comes near, is 0."""
    return 0.0 if 0.0 in (scale, value) and abs(scale) + abs(value) == float("inf") else scale * value
