"""Coverage against shapely, in float64, and against many points in each pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from deepbench_fast.kernels._jit import kernel
from deepbench_fast.kernels.shapes.convex import Convex, make_edges, set_rectangle
from deepbench_fast.kernels.shapes.convex_coverage import add_convex, make_convex_scratch
from deepbench_fast.kernels.shapes.degrees import sincos_degrees
from deepbench_fast.kernels.shapes.oval import make_ellipse, outline_of
from deepbench_fast.kernels.shapes.ring_coverage import add_oval, make_ring_scratch
from deepbench_fast.kernels.shapes.spans import limits_around, rows_around
from tests.kernels.shapes.drawing import KINDS, draw, draw_each
from tests.oracles import shapes as oracle

# Points along a pixel's side, and the error that they leave on an edge.
POINTS = 32
POINT_ERROR = 0.02


@pytest.mark.parametrize("kind", ["rectangle", "polygon", "line"])
def test_straight_edges_against_shapely(kind: str) -> None:
    rng = np.random.default_rng(21)
    rows = [oracle.random_shape(kind, rng, 24) for _ in range(60)]
    for shape, image in zip(rows, draw_each(kind, rows, 24, 21, coverage=True), strict=True):
        np.testing.assert_allclose(image, oracle.coverage(kind, shape, 24, 21), atol=1e-7)


def test_ellipses_against_shapely() -> None:
    rng = np.random.default_rng(22)
    rows = [oracle.random_shape("ellipse", rng, 24) for _ in range(60)]
    for shape, image in zip(rows, draw_each("ellipse", rows, 24, 21, coverage=True), strict=True):
        np.testing.assert_allclose(image, oracle.coverage("ellipse", shape, 24, 21), atol=5e-5)


@pytest.mark.parametrize("kind", ["ellipse", "circle", "arc"])
def test_against_points_in_each_pixel(kind: str) -> None:
    rng = np.random.default_rng(23)
    for _ in range(15):
        shape = oracle.random_shape(kind, rng, 20)
        fine = {"angle", "theta1", "theta2", "vertices", "fill", "amplitude"}
        scaled: dict[str, Any] = {name: value if name in fine else POINTS * value for name, value in shape.items()}
        for name in {"x", "y", "x1", "x2", "y1", "y2"} & set(shape):
            scaled[name] += (POINTS - 1) / 2
        inside, _ = oracle.mask(kind, scaled, 20 * POINTS, 20 * POINTS)
        expected = inside.reshape(20, POINTS, 20, POINTS).mean((1, 3))
        np.testing.assert_allclose(draw([(kind, shape)], 20, coverage=True), expected, atol=POINT_ERROR)


@pytest.mark.parametrize("kind", KINDS)
def test_whole_shapes_cover_their_area(kind: str) -> None:
    rng = np.random.default_rng(24)
    rows = [oracle.random_shape(kind, rng, 30) for _ in range(100)]
    for row in rows:
        row |= {name: row[name] % 30 + 30 for name in ("x", "y", "x1", "x2", "y1", "y2") if name in row}
        row["line_width"] = min(row["line_width"], 9.0)
    for shape, image in zip(rows, draw_each(kind, rows, 90, 91, coverage=True), strict=True):
        # Each pixel is rounded to float32.
        assert image.sum(dtype=np.float64) == pytest.approx(oracle.area(kind, shape), rel=2e-7)


@kernel
def rectangle_area(frame: tuple[int, int, int], x: float, y: float, width: float, height: float, angle: float) -> float:
    """Sum of a rectangle's coverage before it is rounded."""
    edges = make_edges(4)
    scratch = make_convex_scratch(frame, 4)
    s, c = sincos_degrees(angle)
    shape = Convex(x, y, 4, set_rectangle(edges, c, s, width, height), np.inf)
    rows = rows_around(frame, scratch.spans.rows, shape.y, shape.reach)
    add_convex(scratch, frame, rows, limits_around(frame, x, y), edges, shape, 0.0)
    total: float = scratch.cover.sum()
    return total


@kernel
def ellipse_area(frame: tuple[int, int, int], x: float, y: float, width: float, height: float, angle: float) -> float:
    """Sum of an ellipse's coverage before it is rounded."""
    scratch = make_ring_scratch(frame)
    s, c = sincos_degrees(angle)
    oval = make_ellipse(x, y, c, s, 0.5 * width, 0.5 * height)
    outline = outline_of(oval)
    rows = rows_around(frame, scratch.spans.rows, y, outline.reach)
    for i in range(rows.length):
        add_oval(scratch.cover, frame, limits_around(frame, x, y), scratch.patch, oval, outline, rows.y[i], 1.0)
    total: float = scratch.cover.sum()
    return total


@pytest.mark.parametrize(("area", "factor"), [(rectangle_area, 1.0), (ellipse_area, np.pi / 4)])
def test_areas_before_rounding(area: Any, factor: float) -> None:
    rng = np.random.default_rng(25)
    for width, height, angle, x, y in rng.uniform([0.5, 0.5, -90, 45, 45], [60, 60, 90, 55, 55], (300, 5)):
        expected = factor * width * height
        assert area((100, 101, 0), x, y, width, height, angle) == pytest.approx(expected, rel=1e-12)


def test_disc_cut_by_a_pixel_through_its_centre() -> None:
    """A disc that just fits into a pixel, and one whose corner-to-corner pixel quarter is known."""
    image: npt.NDArray[np.float32] = draw([("circle", {"x": 2.0, "y": 2.0, "radius": 0.5})], 5, coverage=True)
    assert image[2, 2] == pytest.approx(np.pi / 4, rel=1e-7)
    assert np.count_nonzero(image) == 1
    quarters = draw([("circle", {"x": 1.5, "y": 1.5, "radius": 1.0})], 4, coverage=True)
    np.testing.assert_allclose(quarters[1:3, 1:3], np.pi / 4, rtol=1e-7)
    assert quarters.sum() == pytest.approx(np.pi, rel=1e-6)
