"""Instance masks: for each pixel the number of the object that gives it most light, or covers it; 0 for none.

The objects of a sample are numbered from 1: kinds by name, within a kind in the order of its table. An object counts
where its light, after the PSF, is above a share of its own brightest pixel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw import Tables
from deepbench_fast.kernels.masks import claim_pixels
from deepbench_fast.scene import Scene

OBJECTS_AT_ONCE = 64


def draw_masks(scene: Scene, tables: Tables, pad: int, threshold: float, out: npt.NDArray[np.uint16]) -> None:
    """Fill `out`, shape (samples, pixels): each object is drawn on a canvas of its own."""
    out[:] = 0
    brightest = np.zeros(out.shape, np.float32)
    light = np.empty((OBJECTS_AT_ONCE, out.shape[1]), np.float32)
    before = np.zeros(len(tables.samples), np.int64)
    for kind in sorted(tables.objects):
        table = tables.objects[kind]
        numbers = before[table["sample"] - tables.first] + 1 + _ranks(table["sample"])
        for start in range(0, len(table), OBJECTS_AT_ONCE):
            part = table[start : start + OBJECTS_AT_ONCE].copy()
            samples = part["sample"] - tables.first
            part["sample"] = np.arange(len(part))
            own = light[: len(part)]
            objects = {name: part if name == kind else rows[:0] for name, rows in tables.objects.items()}
            scene.draw(objects, 0, tables.samples[samples], pad, own)
            claim_pixels(out, brightest, own, samples, numbers[start : start + len(part)], threshold)
        before += np.bincount(table["sample"] - tables.first, minlength=before.size)


def _ranks(sample: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Position of each row among those of its sample, from 0; rows are sorted by sample."""
    ranks: npt.NDArray[np.int64] = np.arange(sample.size) - np.searchsorted(sample, sample)
    return ranks
