"""The scenes that the benchmarks make, as recipes.

Every parameter has its kind's default distribution, so that DeepBench (`peers/deepbench_peer.py`) makes the same.
"""

from __future__ import annotations

from typing import Any

from deepbench_fast import Recipe
from deepbench_fast.kinds.registry import kinds
from deepbench_fast.run.benchmark.arrays import PSF_SIGMA


def galaxies(samples: int, *, psf: bool = False, size: int = 28) -> Recipe:
    """One galaxy in each image, in noise."""
    return _recipe("galaxies", samples, size, psf, {"galaxies": [{"galaxy": {}}]})


def fields(samples: int, *, psf: bool = True, size: int = 256) -> Recipe:
    """Poisson(5) stars and one to three galaxies in each image, in noise."""
    star, galaxy = {"count": {"poisson": 5}}, {"count": {"integers": [1, 3]}}
    return _recipe("fields", samples, size, psf, {"fields": [{"star": star}, {"galaxy": galaxy}]})


def shapes(samples: int, *, psf: bool = False, size: int = 256) -> Recipe:
    """One shape in each image, of six kinds in equal shares, in noise."""
    names = [kind.name for kind in kinds().values() if kind.layer == "shape"]
    return _recipe("shapes", samples, size, psf, {name: [{name: {}}] for name in names})


SCENES = {"galaxies": galaxies, "fields": fields, "shapes": shapes}


def _recipe(name: str, samples: int, size: int, psf: bool, catalogues: dict[str, list[dict[str, Any]]]) -> Recipe:
    data = {
        "name": name,
        "samples": samples,
        "image": {"shape": [size, size]},
        "psf": {"gaussian": {"sigma": PSF_SIGMA}} if psf else None,
        "noise": [{"gaussian": {"sigma": {"uniform": [0.0, 0.2]}}}],
        "catalogues": {catalogue: {"objects": objects} for catalogue, objects in catalogues.items()},
    }
    recipe: Recipe = Recipe.parse(data)
    return recipe


def pendulums(samples: int, kind: str = "pendulum", *, output: str = "x", **options: Any) -> Recipe:
    """One pendulum in each sample, at 100 moments of 10 s, without noise."""
    return _series(samples, kind, output, options)


def bodies(samples: int, number: int, **options: Any) -> Recipe:
    """As many bodies in each sample, bound at random, at 100 moments of 10 units of time; without noise."""
    return _series(samples, "n_body", "position", {"bodies": number, **options})


def _series(samples: int, kind: str, output: str, options: dict[str, Any]) -> Recipe:
    data = {
        "name": "series",
        "samples": samples,
        "series": {"start": 0, "stop": 10, "steps": 100, "outputs": [output]},
        "catalogues": {kind: {"objects": [{kind: options}]}},
    }
    recipe: Recipe = Recipe.parse(data)
    return recipe
