"""Scalar functions compiled once more, so that they also take dual numbers: no formula is written twice."""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from deepbench_fast.kernels import elementary as el
from deepbench_fast.kernels._jit import inline
from deepbench_fast.kernels.derivatives._duals import added, dual, for_types, is_dual, is_tuple, scaled, slope, variable
from deepbench_fast.kernels.image.grid import nearest_integer
from deepbench_fast.kernels.motion.pendulum import sine

Function = Callable[..., Any]

_BUILTINS = {"abs": abs, "float": float, "int": int, "max": max, "min": min}
_replaced: dict[int, Function] = {}
"""Functions that also take duals, by the identity of those whose place they take, which are never given up."""


@cache
def lift(function: Function) -> Function:
    """A scalar function, compiled or not, that also takes duals: the same code, but what it calls takes duals, too.

    Of `elementary`, NumPy and math it may use what stands in this file. Values are those of the function itself.
    """
    given: Any = function
    plain: types.FunctionType = getattr(given, "py_func", given)
    names = _names(plain.__code__)
    known = {name: _BUILTINS[name] for name in names if name in _BUILTINS} | plain.__globals__
    namespace = known | {name: _lifted(known[name], names) for name in names if name in known}
    cells = tuple(types.CellType(_lifted(cell.cell_contents, names)) for cell in plain.__closure__ or ())
    copy = types.FunctionType(plain.__code__, namespace, plain.__name__, plain.__defaults__, cells or None)
    copy.__qualname__ = plain.__qualname__
    compiled = inline(copy)
    return _by_one(compiled) if plain.__code__.co_argcount == 1 else compiled


def _by_one(function: Function) -> Function:
    """A function of one number along one direction, then the chain rule: the compiler can take it out of loops."""

    def stub(x: Any) -> Any:
        raise NotImplementedError

    @for_types(stub)
    def choose(x: Any) -> Any:
        if is_dual(x) and x.count > 1:
            return lambda x: _chained(function(variable(x.v, 0, 1)), x.d)
        return lambda x: function(x)

    return stub


def _chained(value: Any, slopes: Any) -> Any:
    raise NotImplementedError


@for_types(_chained)
def _choose_chained(value: Any, slopes: Any) -> Any:
    if is_dual(value):
        return lambda value, slopes: dual(value.v, scaled(slope(value), slopes))
    if is_tuple(value) and len(value) == 2:
        return lambda value, slopes: (_chained(value[0], slopes), _chained(value[1], slopes))
    if is_tuple(value):
        return lambda value, slopes: (_chained(value[0], slopes), *_chained(value[1:], slopes))
    return lambda value, slopes: value


def _lifted(value: Any, names: tuple[str, ...]) -> Any:
    if id(value) in _replaced:
        return _replaced[id(value)]
    if hasattr(value, "py_func"):
        return lift(value)
    if isinstance(value, types.ModuleType):
        module = types.ModuleType(value.__name__)
        module.__dict__["__getattr__"] = partial(getattr, value)
        found = {name: vars(value)[name] for name in names if name in vars(value)}
        module.__dict__.update({name: _lifted(one, names) for name, one in found.items()})
        return module
    return value


def _names(code: types.CodeType) -> tuple[str, ...]:
    nested = (name for constant in code.co_consts if isinstance(constant, types.CodeType) for name in _names(constant))
    return tuple(dict.fromkeys((*code.co_names, *nested)))


def _one(slope_of: Function, *functions: Any) -> None:
    """Functions of one number, and what their slope is, of the number and the value."""
    compiled = inline(slope_of)
    for function in functions:
        _replaced[id(function)] = _unary(function, compiled)


def _unary(function: Function, slope_of: Function) -> Function:
    def stub(x: Any) -> Any:
        raise NotImplementedError

    @for_types(stub)
    def choose(x: Any) -> Any:
        def code(x):  # type: ignore[no-untyped-def]
            value = function(x.v)
            return dual(value, scaled(slope_of(x.v, value), x.d))

        return code if is_dual(x) else lambda x: function(x)

    return stub


def _two(slopes: Function, *functions: Any) -> None:
    """Functions of two numbers, and what both slopes are, of the numbers and the value."""
    compiled = inline(slopes)
    for function in functions:
        _replaced[id(function)] = _binary(function, compiled)


def _binary(function: Function, slopes: Function) -> Function:
    def stub(x: Any, y: Any) -> Any:
        raise NotImplementedError

    @for_types(stub)
    def choose(x: Any, y: Any) -> Any:
        def both(x, y):  # type: ignore[no-untyped-def]
            value = function(x.v, y.v)
            first, second = slopes(x.v, y.v, value)
            return dual(value, added(scaled(first, x.d), scaled(second, y.d)))

        def left(x, y):  # type: ignore[no-untyped-def]
            value = function(x.v, y)
            first, _ = slopes(x.v, float(y), value)
            return dual(value, scaled(first, x.d))

        def right(x, y):  # type: ignore[no-untyped-def]
            value = function(x, y.v)
            _, second = slopes(float(x), y.v, value)
            return dual(value, scaled(second, y.d))

        if is_dual(x):
            return both if is_dual(y) else left
        return right if is_dual(y) else lambda x, y: function(x, y)

    return stub


