"""The uniform law of whole numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from deepbench_fast.kernels.random import codes
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions.choice import Choice
from deepbench_fast.values.distributions.constant import Constant
from deepbench_fast.values.distributions.distribution import MANY, Alone, Floats, where
from deepbench_fast.values.distributions.exact import exact, one_to, times
from deepbench_fast.values.distributions.numeric import Bounded

SQRT_12 = 3.4641016151377544
_LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Integers(Bounded):
    """Whole numbers from low to high, both included, equally likely."""

    form = "integers"
    code = codes.INTEGERS
    discrete = True
    of_integers = True
    scale_family = False

    low: int
    high: int

    @staticmethod
    def _number(value: object) -> int:
        return checks.whole_number(value, -_LARGEST, _LARGEST)

    @property
    def _count(self) -> int:
        return self.high - self.low + 1

    @property
    def possible(self) -> Sequence[float] | None:
        return range(self.low, self.high + 1) if self._count <= MANY else super().possible

    @property
    def expectation(self) -> float:
        return (self.low + self.high) / 2

    @classmethod
    def standard_deviations(cls, rows: Any) -> Floats:
        """sqrt(((high - low + 1)**2 - 1) / 12)."""
        import numpy as np

        steps = rows["high"] - rows["low"]
        found: Floats = np.sqrt(steps * (steps + 2.0)) / SQRT_12
        return found

    def quantile(self, u: Floats) -> Floats:
        import numpy as np

        found: Floats = np.minimum(self.low + np.floor(self._count * u), self.high)
        return found

    def _log_density(self, values: Floats) -> Floats:
        import numpy as np

        return where(self.inside(values) & (values == np.floor(values)), -math.log(self._count))

    def _rank(self, values: Floats) -> Floats:
        return (values - self.low + 0.5) / self._count

    @classmethod
    def _way(cls, start: float, end: float, fraction: Fraction) -> int:
        return round(exact(start) + fraction * (exact(end) - exact(start)))

    def narrowed(self, fraction: Fraction, *, whole: bool = False) -> Integers:
        """The middle ones."""
        kept = max(1, round(self._count * fraction))
        first = self.low + (self._count - kept) // 2
        return Integers(first, first + kept - 1)

    def scaled(self, factor: Fraction) -> Alone:
        if self._count > MANY:
            raise Invalid("integers over so wide a range have no scaled twin; draw it from a uniform")
        if factor == 0:
            return Constant(0.0)
        return Choice(tuple(times(value, factor) for value in range(self.low, self.high + 1)))

    def thinned(self, fraction: Fraction) -> Integers:
        least = int(one_to(self.low, fraction))
        more = 0 if self.low else 1  # none or one object, where there can be none
        return Integers(least, least + more + round((self.high - self.low - more) * fraction))
