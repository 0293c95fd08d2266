"""Noise on parameters: one normal draw for each system, at an address of its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel
from deepbench_fast.kernels.random.columns import MOST_ATTEMPTS, TURN_0, uniform_at
from deepbench_fast.kernels.random.samplers import normal_quantile


@kernel
def perturb(
    values: npt.NDArray[np.float64],
    scale: npt.NDArray[np.float64],
    low: float,
    high: npt.NDArray[np.float64],
    key: npt.NDArray[np.uint32],
    streams: npt.NDArray[np.int64],
    members: npt.NDArray[np.int64],
) -> None:
    """Replace values[i] by values[i] + scale[i] z, z standard normal, drawn again while outside.

    values, scale (standard deviations, NaN or 0 leaves every bit), high, streams, members: shape (n,); key: uint32
    (2,). z is the normal quantile of the 52-bit uniform at (attempt, streams[i], members[i], turn 0), the attempts
    counted from 0 until the result is above `low` and below `high[i]`. Where none of `MOST_ATTEMPTS` is, the value
    stays as it was.
    """
    for i in range(values.size):
        if np.isnan(scale[i]) or scale[i] == 0.0:
            continue
        for attempt in range(MOST_ATTEMPTS):
            used = values[i] + scale[i] * normal_quantile(uniform_at(key, attempt, streams[i], members[i], TURN_0))
            if used > low and used < high[i]:
                values[i] = used
                break
