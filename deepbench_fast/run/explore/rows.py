"""Values of a recipe as rows of a page: each with its law, its value in a sample, and the range of its slider."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from deepbench_fast.errors import UsageError
from deepbench_fast.recipe.parameter_noise import Absolute
from deepbench_fast.recipe.write import to_flow
from deepbench_fast.values.distributions import Alone, Base, Derived, Distribution, LogUniform
from deepbench_fast.values.parameter import Parameter

Range: TypeAlias = tuple[float, float]

MODEST = 50.0
"""How many times as wide as a fixed value, or as 1, a valid range is at most that a slider spans as it is."""

FEW = 10.0
"""Where a slider of whole numbers ends at least."""

TAIL = 0.001
"""Probability that is left out at each end of a law without ends."""

FAR = 2.0
"""A law whose ends are so many times as far apart as its quantiles is shown without its tails."""

DECADES = (1e2, 1e8)
"""Ratios of the ends between which a slider is logarithmic."""

POINTS = 64


@dataclass(frozen=True)
class Row:
    """One value of a recipe.

    A "slider" runs from `low` to `high`, by whole numbers if `whole`, in the logarithm if `log`; `density` is that of
    the law at equally spaced places of it, relative to its largest. "options" offers some values, "text" takes any.
    `value` is that of the sample shown, None where it has none; `law` what a recipe says. `drawable`: the value is
    fixed, and there is a law to go back to.
    """

    address: str
    label: str
    form: Literal["slider", "options", "text"] = "slider"
    unit: str = ""
    meaning: str = ""
    law: str = ""
    value: float | str | None = None
    fixed: bool = True
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    whole: bool = False
    options: tuple[float | str, ...] = ()
    density: tuple[float, ...] = ()
    drawable: bool = False


def value_row(
    address: str,
    declared: Parameter,
    law: Base,
    value: float | None,
    *,
    reach: Range,
    written: Base | None = None,
    kept: Base | None = None,
    default: Distribution | None = None,
) -> Row:
    """The row of a parameter with a law, which reaches from one value to another.

    `written` is the law as the recipe has it, before positions become pixels; `kept` the law that it had before its
    value was fixed, `default` that of its kind.
    """
    own = law.sigma if isinstance(law, Absolute) else law
    before = next((known for known in (kept, default) if known is not None and known.is_random), None)
    shown = own.support[0] if value is None and not own.is_random else value
    row = Row(
        address,
        declared.name,
        unit=declared.unit,
        meaning=f"{declared.meaning}; {declared.allowed}",
        law=to_flow((law if written is None else written).to_yaml_data()),
        value=None if shown is None or not math.isfinite(shown) else shown,
        fixed=not law.is_random,
        whole=declared.integer,
        drawable=not law.is_random and before is not None,
    )
    if declared.is_flag:
        word = None if row.value is None else "true" if row.value else "false"
        return replace(row, form="options", options=("false", "true"), value=word)
    if declared.only:
        return replace(row, form="options", options=tuple(map(float, declared.only)))
    low, high = _range(declared, own, shown, reach, before if kept is None else kept)
    log = isinstance(own, LogUniform) or (low > 0.0 and DECADES[0] <= high / low <= DECADES[1])
    return replace(row, low=low, high=high, log=log, density=_density(own, low, high, log))


def reach_of(name: str, laws: Mapping[str, Distribution]) -> Range:
    """The smallest and the largest value of a parameter, without the tails of laws that have long ones."""
    law = laws[name]
    if isinstance(law, Derived) and law.parameter in laws:
        return law.support_from(reach_of(law.parameter, laws))
    return reach_alone(law)


def reach_alone(law: Base) -> Range:
    """The same of a law that needs no other parameter."""
    low, high = law.support
    if isinstance(law, Alone) and law.is_random:
        try:
            first, last = law.quantile(np.array([TAIL, 1.0 - TAIL])).tolist()
        except UsageError:
            return low, high
        if not high - low <= FAR * (last - first):
            return max(low, first), min(high, last)
    return low, high


def _range(declared: Parameter, law: Base, value: float | None, reach: Range, before: Base | None) -> Range:
    """The ends of a slider: those of the law; of a fixed value its former law's, the valid range, or around it."""
    if law.is_random:
        ends = reach
    elif before is not None and not isinstance(before, Derived):
        ends = reach_alone(before)
    elif declared.high - declared.low <= MODEST * (abs(reach[0]) or 1.0):
        ends = declared.low, declared.high
    else:
        ends = _around(reach[0], FEW if declared.integer else 0.0)
    low, high = (end if math.isfinite(end) else 0.0 for end in ends)
    if value is not None and math.isfinite(value):
        low, high = min(low, value), max(high, value)
    low, high = max(low, declared.low), min(high, declared.high)
    return (low, high) if low < high else (low, low + 1.0)


def _around(value: float, least: float) -> Range:
    """From 0 to the first of 1, 2 and 5 times a power of ten that is at least twice as large."""
    if value == 0.0:
        return -1.0, max(1.0, least)
    size = max(2.0 * abs(value), least)
    power = 10.0 ** math.floor(math.log10(size))
    far = next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= size)
    return (0.0, far) if value > 0.0 else (-far, 0.0)


def _density(law: Base, low: float, high: float, log: bool) -> tuple[float, ...]:
    """A law's density along a slider, relative to its largest; empty for one that has none."""
    if not (isinstance(law, Alone) and law.is_random and low < high):
        return ()
    at: Any = np.geomspace(low, high, POINTS) if log else np.linspace(low, high, POINTS)
    if law.is_discrete:
        at = law.nearest(at)
    try:
        density = np.exp(law.log_density(at)) * (at if log and not law.is_discrete else 1.0)
    except UsageError:
        return ()
    most = float(density.max())
    return tuple(np.round(density / most, 3).tolist()) if 0.0 < most < math.inf else ()
