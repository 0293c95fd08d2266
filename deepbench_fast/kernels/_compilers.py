"""Numba's compiler, with what it does in vain left out, and vectors of a chosen width.

Numba makes machine code, a wrapper for Python and a slot in its linker for each function, also for those that are only
inlined into others; a third of the time of compiling would go there. What kernels are made of is the same without.
That needs to know Numba's insides: under another version than those of KNOWN only the width of vectors is ours.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numba

KNOWN = ("0.68.",)
"""How the versions begin whose insides are as below."""


@contextmanager
def collector_paused() -> Iterator[None]:
    """Python's collector would look through the compiler's objects again and again, a ninth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@cache
def compiler(bits: int | None, *, inlined: bool) -> Any:
    """Numba's compiler for kernels, or for functions that are `inlined` into kernels and never called otherwise.

    It asks LLVM for vectors of so many `bits`, None leaves them to it. None where Numba's own does the same, or for
    functions that are `inlined` where Numba's insides aren't known.
    """
    is_known = numba.__version__.startswith(KNOWN)
    if not is_known and (inlined or bits is None):
        return None
    try:
        from numba.core.codegen import JITCodeLibrary
        from numba.core.compiler import Compiler
        from numba.core.compiler_machinery import register_pass
        from numba.core.errors import UnsupportedError
        from numba.core.lowering import Lower
        from numba.core.typed_passes import NativeLowering
    except ImportError:
        return None

    class Library(JITCodeLibrary):
        def _optimize_functions(self, ll_module: Any) -> None:
            """As Numba's own, but with one manager of passes for all functions, and none for those of elsewhere."""
            ll_module.data_layout = self._codegen._data_layout
            passes, builder = self._codegen._function_pass_manager()  # type: ignore[no-untyped-call]
            for function in ll_module.functions:
                if not function.is_declaration:
                    passes.run(function, builder)

        def _finalize_final_module(self) -> None:
            if not inlined:
                super()._finalize_final_module()  # type: ignore[no-untyped-call]
                return
            self._finalize_dynamic_globals()  # type: ignore[no-untyped-call]
            self._verify_declare_only_symbols()  # type: ignore[no-untyped-call]
            self._finalized = True

    class Lowering(Lower):
        def setup_function(self, fndesc: Any) -> None:
            super().setup_function(fndesc)  # type: ignore[no-untyped-call]
            if bits is not None:
                # llvmlite knows only attributes without a value.
                set.add(self.function.attributes, f'"prefer-vector-width"="{bits}"')

        def lower_normal_function(self, fndesc: Any) -> None:
            super().lower_normal_function(fndesc)  # type: ignore[no-untyped-call]
            if inlined and _asks_python(self.function, fndesc.env_name):
                raise UnsupportedError("it prints or makes text, which needs Python in the midst of a kernel")

    @register_pass(mutates_CFG=True, analysis_only=False)  # type: ignore[no-untyped-call]
    class LoweringPass(NativeLowering):
        _name = f"native_lowering_{bits}_{inlined}"

        @property
        def lowering_class(self) -> type[Lower]:
            return Lowering

        def run_pass(self, state: Any) -> bool:
            if not is_known:
                return bool(super().run_pass(state))  # type: ignore[no-untyped-call]
            state.library = Library(state.targetctx.codegen(), state.func_id.func_qualname)  # type: ignore[no-untyped-call]
            if not inlined:
                state.library.enable_object_caching()
                return bool(super().run_pass(state))  # type: ignore[no-untyped-call]
            state.flags.no_compile = True
            super().run_pass(state)  # type: ignore[no-untyped-call]
            lowered = state["cr"]
            # What calls it finds it by what Python would call; the library stands for that.
            state.targetctx.insert_user_function(state.library, lowered.fndesc, [state.library])
            state["cr"] = lowered._replace(cfunc=state.library)
            return True

    class OwnCompiler(Compiler):
        def define_pipelines(self) -> Any:
            pipelines = super().define_pipelines()  # type: ignore[no-untyped-call]
            for pipeline in pipelines:
                pipeline.add_pass_after(LoweringPass, NativeLowering)
                pipeline.passes = [entry for entry in pipeline.passes if entry[0] is not NativeLowering]
                pipeline.finalize()
            return pipelines

    return OwnCompiler


def _asks_python(function: Any, environment: str) -> bool:
    """Whether code uses Python's objects of its function, which it finds in its environment.

    Numba gives it one when it is compiled on its own; code that is only inlined would find none, give up, and keep
    Python's lock, so that nothing would ever go on.
    """
    instructions = (instruction for block in function.blocks for instruction in block.instructions)
    return any(i.opname == "load" and getattr(i.operands[0], "name", "") == environment for i in instructions)
