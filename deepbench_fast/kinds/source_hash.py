"""A hash of a user's function: changed code, a changed helper or a changed constant is another version of its kind.

Everything is followed that the function can reach: helpers and constants by name, through modules (`helpers.f`), in
closures, defaults and containers. What can't be followed is refused. Three things leave no trace of their own, so that
hashes stay as they are: our own functions and those of `math` under their own names, and `np`, `math` and `numba`.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import dis
import enum
import hashlib
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

from deepbench_fast.errors import UsageError
from deepbench_fast.kinds.purity import check_random, check_writes

OURS = "deepbench_fast."
ELEMENTARY = "deepbench_fast.kernels.elementary"
LIBRARIES = {"math", "cmath", "operator", "builtins", "numpy", "numba", "deepbench_fast"}
"""Packages whose functions are known by name: their version decides what these do, not the user's code."""

USUAL_NAMES = {
    ("numpy", "np"),
    ("numpy", "numpy"),
    ("math", "math"),
    ("numba", "numba"),
    ("numba", "nb"),
    (ELEMENTARY, "elementary"),
}
COMPILER_OPTIONS = ("fastmath", "error_model", "boundscheck", "parallel")
TEXT = "<string>"  # what Python calls any source that it was given as text, so that it may find another one
FUTURES = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)

Path = tuple[str, ...]


def fingerprint(function: Callable[..., Any], more: object = ()) -> str:
    """BLAKE2b (128 bits, in hexadecimal) of a function's source, of what it uses beside it, and of `more`.

    Decorators play no part. Raises UsageError where the source isn't there, isn't the one that was loaded, or uses
    what can't be hashed.
    """
    return CodeReader(function, more).digest()


class CodeReader:
    """Reads all the code behind a function; the sources are those of the first time, the values those of now."""

    def __init__(self, function: Callable[..., Any], more: object = ()) -> None:
        self._function, self._more = function, more
        self._sources: dict[FunctionType, str] = {}
        self._numbers: dict[FunctionType, int] = {}
        self.compiled: list[Any] = []
        """The helpers that Numba compiles, each after those that it calls."""

    def digest(self) -> str:
        """The hash of the code as it is now."""
        self._numbers, self.compiled = {}, []
        texts = [*self._of_function(self._function), repr(self._more)]
        return hashlib.blake2b("\n".join(texts).encode(), digest_size=16).hexdigest()

    def _of_function(self, function: Any) -> Iterator[str]:
        self._numbers[function] = len(self._numbers)
        if function not in self._sources:
            self._sources[function] = _source(function)
            check_writes(function, self._sources[function])
        yield self._sources[function]
        yield from self._defaults(function)
        paths = set(_paths(function.__code__))
        known = _by_name(function)
        used = known | {path[0]: None for path in paths if path[0] not in known}
        for name in sorted(used):
            if not isinstance(known.get(name), ModuleType | type) and _was_always_hashed(known.get(name)):
                yield from self._value(function, name, known[name])  # also where it is only called like an attribute
                continue
            for path in sorted(path for path in paths if path[0] == name):
                yield from self._reached(function, path)

    def _defaults(self, function: FunctionType) -> Iterator[str]:
        """Values of arguments that aren't given, where the source doesn't say them."""
        positional = function.__code__.co_varnames[: function.__code__.co_argcount]
        values = dict(zip(reversed(positional), reversed(function.__defaults__ or ()), strict=False))
        values |= function.__kwdefaults__ or {}
        written = _literal_defaults(self._sources[function]) if values else {}
        for name, value in sorted(values.items()):
            if name not in written or repr(written[name]) != repr(value):
                yield from self._value(function, f"{function.__name__}({name})", value)

    def _reached(self, function: FunctionType, path: Path) -> Iterator[str]:
        """What stands behind a name, or behind an attribute of a module or a class."""
        value, rest, name = _looked_up(function, path[0]), path[1:], path[0]
        if value is _BUILTIN:
            return
        while isinstance(value, ModuleType) or (isinstance(value, type) and rest):
            if isinstance(value, ModuleType) and _library(value.__name__):
                check_random(function, value.__name__, rest)
                if (value.__name__, name) not in USUAL_NAMES:
                    yield f"{name} = {value.__name__}"
                return
            if not rest:
                raise _refusal(function, name, "a module as a value: call its functions by their full names")
            if not hasattr(value, rest[0]):
                raise _refusal(function, f"{name}.{rest[0]}", "which is not defined above it")
            value, rest, name = getattr(value, rest[0]), rest[1:], f"{name}.{rest[0]}"
        yield from self._value(function, name, value)

    def _value(self, function: FunctionType, name: str, value: Any) -> Iterator[str]:
        dispatcher = value
        value = getattr(value, "py_func", value)
        if inspect.isfunction(value) and not _library(value.__module__):
            yield from self._helper(name, dispatcher, value)
        elif (native := _native(value)) is not None:
            if native not in (f"math.{name}", f"{ELEMENTARY}.{name}"):
                yield f"{name} = {native}"
        elif (text := _as_text(name, value)) is not None:
            yield text
        elif isinstance(value, enum.Enum):
            yield f"{name} = {type(value).__qualname__}.{value.name}"
            yield from self._value(function, name, value.value)
        elif isinstance(value, list | tuple):
            yield f"{name} = {type(value).__name__} of {len(value)}"
            for position, item in enumerate(value):
                yield from self._value(function, f"{name}[{position}]", item)
        elif isinstance(value, dict):
            yield f"{name} = dict of {len(value)}"
            for position, item in enumerate(value.items()):
                yield from self._value(function, f"{name}[{position}]", item)
        else:
            raise _refusal(function, name, f"a {type(value).__name__}, which can't be hashed")

    def _helper(self, name: str, dispatcher: Any, value: FunctionType) -> Iterator[str]:
        options = getattr(dispatcher, "targetoptions", {})
        changed = {key: options[key] for key in COMPILER_OPTIONS if options.get(key)}
        if dispatcher is not value:
            changed |= _given_types(dispatcher)
        if changed:
            yield f"{name}: {sorted((key, _flags(option)) for key, option in changed.items())}"
        if value in self._numbers:
            names = [other.__name__ for other in self._numbers]
            if name != value.__name__ or names.count(name) > 1:  # which of them, since the source isn't said again
                yield f"{name} = function {self._numbers[value]}"
            return
        yield from self._of_function(value)
        if dispatcher is not value:
            self.compiled.append(dispatcher)


