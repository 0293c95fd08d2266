"""Noise on the parameters of systems that move: how a recipe says it, and what must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from deepbench_fast.kinds.registry import kind
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions import FORMS, Alone, Base, Distribution, parse_distribution
from deepbench_fast.values.parameter import Parameter

if TYPE_CHECKING:
    from deepbench_fast.kinds.kind import Kind
    from deepbench_fast.recipe.entry import Entry

PART = 5
"""The largest standard deviation is a fifth of the parameter's value, or of the least size that it can have."""

RELATIVE = Parameter("parameter_noise", "", "relative standard deviation", 0.0, 1 / PART)
ABSOLUTE = "absolute"


@dataclass(frozen=True)
class Absolute(Base):
    """A standard deviation in the parameter's own unit, where others are relative to its value."""

    sigma: Alone

    def __post_init__(self) -> None:
        with within(ABSOLUTE):
            drawn = parse_distribution(self.sigma)
            if not isinstance(drawn, Alone):
                raise Invalid(f"can't be {drawn}: there is no other parameter to start from")
        object.__setattr__(self, "sigma", drawn)

    @property
    def support(self) -> tuple[float, float]:
        return self.sigma.support

    @property
    def is_random(self) -> bool:
        return self.sigma.is_random

    def between(self, other: Base, fraction: Fraction) -> Absolute:
        if not isinstance(other, Absolute):
            return super().between(other, fraction)
        return Absolute(self.sigma.between(other.sigma, fraction))

    def scaled(self, factor: Fraction) -> Absolute:
        """With `factor` times the standard deviation."""
        return Absolute(self.sigma.scaled(factor))

    def to_yaml_data(self) -> object:
        return {ABSOLUTE: self.sigma.to_yaml_data()}


Level: TypeAlias = Distribution | Absolute


def parse_parameter_noise(value: object) -> dict[str, Level]:
    """Standard deviations of parameters, by their names: `{length: 0.05, velocity: {absolute: 0.1}}`."""
    wanted = "parameters with relative standard deviations, e.g. {length: 0.05}"
    levels: dict[str, Level] = {}
    for name, level in checks.mapping({} if value is None else value, wanted).items():
        with within(name):
            levels[name] = _level(level)
    return levels


def _level(value: object) -> Level:
    if isinstance(value, Absolute):
        return value
    if isinstance(value, Mapping) and len(value) == 1:
        (form,) = value
        if checks.known(form, (*FORMS, ABSOLUTE), "distribution") == ABSOLUTE:
            return Absolute(value[ABSOLUTE])
    return parse_distribution(value)


def noisy_parameters(entry: Entry) -> list[str]:
    """Parameters of an entry's form that can have noise of their own."""
    dynamics, given = kind(entry.kind).dynamics, [p.name for p in kind(entry.kind).parameters_of(entry.form)]
    return [name for name in (dynamics.noisy if dynamics is not None else ()) if name in given]


def declared_level(of_kind: Kind, name: str, level: Level) -> Parameter:
    """What the level of the noise on a parameter is, and may be at most."""
    if not isinstance(level, Absolute):
        return RELATIVE
    parameter = of_kind.parameter(name)
    return Parameter(RELATIVE.name, parameter.unit, "standard deviation", 0.0, parameter.high / PART)
