"""Data of a recipe that come from Python: NumPy's and pandas' arrays, tuples and quantities, not YAML's types alone."""

from __future__ import annotations

from typing import Any

from deepbench_fast.values import checks
from deepbench_fast.values.model import FrozenDict

MASKED = "masked values are no numbers: leave them out, or fill them"


def as_data(value: Any) -> Any:
    """A copy of data in the types that YAML has: mappings, lists, numbers and text.

    Arrays and tuples become lists, single values of NumPy's Python's own; an array of quantities becomes a list of
    quantities, which are left as they are, like finished parts of a recipe. Raises Invalid for masked values.
    """
    if has_masked(value):
        raise checks.Invalid(MASKED)
    if isinstance(value, dict) and not isinstance(value, FrozenDict):
        return {key: as_data(item) for key, item in value.items()}
    is_quantity = hasattr(value, "to_value")
    if type(value) in (list, tuple) or (is_quantity and value.shape):
        return [as_data(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") and not is_quantity else value


def has_masked(value: Any) -> bool:
    """Whether some of an array's values are masked, as NumPy's and astropy's may be: what stands there is no number."""
    mask: Any = getattr(value, "mask", None)
    return hasattr(mask, "any") and bool(mask.any())
