"""Reproducible benchmark datasets from first principles, at the speed of the machine.

The names below are imported when they are first used, so that `import deepbench_fast` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepbench_fast.batch import Batch
    from deepbench_fast.errors import (
        AccuracyWarning,
        DeepbenchFastError,
        FileError,
        MismatchError,
        RecipeError,
        UsageError,
    )
    from deepbench_fast.exports.formats import export
    from deepbench_fast.generation import generate
    from deepbench_fast.on_the_fly import sample, samples
    from deepbench_fast.recipe.ladder import ladder
    from deepbench_fast.recipe.model import Recipe
    from deepbench_fast.store.read import Dataset, open_dataset
    from deepbench_fast.verification import verify

__version__ = "0.2.0.dev0"

__all__ = [
    "AccuracyWarning",
    "Batch",
    "Dataset",
    "DeepbenchFastError",
    "FileError",
    "MismatchError",
    "Prior",
    "Recipe",
    "RecipeError",
    "Simulator",
    "UsageError",
    "export",
    "generate",
    "ladder",
    "light_kind",
    "open_dataset",
    "parameter",
    "sample",
    "samples",
    "simulate",
    "verify",
]

_MODULES = {
    "AccuracyWarning": "errors",
    "Batch": "batch",
    "Dataset": "store.read",
    "DeepbenchFastError": "errors",
    "FileError": "errors",
    "MismatchError": "errors",
    "Recipe": "recipe.model",
    "RecipeError": "errors",
    "Prior": "prior",
    "Samples": "on_the_fly",  # the former name of Batch
    "Simulator": "simulator",
    "UsageError": "errors",
    "export": "exports.formats",
    "generate": "generation",
    "ladder": "recipe.ladder",
    "light_kind": "objects.custom",
    "open_dataset": "store.read",
    "parameter": "objects.custom",
    "sample": "on_the_fly",
    "samples": "on_the_fly",
    "simulate": "simulator",
    "verify": "verification",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
