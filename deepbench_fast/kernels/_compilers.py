"""Numba's compiler, with what it does in vain left out, vectors of a chosen width, and constants near the code.

Numba makes machine code, a wrapper for Python and a slot in its linker for each function, also for those that are only
linked into others; a third of the time of compiling would go there. What kernels are made of is the same without. So
for what Numba itself writes and kernels call, as `np.empty`.
That needs to know Numba's insides: under other versions than those of KNOWN only the width of vectors is ours.
"""

from __future__ import annotations

import gc
import platform
import sys
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
def compiler(bits: int | None, *, linked: bool, piece: bool = False, library: bool = False) -> Any:
    """Numba's compiler for kernels, or for functions that are `linked` into kernels and never called otherwise.

    Of a `piece` of a kernel the passes that optimise are left to the kernel; `library` is what implements `np.empty`,
    `min` and their like: it alone may ask for Python.

    It asks LLVM for vectors of so many `bits`, None leaves them to it. None where Numba's own does the same, or for
    functions that are `linked` where Numba's insides aren't known.
    """
    is_known = numba.__version__.startswith(KNOWN)
    if not is_known and (linked or bits is None):
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
        is_linked_only = linked

        def _optimize_functions(self, ll_module: Any) -> None:
            """As Numba's own, but with one manager of passes for all functions, and none for those of elsewhere."""
            ll_module.data_layout = self._codegen._data_layout
            passes, builder = self._codegen._function_pass_manager()  # type: ignore[no-untyped-call]
            for function in ll_module.functions:
                if not function.is_declaration:
                    passes.run(function, builder)

        def _optimize_final_module(self) -> None:
            """Of a piece only inline and tidy: the kernel's passes go through all pieces together."""
            if not piece:
                super()._optimize_final_module()  # type: ignore[no-untyped-call]
                return
            passes, builder = self._codegen._module_pass_manager(  # type: ignore[no-untyped-call]
                opt=0, loop_vectorize=False, slp_vectorize=False, cost="cheap"
            )
            passes.run(self._final_module, builder)

        def _finalize_final_module(self) -> None:
            if not self.is_linked_only:
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
            if linked and _asks_python(self.function, fndesc.env_name):
                if not library:
                    raise UnsupportedError("it prints or makes text, which needs Python in the midst of a kernel")
                self.library.is_linked_only = False

    @register_pass(mutates_CFG=True, analysis_only=False)  # type: ignore[no-untyped-call]
    class LoweringPass(NativeLowering):
        _name = f"native_lowering_{bits}_{linked}_{piece}_{library}"

        @property
        def lowering_class(self) -> type[Lower]:
            return Lowering

        def run_pass(self, state: Any) -> bool:
            if not is_known:
                return bool(super().run_pass(state))  # type: ignore[no-untyped-call]
            state.library = Library(state.targetctx.codegen(), state.func_id.func_qualname)  # type: ignore[no-untyped-call]
            if not linked:
                state.library.enable_object_caching()
                return bool(super().run_pass(state))  # type: ignore[no-untyped-call]
            state.flags.no_compile = True
            super().run_pass(state)  # type: ignore[no-untyped-call]
            # What calls it finds it by what Python would call; the library stands for that.
            lowered, found = state["cr"], state.library
            if not found.is_linked_only:
                found = state.targetctx.get_executable(found, lowered.fndesc, lowered.env)
            state.targetctx.insert_user_function(found, lowered.fndesc, [state.library])
            state["cr"] = lowered._replace(cfunc=found)
            return True

    class OwnCompiler(Compiler):
        def __init__(self, typingctx: Any, targetctx: Any, *rest: Any) -> None:
            own = near_constants(targetctx).subtarget(target=_target(bits)) if is_known else targetctx
            super().__init__(typingctx, own, *rest)  # type: ignore[no-untyped-call]

        def define_pipelines(self) -> Any:
            pipelines = super().define_pipelines()  # type: ignore[no-untyped-call]
            for pipeline in pipelines:
                pipeline.add_pass_after(LoweringPass, NativeLowering)
                pipeline.passes = [entry for entry in pipeline.passes if entry[0] is not NativeLowering]
                pipeline.finalize()
            return pipelines

    return OwnCompiler


def near_constants(context: Any) -> Any:
    """Numba's `context`, but for machine code that finds its constants near itself.

    That of Numba may lie far from them: each takes an instruction for its address and another to load it, in each round
    of a loop that has more of them than there are registers, a fourth of the instructions of loops over pixels. To be
    near, code and constants are given one piece of memory, which Numba leaves to choice.
    """
    codegen = _codegen()
    return context if codegen is None else _subtarget(context, codegen)


@cache
def _subtarget(context: Any, codegen: Any) -> Any:
    return context.subtarget(_internal_codegen=codegen)


@cache
def _codegen() -> Any:
    """None where the linker of this system isn't known to do it: that of Linux on x86-64 is."""
    if not numba.__version__.startswith(KNOWN) or (sys.platform, platform.machine()) != ("linux", "x86_64"):
        return None
    from numba.core.codegen import JITCPUCodegen

    class Codegen(JITCPUCodegen):
        def _customize_tm_options(self, options: dict[str, Any]) -> None:
            super()._customize_tm_options(options)  # type: ignore[no-untyped-call]
            options.update(reloc="pic", codemodel="small")

    config: Any = numba.config
    chosen, config.USE_LLVMLITE_MEMORY_MANAGER = config.USE_LLVMLITE_MEMORY_MANAGER, True
    try:
        return Codegen("deepbench_fast")  # type: ignore[no-untyped-call]
    finally:
        config.USE_LLVMLITE_MEMORY_MANAGER = chosen


@cache
def _target(bits: int | None) -> Any:
    """The CPU to Numba, but that it compiles what implements `np.empty` and its like without machine code, too."""
    from numba.core.target_extension import CPU, dispatcher_registry, jit_registry

    class Target(CPU):
        pass

    def jit(**options: Any) -> Any:
        own = compiler(bits, linked=True, piece=True, library=True)
        compiled = numba.jit(**{**options, "no_cfunc_wrapper": True, "pipeline_class": own})
        return lambda function: called_by_kernels(compiled(function))

    dispatcher_registry[Target], jit_registry[Target] = dispatcher_registry[CPU], jit
    return Target


def called_by_kernels(dispatcher: Any) -> Any:
    """The compiled function `dispatcher`, whose code Python isn't told of: there is none that it could call."""
    dispatcher.add_overload = lambda result: dispatcher.overloads.update({tuple(result.signature.args): result})
    return dispatcher


def _asks_python(function: Any, environment: str) -> bool:
    """Whether code uses Python's objects of its function, which it finds in its environment.

    Numba gives it one when it is compiled on its own; code that is only linked would find none, give up, and keep
    Python's lock, so that nothing would ever go on.
    """
    instructions = (instruction for block in function.blocks for instruction in block.instructions)
    return any(i.opname == "load" and getattr(i.operands[0], "name", "") == environment for i in instructions)
