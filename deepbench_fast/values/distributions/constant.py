"""The law of a number."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from deepbench_fast.kernels.random import codes
from deepbench_fast.values import checks
from deepbench_fast.values.distributions.distribution import Alone, Floats, Options
from deepbench_fast.values.distributions.exact import times


@dataclass(frozen=True)
class Constant(Alone):
    """Always the same value."""

    value: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", checks.number(self.value))

    @property
    def support(self) -> tuple[float, float]:
        return self.value, self.value

    @property
    def expectation(self) -> float:
        return self.value

    @property
    def standard_deviation(self) -> float:
        return 0.0

    def to_yaml_data(self) -> object:
        return checks.plain(self.value)

    def fill(self, row: Any, options: Options) -> None:
        row["code"], row["low"], row["high"] = codes.CONSTANT, self.value, self.value

    def quantile(self, u: Floats) -> Floats:
        import numpy as np

        return np.full_like(u, self.value)

    def at(self, value: float) -> Constant:
        return Constant(value)

    def scaled(self, factor: Fraction) -> Constant:
        return Constant(times(self.value, factor))
