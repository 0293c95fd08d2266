"""Instance masks: for each pixel the number of the object that gives it most light, or covers it; 0 for none.

The objects of a sample are numbered from 1: kinds by name, within a kind in the order of its table. An object counts
where its light, after the PSF, is above a share of its own brightest pixel, wherever that lies.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.layout import Tables
from deepbench_fast.kernels.image.masks import claim_pixels
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.render.peaks import Peaks, Rows
from deepbench_fast.render.scene import Scene

OBJECTS_AT_ONCE = 64
PIXELS_AT_ONCE = 2**18


class Masks:
    """Draws each object of a plan's samples on a canvas of its own: make one for each thread."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._peaks = Peaks(scene)

    def draw(self, tables: Tables, pad: int, out: npt.NDArray[np.uint16]) -> None:
        """Fill `out`, shape (samples, pixels)."""
        out[:] = 0
        brightest = np.zeros(out.shape, self._scene.dtype)
        before = np.zeros(len(tables.samples), np.int64)
        at_once = min(OBJECTS_AT_ONCE, max(1, PIXELS_AT_ONCE // self._scene.canvas_length(pad)))
        light = np.empty((at_once, out.shape[1]), self._scene.dtype)
        none = {name: rows[:0] for name, rows in tables.objects.items()}
        threshold = self._scene.plan.recipe.mask_threshold
        for kind in self._scene.plan.kinds:
            table = tables.objects[kind.name].copy()
            samples = table["sample"] - tables.first
            numbers = before[samples] + 1 + _ranks(samples)
            beside = self._peaks.may_lie_beside(kind, table) & (threshold > 0)
            for start in range(0, len(table), at_once):
                part = slice(start, start + at_once)
                rows, of, own = table[part], tables.samples[samples[part]], light[: len(table[part])]
                rows["sample"] = np.arange(len(rows))
                self._scene.draw({**none, kind.name: rows}, 0, of, pad, own)
                peaks = self._own_peaks(kind, rows, of, own, beside[part])
                claim_pixels(out, brightest, own, peaks, samples[part], numbers[part], threshold)
            before += np.bincount(samples, minlength=before.size)

    def _own_peaks(
        self, kind: Kind, rows: Rows, samples: Rows, light: npt.NDArray[Any], beside: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float32]:
        """The brightest pixel of each object; where it may lie `beside` the frame, it is looked for there."""
        peaks: npt.NDArray[np.float32] = light.max(axis=1, initial=0).astype(np.float32, copy=False)
        unsure = beside & (peaks > 0)
        if kind.layer == "shape":  # no pixel of it is brighter
            unsure &= peaks < rows["amplitude"].astype(np.float32)
        if unsure.any():
            found = peaks[unsure]
            self._peaks.look_beside(kind, rows[unsure], samples[unsure], light[unsure], found)
            peaks[unsure] = found
        return peaks


def _ranks(sample: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Position of each row among those of its sample, from 0; rows are sorted by sample."""
    ranks: npt.NDArray[np.int64] = np.arange(sample.size) - np.searchsorted(sample, sample)
    return ranks