def _of_value(*functions: Any) -> None:
    """Functions that are constant but for steps: those of the value, without slopes."""
    for function in functions:
        _replaced[id(function)] = _step(function)


def _step(function: Function) -> Function:
    def stub(x: Any) -> Any:
        raise NotImplementedError

    @for_types(stub)
    def choose(x: Any) -> Any:
        return (lambda x: function(x.v)) if is_dual(x) else lambda x: function(x)

    return stub


def _kept(*functions: Any) -> None:
    """Conversions to float64, which leave duals as they are."""
    for function in functions:
        _replaced[id(function)] = _conversion(function)


def _conversion(function: Function) -> Function:
    def stub(x: Any) -> Any:
        raise NotImplementedError

    @for_types(stub)
    def choose(x: Any) -> Any:
        return (lambda x: x) if is_dual(x) else lambda x: function(x)

    return stub


def _pick(function: Any, first: Function) -> None:
    """The one of two numbers that `first` chooses; where they are equal the first one."""
    chosen = inline(first)

    def stub(x: Any, y: Any) -> Any:
        raise NotImplementedError

    @for_types(stub)
    def choose(x: Any, y: Any) -> Any:
        if is_dual(x) and is_dual(y):
            return lambda x, y: x if chosen(x.v, y.v) else y
        if is_dual(x):
            return lambda x, y: x if chosen(x.v, float(y)) else x * 0.0 + y
        if is_dual(y):
            return lambda x, y: y * 0.0 + x if chosen(float(x), y.v) else y
        return lambda x, y: function(x, y)

    _replaced[id(function)] = stub


def _signed_slope(x: float, y: float) -> float:
    return 1.0 if x > 0.0 else (-1.0 if x < 0.0 else 0.0)


def _power_slopes(x: float, y: float, value: float) -> tuple[float, float]:
    return value * y / x, value * el.log(x)


def _angle_slopes(y: float, x: float, value: float) -> tuple[float, float]:
    square = x * x + y * y
    return (x / square, -y / square) if square > 0.0 else (0.0, 0.0)


def _length_slopes(x: float, y: float, value: float) -> tuple[float, float]:
    return (x / value, y / value) if value > 0.0 else (0.0, 0.0)


def _sincos(x: Any) -> Any:
    raise NotImplementedError


@for_types(_sincos)
def _choose_sincos(x: Any) -> Any:
    def code(x):  # type: ignore[no-untyped-def]
        sine_of, cosine = el.sincos(x.v)
        return dual(sine_of, scaled(cosine, x.d)), dual(cosine, scaled(-sine_of, x.d))

    return code if is_dual(x) else lambda x: el.sincos(x)


_replaced[id(el.sincos)] = _sincos
_one(lambda x, y: 0.5 / y if y > 0.0 else 0.0, np.sqrt, math.sqrt)
_one(lambda x, y: y, el.exp, np.exp, math.exp)
_one(lambda x, y: y + 1.0, np.expm1, math.expm1)
_one(lambda x, y: 1.0 / x, el.log, np.log, math.log)
_one(lambda x, y: 1.0 / (1.0 + x), np.log1p, math.log1p)
_one(lambda x, y: 0.4342944819032518 / x, np.log10, math.log10)
_one(lambda x, y: 1.4426950408889634 / x, np.log2)
_one(lambda x, y: el.cos(x), el.sin, np.sin, math.sin, sine)
_one(lambda x, y: -el.sin(x), el.cos, np.cos, math.cos)
_one(lambda x, y: 1.0 + y * y, np.tan, math.tan)
_one(lambda x, y: 1.0 / (1.0 + x * x), el.atan, np.arctan, math.atan)
_one(lambda x, y: 1.0 / np.sqrt((1.0 - x) * (1.0 + x)), np.arcsin, math.asin)
_one(lambda x, y: -1.0 / np.sqrt((1.0 - x) * (1.0 + x)), np.arccos, math.acos)
_one(lambda x, y: 0.5 * (el.exp(x) + el.exp(-x)), np.sinh, math.sinh)
_one(lambda x, y: 0.5 * (el.exp(x) - el.exp(-x)), np.cosh, math.cosh)
_one(lambda x, y: 1.0 - y * y, np.tanh, math.tanh)
_one(lambda x, y: 2.0 * x, np.square)
_one(_signed_slope, abs, np.abs, np.fabs, math.fabs)
_two(_power_slopes, el.pow, np.power, math.pow)
_two(_angle_slopes, el.atan2, np.arctan2, math.atan2)
_two(_length_slopes, np.hypot, math.hypot)
_of_value(int, el.floor, np.floor, math.floor, np.ceil, math.ceil, np.rint, np.sign, nearest_integer)
_of_value(np.isnan, math.isnan, np.isfinite, math.isfinite, np.isinf, math.isinf)
_kept(float, np.float64)
_pick(max, lambda x, y: x >= y)
_pick(min, lambda x, y: x <= y)
_pick(np.maximum, lambda x, y: x >= y)
_pick(np.minimum, lambda x, y: x <= y)
