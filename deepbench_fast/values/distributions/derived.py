"""Laws that start from another parameter of the same object."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar, Self

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions.distribution import (
    Alone,
    Base,
    Distribution,
    Floats,
    Options,
    arguments_by_name,
)
from deepbench_fast.values.distributions.registry import parse_distribution
from deepbench_fast.values.schemas import NAME, Schema, mapping

ROUNDING = 1e-12
"""How far, relative to its terms, a sum or a product can be from one of the values that its part can have."""


@dataclass(frozen=True)
class Derived(Distribution):
    """Another parameter of the same object, and a part of its own that is drawn."""

    keys: ClassVar[tuple[str, str]]
    """What a recipe calls the other parameter, and the part of its own."""

    role: ClassVar[str]
    """The field of a program that says which column the other parameter is."""

    noun: ClassVar[str]
    """What it is, after "can't be"."""

    parameter: str
    part: Alone

    def __post_init__(self) -> None:
        other, own = self.keys
        with within(other):
            checks.name(self.parameter)
        with within(own):
            part = parse_distribution(self.part)
            if not isinstance(part, Alone):
                raise Invalid("must be a number or a distribution that needs no other parameter")
            object.__setattr__(self, "part", part)

    @classmethod
    def parse(cls, arguments: object) -> Self:
        other, own = cls.keys
        given = arguments_by_name(arguments, cls.keys, (), f"{{{other}: PARAMETER, {own}: DISTRIBUTION}}")
        return cls(given[other], given[own])

    @classmethod
    def schema(cls, number: Schema) -> Schema:
        return mapping(dict(zip(cls.keys, (NAME, number), strict=True)), cls.keys)

    def to_yaml_data(self) -> object:
        return {self.form: dict(zip(self.keys, (self.parameter, self.part.to_yaml_data()), strict=True))}

    @property
    def own(self) -> Alone:
        return self.part

    @property
    def support(self) -> tuple[float, float]:
        """Not known without the other parameter."""
        return -math.inf, math.inf

    def support_from(self, base: tuple[float, float]) -> tuple[float, float]:
        """The smallest and the largest value, given those of the other parameter."""
        return self.ends_from(base, self.part.support)

    @abstractmethod
    def ends_from(self, base: tuple[float, float], part: tuple[float, float]) -> tuple[float, float]:
        """The smallest and the largest value, given those of the other parameter and of the part of its own."""

    @abstractmethod
    def part_ends_from(self, base: tuple[float, float], values: tuple[float, float]) -> tuple[float, float]:
        """The smallest and the largest value of the part of its own where both parameters go by themselves."""

    @abstractmethod
    def moments_from(self, mean: float, deviation: float) -> tuple[float, float]:
        """Mean and standard deviation, given those of the other parameter."""

    @abstractmethod
    def value_from(self, base: Floats, own: Floats) -> Floats:
        """The values, given those of the other parameter and of the part of its own."""

    @abstractmethod
    def part_from(self, base: Floats, values: Floats, rounding: float = ROUNDING) -> Floats:
        """Values of the part of its own, given those of both parameters, which are rounded to so much of themselves."""

    @abstractmethod
    def log_density_from(self, base: Floats, values: Floats, rounding: float = ROUNDING) -> Floats:
        """Logarithm of the density at each value, given that of the other parameter; `rounding` as in `part_from`."""

    def rank_from(self, base: Floats, values: Floats, rounding: float = ROUNDING) -> Floats:
        """The probability at which each value is drawn, given that of the other parameter: see `Alone.rank`."""
        return self.part.rank(self.part_from(base, values, rounding))

    @abstractmethod
    def slopes_from(self, base: Floats, values: Floats, rounding: float = ROUNDING) -> tuple[Floats, Floats]:
        """Derivatives of the logarithm of the density along the other parameter, and along the value."""

    @property
    def is_random(self) -> bool:
        """Whether it needs a draw of its own."""
        return self.part.is_random

    @property
    def is_integer(self) -> bool:
        """Whether it keeps whole numbers whole: see `is_whole`."""
        return self.part.is_integer

    @property
    def absent(self) -> bool:
        return self.part.absent

    def fill(self, row: Any, options: Options) -> None:
        self.part.fill(row, options)

    def between(self, other: Base, fraction: Fraction) -> Self:
        if self == other:
            return self
        if not isinstance(other, type(self)) or other.parameter != self.parameter:
            return super().between(other, fraction)
        return replace(self, part=self.part.between(other.part, fraction))

    def narrowed(self, fraction: Fraction, *, whole: bool = False) -> Self:
        return replace(self, part=self.part.narrowed(fraction, whole=whole))


def is_whole(law: Distribution, laws: Mapping[str, Distribution]) -> bool:
    """Whether every value is a whole number; `laws` are those of the parameters that it may start from."""
    return law.is_integer and (not isinstance(law, Derived) or is_whole(laws[law.parameter], laws))