_BUILTIN = object()


def _was_always_hashed(value: Any) -> bool:
    return inspect.isfunction(getattr(value, "py_func", value)) or hasattr(value, "tobytes") or _is_plain(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(isinstance(item, str | bytes | complex | None) or _is_plain(item) for item in value)
    return isinstance(value, bool | int | float)


def _as_text(name: str, value: Any) -> str | None:
    """One line for a value whose content is all that there is; None for others."""
    import numpy as np

    if isinstance(value, np.ndarray | np.generic):
        return None if value.dtype.hasobject else f"{name}: {value.dtype} {value.shape} {value.tobytes().hex()}"
    if _is_plain(value) or isinstance(value, str | bytes | complex | range | slice | np.dtype | None):
        return f"{name} = {value!r}"
    if isinstance(value, set | frozenset) and all(_is_plain(item) or isinstance(item, str) for item in value):
        return f"{name} = {sorted(map(repr, value))}"
    if type(value).__module__.startswith("numba.core.types"):
        return f"{name} = {value}"
    return None


def _native(value: Any) -> str | None:
    """The full name of a function or a type of a library; None for others, and where the name leads to another one."""
    import numpy as np

    module = "numpy" if isinstance(value, np.ufunc) else getattr(value, "__module__", None)
    is_native = isinstance(value, BuiltinFunctionType | FunctionType | type | np.ufunc) or callable(value)
    if not (is_native and isinstance(module, str) and _library(module)):
        return None
    name: str = getattr(value, "__qualname__", "") or getattr(value, "__name__", "")
    found: Any = sys.modules.get(module)
    for step in name.split("."):
        found = getattr(found, step, None)
    return f"{module}.{name}" if getattr(found, "py_func", found) is value else None


def _library(module: str | None) -> bool:
    return module is not None and module.partition(".")[0] in LIBRARIES


def _given_types(dispatcher: Any) -> dict[str, str]:
    """Types that a decorator gives: they decide about precision."""
    signatures = [] if getattr(dispatcher, "_can_compile", True) else dispatcher.nopython_signatures
    local = getattr(dispatcher, "locals", {})
    given = {"signatures": str(signatures) if signatures else "", "locals": str(sorted(map(str, local.items())))}
    return {name: types for name, types in given.items() if types and (name != "locals" or local)}


def _flags(option: Any) -> Any:
    return sorted(option) if isinstance(option, set | frozenset) else option


def _refusal(function: FunctionType, name: str, problem: str) -> UsageError:
    return UsageError(f"{function.__name__}: its code can't be hashed: it uses {name}, {problem}")


def _by_name(function: Callable[..., Any]) -> dict[str, Any]:
    """Values of the function's globals and nonlocals, also of those that only have the name of an attribute."""
    try:
        used = inspect.getclosurevars(function)
    except ValueError:  # a cell of its closure is empty
        return {}
    return {**used.globals, **used.nonlocals}


def _looked_up(function: FunctionType, name: str) -> Any:
    if name in function.__code__.co_freevars:
        cell = (function.__closure__ or ())[function.__code__.co_freevars.index(name)]
        try:
            return cell.cell_contents
        except ValueError:
            raise _refusal(function, name, "which is not defined above it") from None
    if name in function.__globals__:
        return function.__globals__[name]
    if hasattr(builtins, name):
        return _BUILTIN
    raise _refusal(function, name, "which is not defined above it")


def _paths(code: CodeType, local: frozenset[str] = frozenset()) -> Iterator[Path]:
    """Names from outside that code uses, each with the attributes that are taken of it: ("helpers", "f")."""
    local |= frozenset(code.co_cellvars)
    path: Path = ()
    for instruction in dis.get_instructions(code):
        operation, name = instruction.opname, instruction.argval
        if path and operation in ("LOAD_ATTR", "LOAD_METHOD"):
            path = (*path, name)
        elif operation not in ("EXTENDED_ARG", "CACHE", "PUSH_NULL"):
            if path:
                yield path
            outside = operation in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_CLOSURE")
            path = (name,) if outside and name not in local else ()
    if path:
        yield path
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _paths(constant, local)


def _source(function: FunctionType) -> str:
    """The source from `def` on: a kind's defaults stand in its decorator, and data don't depend on them."""
    code = function.__code__
    try:
        lines = textwrap.dedent(inspect.getsource(code)).splitlines()
        whole = "".join(inspect.findsource(code)[0])
    except (OSError, SyntaxError):
        raise _no_source(function) from None
    if not _compiles_to(whole, code):
        if code.co_filename == TEXT:
            raise _no_source(function)
        raise UsageError(f"{function.__name__}: its source in {code.co_filename} is not what was loaded: load it again")
    start = next((number for number, line in enumerate(lines) if line.startswith("def ")), 0)
    return "\n".join(line.rstrip() for line in lines[start:])


def _no_source(function: FunctionType) -> UsageError:
    return UsageError(f"{function.__name__}: its source isn't there to be hashed; put it into a file")


def _compiles_to(source: str, code: CodeType) -> bool:
    """Whether a source holds the code: a file that was edited since is not what runs."""
    flags = code.co_flags & FUTURES | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        waiting = [compile(source, code.co_filename, "exec", flags, dont_inherit=True)]
    except (SyntaxError, ValueError):
        return False
    while waiting:
        found = waiting.pop()
        if found == code:
            return True
        waiting += [constant for constant in found.co_consts if isinstance(constant, CodeType)]
    return False


def _literal_defaults(source: str) -> dict[str, object]:
    """Defaults of arguments that a function's source writes as literals."""
    try:
        (definition,) = ast.parse(source).body
    except (SyntaxError, ValueError):
        return {}
    if not isinstance(definition, ast.FunctionDef):
        return {}
    arguments = definition.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(reversed(positional), reversed(arguments.defaults), strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    found = {}
    for argument, default in pairs:
        try:
            found[argument.arg] = ast.literal_eval(default) if default is not None else None
        except (ValueError, SyntaxError):
            continue
    return found
