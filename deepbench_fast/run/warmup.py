"""Compiles every kernel ahead of time, by rendering a few samples of each kind in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from deepbench_fast.kernels._jit import cache_directory
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.registry import kinds
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.parameter_noise import noisy_parameters
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.render.samples import samples


@dataclass(frozen=True)
class WarmUp:
    """What was compiled, how long it took, and where it is kept (None: nowhere)."""

    kinds: tuple[str, ...]
    seconds: float
    directory: str | None


def warm_up(tell: Callable[[str, float], None] | None = None) -> WarmUp:
    """Compile the kernels of all kinds and renderings, of PSFs, noise, extras and targets, or load them from the cache.

    `tell` is called with the name of each part and the seconds that it took.
    """
    began = time.perf_counter()
    for name, recipes in small_recipes():
        start = time.perf_counter()
        for recipe in recipes:
            samples(recipe, 0, 2)
        if tell is not None:
            tell(name, time.perf_counter() - start)
    directory = cache_directory()
    return WarmUp(tuple(kinds()), time.perf_counter() - began, None if directory is None else str(directory))


def small_recipes() -> Iterator[tuple[str, list[Recipe]]]:
    """Recipes that use every kernel between them: PSFs, noise and extras, then each kind."""
    yield "PSFs, noise and extras", _effects()
    for kind in kinds().values():
        yield kind.name, [_one_object(kind, settings, options) for settings, options in _settings(kind)]


def _settings(kind: Kind) -> Iterator[tuple[dict[str, object], dict[str, str]]]:
    """Every way to render a kind, also in bytes, and with a cutoff."""
    for settings, options in kind.renderings():
        yield settings, options
        if kind.layer == "shape" and not settings["coverage"]:
            yield {**settings, "dtype": "uint8"}, options
        if kind.reach:
            yield {**settings, "cutoff": 0.01}, options


def _effects() -> list[Recipe]:
    gaussian = {"gaussian": {"sigma": {"uniform": [0.5, 1.5]}}}
    moffat = {"moffat": {"gamma": 1.5, "alpha": 3.0}}
    # The laws whose standard deviations are found by kernels.
    noisy = [{"star.gamma": {"noise": {"normal": [0, 1]}}}, {"star.x": {"noise": {"loguniform": [1, 2]}}}]
    data: dict[str, Any] = {
        "name": "warmup",
        "image": {"shape": [28, 28]},
        "noise": [
            {"ccd": {"sky": 10, "gain": 2, "read_noise": 3}},
            {"poisson": {"level": {"uniform": [1, 30]}}},
            {"gaussian": {"sigma": {"uniform": [0, 0.1]}}},
        ],
        "extras": ["clean", "masks", "variance"],
        "targets": ["catalogue", "brightness", "count.star", *noisy],
        "splits": {"train": 0.5, "test": 0.5},
        "catalogues": {"star": {"objects": ["star", {"star": {"name": "beside", "x": -2}}]}},
    }
    both = {name: {"objects": ["star"], "psf": psf} for name, psf in (("gaussian", gaussian), ("moffat", moffat))}
    finer = ({"shape": [28, 28], "oversample": 3, "sampling": sampling} for sampling in ("center", "integrate"))
    circles = {"circle": {"objects": ["circle", {"circle": {"name": "beside", "x": -2}}]}}
    plain = {"name": "warmup", "extras": ["masks"], "targets": ["brightness"], "catalogues": circles}
    in_bytes = ({"dtype": "uint8", "oversample": 3}, {"dtype": "uint8", "overlap": "add"})
    return [
        *(Recipe.parse({**data, "psf": psf}) for psf in (None, gaussian, moffat)),
        Recipe.parse({**data, "catalogues": both, "split": "train"}),
        Recipe.parse({**data, "noise": [{"gaussian": {"snr": 10}}]}),
        *(Recipe.parse({**data, "image": image}) for image in finer),
        *(Recipe.parse({**plain, "image": {"shape": [28, 28], **image}}) for image in in_bytes),
    ]


def _one_object(kind: Kind, settings: dict[str, object], options: dict[str, str]) -> Recipe:
    data: dict[str, Any] = {"name": "warmup", "catalogues": {kind.name: {"objects": [{kind.name: options}]}}}
    if kind.dynamics is None:
        data["image"] = settings
    else:
        data["noise"] = [{"gaussian": {"sigma": 0.1}}]
        data["parameter_noise"] = dict.fromkeys(_noisy(kind, options)[:1], 0.1)
    recipe: Recipe = Recipe.parse(data)
    return recipe


def _noisy(kind: Kind, options: dict[str, str]) -> list[str]:
    return noisy_parameters(Entry.parse({kind.name: options}))
