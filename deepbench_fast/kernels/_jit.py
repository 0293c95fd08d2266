"""The only place that sets compiler flags and the cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numba

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile `function` on first call: no GIL, IEEE arithmetic (no fastmath), cached between processes."""
    return numba.njit(nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]


def inline(function: F) -> F:
    """Compile a helper into the kernels that call it, so that their loops stay vectorisable."""
    return numba.njit(nogil=True, error_model="numpy", forceinline=True)(function)  # type: ignore[no-any-return]
