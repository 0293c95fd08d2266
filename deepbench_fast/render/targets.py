"""What a model shall learn: the columns of `/targets`, with the noise that the recipe gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.layout import Tables
from deepbench_fast.draw.plan import SIGMA, TRUE, Plan, Target
from deepbench_fast.draw.programs import Programs
from deepbench_fast.kernels.image.measure import brightness
from deepbench_fast.kernels.random.columns import draw_columns


def measure_targets(
    plan: Plan,
    tables: Tables,
    clean: npt.NDArray[Any],
    arrays: Mapping[str, npt.NDArray[Any]],
    key: npt.NDArray[np.uint32] | None = None,
) -> None:
    """Fill `targets`, shape (samples, targets), from the tables and the noise-free images, shape (samples, pixels).

    With noise on targets also the true values and the standard deviation of what is added to each. Targets of series
    need no data but the tables. `key` is that of another seed than the plan's.
    """
    out = arrays["targets"]
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
    if plan.noisy_targets:
        noise, arrays[SIGMA][:] = _noise(plan, tables.samples, plan.key if key is None else key)
        arrays[TRUE][:] = out
        out += noise


def _noise(
    plan: Plan, samples: npt.NDArray[Any], key: npt.NDArray[np.uint32]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """What is added to the targets, and its standard deviations, shapes (samples, targets); 0 for those without."""
    catalogue, member = (np.ascontiguousarray(samples[name], np.int64) for name in ("catalogue", "member"))
    programs, group = plan.target_programs, catalogue
    sigma = np.zeros((len(samples), len(plan.targets)))
    sigma[:, plan.noisy_targets] = plan.target_deviations
    if plan.levels:
        drawn = _drawn(plan.level_programs, len(plan.levels), catalogue, member, key)
        programs = programs.varied(catalogue, plan.varied_laws, dict(zip(plan.levels, drawn.T, strict=True)))
        group = np.arange(len(samples))
        rows = programs.rows.reshape(len(samples), -1)
        for column, noise in plan.varied_laws.items():
            sigma[:, plan.noisy_targets[column]] = noise.law.standard_deviations(rows[:, column])
    return _drawn(programs, len(plan.targets), group, member, key), sigma


def _drawn(
    programs: Programs,
    columns: int,
    group: npt.NDArray[np.int64],
    member: npt.NDArray[np.int64],
    key: npt.NDArray[np.uint32],
) -> npt.NDArray[np.float64]:
    """What the programs of each sample's group draw, shape (samples, columns); 0 in columns without a program."""
    drawn = np.zeros((len(member), columns))
    turns = np.zeros(len(member), np.int64)
    draw_columns(drawn, drawn.view(np.int64), group, member, turns, *programs.arguments(key))
    return drawn


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
