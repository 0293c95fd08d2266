"""Where bodies gained or lost energy that they should have kept: a sign of time steps that were too long."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import AccuracyWarning
from deepbench_fast.objects.registry import Kind
from deepbench_fast.plan import Plan
from deepbench_fast.store.index import open_stored
from deepbench_fast.store.stored import Stored

DRIFT = "energy_drift"
TOLERATED_DRIFT = 1e-3
ROWS_READ = 2**18


def conserving_kinds(plan: Plan) -> list[Kind]:
    """The kinds of a plan whose solvers record how far the energy drifted."""
    return [kind for kind in plan.kinds if any(p.name == DRIFT and p.found for p in kind.columns)]


def drifted(drift: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which drifts are too large; those that are not a number are."""
    return ~(drift <= TOLERATED_DRIFT)


def warn_of_drift(path: str | os.PathLike[str], plan: Plan) -> None:
    """Warn, with an AccuracyWarning, where the energy drifted too far in samples of the finished file `path`."""
    for kind in conserving_kinds(plan):
        with open_stored(path) as stored:
            total = stored.header.rows(f"objects/{kind.name}")
            found = sum(int(drifted(part).sum()) for part in _slices(stored, kind.name, total))
        if found:
            warnings.warn(
                f"{path}: the energy drifts by more than {TOLERATED_DRIFT:g} of itself in {found} of {total} samples "
                f"of {kind.name}; the column {DRIFT} of /objects/{kind.name} says in which",
                AccuracyWarning,
                stacklevel=3,
            )


def _slices(stored: Stored, kind: str, total: int) -> Iterator[npt.NDArray[np.float64]]:
    for start in range(0, total, ROWS_READ):
        yield stored.read(f"objects/{kind}", start, min(start + ROWS_READ, total))[DRIFT]
