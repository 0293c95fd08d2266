"""Arrays of numbers that a caller gives: what are no numbers is told in one line."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import UsageError
from deepbench_fast.values.python_data import MASKED, has_masked


def real_numbers(value: Any, what: str, dtype: type[np.float64] | None = None) -> npt.NDArray[Any]:
    """The value as an array of real numbers: of `dtype`, else of their own type where they have one, else float64.

    Raises UsageError, with `what` they are, for all else: text, lists of several lengths, complex numbers,
    masked values, and quantities, whose unit would be lost.
    """
    if hasattr(value, "to_value"):
        raise UsageError(f"{what} must be plain numbers, in the units of the parameters, not a quantity")
    if has_masked(value):
        raise UsageError(f"{what}: {MASKED}")
    try:
        array = np.asarray(value)
        if array.dtype.kind == "O":
            array = array.astype(np.float64)
    except (TypeError, ValueError):
        raise UsageError(f"{what} must be numbers") from None
    if array.dtype.kind not in "biuf":
        raise UsageError(f"{what} must be numbers")
    return array if dtype is None else array.astype(dtype, copy=False)
