"""How what is drawn for a sample, and what is measured of it, go together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.plan import Plan, make_plan
from deepbench_fast.run.dataset import Dataset

F8 = npt.NDArray[np.float64]

MOST = 24
"""Quantities of a class that are looked at."""
LEAST_SAMPLES = 10
TOLD, MOST_TOLD = 0.2, 8


@dataclass(frozen=True)
class Correlations:
    """Spearman's rank correlations of the quantities of a class, targets last, shape (quantities, quantities)."""

    title: str
    names: list[str]
    matrix: F8

    def strongest(self) -> list[tuple[str, str, float]]:
        """The pairs that go together most, apart from those that are the same."""
        rows, columns = np.triu_indices(len(self.names), 1)
        values = self.matrix[rows, columns]
        order = np.argsort(-np.abs(values), kind="stable")
        pairs = ((self.names[rows[k]], self.names[columns[k]], float(values[k])) for k in order.tolist())
        return [pair for pair in pairs if TOLD <= abs(pair[2]) < 1.0 - 1e-9][:MOST_TOLD]


def correlations(dataset: Dataset, runs: list[slice]) -> Iterator[Correlations]:
    """Of every class, over these runs of samples: levels of noise and PSF, random parameters of what occurs once,
    counts of what doesn't, and targets; left out is what doesn't vary, and classes of a few samples."""
    plan = make_plan(dataset.recipe)
    tables = [dataset.tables_of(run) for run in runs]
    samples = np.concatenate([table.samples for table in tables])
    numbers = np.concatenate([dataset.stored.first + np.arange(run.start, run.stop) for run in runs])
    objects = {kind.name: np.concatenate([table.objects[kind.name] for table in tables]) for kind in plan.kinds}
    targets = np.concatenate([dataset.stored.read("targets", run.start, run.stop) for run in runs])
    for number, name in enumerate(plan.catalogues):
        own = samples["catalogue"] == number
        if own.sum() < LEAST_SAMPLES:
            continue
        found = dict(_levels(plan, samples[own]))
        found |= dict(_of_entries(plan, number, objects, numbers[own]))
        found |= {f"target {key}": targets[own, k] for k, key in enumerate(dataset.stored.targets)}
        varied = {key: values for key, values in found.items() if np.isfinite(values).all() and np.ptp(values) > 0}
        shown = dict(list(varied.items())[-MOST:])
        if len(shown) > 1:
            yield Correlations(name, list(shown), np.corrcoef([ranks(values) for values in shown.values()]))


def ranks(values: F8) -> F8:
    """The places of values in their order, that of equal ones the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    means: F8 = np.cumsum(counts) - (counts - 1) / 2
    return means[inverse]


def _levels(plan: Plan, samples: npt.NDArray[Any]) -> Iterator[tuple[str, F8]]:
    for column in plan.sample_columns:
        if samples.size:
            yield column, samples[column].astype(np.float64)


def _of_entries(
    plan: Plan, catalogue: int, objects: dict[str, npt.NDArray[Any]], numbers: npt.NDArray[np.int64]
) -> Iterator[tuple[str, F8]]:
    for planned in plan.entries:
        if planned.catalogue != catalogue or planned.is_part:
            continue
        rows = objects[planned.kind.name]
        rows = rows[rows["entry"] == planned.number]
        if not planned.entry.occurs_once:
            counts = np.bincount(np.searchsorted(numbers, rows["sample"]), minlength=numbers.size)
            yield f"number of {planned.entry.name}", counts.astype(np.float64)
            continue
        for name, law in planned.distributions.items():
            if law.is_random and name in rows.dtype.names:
                yield f"{planned.entry.name}.{name}", rows[name].astype(np.float64)
