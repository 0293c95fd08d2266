"""Dual numbers for the compiler: a value, and its slopes along several directions (Wengert 1964, CACM 7, 463).

    (a + a' e) (b + b' e) = a b + (a' b + a b') e,    f(a + a' e) = f(a) + f'(a) a' e

Each slope is computed by + - * / alone, in the order that stands here: the same bits on every CPU, and packed
code where the function itself gives it. Where a function has no slope (the square root at 0, a corner), the mean
of both sides is taken, or 0 where they are infinite.
"""

# Numba's own doors for new types are not typed.
# mypy: allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import extending
from numba.core import cgutils, types
from numba.core.imputils import lower_cast
from numba.core.typeconv.castgraph import Conversion
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    infer_getattr,
    lower_getattr_generic,
    make_attribute_wrapper,
    models,
    overload,
    register_model,
)

from deepbench_fast.kernels import elementary as el
from deepbench_fast.kernels._jit import INLINED

_intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = extending.intrinsic
_of_literals: Callable[[Callable[..., Any]], Callable[..., Any]] = extending.intrinsic(prefer_literal=True)

IDENTITY = ("sample", "entry", "slot")


class Slopes(types.Type):
    """A vector of float64."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(name=f"Slopes({count})")


class Dual(types.Type):
    """A float64 with its slopes."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.slopes = Slopes(count)
        super().__init__(name=f"Dual({count})")

    def unify(self, context: Any, other: Any) -> Any:
        return self if _is_real(other) else None

    def can_convert_from(self, context: Any, other: Any) -> Any:
        return Conversion.safe if _is_real(other) else None


class DualRow(types.Type):
    """A row of a table, held by value, whose float64 columns are the directions in their order."""

    def __init__(self, record: types.Record) -> None:
        self.columns = [(name, record.typeof(name)) for name in record.fields if name not in IDENTITY]
        self.directions = [name for name, kind in self.columns if kind == types.float64]
        self.dual = Dual(len(self.directions))
        super().__init__(name=f"DualRow({self.columns})")


