"""Faults that DeepBench 0.2.3 has in its shapes, each with a picture that would show it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepbench_fast.kernels.shapes.compose import ADD, UNION, XOR
from tests.kernels.shapes.drawing import Shape, draw
from tests.oracles import shapes as oracle


def centroid(image: Any) -> tuple[float, float]:
    """Mean x and y of the set pixels."""
    i, j = np.nonzero(image)
    return float(j.mean()), float(i.mean())


def test_rectangle_turns_about_its_centre() -> None:
    """DeepBench turns it about a corner: this one moves to (16, 37)."""
    for angle in (0.0, 45.0, 90.0, 200.0):
        shape = {"x": 31.5, "y": 32.5, "width": 20.0, "height": 10.0, "angle": angle}
        assert centroid(draw([("rectangle", shape)], 64)) == pytest.approx((31.5, 32.5), abs=0.03)


def test_filled_rectangle_ignores_the_line_width() -> None:
    """DeepBench adds it to both sides: 231 pixels instead of 200."""
    shape = {"x": 31.5, "y": 31.5, "width": 20.0, "height": 10.0, "line_width": 1.0, "fill": 1}
    assert draw([("rectangle", shape)], 64).sum() == 200


def test_outline_of_a_turned_rectangle_is_symmetrical() -> None:
    """DeepBench turns the hole about a corner of its own: a lopsided outline."""
    shape = {"x": 31.5, "y": 31.5, "width": 30.0, "height": 16.0, "angle": 33.0, "line_width": 3.0, "fill": 0}
    image = draw([("rectangle", shape)], 64)
    assert np.array_equal(image, image[::-1, ::-1])
    assert image.sum() == pytest.approx(30 * 16 - 24 * 10, abs=8)


@pytest.mark.parametrize("vertices", [3, 4, 5, 6, 9])
def test_polygon_and_its_hole_are_centred(vertices: int) -> None:
    """DeepBench moves them by -R / 2n along both axes, each by its own radius."""
    shape = {"x": 31.5, "y": 31.5, "radius": 25.0, "vertices": vertices, "angle": 12.0, "line_width": 4.0}
    for fill in (0, 1):
        image = draw([("polygon", shape | {"fill": fill})], 64, coverage=True).astype(np.float64)
        x, y = oracle.pixel_centres(64, 64)
        mean = [(image * axis).sum() / image.sum() for axis in (x, y)]
        np.testing.assert_allclose(mean, 31.5, atol=1e-3)


def test_angle_of_a_polygon_is_in_degrees() -> None:
    """DeepBench takes its degrees for radians: a whole turn changes a hundred pixels."""
    shape = {"x": 31.4, "y": 31.7, "radius": 20.0, "vertices": 5}
    images = [draw([("polygon", shape | {"angle": angle})], 64) for angle in (0.0, 360.0, 72.0, 36.0)]
    assert np.array_equal(images[0], images[1])
    assert np.array_equal(images[0], images[2])
    assert not np.array_equal(images[0], images[3])


@pytest.mark.parametrize("vertices", [3, 4, 6])
def test_outline_of_a_polygon_is_as_thick_as_asked(vertices: int) -> None:
    """DeepBench's is thinner by cos(pi / n): half of it on a triangle."""
    turned = 180.0 / vertices
    shape = {"x": 40.0, "y": 40.0, "radius": 36.0, "vertices": vertices, "angle": turned, "line_width": 6.0, "fill": 0}
    column = draw([("polygon", shape)], 80)[:, 40]
    # An edge lies level above the centre.
    assert column[40:].sum() == 6


def test_line_goes_where_it_should() -> None:
    """DeepBench loses the sign of y2 - y1 and shifts the line along itself: (10, 30)-(50, 10) is drawn upwards."""
    for ends in ((10.0, 30.0, 50.0, 10.0), (50.0, 10.0, 10.0, 30.0), (10.0, 10.0, 50.0, 30.0)):
        image = draw([("line", dict(zip(("x1", "y1", "x2", "y2"), ends, strict=True)) | {"line_width": 3.0})], 64)
        x, y = (ends[0] + ends[2]) / 2, (ends[1] + ends[3]) / 2
        assert centroid(image) == pytest.approx((x, y), abs=0.2)
        i, j = np.nonzero(image)
        assert np.sign(np.polyfit(j, i, 1)[0]) == np.sign((ends[3] - ends[1]) * (ends[2] - ends[0]))


