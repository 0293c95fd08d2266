"""Where bodies are not where they should be: their energy drifted, or small errors of positions grew too large."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.layout import Tables
from deepbench_fast.draw.plan import Plan
from deepbench_fast.errors import AccuracyWarning
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.values.number_text import brief

DRIFT = "energy_drift"
ERROR = "position_error"
TOLERATED_DRIFT = 1e-3
# Of the system's size: what is still seen in a plot of it.
TOLERATED_ERROR = 0.01
PACKAGE = str(Path(__file__).parents[1])


def drifted(drift: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which drifts are too large; those that are not a number are."""
    return ~(drift <= TOLERATED_DRIFT)


def displaced(error: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which errors of positions are too large; those that are not a number are not known."""
    return error > TOLERATED_ERROR


@dataclass(frozen=True)
class Fault:
    """What can be wrong with a system: the column that tells it, which of its values do, in words, and a remedy."""

    column: str
    is_in: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.bool_]]
    words: str
    remedy: str


FAULTS = (
    Fault(
        DRIFT,
        drifted,
        f"the energy drifts by more than {brief(TOLERATED_DRIFT)} of itself",
        "solver=radau, a smaller tolerance or step, or softening",
    ),
    Fault(
        ERROR,
        displaced,
        f"positions may be wrong by more than {brief(TOLERATED_ERROR)} of the system's size",
        "their orbits amplify the rounding of numbers: a shorter series, or more softening",
    ),
)


def integrated_kinds(plan: Plan) -> list[Kind]:
    """The kinds of a plan whose solvers record how well they did."""
    kinds = plan.kinds if plan.is_series else ()
    return [kind for kind in kinds if any(p.name == DRIFT and p.found for p in kind.columns)]


def warn_of_drift_in(tables: Tables, plan: Plan) -> None:
    """Warn, with an AccuracyWarning, where samples in memory have systems with a fault."""
    for kind in integrated_kinds(plan):
        table = tables.objects[kind.name]
        warn_of_faults("", kind.name, count_faults(iter([table])), len(table))


def count_faults(parts: Iterator[npt.NDArray[Any]]) -> dict[Fault, int]:
    """Number of systems with each fault; files of the first release know less of them."""
    found = dict.fromkeys(FAULTS, 0)
    for part in parts:
        for fault in FAULTS:
            if fault.column in (part.dtype.names or ()):
                found[fault] += int(fault.is_in(part[fault.column]).sum())
    return found


def warn_of_faults(where: str, kind: str, found: Mapping[Fault, int], total: int) -> None:
    for fault, count in found.items():
        if count:
            warnings.warn(
                f"{where}{fault.words} in {count} of {total} samples of {kind}; the column {fault.column} of "
                f"/objects/{kind} says in which",
                AccuracyWarning,
                stacklevel=_level_of_caller(),
            )


def _level_of_caller() -> int:
    """How far up the first frame outside of the package is, from the function that asks."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        level, frame = level + 1, frame.f_back
    return level
