"""Grids of a recipe beside its number of samples."""

from __future__ import annotations

import math
from collections.abc import Iterator

from deepbench_fast.plan import Plan


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
