"""A parameter of a kind: declared once, for the recipe's checks, the tables' columns, `describe` and the docs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions import Constant, Derived, Distribution, Frame, Scaled, is_whole
from deepbench_fast.values.number_text import brief

if TYPE_CHECKING:
    from deepbench_fast.values.image import Image


Laws: TypeAlias = Mapping[str, Distribution]
FLAG = (0, 1)
AXES = {"y": 0, "y1": 0, "y2": 0, "x": 1, "x1": 1, "x2": 1}
"""Names of positions, and the axis of the image that each is along."""


def required(image: Image) -> NoReturn:
    """The default of a parameter that has none."""
    raise Invalid("must be given: it has no default")


@dataclass(frozen=True)
class Parameter:
    """Name, unit ("" where dimensionless), meaning, valid range and default distribution of a parameter.

    The range runs from `low` to `high`, ends included unless `low_open` or `high_open`. `default` gives the
    distribution for an image of a given shape; `integer` parameters hold whole numbers only, and where `only` names
    some values, no others. `most_of` names another parameter and the fraction of it that is the most. A parameter
    `of_parts` is drawn for each part of a system and stands in the table of parts. One that is `found` is filled in by
    rendering; one with `factors` is the product of these in the forms that have them.
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
    only: tuple[int, ...] = ()
    most_of: tuple[str, float] | None = None
    of_parts: bool = False
    found: bool = False
    factors: tuple[str, ...] = ()

    @property
    def is_flag(self) -> bool:
        """Whether it says yes (1) or no (0); a recipe may write true and false."""
        return self.only == FLAG

    @property
    def axis(self) -> int | None:
        """The axis of the image that a position in pixels is along; None for what is no position."""
        return AXES.get(self.name) if self.unit == "pix" else None

    @property
    def allowed(self) -> str:
        """The valid range in words, e.g. 'from 0.5 to 10' or 'above 0 and up to 100 pix' or '0 or 1'."""
        if self.only:
            return " or ".join(map(str, self.only))
        low, high = brief(self.low), brief(self.high)
        if self.low_open or self.high_open:
            words = f"{'above' if self.low_open else 'from'} {low} and {'below' if self.high_open else 'up to'} {high}"
        else:
            words = f"from {low} to {high}"
        return f"{'a whole number ' if self.integer else ''}{words}{' ' + self.unit if self.unit else ''}"

    def default_words(self, image: Image) -> str:
        """What it is drawn from where a recipe is silent, in words."""
        return "none: must be given" if self.default is required else str(self.default(image))

    def holds(self, low: float, high: float) -> bool:
        """Whether all of [low, high] is valid."""
        return (self.low < low if self.low_open else self.low <= low) and (
            high < self.high if self.high_open else high <= self.high
        )

    @property
    def closed_ends(self) -> tuple[float, float]:
        """The ends of the valid range that are valid themselves; infinite where one isn't."""
        return -math.inf if self.low_open else self.low, math.inf if self.high_open else self.high

    def check(
        self, distribution: Distribution, support: tuple[float, float] | None = None, laws: Laws = MappingProxyType({})
    ) -> None:
        """Raise `Invalid` unless everything that can be drawn is valid.

        `support` is the smallest and the largest value, for one that needs another parameter to know them; `laws` are
        those of the other parameters.
        """
        if distribution.absent:
            return
        low, high = distribution.support if support is None else support
        valid = self._offers(distribution) if self.only else self.holds(low, high)
        if valid and (not self.integer or is_whole(distribution, laws)):
            return
        if isinstance(distribution, Constant):
            raise Invalid(f"must be {self.allowed}, not {distribution}")
        if not self.only and not valid:
            reach = f"{distribution} reaches from {brief(low, 6)} to {brief(high, 6)}"
            raise Invalid(f"must be {self.allowed}, but {reach}{distribution.remedy}")
        raise Invalid(f"must be {self.allowed}, but {distribution} gives other numbers too")

    def _offers(self, distribution: Distribution) -> bool:
        """Whether the values that can be drawn are among the only ones."""
        values = distribution.possible
        return values is not None and set(values) <= set(self.only)


def check_alone(parameter: Parameter, distribution: Distribution) -> None:
    """Check a parameter that stands alone, with no other one of the same object to be derived from."""
    if isinstance(distribution, Derived):
        raise Invalid(f"can't be {distribution.noun}: there is no other parameter to start from")
    if isinstance(distribution, Frame):
        raise Invalid("can't be a part of the frame: that is for positions")
    parameter.check(distribution)


def check_fraction(parameter: Parameter, drawn: Distribution, supports: Mapping[str, tuple[float, float]]) -> None:
    """Raise `Invalid` where a parameter can be more than its fraction of another one; `supports` are those of all."""
    if parameter.most_of is None:
        return
    other, most = parameter.most_of
    if isinstance(drawn, Scaled) and drawn.parameter == other:
        allowed = drawn.part.support[1] <= most
    else:
        allowed = supports[parameter.name][1] <= most * supports[other][0]
    if not allowed:
        remedy = f"{{scaled: {{by: {other}, of: {{uniform: [0, {brief(most)}]}}}}}} never is"
        raise Invalid(f"must not be above {brief(most)} {other}, which {drawn} can be; {remedy}", (parameter.name,))
