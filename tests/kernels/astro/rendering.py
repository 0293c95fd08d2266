"""Draws single objects by the batch kernels, and names scenes by hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels.image.grid import canvas_coordinates, padded_length
from deepbench_fast.kernels.light.galaxy import galaxy_center, galaxy_integrate
from deepbench_fast.kernels.light.star import star_center, star_integrate

Kernel = Callable[..., None]
Image = npt.NDArray[np.float32]

STAR = ("x", "y", "amplitude", "gamma", "alpha")
GALAXY = ("x", "y", "amplitude", "r_eff", "n", "ellip", "theta")


def table(rows: Sequence[Mapping[str, float]], samples: Sequence[int]) -> npt.NDArray[Any]:
    """A table of objects of one kind, as the kernels take it."""
    parameters = STAR if "gamma" in rows[0] else GALAXY
    result = np.zeros(
        len(rows), [(name, "i8") for name in ("sample", "entry", "slot")] + [(name, "f8") for name in parameters]
    )
    result["sample"] = samples
    for name in parameters:
        result[name] = [row[name] for row in rows]
    return result


def arguments(
    rows: Sequence[Mapping[str, float]], samples: Sequence[int], height: int, width: int, pad: int = 0, first: int = 0
) -> tuple[Any, ...]:
    """Empty canvases and everything else that a kernel takes."""
    canvas = np.zeros((max(samples) - first + 1, padded_length((height + 2 * pad) * (width + 2 * pad))), np.float32)
    return canvas, *canvas_coordinates(height, width, pad), (height, width, pad), table(rows, samples), first


def render(kernel: Kernel, parameters: Mapping[str, float], height: int, width: int, pad: int = 0) -> Image:
    """The frame of one object, without its padding."""
    call = arguments([parameters], [0], height, width, pad)
    kernel(*call)
    pixels = call[0][0, : (height + 2 * pad) * (width + 2 * pad)].reshape(height + 2 * pad, width + 2 * pad)
    return pixels[pad : pad + height, pad : pad + width].copy()


def random_star(rng: np.random.Generator, size: int) -> dict[str, float]:
    """A star of any shape, on or beside the frame."""
    return {
        "x": rng.uniform(-3.0, size + 3.0),
        "y": rng.uniform(-3.0, size + 3.0),
        "amplitude": rng.uniform(0.1, 10.0),
        "gamma": rng.uniform(0.5, 0.1 * size + 0.5),
        "alpha": rng.uniform(1.2, 8.0),
    }


def random_galaxy(rng: np.random.Generator, size: int) -> dict[str, float]:
    """A galaxy of any shape, on or beside the frame."""
    ellip = rng.uniform(0.0, 0.95)
    return {
        "x": rng.uniform(-3.0, size + 3.0),
        "y": rng.uniform(-3.0, size + 3.0),
        "amplitude": rng.uniform(0.1, 10.0),
        "r_eff": rng.uniform(0.7, 0.2 * size) / (1.0 - ellip),
        "n": rng.uniform(0.5, 10.0),
        "ellip": ellip,
        "theta": rng.uniform(-10.0, 10.0),
    }


def fingerprint() -> str:
    """Hash of a scene by all four kernels."""
    rng = np.random.default_rng(8)
    stars = [random_star(rng, 28) for _ in range(20)]
    galaxies = [random_galaxy(rng, 28) for _ in range(20)]
    digest = hashlib.sha256()
    for kernel, rows in (
        (star_center, stars),
        (star_integrate, stars),
        (galaxy_center, galaxies),
        (galaxy_integrate, galaxies),
    ):
        call = arguments(rows, list(range(20)), 28, 28, 3)
        kernel(*call)
        digest.update(call[0].tobytes())
    return digest.hexdigest()
