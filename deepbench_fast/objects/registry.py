"""Kinds by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from deepbench_fast.objects.parameter import Parameter
from deepbench_fast.recipe import checks

if TYPE_CHECKING:
    from deepbench_fast.recipe.model import Image


@dataclass(frozen=True)
class Kind:
    """A kind of object: its parameters in the order of the table's columns, and its render kernels.

    `kernels` says for each sampling where its kernel is, as "module:function", so that naming a kind compiles nothing.
    `check`, if given, raises `Invalid` where parameters that are valid each for itself don't go together; it gets the
    image and the support (smallest and largest value) of every parameter.
    """

    name: str
    meaning: str
    parameters: tuple[Parameter, ...]
    kernels: Mapping[str, str]
    check: Callable[[Image, Mapping[str, tuple[float, float]]], None] | None = None

    def parameter(self, name: str) -> Parameter:
        """The parameter called `name`; raises RecipeError, with the nearest one, where there is none."""
        names = [parameter.name for parameter in self.parameters]
        return self.parameters[names.index(checks.known(name, names, f"parameter of {self.name}"))]

    def render_kernel(self, sampling: str) -> Callable[..., Any]:
        """The kernel that adds rows of this kind's table to a canvas; imports Numba."""
        module, _, function = self.kernels[checks.known(sampling, self.kernels, "sampling")].partition(":")
        kernel: Callable[..., Any] = getattr(import_module(module), function)
        return kernel

    def __reduce__(self) -> tuple[Callable[[str], Kind], tuple[str]]:
        """Pickled by name: there is one object of each kind in a process."""
        return kind, (self.name,)


@cache
def _registered() -> dict[str, Kind]:
    from deepbench_fast.objects import astro  # it declares kinds, and so imports this module

    return {kind.name: kind for kind in sorted(astro.KINDS, key=lambda kind: kind.name)}


def kinds() -> dict[str, Kind]:
    """All kinds, sorted by name."""
    return dict(_registered())


def kind(name: str) -> Kind:
    """The kind called `name`; raises RecipeError, with the nearest name, where there is none."""
    return _registered()[checks.known(name, _registered(), "kind")]
