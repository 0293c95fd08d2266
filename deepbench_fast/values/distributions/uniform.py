"""The uniform law."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from deepbench_fast.kernels.random import codes
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions.distribution import Floats, where
from deepbench_fast.values.distributions.exact import about, exact
from deepbench_fast.values.distributions.numeric import Bounded

SQRT_3 = 1.7320508075688772


class Uniform(Bounded):
    """Equally likely between low and high."""

    form = "uniform"
    code = codes.UNIFORM

    def check(self) -> None:
        super().check()
        if not math.isfinite(self.high - self.low):
            raise Invalid(f"low ({checks.plain(self.low)}) and high ({checks.plain(self.high)}) are too far apart")

    @property
    def expectation(self) -> float:
        return 0.5 * self.low + 0.5 * self.high

    @classmethod
    def standard_deviations(cls, rows: Any) -> Floats:
        """(high - low) / sqrt 12."""
        found: Floats = (0.5 * rows["high"] - 0.5 * rows["low"]) / SQRT_3
        return found

    def quantile(self, u: Floats) -> Floats:
        import numpy as np

        return np.clip(self.low + (self.high - self.low) * u, self.low, self.high)

    def _log_density(self, values: Floats) -> Floats:
        return where(self.inside(values), -math.log(self.high - self.low))

    def _rank(self, values: Floats) -> Floats:
        return (values - self.low) / (self.high - self.low)

    def _slope(self, values: Floats) -> Floats:
        return 0.0 * values

    def narrowed(self, fraction: Fraction, *, whole: bool = False) -> Uniform:
        return Uniform(*about((exact(self.low) + exact(self.high)) / 2, (self.low, self.high), fraction))
