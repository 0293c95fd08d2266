"""Names and options in an entry, held against its kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from deepbench_fast.kinds.kind import Kind
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions import Distribution, Frame
from deepbench_fast.values.number_text import brief
from deepbench_fast.values.parameter import Parameter, check_alone

if TYPE_CHECKING:
    from deepbench_fast.kinds.kind import Dynamics

MAX_OBJECTS = 65_535
COUNT = Parameter("count", "", "objects in each sample", 0.0, MAX_OBJECTS, integer=True)
RESERVED = ("weight", "objects", "noise", "psf", "parameter_noise", "count", "catalogue", "brightness", "split")
"""Names that an entry can't have: keys of a catalogue, targets and streams go by them."""


def entry_name(value: object) -> str:
    """A name for an entry; raises `Invalid`."""
    name = checks.name(value)
    if name in RESERVED:
        raise Invalid(f"can't be '{name}', which means something else; reserved are {', '.join(RESERVED)}")
    return name


def entry_names(entries: Sequence[tuple[str, str]]) -> list[str]:
    """Names of a catalogue's entries from their kinds and own names: unnamed ones are `kind`, `kind.2`, `kind.3` …"""
    names = []
    unnamed: dict[str, int] = {}
    for of_kind, own in entries:
        if not own:
            unnamed[of_kind] = unnamed.get(of_kind, 0) + 1
        number = unnamed.get(of_kind, 1)
        names.append(own or (of_kind if number == 1 else f"{of_kind}.{number}"))
    return names


def form_of(declared: Kind, form: str) -> str:
    """`form`, or the kind's default one where it is empty; raises `Invalid` where the kind has no such form."""
    if not form:
        return next(iter(declared.forms), "")
    with within("form"):
        if not declared.forms:
            raise Invalid(f"is no option of {declared.name}")
        return checks.known(form, declared.forms, f"form of {declared.name}")


def solver_of(declared: Kind, solver: str) -> str:
    """`solver`, or the kind's default one where it is empty; raises `Invalid` where the kind has no such solver."""
    dynamics = declared.dynamics
    if not solver:
        return "" if dynamics is None else dynamics.solvers[0]
    with within("solver"):
        if dynamics is None:
            raise Invalid(f"is no option of {declared.name}")
        return checks.known(solver, dynamics.solvers, f"solver of {declared.name}")


def check_control(dynamics: Dynamics, solver: str, step: float | None, tolerance: float | None) -> None:
    """Raise `Invalid` where a solver that chooses its own steps is given one, or can't keep the tolerance."""
    control = dynamics.controls.get(solver)
    if control is None:
        return
    if step is not None and control.step is None:
        others = " or ".join(name for name, other in dynamics.controls.items() if other.step is not None)
        raise Invalid(f"is for solver {others}; {solver} chooses its steps by its tolerance", ("step",))
    if tolerance is not None and not control.least <= tolerance <= control.most:
        limits = f"from {brief(control.least)} to {brief(control.most)}"
        raise Invalid(f"must be {limits} with solver {solver}, not {checks.quote(tolerance)}", ("tolerance",))


def check_option_name(declared: Kind, name: str) -> None:
    """Raise `Invalid` unless an entry of the kind can have a parameter or an option of this name."""
    names = [parameter.name for parameter in declared.parameters if not parameter.found]
    checks.known(name, (*names, *declared.options), f"parameter of {declared.name}")


def check_parameter_names(declared: Kind, form: str, names: Iterable[str]) -> None:
    """Raise `Invalid` unless entries of this form have parameters of these names."""
    given = {parameter.name for parameter in declared.parameters_of(form)}
    for name in names:
        if name not in given:
            with within(name):
                check_option_name(declared, name)
                other = next(other for other, own in declared.forms.items() if name in own)
                raise Invalid(f"is a parameter of form {other}, but this {declared.name} has form {form}")


def check_positions(declared: Kind, parameters: Mapping[str, Distribution]) -> None:
    """Raise `Invalid` where what is no position is to be a part of the frame."""
    for name, drawn in parameters.items():
        if isinstance(drawn, Frame) and declared.parameter(name).axis is None:
            positions = ", ".join(p.name for p in declared.parameters if p.axis is not None) or "objects of images"
            raise Invalid(f"can't be a part of the frame: that is for positions ({positions})", (name,))


def flags_as_numbers(declared: Kind, parameters: Mapping[str, object]) -> dict[str, float]:
    """1 for true and 0 for false, for those parameters that say yes or no."""
    flags = {parameter.name for parameter in declared.parameters if parameter.is_flag}
    return {name: float(value) for name, value in parameters.items() if name in flags and isinstance(value, bool)}


def check_count(count: Distribution) -> None:
    """Raise `Invalid` unless `count` gives whole numbers that a sample can hold."""
    check_alone(COUNT, count)
