"""Shapes far larger than the frame, smaller than a pixel, off the frame, thinner or thicker than makes sense."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.kernels.shapes.drawing import KINDS, draw
from tests.oracles import shapes as oracle

HUGE = [1e3, 1e5, 1e7, 1e9, 1e12, 1e15, 1e30]
FRAMES = [(1, 1), (1, 40), (40, 1), (5, 33), (70, 31)]


def sized(kind: str, size: float, x: float = 10.3, y: float = 9.6) -> dict[str, Any]:
    """A filled shape about as large as asked in all directions."""
    if kind == "line":
        return {"x1": x - size / 2, "y1": y - size / 3, "x2": x + size / 2, "y2": y + size / 3, "line_width": size}
    common = {"x": x, "y": y, "fill": 1, "line_width": 1.0, "angle": 17.0}
    if kind == "arc":
        return common | {"radius": size / 2, "line_width": size, "theta1": 10.0, "theta2": 400.0}
    return common | {"radius": size / 2, "vertices": 7, "width": size, "height": 0.8 * size}


@pytest.mark.parametrize("coverage", [False, True])
@pytest.mark.parametrize("size", HUGE)
@pytest.mark.parametrize("kind", KINDS)
def test_shapes_far_larger_than_the_frame_fill_it(kind: str, size: float, coverage: bool) -> None:
    np.testing.assert_allclose(draw([(kind, sized(kind, size))], 20, 23, coverage=coverage), 1.0, rtol=1e-5)


@pytest.mark.parametrize("size", [1e3, 1e5, 1e7, 1e9])
@pytest.mark.parametrize("kind", ["rectangle", "polygon", "ellipse", "circle"])
def test_the_edge_of_a_huge_shape_is_where_it_should_be(kind: str, size: float) -> None:
    """Shapes whose rightmost point is near x = 10.4 cover the frame to its left."""
    shape = sized(kind, size) | {"angle": 90.0 if kind == "polygon" else 0.0, "vertices": 4, "y": 10.0}
    shape["x"] = 10.4 - size / 2
    if kind == "polygon":
        shape |= {"angle": 45.0, "x": 10.4 - shape["radius"] * np.cos(np.pi / 4)}
    expected = np.zeros((20, 23))
    y = np.arange(20.0) - 10.0
    # The parabola that touches the curve there.
    bend = {"circle": 1 / size, "ellipse": 1 / (0.64 * size)}.get(kind, 0.0)
    for i in range(20):
        expected[i] = np.arange(23) < 10.4 - bend * y[i] ** 2
    assert np.array_equal(draw([(kind, shape)], 20, 23), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_smaller_than_a_pixel(kind: str) -> None:
    on_centre = draw([(kind, sized(kind, 0.4, 10.0, 9.0))], 20)
    if kind == "line":
        assert on_centre.sum() == 1
    elif kind != "arc":
        assert on_centre.sum() == 1
        assert on_centre[9, 10] == 1
    assert draw([(kind, sized(kind, 0.2, 10.5, 9.5))], 20).sum() == 0
    cover = draw([(kind, sized(kind, 0.1, 10.3, 9.6))], 20, coverage=True)
    area = oracle.area(kind, sized(kind, 0.1, 10.3, 9.6))
    assert cover.sum(dtype=np.float64) == pytest.approx(area, rel=1e-6)


@pytest.mark.parametrize("coverage", [False, True])
@pytest.mark.parametrize("x", [-1e18, -1e6, -60.0, 90.0, 1e6, 1e18])
@pytest.mark.parametrize("kind", KINDS)
def test_shapes_off_the_frame(kind: str, x: float, coverage: bool) -> None:
    for centre in ((x, 10.0), (10.0, x), (x, x)):
        assert not draw([(kind, sized(kind, 30.0, *centre))], 20, 23, pad=2, coverage=coverage).any()


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
@pytest.mark.parametrize("height", [1, 5, 40])
@pytest.mark.parametrize("kind", KINDS)
def test_frames_of_any_shape(kind: str, height: int, dtype: str) -> None:
    rng = np.random.default_rng(height)
    for _ in range(30):
        shape = oracle.random_shape(kind, rng, 30)
        square = draw([(kind, shape)], 64)
        for width in (1, 7, 33, 64):
            assert np.array_equal(draw([(kind, shape)], height, width, dtype=dtype), square[:height, :width])


@pytest.mark.parametrize("coverage", [False, True])
@pytest.mark.parametrize("kind", ["rectangle", "polygon", "ellipse", "circle"])
@pytest.mark.parametrize("line_width", [10.0, 20.0, 1e9, 1e300])
def test_a_line_wider_than_the_shape_leaves_no_hole(kind: str, line_width: float, coverage: bool) -> None:
    filled = sized(kind, 20.0)
    outline = filled | {"fill": 0, "line_width": line_width}
    images = [draw([(kind, shape)], 30, coverage=coverage) for shape in (filled, outline)]
    assert np.array_equal(*images)


@pytest.mark.parametrize("coverage", [False, True])
def test_a_line_from_a_point_to_itself_is_nothing(coverage: bool) -> None:
    point = {"x1": 10.0, "y1": 10.0, "x2": 10.0, "y2": 10.0, "line_width": 5.0}
    assert not draw([("line", point)], 20, coverage=coverage).any()


@pytest.mark.parametrize("coverage", [False, True])
@pytest.mark.parametrize("theta", [0.0, 33.3, -90.0, 720.0])
def test_sweeps(theta: float, coverage: bool) -> None:
    ring = {"x": 10.2, "y": 9.7, "radius": 8.3, "line_width": 3.1, "fill": 0}

    def arc(theta2: float) -> Any:
        return draw([("arc", ring | {"theta1": theta, "theta2": theta2})], 20, coverage=coverage)

    whole = draw([("circle", ring)], 20, coverage=coverage)
    assert not arc(theta).any()
    for sweep in (360.0, -360.0, 361.0, 500.0, -1000.0):
        assert np.array_equal(arc(theta + sweep), whole)
    for sweep in (20.0, 90.0, 180.0, 270.0, 340.0):
        np.testing.assert_allclose(arc(theta + sweep - 360.0), arc(theta + sweep), atol=1e-6)
        other = draw([("arc", ring | {"theta1": theta + sweep, "theta2": theta})], 20, coverage=coverage)
        np.testing.assert_allclose(arc(theta + sweep) + other, whole, atol=1e-6)
    np.testing.assert_allclose(arc(theta - 1e-13), whole, atol=1e-6)


@pytest.mark.parametrize("tilt", [1e-16, 1e-13, 1e-10, 1e-7])
@pytest.mark.parametrize("height", [6.0, 1e8])
def test_edges_that_are_almost_level(tilt: float, height: float) -> None:
    """Where an edge meets such a row can't be known to the pixel, but the test still decides each pixel."""
    for turn in (0.0, 90.0, 180.0, 270.0):
        shape = {"x": 1000.0, "y": 30.5, "width": 4000.0, "height": height, "angle": turn + tilt}
        image = draw([("rectangle", shape)], 61, 67)
        c, s = (np.cos(np.radians(tilt)), np.sin(np.radians(tilt)))
        c, s = {0.0: (c, s), 90.0: (-s, c), 180.0: (-c, -s), 270.0: (s, -c)}[turn]
        x, y = oracle.pixel_centres(61, 67)
        u, v = (x - 1000.0) * c + (y - 30.5) * s, (y - 30.5) * c - (x - 1000.0) * s
        a, b = shape["width"] / 2, height / 2
        sure = (np.abs(np.abs(u) - a) > 1e-6) & (np.abs(np.abs(v) - b) > 1e-6)
        inside = (np.abs(u) < a) & (np.abs(v) < b)
        assert np.array_equal(image[sure], inside[sure])


@pytest.mark.parametrize("flat", [1e-3, 1e-5, 1e-8])
def test_needles(flat: float) -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        shape = {"x": 15.0, "y": 15.0, "width": 200.0, "height": 200.0 * flat, "angle": rng.integers(0, 8) * 45.0}
        image = draw([("ellipse", shape)], 31)
        line = np.eye(31) if shape["angle"] % 180 == 45 else np.eye(31)[::-1]
        if shape["angle"] % 90 == 0:
            line = np.zeros((31, 31))
            line[15 if shape["angle"] % 180 == 0 else slice(None), slice(None) if shape["angle"] % 180 == 0 else 15] = 1
        assert np.array_equal(image, line)
