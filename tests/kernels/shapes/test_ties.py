"""Pixel centres on an edge: shapes of whole pixels have whole numbers of them, and shapes that share an edge tile."""

from __future__ import annotations

import numpy as np
import pytest

from deepbench_fast.kernels.shapes.compose import ADD
from tests.kernels.shapes.drawing import draw


@pytest.mark.parametrize("angle", [0.0, 90.0, 180.0, 270.0, -90.0, 360.0, 36000.0, -810.0])
def test_rectangle_of_whole_pixels(angle: float) -> None:
    shape = {"x": 32.0, "y": 32.0, "width": 10.0, "height": 6.0, "angle": angle}
    assert draw([("rectangle", shape)], 64).sum() == 60


def test_rectangle_keeps_its_left_and_upper_edges() -> None:
    image = draw([("rectangle", {"x": 32.0, "y": 32.0, "width": 10.0, "height": 6.0})], 64)
    i, j = np.nonzero(image)
    assert (i.min(), i.max(), j.min(), j.max()) == (29, 34, 27, 36)


@pytest.mark.parametrize(("line_width", "pixels"), [(1.0, 20), (2.0, 40)])
def test_line_of_whole_pixels(line_width: float, pixels: int) -> None:
    for x1, x2 in ((10.0, 30.0), (30.0, 10.0)):
        assert draw([("line", {"x1": x1, "y1": 20, "x2": x2, "y2": 20, "line_width": line_width})], 64).sum() == pixels


@pytest.mark.parametrize(("radius", "pixels"), [(5.0, 69), (10.0, 305)])
def test_disc_leaves_its_boundary_out(radius: float, pixels: int) -> None:
    assert draw([("circle", {"x": 32.0, "y": 32.0, "radius": radius})], 64).sum() == pixels
    ellipse = {"x": 32.0, "y": 32.0, "width": 2 * radius, "height": 2 * radius, "angle": 90.0}
    assert draw([("ellipse", ellipse)], 64).sum() == pixels


def test_ring_keeps_its_inner_boundary() -> None:
    ring = {"x": 32.0, "y": 32.0, "radius": 10.0, "fill": 0, "line_width": 5.0}
    assert draw([("circle", ring)], 64).sum() == 305 - 69
    assert draw([("arc", ring | {"theta1": 0.0, "theta2": 360.0})], 64).sum() == 305 - 69


def test_rectangles_with_a_common_edge_tile() -> None:
    tiles = [
        ("rectangle", {"x": x, "y": y, "width": 10.0, "height": 10.0, "angle": angle})
        for angle, x, y in [(0.0, 15.0, 15.0), (90.0, 25.0, 15.0), (180.0, 15.0, 25.0), (270.0, 25.0, 25.0)]
    ]
    image = draw(tiles, 40, overlap=ADD)
    assert image.max() == 1
    assert image.sum() == 400


def test_triangles_around_a_point_tile_a_hexagon() -> None:
    """Edges at 30, 90, 150 degrees pass through pixel centres; six triangles meet in the middle."""
    centre, side = np.array([32.0, 32.0]), 24.0
    triangles = []
    for k in range(6):
        direction = np.radians(60.0 * k)
        x, y = centre + side / np.sqrt(3) * np.array([np.cos(direction), np.sin(direction)])
        triangles.append(
            ("polygon", {"x": x, "y": y, "radius": side / np.sqrt(3), "vertices": 3, "angle": 60 * k + 90})
        )
    image = draw(triangles, 64, overlap=ADD)
    hexagon = draw([("polygon", {"x": 32.0, "y": 32.0, "radius": side, "vertices": 6, "angle": 0.0})], 64)
    # The centres of the triangles are irrational: their edges pass the pixel centres by rounding errors.
    assert np.count_nonzero(image != hexagon) <= 2 * side


@pytest.mark.parametrize("step", [10.0, 45.0, 60.0, 90.0, 120.0, 180.0])
@pytest.mark.parametrize("start", [0.0, 37.0, 45.0, -90.0])
def test_arcs_that_share_a_ray_tile_a_ring(start: float, step: float) -> None:
    ring = {"x": 20.0, "y": 20.0, "radius": 15.0, "line_width": 9.0}
    angles = start + np.arange(0.0, 360.0, step)
    arcs = [("arc", ring | {"theta1": angle, "theta2": angle + step}) for angle in angles]
    assert np.array_equal(draw(arcs, 40, overlap=ADD), draw([("circle", ring | {"fill": 0})], 40))


@pytest.mark.parametrize(
    ("theta1", "theta2"), [(0.0, 200.0), (45.0, 270.0), (30.0, 29.0), (90.0, 360.0), (135.0, 405.0)]
)
def test_an_arc_and_the_rest_of_its_ring_tile(theta1: float, theta2: float) -> None:
    ring = {"x": 20.0, "y": 20.0, "radius": 15.0, "line_width": 9.0}
    both = [("arc", ring | {"theta1": a, "theta2": b}) for a, b in ((theta1, theta2), (theta2, theta1))]
    assert np.array_equal(draw(both, 40, overlap=ADD), draw([("circle", ring | {"fill": 0})], 40))


def test_half_turn_has_the_ray_where_it_starts() -> None:
    wedge = {"x": 20.0, "y": 20.0, "radius": 10.5, "line_width": 11.0, "theta1": 0.0, "theta2": 180.0}
    image = draw([("arc", wedge)], 40)
    assert image[20, 21:31].all()
    assert not image[20, :21].any()
    assert image[21, 11:30].all()
    assert not image[:20].any()


def test_more_than_a_half_turn_has_the_centre() -> None:
    wedge = {"x": 20.0, "y": 20.0, "radius": 10.5, "line_width": 11.0, "theta1": 0.0}
    assert [draw([("arc", wedge | {"theta2": theta2})], 40)[20, 20] for theta2 in (90.0, 180.0, 270.0)] == [0, 0, 1]
