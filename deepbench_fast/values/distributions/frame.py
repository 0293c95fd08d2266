"""The law of a position that scales with the image."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Real
from typing import Any, Self

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions.constant import Constant
from deepbench_fast.values.distributions.distribution import Alone, Distribution
from deepbench_fast.values.distributions.uniform import Uniform
from deepbench_fast.values.number_text import brief
from deepbench_fast.values.schemas import Schema, any_of, list_of
from deepbench_fast.values.shares import fraction_data


@dataclass(frozen=True)
class Frame(Distribution):
    """A part of the frame, or equally likely between two: 0 is the first pixel's centre, 1 the last one's.

    It stands for a number of pixels, or a uniform law of them, once the image's shape is known: see `on`.
    """

    form = "frame"
    is_ratio = True
    low: Fraction
    high: Fraction

    @classmethod
    def parse(cls, arguments: object) -> Self:
        if isinstance(arguments, Sequence) and not isinstance(arguments, str):
            if len(arguments) != 2:
                raise Invalid(f"must be one number or two, [low, high], not {checks.quote(arguments)}")
            low, high = (_part(number, k) for k, number in enumerate(arguments))
            if not low < high:
                raise Invalid(f"low ({brief(float(low))}) must be below high ({brief(float(high))})")
            return cls(low, high)
        return cls(_part(arguments), _part(arguments))

    @classmethod
    def schema(cls, number: Schema) -> Schema:
        part = any_of({"type": "number"}, {"type": "string", "pattern": "^[0-9]{1,40}/[0-9]{1,40}$"})
        return any_of(part, list_of(part, 2, 2))

    def to_yaml_data(self) -> object:
        parts = [_data(self.low), _data(self.high)]
        return {self.form: parts if self.is_random else parts[0]}

    @property
    def support(self) -> tuple[float, float]:
        """Not known without the image."""
        return -math.inf, math.inf

    @property
    def is_random(self) -> bool:
        return self.low < self.high

    @property
    def is_integer(self) -> bool:
        return False

    @property
    def own(self) -> Alone:
        """What it is in an image whose first and last pixel are 0 and 1."""
        return self.on(2)

    def on(self, pixels: int) -> Alone:
        """The law of the position, in pixels, along an axis of so many."""
        low, high = (float(part * (pixels - 1)) for part in (self.low, self.high))
        return Uniform(low, high) if low < high else Constant(low)


def _part(value: Any, *steps: int) -> Fraction:
    with within(*steps):
        if isinstance(value, Real) and not isinstance(value, bool):
            return Fraction(repr(checks.number(value))) if not isinstance(value, int | Fraction) else Fraction(value)
        return checks.rational(value)


def _data(part: Fraction) -> object:
    number = float(part)
    return checks.plain(number) if Fraction(repr(number)) == part else fraction_data(part)
