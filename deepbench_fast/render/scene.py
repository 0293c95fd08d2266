"""Objects on a canvas: shapes compose first, then light adds; then the PSF blurs all of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.plan import Plan
from deepbench_fast.effects.effect import Rows, Stage
from deepbench_fast.kernels.image.grid import canvas_coordinates, padded_length
from deepbench_fast.kernels.shapes import compose
from deepbench_fast.kernels.stopping import NEVER
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.render.noise import effect_rows
from deepbench_fast.render.oversample import LENGTH, in_pixels, in_sub_pixels
from deepbench_fast.render.sharing import share
from deepbench_fast.render.tiles import TiledLight

PIXELS_AT_ONCE = 2**20
STRIP = 128  # rows that threads take one by one
SECONDS_AT_ONCE = 0.2

NO_ROWS = Rows({}, {}, np.zeros(0, np.int64), np.zeros(2, np.uint32))
"""Rows of PSFs where a dataset has none."""

OVERLAPS = {"union": compose.UNION, "xor": compose.XOR, "add": compose.ADD}


@dataclass(frozen=True)
class Brush:
    """A kernel, and the rows that it draws: those of a kind (of one form, where the recipe has several).

    `tiled` draws them instead where light has a cutoff and the kind's reach is known.
    """

    kind: str
    is_shape: bool
    kernel: Callable[..., Any]
    entries: npt.NDArray[np.int64] | None
    tiled: TiledLight | None

    def rows(self, table: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The rows of the kind's table that are drawn by this kernel."""
        return table if self.entries is None else table[np.isin(table["entry"], self.entries)]


def make_brushes(plan: Plan) -> list[Brush]:
    """Kernels of the plan's kinds and forms in the order of drawing: shapes, then light, each by name."""
    brushes = []
    for kind in sorted(plan.kinds, key=lambda kind: (kind.layer != "shape", kind.name)):
        entries = [e for e in plan.entries if e.kind is kind]
        forms = sorted({e.entry.form for e in entries})
        for form in forms:
            chosen = np.array([e.number for e in entries if e.entry.form == form], np.int64)
            kernel = kind.kernel(plan.recipe.image, form)
            own = chosen if len(forms) > 1 else None
            brushes.append(Brush(kind.name, kind.layer == "shape", kernel, own, _tiled(plan, kind, form)))
    return brushes


def _tiled(plan: Plan, kind: Kind, form: str) -> TiledLight | None:
    image = plan.recipe.image
    tiled = kind.tiled(image, form) if image.cutoff else None
    return None if tiled is None else TiledLight(*tiled, image.cutoff)


def canvas_dtype(plan: Plan) -> np.dtype[Any]:
    """Of what objects are drawn on: that of the image, but float32 where brightness is told of sums beyond 255."""
    image = plan.recipe.image
    beyond = image.overlap == "add" and any(target.source == "brightness" for target in plan.targets)
    return np.dtype(np.float32 if beyond else image.dtype)


