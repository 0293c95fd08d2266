"""Kinds of the user's own: a function of the distance from the centre, and a list of parameters."""

from __future__ import annotations

import inspect
import math
import re
import runpy
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from importlib import import_module
from keyword import iskeyword
from numbers import Real
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

from deepbench_fast.errors import UsageError
from deepbench_fast.kinds.defaults import always
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.light.parameters import X, Y
from deepbench_fast.kinds.purity import check_plain
from deepbench_fast.kinds.registry import kind, kinds, register
from deepbench_fast.kinds.source_hash import CodeReader
from deepbench_fast.values import checks
from deepbench_fast.values.checks import Invalid, within
from deepbench_fast.values.distributions import Derived, parse_distribution
from deepbench_fast.values.parameter import Parameter, required

RESERVED = {"x", "y", "sample", "entry", "slot", "name", "count", "kernel"}
"""Names that a parameter can't have: columns of every table, options of every entry."""

NOT_KINDS = {"weight", "objects", "noise", "psf", "parameter_noise", "count", "catalogue", "brightness", "split"}
"""Names that a kind can't have: entries are called like their kind, and these are keys of a catalogue, or targets."""

PLAIN_UNITS = {"", "pix", "rad", "deg", "arcsec", "m", "s", "kg", "adu", "electron"}
"""Units that are known without a look into astropy, whose import takes a while."""

# Of Numba's messages, where the package colorama is there.
COLOURS = re.compile(r"\x1b\[[0-9;]*m")

F = TypeVar("F", bound=Callable[..., Any])


def parameter(
    name: str,
    unit: str = "",
    *,
    low: float = -math.inf,
    high: float = math.inf,
    default: object = None,
    meaning: str = "",
    integer: bool = False,
) -> Parameter:
    """A parameter of a kind of one's own.

    `default` is what a recipe draws it from where it is silent, as a recipe would say it: a number, or
    `{"uniform": [1, 2]}`. Without one a recipe must give it. `unit` is one that astropy.units knows. Raises RecipeError
    where the name, the unit, the range or the default isn't valid.
    """
    with within(str(name)):
        _check_name(name, RESERVED)
        _check_unit(unit)
        for end in (low, high):
            if isinstance(end, bool) or not isinstance(end, Real):
                raise Invalid(f"low and high must be numbers, not {checks.quote(end)}")
        if not low <= high:
            raise Invalid(f"low ({low}) must not be above high ({high})")
        if default is None:
            return Parameter(name, unit, meaning, low, high, required, integer=integer)
        drawn = parse_distribution(default)
        declared = Parameter(name, unit, meaning, low, high, partial(always, drawn), integer=integer)
        if not isinstance(drawn, Derived):  # these are checked with the parameter that they start from
            declared.check(drawn)
        return declared


def light_kind(
    name: str, *, parameters: Sequence[Parameter], meaning: str = "", size: tuple[int, int] = (28, 28)
) -> Callable[[F], F]:
    """Make a kind of light of the function below: `brightness(dx, dy, row)`, compiled by Numba.

    dx and dy are the columns and rows from the object's centre, float64; `row` has the parameters, `row.radius`. The
    kind has `x` and `y` beside `parameters`, and adds to other light in images of `size` (rows, columns) where a recipe
    is silent. With `sampling: integrate` the mean over a pixel is taken by Gauss–Legendre points, in as many cells as
    they need. A sample whose light is no finite number raises UsageError.

    Recipes name the kind with a hash of its parameters and of all the code behind its function (helpers and constants,
    also through modules), so data made by another version of it are noticed; what can't be hashed is refused. Bits are
    the same on every processor where the function uses + - * / sqrt and the functions of
    `deepbench_fast.kernels.elementary`. Declared again from the same place it replaces the earlier one. Raises
    UsageError where a name is taken or isn't valid, and where the code can't be hashed.
    """
    with within(str(name)):
        _check_name(name, NOT_KINDS)
        parameters = _listed(parameters)
        names = [declared.name for declared in parameters]
        if len(set(names)) < len(names):
            raise Invalid(f"has parameters of the same name: {', '.join(names)}")
        height, width = _sides(size)

    def declare(function: F) -> F:
        brightness = getattr(function, "py_func", function)
        _check_signature(name, brightness)
        code = CodeReader(brightness, [(p.name, p.unit, p.integer) for p in parameters])
        register(
            OwnKind(
                name=name,
                meaning=meaning or f"{name}, a kind of the user's own",
                layer="light",
                parameters=(X, Y, *parameters),
                kernels=dict.fromkeys(("center", "integrate"), _place(brightness)),
                default_shape=(height, width),
                fingerprint=code.digest(),
                brightness=brightness,
                code=code,
            )
        )
        return function

    return declare


