"""Laws that start from another parameter of the same object."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar, Self

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions.distribution import Alone, Distribution, Floats, Options, arguments_by_name
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

    @abstractmethod
    def support_from(self, base: tuple[float, float]) -> tuple[float, float]:
        """The smallest and the largest value, given those of the other parameter."""

    @abstractmethod
    def log_density_from(self, base: Floats, values: Floats) -> Floats:
        """Logarithm of the density at each value, given that of the other parameter."""

    @property
    def is_random(self) -> bool:
        """Whether it needs a draw of its own."""
        return self.part.is_random

    @property
    def is_integer(self) -> bool:
        """Whether it keeps whole numbers whole."""
        return self.part.is_integer

    @property
    def absent(self) -> bool:
        return self.part.absent

    def fill(self, row: Any, options: Options) -> None:
        self.part.fill(row, options)

    def narrowed(self, fraction: Fraction, *, whole: bool = False) -> Self:
        return replace(self, part=self.part.narrowed(fraction, whole=whole))

    def _log_density_of_part(self, values: Floats, size: Floats) -> Floats:
        """At the values, or the nearest possible ones where rounding of terms of this size alone keeps them from it."""
        import numpy as np

        nearest = self.part.nearest(values)
        near = np.abs(values - nearest) <= ROUNDING * np.maximum(size, np.abs(nearest))
        return self.part.log_density(np.where(near, nearest, values))
