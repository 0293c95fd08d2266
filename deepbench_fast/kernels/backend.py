"""Kernels by name, so that what is only declared compiles nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias

Kernel: TypeAlias = Callable[..., Any]
Backend: TypeAlias = Callable[[str], Kernel]


@cache
def cpu(name: str) -> Kernel:
    """The kernel called "module:function", the module below `deepbench_fast.kernels`; imports Numba."""
    module, _, function = name.partition(":")
    kernel: Kernel = getattr(import_module(f"deepbench_fast.kernels.{module}"), function)
    return kernel
