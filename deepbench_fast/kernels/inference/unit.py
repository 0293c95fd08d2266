"""Standard normal numbers → parameters: what the draws of a recipe make of the same quantile."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel
from deepbench_fast.kernels.random.columns import quantile
from deepbench_fast.kernels.random.samplers import LARGEST_BELOW_ONE, normal_cdf

Floats = npt.NDArray[np.float64]
SMALLEST = 2.0**-53


@kernel
def from_normal(programs: npt.NDArray[Any], points: Floats, values: Floats, cumulative: Floats, out: Floats) -> None:
    """Fill the columns of `out` (N, columns) that the programs name, each from the same column of `points`.

    A program that starts from another column comes after that one's.
    """
    for i in range(points.shape[0]):
        for k in range(programs.size):
            p = programs[k]
            u = 0.5
            if p.column < points.shape[1]:
                u = min(max(normal_cdf(points[i, p.column]), SMALLEST), LARGEST_BELOW_ONE)
            x = quantile(p, u, 0, 0, values, cumulative)
            if p.base >= 0:
                x += out[i, p.base]
            if p.factor >= 0:
                x *= out[i, p.factor]
            out[i, p.column] = x
