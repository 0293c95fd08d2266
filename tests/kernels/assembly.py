"""Looks at the machine code of kernels, on x86-64 and AArch64."""

from __future__ import annotations

import copy
import re
from typing import Any

# x86 names the width in the suffix (`mulps`, `vaddpd`), AArch64 in the operands (`fmul v0.4s, ...`, `fadd z0.s, ...`)
# or, as Apple writes it, behind the name (`fmul.4s v0, ...`). Only arithmetic counts: scalar code moves whole registers
# too.
_ARITHMETIC = "(?:add|sub|mul|div|sqrt|min|max)"
_PACKED = re.compile(
    rf"^\s+(?:v?{_ARITHMETIC}p[sd]\b|f{_ARITHMETIC}(?:nm)?(?:\s+[vz]\d+\.\d?[sd]|\.\d[sd])\b)", re.MULTILINE
)
# The instructions, and calls of the C library's function where the CPU has none.
_FMA = re.compile(
    r"^\s+(?:vfn?m(?:add|sub|addsub|subadd)\d{0,3}[ps][sd]|fn?m(?:add|sub|la|ls|ad|sb))\b|\bfmaf?\b",
    re.MULTILINE,
)
_PARTIAL_STORES = re.compile(
    r"^\s+(?:v?p?maskmov\w+\s+%[xyz]mm\d+, %[xyz]mm\d+, |vmov\w+\s+%[xyz]mm\d+, [^%\n]*\(.*\{%k)", re.MULTILINE
)


def fresh(kernel: Any, *example_args: Any) -> str:
    """Machine code of `kernel` for arguments like these (a copy of them is used for a call).

    Written once more from the optimised code that is kept beside it, so that a kernel from the cache has some to show,
    too, instead of being compiled again. What is inlined into `kernel` is part of it.
    """
    arguments = copy.deepcopy(example_args)
    kernel(*arguments)
    types = tuple(map(kernel.typeof_pyval, arguments))
    # Arguments that are left out stand behind those that are given.
    library = next(kernel.overloads[known].library for known in kernel.signatures if known[: len(types)] == types)
    return str(library.codegen._tm.emit_assembly(library._get_module_for_linking()))


def machine_code(dispatcher: Any, *example_args: Any) -> str:
    """Machine code of a dispatcher without a cache for arguments like these."""
    dispatcher(*copy.deepcopy(example_args))
    code: str = dispatcher.inspect_asm(dispatcher.signatures[-1])
    return code


def packed(code: str) -> int:
    """Number of floating-point instructions in `code` that work on several numbers at once."""
    return len(_PACKED.findall(code))


def fma(code: str) -> int:
    """Number of fused multiply-adds in `code`, which round once where the source rounds twice."""
    return len(_FMA.findall(code))


def partial_stores(code: str) -> int:
    """Number of stores in `code` of some lanes of a vector, on x86-64."""
    return len(_PARTIAL_STORES.findall(code))
