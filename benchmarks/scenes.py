"""The scenes that the benchmarks make, as recipes and as ready input of kernels.

Every parameter has its kind's default distribution, so that DeepBench (`peers/deepbench_peer.py`) makes the same.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast import Recipe
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.tables import Tables, draw
from deepbench_fast.kernels.image.grid import canvas_coordinates, padded_length
from deepbench_fast.kinds.registry import kinds

PSF_SIGMA = 0.7
# What the pipeline renders at a time: about what the second-level cache holds.
CANVAS_BYTES = 2**19

Float32Array = npt.NDArray[np.float32]


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


class Canvases(NamedTuple):
    """Arguments of the render kernels: call `kernel(*canvases)`."""

    canvas: Float32Array
    columns: Float32Array
    rows: Float32Array
    frame: tuple[int, int, int]
    table: npt.NDArray[Any]
    first: int


def canvases(kind: str, size: int, *, pad: int = 0) -> Canvases:
    """One object of `kind` in each of as many blank images as the pipeline renders at a time."""
    length = padded_length((size + 2 * pad) ** 2)
    count = max(1, CANVAS_BYTES // (4 * length))
    columns, rows = canvas_coordinates(size, size, pad)
    table = objects(kind, count, size).objects[kind]
    return Canvases(np.zeros((count, length), np.float32), columns, rows, (size, size, pad), table, 0)


def objects(kind: str, samples: int, size: int) -> Tables:
    """Tables of samples with one object of `kind` each."""
    recipe = Recipe.of_kind(kind).with_overrides({"size": [size, size], "samples": samples})
    return draw(make_plan(recipe), 0, samples)


def images(size: int, *, pad: int = 0) -> Float32Array:
    """As many flat images of noise, zero in a margin of `pad` pixels, as the pipeline renders at a time."""
    count = max(1, CANVAS_BYTES // (4 * padded_length((size + 2 * pad) ** 2)))
    frames = np.random.default_rng(0).random((count, size, size), np.float32)
    return np.pad(frames, ((0, 0), (pad, pad), (pad, pad))).reshape(count, -1)
