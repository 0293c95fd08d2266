"""Shapes against values worked out by other programs, and their numbers of pixels against areas and perimeters."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from skimage import draw as skimage_draw

from tests.kernels.shapes.drawing import KINDS, draw, draw_each
from tests.oracles import shapes as oracle

RECTANGLE = {"x": 31.3, "y": 30.7, "width": 24.0, "height": 11.0, "angle": 27.0}
PENTAGON = {"x": 32.2, "y": 31.6, "radius": 20.5, "vertices": 5, "angle": 10.0}
ARC = {"x": 30.4, "y": 33.1, "radius": 22.3, "line_width": 6.4}
LINE = {"x1": 8.2, "y1": 50.1, "x2": 55.7, "y2": 12.9, "line_width": 3.3}
ELLIPSE = {"x": 31.8, "y": 32.4, "width": 41.0, "height": 19.0, "angle": 35.0}
CIRCLE = {"x": 32.1, "y": 31.9, "radius": 14.25}
OUTLINE = {"fill": 0, "line_width": 3.0}

# Kind, parameters, number of pixels and the sums of their rows, columns and products, area.
REFERENCES = [
    ("rectangle", RECTANGLE, (270, 8285, 8480, 264335), 264.0),
    ("rectangle", RECTANGLE | OUTLINE, (182,), 174.0),
    ("polygon", PENTAGON, (998, 31533, 32179, 1016802), 999.2037524326),
    ("polygon", PENTAGON | OUTLINE, (333,), 328.7935163996),
    ("arc", ARC | {"theta1": 300.0, "theta2": 75.0}, (286, 10058, 12967, 451526), 288.0212144811),
    ("arc", ARC | {"theta1": 20.0, "theta2": 250.0}, (495,), 490.7028098567),
    ("line", LINE, (198, 6251, 6312, 170418), 199.0994226511),
    ("ellipse", ELLIPSE, (613, 19888, 19535, 657504), 611.8251692866),
    ("ellipse", ELLIPSE | OUTLINE, (256,), 254.4690049408),
    ("circle", CIRCLE, (642, 20451, 20637, 657606), 637.9396582196),
]


DTYPES = ["float32", "uint8"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("kind", "shape", "sums", "area"), REFERENCES)
def test_set_pixels(kind: str, shape: Mapping[str, float], sums: tuple[int, ...], area: float, dtype: str) -> None:
    image = draw([(kind, shape)], 64, dtype=dtype)
    i, j = np.nonzero(image)
    assert (i.size, i.sum(), j.sum(), (i * j).sum())[: len(sums)] == sums
    assert set(np.unique(image)) == {0.0, 1.0}


@pytest.mark.parametrize(("kind", "shape", "sums", "area"), REFERENCES)
def test_covered_area(kind: str, shape: Mapping[str, float], sums: tuple[int, ...], area: float) -> None:
    image = draw([(kind, shape)], 64, coverage=True)
    # Each pixel is rounded to float32.
    assert image.sum(dtype=np.float64) == pytest.approx(area, rel=2e-7)
    assert oracle.area(kind, shape) == pytest.approx(area, rel=1e-12)
    assert image.min() == 0.0
    assert image.max() == 1.0


def test_coverage_of_pixels() -> None:
    image = draw([("polygon", PENTAGON)], 64, coverage=True).astype(np.float64)
    expected = [0.114114243798, 0.894326896500, 0.884685968661, 0.637639190072]
    np.testing.assert_allclose(image[[13, 16, 20, 27], [23, 37, 20, 16]], expected, rtol=1e-7)
    assert (image**2).sum() == pytest.approx(979.0396681580, rel=1e-7)
    ellipse = draw([("ellipse", ELLIPSE)], 64, coverage=True).astype(np.float64)
    assert (ellipse**2).sum() == pytest.approx(596.5699370947, rel=1e-7)


@pytest.mark.parametrize("dtype", DTYPES)
def test_scikit_image_draws_the_same_discs_and_ellipses(dtype: str) -> None:
    rng = np.random.default_rng(6)
    for _ in range(100):
        x, y = rng.uniform(10, 50, 2)
        a, b = rng.uniform(1, 30, 2)
        degrees = rng.uniform(-180, 180)
        disc, oval = np.zeros((2, 60, 64), np.float32)
        disc[skimage_draw.disk((y, x), a, shape=disc.shape)] = 1
        oval[skimage_draw.ellipse(y, x, b, a, shape=oval.shape, rotation=-np.radians(degrees))] = 1
        shape = {"x": x, "y": y, "radius": a, "width": 2 * a, "height": 2 * b, "angle": degrees}
        assert np.array_equal(draw([("circle", shape)], 60, 64, dtype=dtype), disc)
        assert np.array_equal(draw([("ellipse", shape)], 60, 64, dtype=dtype), oval)


@pytest.mark.parametrize("dtype", DTYPES)
def test_scikit_image_draws_the_same_polygons(dtype: str) -> None:
    rng = np.random.default_rng(7)
    for n in range(3, 20):
        shape = {"x": 31.37, "y": 28.71, "radius": rng.uniform(2, 30), "vertices": n, "angle": rng.uniform(0, 360)}
        expected = np.zeros((60, 64), np.float32)
        corners = oracle.polygon_corners(shape)
        expected[skimage_draw.polygon(corners[:, 1], corners[:, 0], expected.shape)] = 1
        assert np.array_equal(draw([("polygon", shape)], 60, 64, dtype=dtype), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_number_of_pixels_is_near_the_area(kind: str) -> None:
    rng = np.random.default_rng(8)
    moved = {"x": 150.0, "y": 149.5} if kind != "line" else {}
    rows = [oracle.random_shape(kind, rng, 100) | moved for _ in range(100)]
    if kind == "line":
        rows = [row | {name: row[name] + 100 for name in ("x1", "y1", "x2", "y2")} for row in rows]
    for shape, image in zip(rows, draw_each(kind, rows, 300, 302), strict=True):
        # No outline here is longer than eight times the frame's random part, its hole's included.
        assert abs(image.sum() - oracle.area(kind, shape)) <= 800
