"""How a shape's pixels join what the canvas holds already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._frozen import frozen
from deepbench_fast.kernels._jit import inline

# A flat canvas: float32, or uint8 for sharp shapes; each kernel is compiled for those that it is called with.
Pixels: TypeAlias = npt.NDArray[Any]

# Codes of `overlap`, for a pixel a and a shape's value b: max(a, b); a + b - 2ab, which is associative, and exclusive
# or for 0 and 1; a + b. None depends on the order of the shapes but by rounding.
UNION = 0
XOR = 1
ADD = 2

# Stretches of pixels are filled in whole vectors: a remainder would be scalar code.
LANES = 32
_LANE = np.arange(LANES, dtype=np.uint8)

# Places have no sign: those with one could count from the end, which takes a test in each row.
_Place = np.uint64


@inline
def exclusive_or(a: Any, b: Any) -> Any:
    """a + b - 2ab, also of bytes, whose sums wrap around."""
    product = a * b
    return a + (b - (product + product))


@inline
def added(a: Any, b: Any) -> Any:
    """a + b for b >= 0, of bytes 255 at most: a sum that wraps around is less than a, and -1 is the largest byte."""
    total = type(a)(a + b)
    return total if total >= a else type(a)(-1)


@inline
def larger(a: Any, b: Any) -> Any:
    """max(a, b)."""
    return max(a, b)


@inline
def fill_stretch(image: Pixels, start: int, count: int, value: Any, composed: Callable[[Any, Any], Any]) -> None:
    """Compose `count` pixels of a flat canvas, from `start` on, with one value.

    Pixels behind the stretch are read and written back, in the last vector of the canvas also pixels before it.
    """
    whole = count // LANES * LANES
    first = _Place(start)
    for j in range(_Place(whole)):
        image[first + j] = composed(frozen(image[first + j]), value)
    if whole < count:
        origin = max(min(start + whole, image.shape[0] - LANES), 0)
        low = np.uint8(start + whole - origin)
        high = np.uint8(start + count - origin)
        first = _Place(origin)
        # A number of turns that the compiler doesn't know: it would unroll so few into scalar code.
        for j in range(_Place(min(LANES, image.shape[0]))):
            inside = (_LANE[j] >= low) & (_LANE[j] < high)
            present = frozen(image[first + j])
            image[first + j] = composed(present, value) if inside else present
