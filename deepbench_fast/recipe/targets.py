"""Targets in a recipe: what a model shall learn, and the noise that each of these carries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions import Alone
from deepbench_fast.values.distributions.varied import Varied, parse_noise
from deepbench_fast.values.model import FrozenDict


class Targets(tuple[str, ...]):
    """Names of targets; `noise` has the distribution of what is added to those that carry noise of their own."""

    noise: Mapping[str, Alone | Varied]

    def __new__(cls, names: Iterable[str] = (), noise: Mapping[str, Alone | Varied] | None = None) -> Targets:
        targets = super().__new__(cls, names)
        object.__setattr__(targets, "noise", FrozenDict(noise or {}))
        return targets

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) and self.noise == getattr(other, "noise", {})

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((tuple(self), self.noise))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"targets can't be changed in place ({name})")

    def __reduce__(self) -> tuple[Any, ...]:
        return Targets, (tuple(self), self.noise)


def parse_targets(value: object) -> Targets:
    """Targets from a list of names; one with noise is written `{galaxy.r_eff: {noise: {normal: [0, 0.1]}}}`."""
    if isinstance(value, Targets):
        value = targets_data(value)
    names: dict[str, None] = {}
    noise: dict[str, Alone | Varied] = {}
    for position, item in enumerate(checks.sequence(value, "a list, e.g. [catalogue]")):
        with within(position):
            name, options = checks.single(item, "one target") if isinstance(item, Mapping) else (item, {})
            name = checks.text(name)
            if name in names:
                raise Invalid(f"'{name}' stands twice")
            names[name] = None
            with within(name):
                noise.update(_noise(name, options))
    return Targets(names, noise)


def _noise(name: str, options: object) -> Iterator[tuple[str, Alone | Varied]]:
    """The target's name with its noise, where it has any."""
    given = checks.mapping({} if options is None else options, "options with values, e.g. {noise: {normal: [0, 0.1]}}")
    for option, value in given.items():
        with within(option):
            checks.known(option, ("noise",), "option of a target")
            if name == "catalogue":
                raise Invalid("a label has no noise")
            yield name, parse_noise(value)


def targets_data(targets: Targets) -> list[object]:
    """The plain data of targets."""
    return [
        {name: {"noise": targets.noise[name].to_yaml_data()}} if name in targets.noise else name for name in targets
    ]
