"""A parameter of a kind: declared once, for the recipe's checks, the tables' columns, `describe` and the docs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from deepbench_fast.recipe import checks
from deepbench_fast.recipe.checks import Invalid
from deepbench_fast.recipe.distributions import Constant, Distribution, Normal, Offset, Poisson

if TYPE_CHECKING:
    from deepbench_fast.recipe.model import Image


def required(image: Image) -> NoReturn:
    """The default of a parameter that has none."""
    raise Invalid("must be given: it has no default")


@dataclass(frozen=True)
class Parameter:
    """Name, unit ("" where dimensionless), meaning, valid range and default distribution of a parameter.

    The range runs from `low` to `high`, ends included unless `low_open` or `high_open`. `default` gives the
    distribution for an image of a given shape; `integer` parameters hold whole numbers only.
    """

    name: str
    unit: str
    meaning: str
    low: float
    high: float
    default: Callable[[Image], Distribution] = required
    low_open: bool = False
    high_open: bool = False
    integer: bool = False

    @property
    def allowed(self) -> str:
        """The valid range in words, e.g. 'from 0.5 to 10' or 'above 0 and up to 100 pix'."""
        low, high = checks.plain(self.low), checks.plain(self.high)
        if self.low_open or self.high_open:
            words = f"{'above' if self.low_open else 'from'} {low} and {'below' if self.high_open else 'up to'} {high}"
        else:
            words = f"from {low} to {high}"
        return f"{'a whole number ' if self.integer else ''}{words}{' ' + self.unit if self.unit else ''}"

    def holds(self, low: float, high: float) -> bool:
        """Whether all of [low, high] is valid."""
        return (self.low < low if self.low_open else self.low <= low) and (
            high < self.high if self.high_open else high <= self.high
        )

    def check(self, distribution: Distribution, support: tuple[float, float] | None = None) -> None:
        """Raise `Invalid` unless everything that can be drawn is valid.

        `support` is the smallest and the largest value, for an offset, which doesn't know them itself.
        """
        low, high = distribution.support if support is None else support
        if self.holds(low, high) and (distribution.is_integer or not self.integer):
            return
        if isinstance(distribution, Constant):
            raise Invalid(f"must be {self.allowed}, not {distribution}")
        if not self.holds(low, high):
            reach = f"{distribution} reaches from {_rounded(low)} to {_rounded(high)}"
            raise Invalid(f"must be {self.allowed}, but {reach}{_remedy(distribution)}")
        raise Invalid(f"must be {self.allowed}, but {distribution} gives other numbers too")


def _remedy(distribution: Distribution) -> str:
    match distribution:
        case Normal():
            return "; give it low and high: {normal: {mean: M, sigma: S, low: A, high: B}}"
        case Poisson():
            return "; use a smaller mean"
        case Offset():
            return " together with what it adds to"
    return ""


def _rounded(value: float) -> int | float:
    return checks.plain(float(f"{value:.6g}")) if math.isfinite(value) else value