class OwnKind(Kind):
    """A kind whose kernels are built around a function of the user's."""

    def __init__(self, *, brightness: Callable[..., Any], code: CodeReader, **declared: Any) -> None:
        super().__init__(**declared)
        object.__setattr__(self, "brightness", brightness)
        object.__setattr__(self, "code", code)

    def check_unchanged(self) -> None:
        """Raise UsageError where a helper or a constant isn't what it was: the fingerprint would be another."""
        if self.__dict__["code"].digest() != self.fingerprint:
            raise UsageError(f"{self.name}: what its function uses was changed since; declare the kind again")

    def profile_function(self) -> Callable[[float, float, Any], float]:
        """The user's own function, as it was written."""
        brightness: Callable[[float, float, Any], float] = self.__dict__["brightness"]
        return brightness

    @cached_property
    def _kernels(self) -> dict[int, Mapping[str, Callable[..., Any]]]:
        """By oversampling: those that were asked for."""
        return {}

    def _kernels_of(self, factor: int) -> Mapping[str, Callable[..., Any]]:
        from deepbench_fast.kernels.light.own import light_kernels

        if factor in self._kernels:
            return self._kernels[factor]
        for helper in self.__dict__["code"].compiled:  # compiled before, it may hold constants of then
            if helper.overloads or helper.stats.cache_path:
                helper.recompile()
        return self._kernels.setdefault(factor, light_kernels(self.__dict__["brightness"], factor))

    def kernel(self, image: Any, form: str = "", solver: str = "") -> Callable[..., Any]:
        """The kernel for an image's sampling, compiled in each process; raises UsageError where that fails."""
        import numpy as np

        identity = [(name, "<i8") for name in ("sample", "entry", "slot")]
        dtype = np.dtype([*identity, *((p.name, "<i8" if p.integer else "<f8") for p in self.columns)])
        kernel = self._kernels_of(image.oversample)[self.rendering(image, form, solver)]
        try:
            kernel(np.empty((0, 1), "<f4"), np.empty(1, "<f4"), np.empty(1, "<f4"), (1, 1, 0), np.empty(0, dtype), 0)
        except Exception as error:
            raise UsageError(f"{self.name}: Numba can't compile its function: {self._reason(dtype, error)}") from error
        return kernel

    def _reason(self, dtype: Any, error: Exception) -> str:
        """Why there is no kernel: what Numba says of the function alone is clearer."""
        from deepbench_fast.kernels.light.own import value_at

        try:
            value = value_at(self.__dict__["brightness"], dtype)
        except Exception as clearer:
            return _in_short(clearer)
        return _in_short(error) if isinstance(value, float | int) else f"it must return a number, not {value!r}"

    def __reduce__(self) -> tuple[Callable[..., Kind], tuple[str, ...]]:
        """Pickled by name and place: a process that doesn't know the kind imports its module, or runs its file."""
        brightness = self.__dict__["brightness"]
        module = sys.modules.get(brightness.__module__)
        if module is not None and getattr(module, brightness.__name__, None) is brightness:
            return _own_kind, (self.name, brightness.__module__, "")
        return _own_kind, (self.name, "", str(Path(brightness.__code__.co_filename).absolute()))


def _own_kind(name: str, module: str, file: str) -> Kind:
    if name not in kinds() and module:
        import_module(module)
    elif name not in kinds():
        load_kinds(file)
    return kind(name)


def _check_name(name: object, taken: set[str]) -> None:
    if not isinstance(name, str) or not name.isidentifier() or not name.isascii() or iskeyword(name) or len(name) > 64:
        allowed = "letters A to Z and a to z, digits and '_', no word of Python's"
        raise Invalid(f"must be a name ({allowed}), not {checks.quote(name)}")
    if name in taken:
        raise Invalid(f"can't be its name: {', '.join(sorted(taken))} have a meaning already")


