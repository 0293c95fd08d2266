"""Loops that keep some of their values and store all of them.

Of `a[i] = x if c else a[i]` and `a[i] = max(a[i], x)` LLVM (22 does) makes stores of some lanes of a vector, which take
AMD's processors with AVX2 several times as long as stores of whole vectors.
"""

# Numba's own doors for new functions are not typed.
# mypy: allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import extending

_intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = extending.intrinsic


@_intrinsic
def frozen(typing: Any, value: Any) -> Any:
    """The value itself, which LLVM does not trace back to where it was read (its instruction `freeze`)."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        (given,) = arguments
        same = ir.Instruction(builder.block, given.type, "freeze", [given])
        builder._insert(same)
        return same

    return value(value), code
