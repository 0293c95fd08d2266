"""A run of neighbouring pixels written to a list as one vector.

Numba's own loops over rows that are shorter than a few vectors are scalar code.
"""

# Numba's own doors for new functions are not typed.
# mypy: allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import extending
from numba.core import types
from numba.core.errors import TypingError

_intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = extending.intrinsic

RUN = 16
"""Pixels that are written at once; the compiler cuts them into the vectors that the CPU has."""

_VECTOR = ir.VectorType(ir.FloatType(), RUN)
_BYTES = 4


def _all_lanes(builder: Any, value: Any) -> Any:
    nothing = ir.Constant(_VECTOR, ir.Undefined)
    one = builder.insert_element(nothing, value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, nothing, ir.Constant(ir.VectorType(ir.IntType(32), RUN), None))


@_intrinsic
def put_run(typing: Any, columns: Any, rows: Any, place: Any, column: Any, row: Any) -> Any:
    """Put column, column + 1, ... into columns[place : place + RUN], and row into each of rows[place : place + RUN].

    columns, rows: contiguous float32 with room for them; place: int64; column, row: float32.
    """
    if any(array.layout != "C" or array.dtype != types.float32 for array in (columns, rows)):
        raise TypingError("put_run needs contiguous float32 arrays")

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        *lists, at, first, same = arguments
        steps = ir.Constant(_VECTOR, [float(i) for i in range(RUN)])
        values = builder.fadd(_all_lanes(builder, first), steps), _all_lanes(builder, same)
        for kind, array, value in zip(signature.args, lists, values, strict=False):
            data = context.make_array(kind)(context, builder, value=array).data
            vector = builder.bitcast(builder.gep(data, [at]), _VECTOR.as_pointer())
            builder.store(value, vector, align=_BYTES)
        return context.get_dummy_value()

    return types.void(columns, rows, types.int64, types.float32, types.float32), code
