"""Reproducible benchmark datasets from first principles, at the speed of the machine.

The names below are imported when they are first used, so that `import deepbench_fast` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepbench_fast.authoring.ladders import ladder
    from deepbench_fast.authoring.shifts import shift
    from deepbench_fast.errors import (
        AccuracyWarning,
        DeepbenchFastError,
        FileError,
        MismatchError,
        RecipeError,
        UsageError,
    )
    from deepbench_fast.exports.formats import export
    from deepbench_fast.inference.likelihood import Likelihood
    from deepbench_fast.inference.prior import Prior
    from deepbench_fast.kinds.own import light_kind, parameter
    from deepbench_fast.loaders.stream import stream
    from deepbench_fast.recipe.recipe import Recipe
    from deepbench_fast.render.batch import Batch
    from deepbench_fast.render.samples import sample, samples
    from deepbench_fast.render.simulator import Simulator, simulate
    from deepbench_fast.run.dataset import Dataset, open_dataset
    from deepbench_fast.run.explore.explorer import Explorer, explore
    from deepbench_fast.run.generate import generate
    from deepbench_fast.run.recut import extend, index_parts, merge, reshard
    from deepbench_fast.run.verify import verify

__version__ = "0.2.0.dev0"

__all__ = [
    "AccuracyWarning",
    "Batch",
    "Dataset",
    "DeepbenchFastError",
    "Explorer",
    "FileError",
    "Likelihood",
    "MismatchError",
    "Prior",
    "Recipe",
    "RecipeError",
    "Simulator",
    "UsageError",
    "explore",
    "export",
    "extend",
    "generate",
    "index_parts",
    "ladder",
    "light_kind",
    "merge",
    "open_dataset",
    "parameter",
    "reshard",
    "sample",
    "samples",
    "shift",
    "simulate",
    "stream",
    "verify",
]

_MODULES = {
    "AccuracyWarning": "errors",
    "Batch": "render.batch",
    "Dataset": "run.dataset",
    "DeepbenchFastError": "errors",
    "FileError": "errors",
    "MismatchError": "errors",
    "Recipe": "recipe.recipe",
    "RecipeError": "errors",
    "Likelihood": "inference.likelihood",
    "Prior": "inference.prior",
    "Samples": "render.samples",  # the former name of Batch
    "Simulator": "render.simulator",
    "UsageError": "errors",
    "Explorer": "run.explore.explorer",
    "explore": "run.explore.explorer",
    "export": "exports.formats",
    "extend": "run.recut",
    "generate": "run.generate",
    "index_parts": "run.recut",
    "ladder": "authoring.ladders",
    "light_kind": "kinds.own",
    "merge": "run.recut",
    "open_dataset": "run.dataset",
    "parameter": "kinds.own",
    "reshard": "run.recut",
    "sample": "render.samples",
    "samples": "render.samples",
    "shift": "authoring.shifts",
    "simulate": "render.simulator",
    "stream": "loaders.stream",
    "verify": "run.verify",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
