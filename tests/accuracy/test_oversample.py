"""Blurred scenes that pixels do not resolve, against SciPy on a grid 45 times as fine, and finer at the core."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.special import gammaincinv

from deepbench_fast import Recipe, samples
from tests.accuracy.stated import Worst, campaign

SIDE, FINE = 15, 45
MARGIN = 8
# Cells about the core of which a mean is taken, and its points a side.
CORE, POINTS = 4, 64


def scene(row: np.void, kind: str) -> npt.NDArray[np.float64]:
    """The brightness in FINE x FINE cells of each pixel of a wide frame: at their centres, their means at the core."""
    centres = (np.arange((SIDE + 2 * MARGIN) * FINE) + 0.5) / FINE - 0.5 - MARGIN
    cells = brightness(row, kind, centres[None, :] - row["x"], centres[:, None] - row["y"])
    points = ((np.arange(POINTS) + 0.5) / POINTS - 0.5) / FINE
    middle = [round((float(row[name]) + 0.5 + MARGIN) * FINE - 0.5) for name in ("x", "y")]
    for j in range(middle[0] - CORE, middle[0] + CORE + 1):
        for i in range(middle[1] - CORE, middle[1] + CORE + 1):
            dx, dy = centres[j] + points[None, :] - row["x"], centres[i] + points[:, None] - row["y"]
            cells[i, j] = brightness(row, kind, dx, dy).mean()
    return cells


def brightness(
    row: np.void, kind: str, dx: npt.NDArray[np.float64], dy: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    if kind == "star":
        return np.asarray(row["amplitude"] * (1 + (dx * dx + dy * dy) / row["gamma"] ** 2) ** -row["alpha"])
    along = dx * np.cos(row["theta"]) + dy * np.sin(row["theta"])
    across = (dy * np.cos(row["theta"]) - dx * np.sin(row["theta"])) / (1 - row["ellip"])
    z = np.hypot(along, across) / row["r_eff"]
    return np.asarray(row["amplitude"] * np.exp(-gammaincinv(2 * row["n"], 0.5) * (z ** (1 / row["n"]) - 1)))


@cache
def truth(row: bytes, dtype: np.dtype[np.void], kind: str, sigma: float, sampling: str) -> npt.NDArray[np.float64]:
    """Kept, as scenes are the same for every factor."""
    weights = weights_of_cells(sigma, sampling)
    return np.asarray(weights @ scene(np.frombuffer(row, dtype)[0], kind) @ weights.T)


def weights_of_cells(sigma: float, sampling: str) -> npt.NDArray[np.float64]:
    """SIDE x cells of a wide frame: what a pixel of the blurred scene has of each cell, along one axis.

    A cell gives a pixel what the pixel would give it: so it is the pixel that is blurred."""
    taken = np.full(FINE, 1 / FINE) if sampling == "integrate" else np.eye(FINE)[FINE // 2]
    pixels = np.kron(np.eye(SIDE, SIDE + 2 * MARGIN, MARGIN), taken)
    return np.asarray(gaussian_filter1d(pixels, sigma * FINE, 1, mode="constant", truncate=5.0))


@pytest.mark.parametrize("factor", [1, 3, 5])
@campaign(4, 60)
def test_blurred_means(factor: int, draws: int) -> None:
    worst = Worst(f"blurred pixel mean, oversample {factor}")
    entries = {
        "galaxy": {"n": {"uniform": [0.5, 4]}, "r_eff": {"uniform": [2, 4]}, "ellip": {"uniform": [0, 0.5]}},
        "star": {"gamma": {"uniform": [0.3, 2]}, "alpha": {"uniform": [2.5, 5]}},
    }
    for kind, entry in entries.items():
        place = {name: {"uniform": [6, 8]} for name in ("x", "y")}
        recipe: Recipe = Recipe.parse(
            {
                "seed": draws,
                "image": {"shape": [SIDE, SIDE], "sampling": "integrate", "oversample": factor},
                "psf": {"gaussian": {"sigma": {"uniform": [0.7, 1.5]}}},
                "catalogues": {kind: {"objects": [{kind: {**entry, **place, "amplitude": 1}}]}},
            }
        )
        batch = samples(recipe, 0, draws)
        for i, row in enumerate(batch.tables.objects[kind]):
            sigma = float(batch.tables.samples["psf_gaussian_sigma"][i])
            exact = truth(row.tobytes(), row.dtype, kind, sigma, "integrate")
            case = {name: round(float(row[name]), 3) for name in entry}
            worst.see(np.abs(batch["image"][i] - exact).max() / exact.max(), kind=kind, sigma=round(sigma, 3), **case)
    worst.check()
