"""Loops over arrays around scalar functions, and the error of what comes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import kernel

Array = npt.NDArray[Any]


def loop(function: Callable[..., Any], arguments: int = 1, results: int = 1) -> Callable[..., None]:
    """A compiled flat loop: `loop(f)(x, result)` sets result[i] = f(x[i]); likewise for two arguments or results."""

    def one(x: Array, result: Array) -> None:
        for i in range(x.size):
            result[i] = function(x[i])

    def two(x: Array, y: Array, result: Array) -> None:
        for i in range(x.size):
            result[i] = function(x[i], y[i])

    def pair(x: Array, first: Array, second: Array) -> None:
        for i in range(x.size):
            first[i], second[i] = function(x[i])

    return kernel({(1, 1): one, (2, 1): two, (1, 2): pair}[arguments, results])


def ulp_error(result: Array, exact: Array) -> float:
    """Largest error in units in the last place of the result's type; `exact` has a wider type."""
    unit = np.spacing(np.abs(exact.astype(result.dtype)))
    return float(np.max(np.abs(result.astype(exact.dtype) - exact) / unit))
