"""Compiles every kernel ahead of time, by rendering a few samples of each kind in memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deepbench_fast.kernels._jit import cache_directory
from deepbench_fast.objects.registry import kinds
from deepbench_fast.on_the_fly import samples
from deepbench_fast.recipe.model import Recipe


@dataclass(frozen=True)
class WarmUp:
    """What was compiled, how long it took, and where it is kept (None: nowhere)."""

    kinds: tuple[str, ...]
    seconds: float
    directory: str | None


def warm_up() -> WarmUp:
    """Compile the kernels of all kinds and samplings, of PSF, noise and targets, or load them from the cache."""
    began = time.perf_counter()
    for recipe in small_recipes():
        samples(recipe, 0, 2)
    directory = cache_directory()
    return WarmUp(tuple(kinds()), time.perf_counter() - began, None if directory is None else str(directory))


def small_recipes() -> Iterator[Recipe]:
    """Recipes that use every kernel between them."""
    for kind in kinds().values():
        targets = ["catalogue", "brightness", f"count.{kind.name}", f"{kind.name}.{kind.parameters[0].name}"]
        for sampling in kind.kernels:
            for psf in (None, {"gaussian": {"sigma": {"uniform": [0.5, 1.5]}}}):
                data: dict[str, Any] = {
                    "name": "warmup",
                    "image": {"sampling": sampling},
                    "psf": psf,
                    "noise": [{"gaussian": {"sigma": {"uniform": [0, 0.1]}}}],
                    "splits": {"train": 0.5, "test": 0.5},
                    "targets": targets,
                    "catalogues": {kind.name: {"objects": [kind.name]}},
                }
                yield Recipe.parse(data)