def for_types(function: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Code for a function that the decorated one chooses by the types of the arguments."""
    return overload(function, jit_options=INLINED, strict=False)


def is_tuple(kind: Any) -> bool:
    """Whether a type of the compiler is that of tuples."""
    return isinstance(kind, types.BaseTuple)


def is_dual(kind: Any) -> bool:
    """Whether a type of the compiler is that of dual numbers."""
    return isinstance(kind, Dual)


def _is_real(kind: Any) -> bool:
    return isinstance(kind, types.Float | types.Integer | types.Boolean)


@register_model(Slopes)
class _SlopesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Slopes) -> None:
        super().__init__(manager, kind, ir.ArrayType(ir.DoubleType(), kind.count))


@register_model(Dual)
class _DualModel(models.StructModel):
    def __init__(self, manager: Any, kind: Dual) -> None:
        super().__init__(manager, kind, [("v", types.float64), ("d", kind.slopes)])


@register_model(DualRow)
class _RowModel(models.StructModel):
    def __init__(self, manager: Any, kind: DualRow) -> None:
        super().__init__(manager, kind, kind.columns)


make_attribute_wrapper(Dual, "v", "v")
make_attribute_wrapper(Dual, "d", "d")


def _constant(numbers: list[float]) -> ir.Constant:
    return ir.Constant(ir.ArrayType(ir.DoubleType(), len(numbers)), [ir.Constant(ir.DoubleType(), n) for n in numbers])


def _unit(count: int, direction: int) -> ir.Constant:
    return _constant([1.0 if k == direction else 0.0 for k in range(count)])


def _each(builder: Any, count: int, work: Callable[[Any], Any]) -> Any:
    """The slopes that `work` gives for each direction."""
    slopes = ir.Constant(ir.ArrayType(ir.DoubleType(), count), ir.Undefined)
    for k in range(count):
        slopes = builder.insert_value(slopes, work(k), k)
    return slopes


def _make(context: Any, builder: Any, kind: Dual, value: Any, slopes: Any) -> Any:
    dual = cgutils.create_struct_proxy(kind)(context, builder)
    dual.v, dual.d = value, slopes
    return dual._getvalue()


@infer_getattr
class _RowAttributes(AttributeTemplate):
    key = DualRow

    def generic_resolve(self, row: DualRow, name: str) -> Any:  # type: ignore[override]
        kind = dict(row.columns).get(name)
        return row.dual if kind == types.float64 else kind


@lower_getattr_generic(DualRow)
def _column(context: Any, builder: Any, kind: DualRow, row: Any, name: str) -> Any:
    value = getattr(cgutils.create_struct_proxy(kind)(context, builder, value=row), name)
    if name not in kind.directions:
        return value
    return _make(context, builder, kind.dual, value, _unit(kind.dual.count, kind.directions.index(name)))


@lower_cast(types.Float, Dual)
@lower_cast(types.Integer, Dual)
@lower_cast(types.Boolean, Dual)
def _cast(context: Any, builder: Any, given: Any, kind: Dual, value: Any) -> Any:
    number = context.cast(builder, value, given, types.float64)
    return _make(context, builder, kind, number, _constant([0.0] * kind.count))


@_intrinsic
def dual_row(typing: Any, record: Any) -> Any:
    """The row of a table with its float64 columns as the directions, in their order."""
    kind = DualRow(record)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        row = cgutils.create_struct_proxy(kind)(context, builder)
        for name, column in kind.columns:
            place = cgutils.get_record_member(builder, arguments[0], record.offset(name), context.get_data_type(column))
            setattr(row, name, context.unpack_value(builder, column, place, 1))
        return row._getvalue()

    return kind(record), code


@_of_literals
def variable(typing: Any, value: Any, direction: Any, directions: Any) -> Any:
    """The number with slope 1 in one of so many directions; both are literals."""
    kind = Dual(directions.literal_value)
    unit = _unit(kind.count, direction.literal_value)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _make(context, builder, kind, arguments[0], unit)

    return kind(types.float64, direction, directions), code


@_intrinsic
def dual(typing: Any, value: Any, slopes: Any) -> Any:
    """The number with these slopes."""
    kind = Dual(slopes.count)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _make(context, builder, kind, *arguments)

    return kind(types.float64, slopes), code


@_intrinsic
def slope(typing: Any, number: Any) -> Any:
    """The first slope of a dual number."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.extract_value(cgutils.create_struct_proxy(number)(context, builder, value=arguments[0]).d, 0)

    return types.float64(number), code


@_intrinsic
def scaled(typing: Any, factor: Any, slopes: Any) -> Any:
    """Slopes times a number."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        factor, given = arguments
        return _each(builder, slopes.count, lambda k: builder.fmul(factor, builder.extract_value(given, k)))

    return slopes(types.float64, slopes), code


@_intrinsic
def added(typing: Any, one: Any, other: Any) -> Any:
    """The sum of slopes."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b = arguments
        return _each(
            builder, one.count, lambda k: builder.fadd(builder.extract_value(a, k), builder.extract_value(b, k))
        )

    return one(one, one), code


@_intrinsic
def subtracted(typing: Any, one: Any, other: Any) -> Any:
    """The difference of slopes."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b = arguments
        return _each(
            builder, one.count, lambda k: builder.fsub(builder.extract_value(a, k), builder.extract_value(b, k))
        )

    return one(one, one), code


@_intrinsic
def put_slopes(typing: Any, number: Any, out: Any, first: Any, stride: Any) -> Any:
    """Write the slopes to out[first], out[first + stride], ...: a contiguous float64 array with room for them."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        slopes = cgutils.create_struct_proxy(number)(context, builder, value=arguments[0]).d
        array = context.make_array(out)(context, builder, value=arguments[1])
        for k in range(number.count):
            step = builder.mul(arguments[3], ir.Constant(ir.IntType(64), k))
            builder.store(builder.extract_value(slopes, k), builder.gep(array.data, [builder.add(arguments[2], step)]))
        return context.get_dummy_value()

    return types.void(number, out, types.int64, types.int64), code


def _binary(
    operators: tuple[Any, ...], both: Callable[..., Any], left: Callable[..., Any], right: Callable[..., Any]
) -> None:
    """Operators of two duals, of a dual and a number, of a number and a dual."""

    def choose(a: Any, b: Any) -> Any:
        if is_dual(a):
            return both if is_dual(b) else left if _is_real(b) else None
        return right if is_dual(b) and _is_real(a) else None

    for one in operators:
        for_types(one)(choose)


def _over(a, b):  # type: ignore[no-untyped-def]
    inverse = 1.0 / b.v
    quotient = a.v / b.v
    return dual(quotient, scaled(inverse, subtracted(a.d, scaled(quotient, b.d))))


def _number_over(a, b):  # type: ignore[no-untyped-def]
    quotient = a / b.v
    return dual(quotient, scaled(-quotient / b.v, b.d))


def _power(a, b):  # type: ignore[no-untyped-def]
    value = a.v**b.v
    return dual(value, added(scaled(b.v * a.v ** (b.v - 1.0), a.d), scaled(value * el.log(a.v), b.d)))


def _power_of_number(a, b):  # type: ignore[no-untyped-def]
    value = a**b.v
    return dual(value, scaled(value * el.log(a), b.d))


_binary(
    (operator.add, operator.iadd),
    lambda a, b: dual(a.v + b.v, added(a.d, b.d)),
    lambda a, b: dual(a.v + b, a.d),
    lambda a, b: dual(a + b.v, b.d),
)
_binary(
    (operator.sub, operator.isub),
    lambda a, b: dual(a.v - b.v, subtracted(a.d, b.d)),
    lambda a, b: dual(a.v - b, a.d),
    lambda a, b: dual(a - b.v, scaled(-1.0, b.d)),
)
_binary(
    (operator.mul, operator.imul),
    lambda a, b: dual(a.v * b.v, added(scaled(b.v, a.d), scaled(a.v, b.d))),
    lambda a, b: dual(a.v * b, scaled(float(b), a.d)),
    lambda a, b: dual(a * b.v, scaled(float(a), b.d)),
)
_binary((operator.truediv, operator.itruediv), _over, lambda a, b: dual(a.v / b, scaled(1.0 / b, a.d)), _number_over)
_binary(
    (operator.pow, operator.ipow), _power, lambda a, b: dual(a.v**b, scaled(b * a.v ** (b - 1), a.d)), _power_of_number
)


def _comparison(compare: Any) -> None:
    _binary(
        (compare,),
        lambda a, b: compare(a.v, b.v),
        lambda a, b: compare(a.v, b),
        lambda a, b: compare(a, b.v),
    )


for _compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
    _comparison(_compare)


@for_types(operator.neg)
def _negative(a: Any) -> Any:
    return (lambda a: dual(-a.v, scaled(-1.0, a.d))) if is_dual(a) else None


@for_types(operator.pos)
def _positive(a: Any) -> Any:
    return (lambda a: a) if is_dual(a) else None
