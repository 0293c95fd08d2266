"""The definitions of shapes against other programs, and the kernels against the definitions, bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from deepbench_fast.kernels._jit import kernel_of_a_process
from deepbench_fast.kinds.registry import kind
from tests.kernels.shapes.drawing import KINDS, draw_each, table
from tests.oracles import shapes as oracle

HEIGHT, WIDTH = 48, 37


@cache
def sampled(name: str) -> Callable[..., None]:
    """A kernel that fills images with the definition at all pixel centres."""
    profile = kind(name).profile_function()

    @kernel_of_a_process
    def fill(shapes: Any, centres: Any, images: Any) -> None:
        for k in range(len(shapes)):
            for i in range(HEIGHT):
                for j in range(WIDTH):
                    images[k, i, j] = profile(j - centres[k, 0], i - centres[k, 1], shapes[k])

    return fill


def defined(name: str, rows: Sequence[Mapping[str, float]]) -> npt.NDArray[np.float64]:
    """The brightness of each shape at all pixel centres."""
    shapes, images = table(name, rows, range(len(rows))), np.empty((len(rows), HEIGHT, WIDTH))
    ends = [[shapes[axis + end] for end in ("1", "2") if axis + end in shapes.dtype.names] for axis in "xy"]
    centres = [0.5 * (both[0] + both[1]) if both else shapes[axis] for axis, both in zip("xy", ends, strict=True)]
    sampled(name)(shapes, np.stack(centres, axis=1), images)
    return images


def on_edges(name: str) -> list[dict[str, Any]]:
    """Shapes whose edges pass through pixel centres, arcs of every quarter turn among them."""
    angles = (0.0, 30.0, 45.0, 90.0, 150.0, 180.0, 270.0, -60.0, 360.0)
    found: list[dict[str, Any]] = []
    for angle in angles:
        for fill in (0, 1):
            shape = {"x": 18.0, "y": 23.0, "line_width": 3.0, "fill": fill, "angle": angle}
            shape |= {"width": 20.0, "height": 12.0, "radius": 13.0, "vertices": 6, "theta1": angle}
            found += [shape | {"theta2": angle + turn} for turn in (0.0, 90.0, 180.0, -90.0, 360.0, -720.0)]
    if name == "line":
        ends = [(4.0, 7.0), (30.0, 7.0), (4.0, 41.0), (17.0, 20.0)]
        return [{"x1": a[0], "y1": a[1], "x2": b[0], "y2": b[1], "line_width": 4.0} for a in ends for b in ends]
    return found


@pytest.mark.parametrize("name", KINDS)
def test_shapes_are_those_of_other_programs(name: str) -> None:
    """Shapely decides on straight edges, equations and arc tangents in NumPy on the others."""
    rng = np.random.default_rng(5)
    rows = [oracle.random_shape(name, rng, HEIGHT) for _ in range(500)]
    for shape, image in zip(rows, defined(name, rows), strict=True):
        inside, unsure = oracle.mask(name, shape, HEIGHT, WIDTH)
        assert np.array_equal(image[~unsure], inside[~unsure]), shape


@pytest.mark.parametrize("name", KINDS)
def test_kernels_draw_what_is_defined(name: str) -> None:
    rng = np.random.default_rng(6)
    rows = [oracle.random_shape(name, rng, HEIGHT) | {"amplitude": 0.25} for _ in range(500)] + on_edges(name)
    np.testing.assert_array_equal(draw_each(name, rows, HEIGHT, WIDTH, pad=2), defined(name, rows))
