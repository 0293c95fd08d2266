"""The only place that sets compiler flags and the cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba import types

from deepbench_fast.kernels._cache import KernelCache, cache_directory
from deepbench_fast.kernels._compilers import called_by_kernels, collector_paused, compiler
from deepbench_fast.kernels._width import vector_bits

__all__ = ["cache_directory", "inline", "kernel", "kernel_of_a_process", "piece", "plain_python"]

F = TypeVar("F", bound=Callable[..., object])

# IEEE arithmetic to the letter: no fastmath, so no contraction and no reassociation. NumPy's error model changes no
# value; it drops the test for a zero divisor, which would keep loops with a division scalar. Nothing takes kernels as C
# callbacks, and a sixth of the compile time would go into the wrappers for them. What isn't said here Numba takes from
# who calls first: kernels that are called by inlined code would be inlined everywhere, too, and be optimised each time.
_FLAGS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "forceinline": False}

INLINED: Any = {**_FLAGS, "forceinline": True}
"""The same flags for code that Numba chooses by the types of its arguments."""


def kernel(function: F) -> F:
    """Compile `function` on the first call with each signature, without the GIL, and keep it for later processes.

    Arithmetic is IEEE 754, operation by operation as written: bits do not depend on the CPU. Kernels that call it hold
    its code, see `piece`, but once.
    """
    dispatcher = _with_linked(function, forceinline=False, piece=True)
    # Plain Python under NUMBA_DISABLE_JIT; a Numba without this attribute compiles in each process.
    if hasattr(dispatcher, "_cache"):
        dispatcher._cache = cache = KernelCache(dispatcher)
        compile_one, find = dispatcher.compile, dispatcher.get_call_template

        def compile_or_give_up(signature: object) -> object:
            try:
                with collector_paused():
                    return compile_one(signature)
            except BaseException:
                cache.give_up()
                raise

        def find_by_its_own_name(args: Any, kws: Any) -> Any:
            cache.make_symbols_unique()
            return find(args, kws)

        dispatcher.compile, dispatcher.get_call_template = compile_or_give_up, find_by_its_own_name
    return dispatcher  # type: ignore[no-any-return]


def kernel_of_a_process(function: F) -> F:
    """A kernel that is compiled in each process: it holds code of the user's, which may change without our sources."""
    return _compiled(function)  # type: ignore[no-any-return]


def inline(function: F) -> F:
    """Compile `function` into the kernels that call it: a call inside a loop would keep that loop scalar.

    Not kept on disk, since a kernel's own file holds everything that was inlined into it.
    """
    return _with_linked(function, forceinline=True, piece=False)  # type: ignore[no-any-return]


def piece(function: F) -> F:
    """As `inline`, for a function that LLVM optimises only as a part of the kernels: a fourth of the time of compiling
    large ones. Kernels may come out slower, of small loops that should be unrolled first: measure."""
    return _with_linked(function, forceinline=True, piece=True)  # type: ignore[no-any-return]


def _with_linked(function: Callable[..., object], *, forceinline: bool, piece: bool) -> Any:
    """A function whose code, where kernels call it, becomes a part of theirs and is never called otherwise."""
    dispatcher = _compiled(function, forceinline=forceinline)
    own_compiler = compiler(vector_bits(), linked=True, piece=piece)
    if dispatcher is not function and own_compiler is not None:
        options: dict[str, Any] = {**_FLAGS, "forceinline": forceinline, "no_cpython_wrapper": True}
        linked = called_by_kernels(numba.njit(**options, pipeline_class=own_compiler)(function))
        # Python calls `dispatcher`, which compiles then.
        dispatcher.get_call_template, dispatcher.get_overload = linked.get_call_template, linked.get_overload
    if piece:
        _number_literals(dispatcher)
    return dispatcher


def _number_literals(dispatcher: Any) -> None:
    """Compile for numbers, not once more for each number that is written out in a call: LLVM puts it in all the same,
    but where a function is optimised before it is inlined."""
    find = getattr(dispatcher, "get_call_template", None)  # None in plain Python
    if find is not None:
        dispatcher.get_call_template = lambda args, kws: find(
            [_number(kind) for kind in args], {name: _number(kind) for name, kind in kws.items()}
        )


def _number(kind: Any) -> Any:
    return kind.literal_type if isinstance(kind, types.Literal) else kind


def plain_python() -> bool:
    """Whether some kernel is not compiled, because Numba was switched off (NUMBA_DISABLE_JIT) when it was declared.

    Plain Python rounds elsewhere: it computes in float64 what kernels compute in float32.
    """
    return bool(_not_compiled)


_not_compiled: set[str] = set()


def _compiled(function: Callable[..., object], **more: Any) -> Any:
    dispatcher = numba.njit(**{**_FLAGS, **more}, pipeline_class=compiler(vector_bits(), linked=False))(function)
    if dispatcher is function:
        _not_compiled.add(f"{function.__module__}.{function.__qualname__}")
    return dispatcher
