"""Instance masks: for each pixel the number of the object that gives it most light, or covers it; 0 for none.

The objects of a sample are numbered from 1: kinds by name, within a kind in the order of its table. An object counts
where its light, after the PSF, is above a share of its own brightest pixel, wherever that lies.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw import Tables
from deepbench_fast.kernels.masks import claim_pixels
from deepbench_fast.peaks import Peaks
from deepbench_fast.scene import Scene

OBJECTS_AT_ONCE = 64
PIXELS_AT_ONCE = 2**18


class Masks:
    """Draws each object of a plan's samples on a canvas of its own: make one for each thread."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._peaks = Peaks(scene)

    def draw(self, tables: Tables, pad: int, out: npt.NDArray[np.uint16]) -> None:
        """Fill `out`, shape (samples, pixels)."""
        plan, pixels = self._scene.plan, out.shape[1]
        threshold = plan.recipe.mask_threshold
        out[:] = 0
        brightest = np.zeros(out.shape, np.float32)
        at_once = min(OBJECTS_AT_ONCE, max(1, PIXELS_AT_ONCE // self._scene.canvas_length(pad)))
        light = np.empty((at_once, pixels), np.float32)
        before = np.zeros(len(tables.samples), np.int64)
        none = {name: rows[:0] for name, rows in tables.objects.items()}
        for kind in plan.kinds:
            table = tables.objects[kind.name]
            of_sample = table["sample"] - tables.first
            numbers = before[of_sample] + 1 + _ranks(of_sample)
            beside = self._peaks.may_lie_beside(kind, table) & (threshold > 0)
            for start in range(0, len(table), at_once):
                part = table[start : start + at_once].copy()
                part["sample"] = np.arange(len(part))
                own, samples = light[: len(part)], of_sample[start : start + at_once]
                self._scene.draw({**none, kind.name: part}, 0, tables.samples[samples], pad, own)
                peaks = own.max(axis=1, initial=0)
                unsure = beside[start : start + at_once] & (peaks > 0)
                if kind.layer == "shape":  # no pixel of it is brighter
                    unsure &= peaks < part["amplitude"].astype(np.float32)
                if unsure.any():
                    found = peaks[unsure]
                    self._peaks.look_beside(kind, part[unsure], tables.samples[samples[unsure]], own[unsure], found)
                    peaks[unsure] = found
                claim_pixels(out, brightest, own, peaks, samples, numbers[start : start + at_once], threshold)
            before += np.bincount(of_sample, minlength=before.size)


def _ranks(sample: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Position of each row among those of its sample, from 0; rows are sorted by sample."""
    ranks: npt.NDArray[np.int64] = np.arange(sample.size) - np.searchsorted(sample, sample)
    return ranks
