"""What a model shall learn: the columns of `/targets`, with the noise that the recipe gives them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw import Tables
from deepbench_fast.kernels.draw import draw_columns
from deepbench_fast.kernels.measure import brightness
from deepbench_fast.plan import Plan, Target


def measure_targets(
    plan: Plan,
    tables: Tables,
    clean: npt.NDArray[Any],
    out: npt.NDArray[np.float64],
    key: npt.NDArray[np.uint32] | None = None,
) -> None:
    """Fill `out`, shape (samples, targets), from the tables and the noise-free images, shape (samples, pixels).

    Targets of series need no data but the tables. `key` is that of another seed than the plan's.
    """
    for number, target in enumerate(plan.targets):
        match target.source:
            case "catalogue":
                out[:, number] = tables.samples["catalogue"]
            case "count":
                table = tables.objects.get(target.kind)
                out[:, number] = 0 if table is None else _count(table, tables)
            case "parameter":
                out[:, number] = _parameter(plan, target, tables)
            case "brightness":
                values = np.empty(len(out))  # contiguous, whatever the number of targets: the kernel is compiled once
                brightness(clean, values)
                out[:, number] = values
    if plan.recipe.targets.noise:
        out += _noise(plan, tables.samples, plan.key if key is None else key)


def _noise(plan: Plan, samples: npt.NDArray[Any], key: npt.NDArray[np.uint32]) -> npt.NDArray[np.float64]:
    """What is added to the targets, shape (samples, targets): 0 for those that carry no noise."""
    noise = np.zeros((len(samples), len(plan.targets)))
    catalogue, member = (np.ascontiguousarray(samples[name], np.int64) for name in ("catalogue", "member"))
    addresses = (noise, noise.view(np.int64), catalogue, member, np.zeros(len(samples), np.int64))
    draw_columns(*addresses, *plan.target_programs.arguments(key))
    return noise


def _count(table: npt.NDArray[Any], tables: Tables) -> npt.NDArray[np.int64]:
    return np.bincount(table["sample"] - tables.first, minlength=len(tables.samples))


def _parameter(plan: Plan, target: Target, tables: Tables) -> npt.NDArray[np.float64]:
    """Value of the parameter in each sample; NaN in samples without the entry."""
    rows = tables.objects[target.kind]
    if not plan.has_all_of_kind[target.name]:
        entry = rows["entry"]
        rows = rows[entry == target.entries[0] if len(target.entries) == 1 else np.isin(entry, target.entries)]
    if len(rows) == len(tables.samples):  # no sample has two
        column: npt.NDArray[np.float64] = rows[target.parameter]
        return column
    values = np.full(len(tables.samples), np.nan)
    values[rows["sample"] - tables.first] = rows[target.parameter]
    return values