def _listed(parameters: object) -> tuple[Parameter, ...]:
    given = tuple(parameters) if isinstance(parameters, Iterable) and not isinstance(parameters, str) else (parameters,)
    for one in given:
        if not isinstance(one, Parameter) or one is parameters:
            raise Invalid(f"its parameters must be a list of parameter(...), not {checks.quote(one)}")
    return given


def _sides(size: object) -> tuple[int, int]:
    sides = tuple(size) if isinstance(size, Iterable) else (size,)
    if len(sides) != 2:
        raise Invalid(f"its size must be (rows, columns), not {checks.quote(size)}")
    height, width = (checks.whole_number(side, 1, 2**31) for side in sides)
    return height, width


def _check_unit(unit: object) -> None:
    if not isinstance(unit, str):
        raise Invalid(f"its unit must be text, such as 'pix', not {checks.quote(unit)}")
    if unit in PLAIN_UNITS:
        return
    from astropy.units import Unit

    try:
        Unit(unit)
    except (ValueError, TypeError):
        raise Invalid(f"unknown unit {checks.quote(unit)}; astropy.units must know it") from None


def _check_signature(name: str, function: Callable[..., Any]) -> None:
    if not inspect.isfunction(function):
        raise UsageError(f"{name}: light_kind stands above a function, not {checks.quote(function)}")
    try:
        inspect.signature(function).bind("dx", "dy", "row")
    except TypeError:
        raise UsageError(f"{name}: its function must take dx, dy and row") from None
    check_plain(name, function)


def _place(function: Callable[..., Any]) -> str:
    """Where a function is declared; cells of a notebook are one place."""
    in_main = function.__module__ == "__main__"
    return f"{'__main__' if in_main else function.__code__.co_filename}:{function.__qualname__}"


@contextmanager
def slopes_in_short(kind: Kind) -> Iterator[None]:
    """Raise UsageError where a function of a user's, called inside, can't be compiled for numbers with slopes."""
    try:
        yield
    except Exception as error:
        if not kind.fingerprint or not type(error).__module__.startswith("numba."):
            raise
        raise UsageError(
            f"{kind.name}: its slopes can't be worked out: {_in_short(error)}; a Dual is a number with its slopes, "
            "which + - * / and the functions of deepbench_fast.kernels.elementary take"
        ) from error


def _in_short(error: Exception) -> str:
    """What a compiler says without its headings, and the line of the source that it says it of."""
    lines = [line.strip() for line in COLOURS.sub("", str(error)).splitlines()]
    headings = ("Failed in", "- Resolution failure", "During:", "No implementation of function", "- Of which", ">>>")
    said = next((line for line in lines if line and not line.startswith(headings)), "")
    calls = [line.removeprefix(">>>").strip() for line in lines if line.startswith(">>>")]
    if said.startswith("There are ") and calls:  # so many functions, none of which takes what it is given
        said = f"it has no {calls[-1]}"
    if "of <class 'function'>" in said:
        said += "; a function that it calls needs @numba.njit above it"
    theirs = [line for line in lines if line.startswith('File "') and "deepbench_fast/kernels/" not in line]
    where = [line.rpartition("/")[2].replace('"', "").strip(":") for line in theirs]
    return (said if len(lines) > 1 else f"{type(error).__name__}: {said}")[:300] + (f" ({where[-1]})" if where else "")


_loading = RLock()


def load_kinds(path: str) -> None:
    """Run the Python file at `path`, which declares kinds: with all rights of this process, as any program.

    Raises UsageError, with file and line, where that fails.
    """
    if not Path(path).is_file():
        raise UsageError(f"{path}: no such file")
    folder = str(Path(path).absolute().parent)
    _loading.acquire()  # what a program sees of its interpreter is one for all threads
    sys.path.insert(0, folder)  # as for any Python program, so that it finds its neighbours
    try:
        runpy.run_path(path, run_name=Path(path).stem)
    except (Exception, SystemExit) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
        where = f"{path}:{lines[-1]}" if lines else path
        words = str(error) if isinstance(error, UsageError) else f"{type(error).__name__}: {error}"
        raise UsageError(f"{where}: {words}") from error
    finally:
        sys.path.remove(folder)
        _loading.release()
