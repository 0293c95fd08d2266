"""Sums of products in a fixed order, many side by side in vectors that stay in registers.

Numba's own loops would keep such partial sums in memory, and test before each run whether arrays overlap.
"""

# Numba's own doors for new functions are not typed.
# mypy: allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import extending
from numba.core import cgutils, types
from numba.core.errors import TypingError

_intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = extending.intrinsic

LANES = 32
"""Sums that run side by side."""

WIDTH = 8
"""Numbers in a vector of the code; the compiler cuts it into what the CPU has."""

_INT, _DOUBLE = ir.IntType(64), ir.DoubleType()
_VECTOR = ir.VectorType(_DOUBLE, WIDTH)
_BYTES = 8


def _loaded(builder: Any, data: Any, index: Any) -> Any:
    place = builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())
    return builder.load(place, align=_BYTES)


@_intrinsic
def product_sums(typing: Any, a: Any, b: Any, sums: Any) -> Any:
    """Put the sums of a[i] b[i] over i = k, k + LANES, ... into sums[k], for whole runs of LANES; the others are left.

    a, b: contiguous float64 of one length; sums: contiguous float64 (LANES,). Returns how many numbers were summed.
    """
    if any(array.layout != "C" for array in (a, b, sums)):
        raise TypingError("product_sums needs contiguous arrays")

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        one, other, out = (
            context.make_array(kind)(context, builder, value=value)
            for kind, value in zip(signature.args, arguments, strict=True)
        )
        runs = builder.udiv(cgutils.unpack_tuple(builder, one.shape)[0], ir.Constant(_INT, LANES))
        zero = ir.Constant(_VECTOR, [0.0] * WIDTH)
        totals = [cgutils.alloca_once_value(builder, zero) for _ in range(LANES // WIDTH)]
        with cgutils.for_range(builder, runs) as loop:
            start = builder.mul(loop.index, ir.Constant(_INT, LANES))
            for number, total in enumerate(totals):
                index = builder.add(start, ir.Constant(_INT, number * WIDTH))
                product = builder.fmul(_loaded(builder, one.data, index), _loaded(builder, other.data, index))
                builder.store(builder.fadd(builder.load(total), product), total)
        for number, total in enumerate(totals):
            place = builder.gep(out.data, [ir.Constant(_INT, number * WIDTH)])
            builder.store(builder.load(total), builder.bitcast(place, _VECTOR.as_pointer()), align=_BYTES)
        return builder.mul(runs, ir.Constant(_INT, LANES))

    return types.int64(a, b, sums), code
