"""What a finished file says of how well its systems were followed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy.typing as npt

from deepbench_fast.draw.plan import Plan
from deepbench_fast.render.drift import count_faults, integrated_kinds, warn_of_faults
from deepbench_fast.store.index import open_stored
from deepbench_fast.store.stored import Stored

ROWS_READ = 2**18


def warn_of_drift(path: str | os.PathLike[str], plan: Plan) -> None:
    """Warn, with an AccuracyWarning, where the finished file `path` has systems with a fault."""
    for kind in integrated_kinds(plan):
        with open_stored(path) as stored:
            total = stored.header.rows(f"objects/{kind.name}")
            found = count_faults(_slices(stored, kind.name, total))
        warn_of_faults(f"{path}: ", kind.name, found, total)


def _slices(stored: Stored, kind: str, total: int) -> Iterator[npt.NDArray[Any]]:
    for start in range(0, total, ROWS_READ):
        yield stored.read(f"objects/{kind}", start, min(start + ROWS_READ, total))
