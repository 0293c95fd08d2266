"""The law of a parameter plus a value."""

from __future__ import annotations

from deepbench_fast.values.distributions.derived import Derived
from deepbench_fast.values.distributions.distribution import Floats


class Offset(Derived):
    """Another parameter of the same object plus a value of its own."""

    form = "offset"
    as_given = ("from",)
    keys = ("from", "by")
    noun = "an offset"
    role = "base"
    remedy = " together with what it adds to"

    def support_from(self, base: tuple[float, float]) -> tuple[float, float]:
        (low, high), (least, most) = base, self.part.support
        return low + least, high + most

    def log_density_from(self, base: Floats, values: Floats) -> Floats:
        """The density of the difference."""
        import numpy as np

        return self._log_density_of_part(values - base, np.maximum(np.abs(values), np.abs(base)))
