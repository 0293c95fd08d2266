"""The brightest pixel of an object where it lies outside of the frame: what masks measure the object's light against.

The object is drawn again, moved by whole pixels, on a square view around the place where its brightest pixel can be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.plan import Plan
from deepbench_fast.kernels.image.masks import highest_beside
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.render.scene import Scene

VIEWS = 2 ** np.arange(4, 11)
"""Sides of views in pixels, each with a canvas of its own."""
LARGEST_VIEW = int(VIEWS[-1])
PIXELS_AT_ONCE = 2**18
# A blur, or a centre between pixels, moves the brightest pixel about.
MARGIN = 1.0
# No deflection of an elliptical lens is more than this, in Einstein radii: 1.08 at an axis ratio of 0.4.
STRONGEST_DEFLECTION = 1.1

Rows = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


def _length(x: Floats, y: Floats) -> Floats:
    length: Floats = np.sqrt(x * x + y * y)
    return length


def _half_diagonal(rows: Rows) -> Floats:
    half: Floats = 0.5 * _length(rows["width"], rows["height"])
    return half


def _half_line(rows: Rows) -> Floats:
    along = _length(rows["x2"] - rows["x1"], rows["y2"] - rows["y1"])
    half: Floats = 0.5 * (along + rows["line_width"])
    return half


def _along(axis_ratio: Floats) -> Floats:
    """How far along a narrow profile a pixel can hit its ridge better than the one nearest to its centre."""
    return 1.0 / axis_ratio


def _of_spiral(rows: Rows) -> Floats:
    """Ridges of arms are at most 1 + sqrt(2 pi kappa) <= 1 + 4.7 / arm_width times as bright as their disc, which
    falls by exp(1.67) in each half-light radius; ln(r**2) <= 2 (r - 1) / sqrt(r); cos(i) >= 1 - 2 i / pi."""
    root = np.sqrt(1.0 + 4.7 / rows["arm_width"])
    brighter = 2.0 * (root - 1.0) / np.sqrt(root)
    return rows["r_eff"] * (brighter / 1.67) + _along(1.0 - 0.64 * rows["inclination"])


def _of_lens(rows: Rows) -> Floats:
    """The source's centre is seen where (1 - shear) place = source + deflection."""
    unsheared = _length(rows["source_dx"], rows["source_dy"]) + STRONGEST_DEFLECTION * rows["theta_e"]
    return (unsheared + _along(1.0 - rows["source_ellip"])) / (1.0 - _length(rows["gamma1"], rows["gamma2"]))


REACH: dict[str, Callable[[Rows], Floats]] = {
    "star": lambda rows: np.zeros(len(rows)),
    "galaxy": lambda rows: _along(1.0 - rows["ellip"]),
    "spiral_galaxy": _of_spiral,
    "lens": _of_lens,
    "rectangle": _half_diagonal,
    "ellipse": _half_diagonal,
    "line": _half_line,
}
"""Pixels from an object's centre within which its brightest one lies; of other kinds the sum of their lengths."""


def reach(kind: Kind, rows: Rows) -> Floats:
    """Pixels from each object's centre, along rows and columns, within which its brightest one lies."""
    if kind.name in REACH:
        return REACH[kind.name](rows) + MARGIN
    lengths = [p.name for p in kind.columns if p.unit == "pix" and p.name not in ("x", "y")]
    return sum((np.abs(rows[name]) for name in lengths), np.full(len(rows), MARGIN))


class Peaks:
    """Looks for brightest pixels beside the frame, on views that are kept from call to call: one for each thread."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._views: dict[int, Scene] = {}
        self._none = {kind.name: np.empty(0, scene.plan.table_dtype(kind)) for kind in scene.plan.kinds}

    def may_lie_beside(self, kind: Kind, rows: Rows) -> npt.NDArray[np.bool_]:
        """Whether an object's brightest pixel may lie outside of the frame."""
        height, width = self._scene.plan.shape
        (x, y), far = _centres(kind, rows), reach(kind, rows)
        return (x - far < 0) | (x + far > width - 1) | (y - far < 0) | (y + far > height - 1)

    def look_beside(
        self, kind: Kind, rows: Rows, samples: Rows, light: npt.NDArray[Any], peaks: npt.NDArray[np.float32]
    ) -> None:
        """Raise `peaks`, the brightest pixels of objects in the frame, to what is beside it.

        `samples` has the row of `/samples` of each object, `light` (objects, pixels) its light in the frame. Up to
        LARGEST_VIEW pixels across objects are seen whole; larger ones around their centre, and around their brightest
        pixel in the frame.
        """
        x, y = (np.floor(centre + 0.5).astype(np.int64) for centre in _centres(kind, rows))
        sides = 2.0 * np.ceil(reach(kind, rows)) + 1.0
        views = VIEWS[np.minimum(np.searchsorted(VIEWS, sides), len(VIEWS) - 1)]
        for side in np.unique(views):
            of_side = np.flatnonzero(views == side)
            step = max(1, PIXELS_AT_ONCE // int(side) ** 2)
            for chosen in np.split(of_side, range(step, of_side.size, step)):
                self._look(kind, rows, samples, int(side), (x, y), chosen, peaks)
        larger = np.flatnonzero(sides > LARGEST_VIEW)
        if larger.size:
            row, column = np.divmod(light.argmax(axis=1), self._scene.plan.shape[1])
            for one in larger:
                self._look(kind, rows, samples, LARGEST_VIEW, (column, row), np.array([one]), peaks)

    def _look(
        self,
        kind: Kind,
        rows: Rows,
        samples: Rows,
        side: int,
        middle: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
        chosen: npt.NDArray[np.int64],
        peaks: npt.NDArray[np.float32],
    ) -> None:
        """Draw the chosen objects on views of this side around `middle` (columns, rows)."""
        view = self._view(side)
        left, top = (centre[chosen] - side // 2 for centre in middle)
        moved = rows[chosen].copy()
        moved["sample"] = np.arange(chosen.size)
        for names, shift in zip(_positions(kind), (left, top), strict=True):
            for name in names:
                moved[name] -= shift
        light = np.empty((chosen.size, side * side), view.dtype)
        own = samples[chosen]
        view.draw({**self._none, kind.name: moved}, 0, own, view.pad(own), light)
        found = peaks[chosen]
        highest_beside(light, side, left, top, self._scene.plan.shape, found)
        peaks[chosen] = found

    def _view(self, side: int) -> Scene:
        if side not in self._views:
            self._views[side] = Scene(_with_shape(self._scene.plan, (side, side)))
        self._views[side].stop = self._scene.stop
        return self._views[side]


def _positions(kind: Kind) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns of a kind's table that are columns of the image, and those that are rows of it."""
    places = kind.redraw.ends if kind.redraw else ("x", "y")
    return places[0::2], places[1::2]


def _centres(kind: Kind, rows: Rows) -> tuple[Floats, Floats]:
    x, y = (np.mean([rows[name] for name in names], axis=0) for names in _positions(kind))
    return x, y


def _with_shape(plan: Plan, shape: tuple[int, int]) -> Plan:
    image = replace(plan.recipe.image, shape=shape)
    return replace(plan, recipe=replace(plan.recipe, image=image))
