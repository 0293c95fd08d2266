"""What must hold for noise on the parameters of systems."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe.rules import is_absent, supports_of
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, Path, within
from deepbench_fast.values.parameter import check_alone

if TYPE_CHECKING:
    from deepbench_fast.kinds.kind import Kind
    from deepbench_fast.recipe.contents import Contents
    from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.parameter_noise import (
    ABSOLUTE,
    PART,
    RELATIVE,
    Absolute,
    Level,
    declared_level,
    noisy_parameters,
)
from deepbench_fast.values.number_text import brief

AT_REST = ("velocity", "friction")
"""Parameters that are often 0, of which no share is anything."""


def check_parameter_noise(recipe: Contents) -> None:
    """Raise `Invalid` where a parameter can't have the noise that it is given."""
    known: dict[str, Kind] = {}
    absolute: dict[str, tuple[bool, str]] = {}
    resting: dict[str, bool] = {}
    for name, catalogue in recipe.catalogues.items():
        (entry,) = catalogue.objects
        allowed, own = noisy_parameters(entry), catalogue.parameter_noise
        known |= dict.fromkeys(allowed, kind(entry.kind))
        if isinstance(own, dict):
            with within("catalogues", name, "parameter_noise"):
                _check_names(own, allowed, f"parameter of {entry.kind} that can have noise")
        path: Path = ("catalogues", name, "parameter_noise") if isinstance(own, dict) else ("parameter_noise",)
        for parameter, level in recipe.parameter_noise_of(name).items():
            with within(*path, parameter):
                rests = _check_level(recipe, entry, parameter, level)
                _check_one_form(parameter, isinstance(level, Absolute), name, absolute)
            if not isinstance(own, dict):
                resting[parameter] = resting.get(parameter, True) and rests
            elif rests:
                with within(*path):
                    raise _relative_to_nothing(kind(entry.kind), parameter)
    with within("parameter_noise"):
        _check_names(recipe.parameter_noise, list(known), "parameter that can have noise")
        for parameter in (parameter for parameter, rests in resting.items() if rests):
            raise _relative_to_nothing(known[parameter], parameter)


def _check_names(levels: Mapping[str, Level], allowed: list[str], what: str) -> None:
    for name, level in levels.items():
        with within(name):
            checks.known(name, allowed, what)
            if not isinstance(level, Absolute):
                check_alone(RELATIVE, level)


def _check_level(recipe: Contents, entry: Entry, name: str, level: Level) -> bool:
    """Raise `Invalid` for noise that a system can't have; whether it is relative to a parameter that is always 0."""
    resolved, of_kind = entry.resolved(recipe.image), kind(entry.kind)
    assert of_kind.dynamics is not None
    if name in of_kind.dynamics.zeros.get(resolved.solver, ()) and level.support != (0.0, 0.0):
        zeros = " and ".join(of_kind.dynamics.zeros[resolved.solver])
        raise Invalid(f"can't scatter with solver {resolved.solver}, which needs {zeros} to be 0")
    if is_absent(resolved.parameters):
        return False
    supports = supports_of(resolved.parameters)
    if not isinstance(level, Absolute):
        return name in AT_REST and supports[name] == (0.0, 0.0) and level.support != (0.0, 0.0)
    with within(ABSOLUTE):
        declared = declared_level(of_kind, name, level)
        check_alone(declared, level.sigma)
        least = _size(of_kind, name, {other: low for other, (low, _) in supports.items()})
        if level.support[1] > least / PART:
            most = f"{brief(least / PART, 6)} {declared.unit}, a fifth of the least {_size_in_words(of_kind, name)}"
            found = f"not {level.sigma}" if not level.is_random else f"but {level.sigma} can be more"
            raise Invalid(f"must be at most {most}, {found}")
    return False


def _size(of_kind: Kind, name: str, lowest: Mapping[str, float]) -> float:
    """The least size of a parameter; of one that may be 0 that of its range."""
    assert of_kind.dynamics is not None
    if name in of_kind.dynamics.limits:
        return float(of_kind.dynamics.limits[name](lowest, math.sqrt))
    parameter = of_kind.parameter(name)
    return parameter.high if parameter.low < 0 else lowest[name]


def _size_in_words(of_kind: Kind, name: str) -> str:
    assert of_kind.dynamics is not None
    return f"{name} that stops the oscillation" if name in of_kind.dynamics.limits else name


def _relative_to_nothing(of_kind: Kind, name: str) -> Invalid:
    unit = of_kind.parameter(name).unit
    advice = f"give it in {unit}, e.g. {{{name}: {{absolute: 0.05}}}}"
    return Invalid(f"is relative, and {name} is always 0: {advice}", (name,))


def _check_one_form(name: str, is_absolute: bool, catalogue: str, found: dict[str, tuple[bool, str]]) -> None:
    first, other = found.setdefault(name, (is_absolute, catalogue))
    if first != is_absolute:
        words = ("relative", "absolute")
        raise Invalid(
            f"is {words[is_absolute]} in {catalogue} and {words[first]} in {other}: both would stand in the column "
            f"parameter_noise_{name}"
        )
