"""Parameters that a simulation can be given: their names, where they stand in the tables, and what they may be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.entries import PlannedEntry
from deepbench_fast.draw.layout import Given
from deepbench_fast.draw.plan import Plan
from deepbench_fast.draw.sample_columns import sample_parameters
from deepbench_fast.errors import UsageError
from deepbench_fast.recipe.rules import check_together, declared_in, setting_of
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.distributions import Constant, Derived, Distribution, Uniform
from deepbench_fast.values.number_text import brief
from deepbench_fast.values.parameter import Parameter

Array = npt.NDArray[np.float64]
WHAT = "parameter of the simulator"


@dataclass(frozen=True)
class Free:
    """A parameter that a simulation can be given: where it stands in the tables, and what the recipe draws it from.

    `entry` is None for a level of noise or PSF, a column of `/samples`; `base` names what it is derived from.
    """

    name: str
    declared: Parameter
    column: str
    distribution: Distribution
    entry: PlannedEntry | None = None
    base: str = ""

    @property
    def drawn_again(self) -> bool:
        """Whether it is the end of a segment that is drawn again while it is too short."""
        return self.entry is not None and self.entry.draws_again(self.column)


def chosen_catalogue(plan: Plan, catalogue: str | None) -> int:
    """Number of the catalogue of this name, or of the only one. Raises UsageError where it isn't known which."""
    names = plan.catalogues
    if catalogue is None and len(names) > 1:
        raise UsageError(f"{plan.recipe.name} has several catalogues: say which one ({', '.join(names)})")
    return names.index(checks.known(catalogue or names[0], names, "catalogue"))


def free_parameters(plan: Plan, catalogue: int) -> dict[str, Free]:
    """Everything that a simulation of a catalogue's members can be given, by name."""
    found: dict[str, Free] = {}
    for e in plan.entries:
        if e.catalogue == catalogue and e.entry.occurs_once and not e.is_part:
            for parameter, distribution in e.distributions.items():
                base = f"{e.entry.name}.{distribution.parameter}" if isinstance(distribution, Derived) else ""
                name = f"{e.entry.name}.{parameter}"
                declared = declared_in(plan.recipe.image, e.kind, parameter)
                found[name] = Free(name, declared, parameter, distribution, e, base)
    levels = sample_parameters(plan.recipe, plan.catalogues[catalogue])
    return found | {level.name: Free(level.name, level.declared, level.column, level.distribution) for level in levels}


def chosen_parameters(parameters: Iterable[str], possible: Mapping[str, Free]) -> list[str]:
    """The names of parameters that are asked for, each once. Raises UsageError for those that aren't possible."""
    return list(dict.fromkeys(checks.known(name, possible, WHAT) for name in checks.names("parameters", parameters)))


def check_values(free: Free, values: Array) -> None:
    """Raise UsageError where the parameter can't have one of the values."""
    if values.size == 0:
        return
    declared = free.declared
    low, high = _range(values)
    finite = math.isfinite(low) and math.isfinite(high)
    whole = not declared.integer or bool((values == np.floor(values)).all())
    named = not declared.only or bool(np.isin(values, declared.only).all())
    if not (finite and declared.holds(low, high) and whole and named):
        raise UsageError(f"{free.name} must be {declared.allowed}; the values reach from {brief(low)} to {brief(high)}")


def check_given(plan: Plan, given: Sequence[Given]) -> None:
    """Raise UsageError for the first simulation whose parameters, each valid, can't stand together."""
    for number in dict.fromkeys(value.entry for value in given):
        if number is not None:
            own = [value for value in given if value.entry == number]
            if not _surely_suits(plan, number, own):
                _check_entry(plan, plan.entries[number], own)


def possible_rows(plan: Plan, free: Sequence[Free], table: Array) -> npt.NDArray[np.bool_]:
    """Which rows of a table of parameters, one in each column, a simulation can be given."""
    possible = np.ones(len(table), np.bool_)
    for one, values in zip(free, table.T, strict=True):
        declared = one.declared
        possible &= np.isfinite(values)
        possible &= (values > declared.low) if declared.low_open else (values >= declared.low)
        possible &= (values < declared.high) if declared.high_open else (values <= declared.high)
        if declared.integer:
            possible &= values == np.floor(values)
        if declared.only:
            possible &= np.isin(values, declared.only)
    rows = _rows_that_suit(plan, free, table, np.flatnonzero(possible))
    possible[:] = False
    possible[rows] = True
    return possible


def _rows_that_suit(
    plan: Plan, free: Sequence[Free], table: Array, rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Those of the rows whose parameters can stand together: halves are looked at where not all can."""
    if rows.size == 0:
        return rows
    columns = ((one, np.ascontiguousarray(table[rows, k])) for k, one in enumerate(free))
    try:
        check_given(plan, [given_to(one, values) for one, values in columns])
    except UsageError:
        if rows.size == 1:
            return rows[:0]
        parts = (_rows_that_suit(plan, free, table, part) for part in np.array_split(rows, 2))
        return np.concatenate([*parts])
    return rows


def given_to(free: Free, values: Array) -> Given:
    """Values of a parameter, one a simulation, as tables take them."""
    return Given(None if free.entry is None else free.entry.number, free.column, values)


def _surely_suits(plan: Plan, number: int, given: Sequence[Given]) -> bool:
    """Whether all values between the smallest and the largest ones suit each other: the case that needs no time."""
    planned, others = plan.entries[number], plan.supports[number]
    if others is None:
        return False
    supports = {**others, **{value.column: _range(value.values) for value in given if value.values.size}}
    for parameter in planned.kind.parameters:
        if parameter.most_of is not None and parameter.name in supports:
            other, most = parameter.most_of
            if not supports[parameter.name][1] <= most * supports[other][0]:
                return False
    try:
        if planned.kind.check is not None:
            planned.kind.check(setting_of(plan.recipe, planned.entry), supports)
    except Invalid:
        return False
    return True


def _range(values: Array) -> tuple[float, float]:
    if values.size == 1:
        value = float(values[0])
        return value, value
    return float(values.min()), float(values.max())


def _check_entry(plan: Plan, planned: PlannedEntry, given: Sequence[Given]) -> None:
    columns = {value.column: value.values for value in given if value.values.size}
    ranges = {name: Uniform(values.min(), values.max()) for name, values in columns.items()}
    try:
        check_together(plan.recipe, planned.entry, ranges)
    except Invalid:
        for row in zip(*columns.values(), strict=True):
            _check_one(plan, planned, dict(zip(columns, row, strict=True)))


def _check_one(plan: Plan, planned: PlannedEntry, values: Mapping[str, float]) -> None:
    try:
        check_together(plan.recipe, planned.entry, {name: Constant(float(value)) for name, value in values.items()})
    except Invalid as invalid:
        shown = ", ".join(f"{name} {brief(value)}" for name, value in values.items())
        raise UsageError(f"{planned.entry.name}.{invalid.key}: {invalid.problem} (given {shown})") from None