def test_full_arc_is_a_ring() -> None:
    """DeepBench's becomes a disc: 1248 pixels for an area of 550."""
    shape = {"x": 32.0, "y": 32.0, "radius": 20.0, "line_width": 5.0, "theta1": 0.0, "theta2": 360.0}
    image = draw([("arc", shape)], 64)
    assert image.sum() == pytest.approx(oracle.area("arc", shape), abs=20)
    assert image[32, 32] == 0


def test_size_of_an_ellipse_is_not_rounded() -> None:
    """DeepBench rounds 19.1 up to 20."""
    shape = {"x": 32.0, "y": 32.0, "width": 41.0, "height": 19.1, "angle": 0.0}
    image = draw([("ellipse", shape)], 64, coverage=True)
    assert image.sum(dtype=np.float64) == pytest.approx(np.pi / 4 * 41 * 19.1, rel=1e-6)
    assert image[22, 32] < 0.06


@pytest.mark.parametrize("kind", ["rectangle", "ellipse", "polygon", "circle"])
def test_a_hole_larger_than_its_shape_is_none(kind: str) -> None:
    """DeepBench mirrors negative sizes: a line of 6 pixels on a 10 x 4 ellipse still cuts a hole."""
    shape = {"x": 32.0, "y": 32.0, "width": 10.0, "height": 4.0, "radius": 4.0, "vertices": 5, "line_width": 6.0}
    filled, outline = (draw([(kind, shape | {"fill": fill})], 64) for fill in (1, 0))
    assert filled.any()
    assert np.array_equal(filled, outline)


@pytest.mark.parametrize(
    "shape",
    [
        ("rectangle", {"x": 40.0, "y": 10.0, "width": 6.0, "height": 4.0}),
        ("ellipse", {"x": 40.0, "y": 10.0, "width": 6.0, "height": 4.0}),
        ("polygon", {"x": 40.0, "y": 10.0, "radius": 4.0, "vertices": 6}),
        ("circle", {"x": 40.0, "y": 10.0, "radius": 4.0}),
        ("arc", {"x": 40.0, "y": 10.0, "radius": 4.0, "theta1": 0.0, "theta2": 360.0}),
        ("line", {"x1": 37.0, "y1": 10.0, "x2": 43.0, "y2": 10.0, "line_width": 2.0}),
    ],
)
def test_x_is_the_column_also_in_frames_that_are_not_square(shape: Shape) -> None:
    """DeepBench's shapes have x along the rows, its sky images y: composites are transposed."""
    image = draw([shape], 20, 50)
    assert centroid(image) == pytest.approx((40.0, 10.0), abs=0.51)
    assert image.any()


def test_overlaps_keep_to_0_and_1() -> None:
    """DeepBench adds shapes up: 2 where two of them meet."""
    pair = [("circle", {"x": x, "y": 16.0, "radius": 8.0}) for x in (12.0, 20.0)]
    assert {overlap: float(draw(pair, 32, overlap=overlap).max()) for overlap in (UNION, XOR, ADD)} == {
        UNION: 1.0,
        XOR: 1.0,
        ADD: 2.0,
    }


def test_curves_are_not_made_of_chords() -> None:
    """DeepBench draws circles as flattened Bezier curves: 0.24 % of the area is missing at a radius of 10."""
    circle = {"x": 16.2, "y": 15.9, "radius": 10.0}
    assert draw([("circle", circle)], 32, coverage=True).sum(dtype=np.float64) == pytest.approx(100 * np.pi, rel=1e-7)


def test_ties_do_not_depend_on_the_order_of_the_corners() -> None:
    """DeepBench's edges hold 20 pixels one way round, 12 the other."""
    squares = [{"x": 4.0, "y": 4.0, "width": 4.0, "height": 4.0, "angle": angle} for angle in (0.0, 90.0, 180.0)]
    images = [draw([("rectangle", square)], 10) for square in squares]
    assert all(image.sum() == 16 for image in images)
    assert all(np.array_equal(image, images[0]) for image in images)