class Scene:
    """Draws and blurs the objects of one plan, with a canvas that is kept from call to call: one for each thread.

    As many as `threads` work on one large canvas: they draw light with a cutoff, and blur.
    """

    def __init__(self, plan: Plan, threads: int = 1) -> None:
        self.plan = plan
        self.threads = threads
        self.brushes = make_brushes(plan)
        self.overlap = OVERLAPS[plan.recipe.image.overlap]
        self.cutoff = np.float32(plan.recipe.image.cutoff)
        self.stop = NEVER
        self.factor = plan.recipe.image.oversample
        self.shape = (self.factor * plan.shape[0], self.factor * plan.shape[1])
        self.kinds = {kind.name: kind for kind in plan.kinds}
        self.dtype = canvas_dtype(plan)
        self._canvas = np.empty(0, self.dtype)
        self._coordinates: dict[int, tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]] = {}

    def pad(self, samples: npt.NDArray[Any]) -> int:
        """Radius of the widest PSF: light within it of the frame leaks in, light from further away is left out."""
        return self.plan.effects.reach(self._psf_rows(samples), max(self.shape))

    def canvas_length(self, pad: int) -> int:
        """Pixels of one sample's canvas; sub-pixels where it is finer."""
        height, width = self.shape
        return padded_length((height + 2 * pad) * (width + 2 * pad))

    def draw(
        self,
        objects: Mapping[str, npt.NDArray[Any]],
        first: int,
        samples: npt.NDArray[Any],
        pad: int,
        out: npt.NDArray[Any],
    ) -> None:
        """Draw the objects of the samples `first, first + 1, ...`, blur them, and cut out the frame.

        `samples` are the samples' rows, `out` is (samples, pixels), of this scene's dtype. Raises Stopped where `stop`
        asks for it.
        """
        frame = (*self.shape, pad)
        canvas = self._blank_canvas(len(samples), self.canvas_length(pad), out)
        for brush in self.brushes:
            if brush.tiled is not None:
                table = in_sub_pixels(self.kinds[brush.kind], brush.rows(objects[brush.kind]), self.factor)
                brush.tiled.draw(canvas, frame, table, first, self.threads, self.stop)
                continue
            for run in self._runs(brush.rows(objects[brush.kind]), canvas.shape[1]):
                table = in_sub_pixels(self.kinds[brush.kind], run, self.factor)
                if brush.is_shape:
                    brush.kernel(canvas, frame, table, first, self.overlap)
                elif self.cutoff > 0.0:
                    self._add_bright(brush, canvas, frame, table, first)
                else:
                    brush.kernel(canvas, *self._pixel_coordinates(pad), frame, table, first)
        self.stop.check()
        if self.factor > 1:
            fine = np.empty((len(samples), self.shape[0] * self.shape[1]), self.dtype)
            self._blur(canvas, frame, samples, fine)
            in_pixels(fine, self.plan.recipe.image, all(brush.is_shape for brush in self.brushes), out)
        elif canvas is not out:
            self._blur(canvas, frame, samples, out)
        self.stop.check()

    def _add_bright(
        self,
        brush: Brush,
        canvas: npt.NDArray[np.float32],
        frame: tuple[int, int, int],
        table: npt.NDArray[Any],
        first: int,
    ) -> None:
        """Add the light of each object that is not below the cutoff, where its kind's reach isn't known."""
        light = np.empty((1, canvas.shape[1]), np.float32)
        for k in range(len(table)):
            self.stop.check()
            light.fill(0.0)
            one = table[k : k + 1].copy()
            one["sample"] = 0
            brush.kernel(light, *self._pixel_coordinates(frame[2]), frame, one, 0)
            light[np.abs(light) < self.cutoff] = 0.0
            canvas[table["sample"][k] - first] += light[0]

    def _runs(self, table: npt.NDArray[Any], pixels: int) -> Iterator[npt.NDArray[Any]]:
        """The rows of a table in order, as many at once as take a moment: between two runs `stop` is looked at."""
        start, size = 0, max(1, PIXELS_AT_ONCE // pixels)
        while start < len(table):
            self.stop.check()
            began = time.perf_counter()
            yield table[start : start + size]
            start += size
            size = max(1, int(size * min(4.0, SECONDS_AT_ONCE / max(time.perf_counter() - began, 1e-9))))

    def _blur(
        self,
        canvas: npt.NDArray[Any],
        frame: tuple[int, int, int],
        samples: npt.NDArray[Any],
        out: npt.NDArray[Any],
    ) -> None:
        rows = self._psf_rows(samples)
        if self.threads == 1 or len(out) > 1 or not self.plan.effects.blurs_by_rows:
            self.plan.effects.blur(canvas, frame, rows, out, self.stop)
            return
        height, width, pad = frame

        def blur(strips: tuple[int, int]) -> None:
            first, stop = STRIP * strips[0], min(STRIP * strips[1], height)
            part = canvas[:, first * (width + 2 * pad) :]
            pixels = out[:, first * width : stop * width]
            self.plan.effects.blur(part, (stop - first, width, pad), rows, pixels, self.stop)

        share(blur, -(-height // STRIP), self.threads, self.stop)

    def _psf_rows(self, samples: npt.NDArray[Any]) -> Rows:
        """Rows of PSFs, with widths in the canvas's pixels."""
        if not self.plan.effects.psfs:
            return NO_ROWS
        rows = effect_rows(self.plan, samples, Stage.PSF)
        if self.factor == 1:
            return rows
        scales = {name: self.factor if self.plan.sample_units[name] == LENGTH else 1 for name in rows.columns}
        return rows._replace(columns={name: scales[name] * column for name, column in rows.columns.items()})

    def _blank_canvas(self, count: int, length: int, out: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Where objects are drawn: in `out` itself where it would be a copy."""
        if self.factor == 1 and not self.plan.effects.psfs and out.shape == (count, length):
            canvas = out
        else:
            if self._canvas.size < count * length:
                self._canvas = np.empty(count * length, self.dtype)
            canvas = self._canvas[: count * length].reshape(count, length)
        # Bytes are filled at twice the rate of numbers.
        canvas.view(np.uint8).fill(0)
        return canvas

    def _pixel_coordinates(self, pad: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        if pad not in self._coordinates:
            self._coordinates = {pad: canvas_coordinates(*self.shape, pad)}
        return self._coordinates[pad]
