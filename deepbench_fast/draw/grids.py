"""Grids of a recipe, and rows of tables in order, beside its number of samples."""

from __future__ import annotations

import math
from collections.abc import Iterator

from deepbench_fast.draw.entries import rows_for_each_member
from deepbench_fast.draw.plan import Plan
from deepbench_fast.draw.sample_columns import sample_parameters
from deepbench_fast.values.distributions import Distribution, Table


def grid_warnings(plan: Plan) -> Iterator[str]:
    """Say which catalogues go through all combinations of their grids a number of times that isn't whole.

    A split of a dataset holds a part of the combinations by its nature, and gets no warning.
    """
    stratum = int(plan.shares.sum())
    sizes = [plan.grids[name][1] for name in plan.catalogues]
    strata = math.lcm(*(size // math.gcd(size, int(share)) for size, share in zip(sizes, plan.shares, strict=True)))
    even = stratum * strata
    if plan.recipe.split is not None or plan.samples % even == 0:
        return
    for name, size in zip(plan.catalogues, sizes, strict=True):
        members = plan.members(name)
        if size > 1 and (members % size or plan.samples % stratum):
            yield (
                f"{name}: {members} members are no whole multiple of the {size} combinations of its grids, so some of "
                f"these occur more often than others; those of {-(-plan.samples // even) * even} samples are"
            )


def row_warnings(plan: Plan) -> Iterator[str]:
    """Say which tables in order have fewer rows than the members of a catalogue take: they begin again at the first."""
    for name, (rows, table) in _rows_in_order(plan).items():
        if rows > table.values.size > 0:
            yield (
                f"{name} takes {rows} rows in order, and {table.file} has {table.values.size}: they begin again, so "
                "that members share rows, also those of different splits"
            )


def _rows_in_order(plan: Plan) -> dict[str, tuple[int, Table]]:
    """For each entry and catalogue with columns in order: the least number of rows that its members take, and one."""
    drawn: list[tuple[str, str, int, Distribution]] = []
    for e in plan.entries:
        each = rows_for_each_member(e.count)
        drawn += [(e.label, plan.catalogues[e.catalogue], each, own) for own in (e.count, *e.distributions.values())]
    for name in plan.catalogues:
        drawn += [(name, name, 1, level.distribution) for level in sample_parameters(plan.recipe, name)]
    return {
        label: (plan.members(catalogue) * each, table)
        for label, catalogue, each, distribution in drawn
        if isinstance(table := distribution.own, Table) and table.in_order
    }
