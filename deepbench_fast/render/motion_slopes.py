"""Series of pendulums in float64 and their slopes along parameters: the solvers' own steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepbench_fast.draw.free_parameters import Free
from deepbench_fast.draw.layout import Tables
from deepbench_fast.draw.plan import Plan
from deepbench_fast.render.sources import Floats, Source, chain_factors, float_columns


class MotionScene:
    """Follows pendulums of one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.times = np.array(plan.recipe.time.moments)

    def slopes(self, tables: Tables, sources: Sequence[Source], free: Sequence[Free] = ()) -> tuple[Floats, Floats]:
        """Series (columns, T, steps) and their slopes along parameters (columns, T, P, steps)."""
        from deepbench_fast.kernels.derivatives.pendulum import INPUTS, pendulum_slopes

        outputs = self.plan.recipe.time.outputs
        count, steps = len(tables.samples), self.times.size
        series = np.zeros((len(outputs), count, steps))
        slopes = np.zeros((len(outputs), count, len(free), steps))
        for source in sources:
            entry = source.entry
            assert entry.kind.dynamics is not None
            codes = np.array(entry.kind.dynamics.output_codes(outputs), np.int64)
            table = tables.objects[entry.kind.name]
            table = table[table["entry"] == entry.number]
            names, columns = float_columns(entry.kind), table.dtype.names or ()
            inputs = np.stack([table[name] if name in columns else np.zeros(len(table)) for name in INPUTS], axis=1)
            used = [
                (INPUTS.index(names[q]), place, chain) for q, place, chain in source.directions if names[q] in INPUTS
            ]
            wanted, places = (np.array([one[k] for one in used], np.int64) for k in (0, 1))
            factors = np.ones((len(table), len(used)))
            for q, (_, _, chain) in enumerate(used):
                factors[:, q] = chain_factors(entry, chain, table)
            solve = entry.kind.kernel(self.plan.recipe.image, solver=entry.entry.solver)
            rows = table["sample"] - tables.first
            kernel = pendulum_slopes(solve.__name__)
            kernel(inputs, self.times, codes, wanted, places, factors, rows, series, slopes)
        return series, slopes
