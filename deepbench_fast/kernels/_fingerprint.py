"""What decides about the machine code of a function: its code, and all values that the compiler takes as constants."""

from __future__ import annotations

import dis
import hashlib
import sys
import types
from typing import Any

import numpy as np

_PACKAGE = __name__.rpartition(".")[0]
_STABLE_MODULES = {"numba", "numpy", *sys.stdlib_module_names}
_PLAIN = (bool, int, float, complex, str, bytes, types.NoneType, types.EllipsisType)

# Functions and modules that stand in the description already, by number.
_Seen = dict[object, int]


class NotReproducibleError(TypeError):
    """A function depends on a value that another process can't be seen to share."""


def fingerprint(function: types.FunctionType) -> str:
    """Hash of the code of `function`, its defaults and closure, and the functions and globals that it uses.

    Equal in all processes in which the function compiles to the same machine code. It describes what is loaded, which
    may differ from what stands in the file by now. Raises NotReproducibleError for values that can't be described.
    """
    described = _describe_function(function, {})
    return hashlib.blake2b(repr(described).encode(), digest_size=16).hexdigest()


def _describe_function(function: types.FunctionType, seen: _Seen) -> object:
    if id(function) in seen:
        return "seen", seen[id(function)]
    seen[id(function)] = len(seen)
    try:
        cells = [cell.cell_contents for cell in function.__closure__ or ()]
    except ValueError as error:
        raise NotReproducibleError(f"{function.__qualname__} has an empty closure") from error
    names = _names(function.__code__)
    return (
        _describe_code(function.__code__),
        [_describe(value, names, seen) for value in (*cells, function.__defaults__, function.__kwdefaults__)],
        [_describe_global(function, name, names, seen) for name in names if name in function.__globals__],
    )


def _names(code: types.CodeType) -> tuple[str, ...]:
    nested = (name for constant in code.co_consts if isinstance(constant, types.CodeType) for name in _names(constant))
    return tuple(dict.fromkeys((*code.co_names, *nested)))


def _describe_global(function: types.FunctionType, name: str, names: tuple[str, ...], seen: _Seen) -> object:
    value = function.__globals__[name]
    try:
        return name, _describe(value, names, seen)
    except NotReproducibleError:
        # The hash over the sources of all kernels covers what their modules define.
        is_ours = function.__module__.startswith(f"{_PACKAGE}.") and not _is_compiled(value)
        if is_ours or name not in _global_names(function.__code__):  # but an attribute's
            return name
        raise


def _global_names(code: types.CodeType) -> set[str]:
    """Names of the globals that code loads, without those of attributes, which stand beside them."""
    names = {i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    nested = (constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return names.union(*map(_global_names, nested))


def _describe_code(code: types.CodeType) -> object:
    signature = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    constants = [_describe_constant(constant) for constant in code.co_consts]
    return signature, code.co_code, code.co_names, code.co_varnames, code.co_freevars, code.co_exceptiontable, constants


def _describe_constant(constant: object) -> object:
    if isinstance(constant, types.CodeType):
        return _describe_code(constant)
    if isinstance(constant, tuple):
        return [_describe_constant(item) for item in constant]
    if isinstance(constant, frozenset):
        return "frozenset", sorted(repr(_describe_constant(item)) for item in constant)
    return type(constant).__name__, repr(constant)


def _describe(value: Any, names: tuple[str, ...], seen: _Seen) -> object:
    """`value` in terms that are the same in each process; of a module, the attributes `names`."""
    if type(value) in _PLAIN:
        return type(value).__name__, repr(value)
    if isinstance(value, np.dtype):
        return "dtype", repr(value)
    if isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
        return type(value).__name__, repr(value.dtype), value.shape, str(value.flags), value.tobytes()
    if isinstance(value, tuple | list):
        return type(value).__name__, [_describe(item, names, seen) for item in value]
    if isinstance(value, dict):
        return "dict", [(repr(key), _describe(item, names, seen)) for key, item in value.items()]
    if _is_compiled(value):
        return sorted(value.targetoptions.items()), _describe_function(value.py_func, seen)
    if isinstance(value, types.ModuleType):
        return _describe_module(value, names, seen)
    module, name = getattr(value, "__module__", None) or type(value).__module__, getattr(value, "__name__", None)
    if name is not None and (_is_stable(module) or _is_our_class(value, module)):
        return module, name
    raise NotReproducibleError(f"{value!r:.80} may differ in another process")


def _describe_module(module: types.ModuleType, names: tuple[str, ...], seen: _Seen) -> object:
    # Each function looks for other names in a module, so that one look is not enough.
    if _is_stable(module.__name__) or (id(module), names) in seen:
        return module.__name__
    seen[id(module), names] = len(seen)
    return module.__name__, [
        (name, _describe(getattr(module, name), names, seen)) for name in names if hasattr(module, name)
    ]


def _is_compiled(value: object) -> bool:
    return hasattr(value, "py_func") and hasattr(value, "targetoptions")


def _is_our_class(value: object, module: str) -> bool:
    """Whether the hash over the sources of all kernels covers it: a class, but none that a function made."""
    return isinstance(value, type) and module.startswith(f"{_PACKAGE}.") and "<locals>" not in value.__qualname__


def _is_stable(module: str) -> bool:
    return module.partition(".")[0] in _STABLE_MODULES
