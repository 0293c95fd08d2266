"""Seeds: one reading for recipes, options of the command line, and arguments of functions."""

from __future__ import annotations

from deepbench_fast.recipe.load import scalar
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid

MOST = 10**200 - 1


def parse_seed(value: object) -> int | str:
    """A seed: a whole number from 0, or text.

    What reads as a whole number is that number, also in quotes: 1000, "1000", "1_000", 1e3, "1e3" and 1000.0 are one
    seed. Raises `Invalid` for anything else.
    """
    read = value
    if isinstance(value, str):
        read = scalar(checks.text(value))
        if not _is_whole(read):
            return checks.text(value)
    try:
        return checks.whole_number(read, 0, MOST)
    except Invalid:
        raise Invalid(f"must be a whole number, 0 or above, or text, not {checks.quote(value)}") from None


def _is_whole(read: object) -> bool:
    return (isinstance(read, int) and not isinstance(read, bool)) or (isinstance(read, float) and read.is_integer())
