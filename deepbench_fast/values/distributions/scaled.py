"""The law of a value times a parameter."""

from __future__ import annotations

from deepbench_fast.values.distributions.derived import Derived
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

    def support_from(self, base: tuple[float, float]) -> tuple[float, float]:
        products = [scale * value for scale in base for value in self.part.support]
        return min(products), max(products)

    def log_density_from(self, base: Floats, values: Floats) -> Floats:
        """The density of the ratio, over |base| where it is a density; a base of 0 makes every product 0."""
        import numpy as np

        ratio = np.divide(values, base, out=np.zeros_like(values), where=base != 0)
        log_part = self._log_density_of_part(ratio, np.abs(ratio))
        if not self.part.is_discrete:
            log_part = log_part - np.log(np.where(base != 0, np.abs(base), 1.0))
        return np.where(base != 0, log_part, where(values == 0, 0.0))
