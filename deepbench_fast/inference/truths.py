"""The parameters that samples were made with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.free_parameters import free_parameters
from deepbench_fast.draw.plan import NOMINAL, make_plan
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.render.batch import Tables


def truths(recipe: Recipe, catalogue: int, names: Sequence[str], tables: Tables) -> npt.NDArray[np.float64]:
    """The parameters called `names` of samples that are all of one catalogue, (samples, parameters)."""
    possible = free_parameters(make_plan(recipe), catalogue)
    found = []
    for name in names:
        free = possible[name]
        table = tables.samples
        if free.entry is not None:
            table = tables.objects[free.entry.kind.name]
            table = table[table["entry"] == free.entry.number]
        nominal = f"{free.column}{NOMINAL}"
        found.append(table[nominal if nominal in (table.dtype.names or ()) else free.column])
    return np.stack(found, axis=1).astype(np.float64)
