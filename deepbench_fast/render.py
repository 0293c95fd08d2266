"""Tables → samples: scene, blur by the PSF, noise. A pure function of the tables and the names of the streams."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw import Tables
from deepbench_fast.kernels.blur import blur, crop
from deepbench_fast.kernels.grid import canvas_coordinates, padded_length
from deepbench_fast.kernels.noise import add_gaussian
from deepbench_fast.plan import Plan
from deepbench_fast.targets import measure_targets

BLOCK_BYTES = 2**20


class Renderer:
    """Renders tables of one plan, with scratch arrays that are kept from call to call: make one for each thread."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.kernels = [(kind.name, kind.render_kernel(plan.recipe.image.sampling)) for kind in plan.kinds]
        self._canvas = np.empty(0, np.float32)
        self._coordinates: dict[int, tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]] = {}

    def allocate(self, samples: int) -> dict[str, npt.NDArray[Any]]:
        """Arrays for `render` to fill: one for each of the plan's arrays, one row a sample."""
        return {name: np.empty((samples, *shape), dtype) for name, (shape, dtype) in self.plan.arrays.items()}

    def render(self, tables: Tables, out: dict[str, npt.NDArray[Any]] | None = None) -> dict[str, npt.NDArray[Any]]:
        """Render the samples of `tables` into `out` (allocated if absent; its first rows are used) and return it."""
        count = len(tables.samples)
        arrays = self.allocate(count) if out is None else {name: array[:count] for name, array in out.items()}
        pad = self._pad(tables)
        height, width = self.plan.shape
        length = padded_length((height + 2 * pad) * (width + 2 * pad))
        block = max(1, BLOCK_BYTES // (4 * length))
        starts = range(0, count, block)
        edges = tables.first + np.append(starts, count)
        rows = {name: np.searchsorted(table["sample"], edges) for name, table in tables.objects.items()}
        for number, start in enumerate(starts):
            stop = min(start + block, count)
            objects = {name: tables.objects[name][row[number] : row[number + 1]] for name, row in rows.items()}
            part = Tables(tables.first + start, tables.samples[start:stop], objects)
            self._render_block(part, pad, length, {name: array[start:stop] for name, array in arrays.items()})
        return arrays

    def _render_block(self, tables: Tables, pad: int, length: int, out: dict[str, npt.NDArray[Any]]) -> None:
        count = len(tables.samples)
        frame = (*self.plan.shape, pad)
        canvas = self._blank_canvas(count, length)
        columns, rows = self._pixel_coordinates(pad)
        for name, kernel in self.kernels:
            if len(tables.objects[name]):
                kernel(canvas, columns, rows, frame, tables.objects[name], tables.first)
        images = out["images"].reshape(count, -1)
        if "psf_gaussian_sigma" in self.plan.sample_columns:
            blur(canvas, frame, np.ascontiguousarray(tables.samples["psf_gaussian_sigma"]), images)
        else:
            crop(canvas, frame, images)
        if "clean" in out:
            out["clean"][:] = out["images"]
        measure_targets(self.plan, tables, images, out["targets"])
        if "noise_gaussian_sigma" in self.plan.sample_columns:
            sigma = np.ascontiguousarray(tables.samples["noise_gaussian_sigma"])
            streams = self.plan.noise_streams[tables.samples["catalogue"]]
            add_gaussian(images, sigma, self.plan.key, streams, np.ascontiguousarray(tables.samples["member"]))

    def _pad(self, tables: Tables) -> int:
        """Radius of the widest PSF: light within it of the frame leaks in."""
        if "psf_gaussian_sigma" not in self.plan.sample_columns:
            return 0
        sigma = tables.samples["psf_gaussian_sigma"]
        return int(4.0 * float(np.nanmax(sigma, initial=0.0)) + 0.5)

    def _blank_canvas(self, count: int, length: int) -> npt.NDArray[np.float32]:
        if self._canvas.size < count * length:
            self._canvas = np.empty(count * length, np.float32)
        canvas = self._canvas[: count * length].reshape(count, length)
        canvas.fill(0.0)
        return canvas

    def _pixel_coordinates(self, pad: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        if pad not in self._coordinates:
            self._coordinates = {pad: canvas_coordinates(*self.plan.shape, pad)}
        return self._coordinates[pad]
