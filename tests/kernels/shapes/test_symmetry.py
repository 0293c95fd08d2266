"""Shapes move, turn, mirror and grow as they should."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tests.kernels.shapes.drawing import KINDS, draw_each
from tests.oracles import shapes as oracle

SIZE = 41
MIDDLE = (SIZE - 1) / 2


def rows(kind: str, count: int = 60) -> list[dict[str, Any]]:
    rng = np.random.default_rng(11)
    return [oracle.random_shape(kind, rng, SIZE) for _ in range(count)]


def turned(p: Mapping[str, float]) -> dict[str, Any]:
    """A quarter turn about the frame's centre, from +x towards +y."""
    result = dict(p)
    for x, y in (("x", "y"), ("x1", "y1"), ("x2", "y2")):
        if x in p:
            result[x], result[y] = MIDDLE - (p[y] - MIDDLE), MIDDLE + (p[x] - MIDDLE)
    return result | {name: p[name] + 90.0 for name in ("angle", "theta1", "theta2") if name in p}


def mirrored(p: Mapping[str, float]) -> dict[str, Any]:
    """Upside down."""
    result = dict(p) | {name: 2 * MIDDLE - p[name] for name in ("y", "y1", "y2") if name in p}
    if "angle" in p:
        result["angle"] = (180.0 if "vertices" in p else 0.0) - p["angle"]
    if "theta1" in p:
        result |= {"theta1": -p["theta2"], "theta2": -p["theta1"]}
    return result


@pytest.mark.parametrize("coverage", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_quarter_turn(kind: str, coverage: bool) -> None:
    before = draw_each(kind, rows(kind), SIZE, SIZE, coverage=coverage)
    after = draw_each(kind, [turned(row) for row in rows(kind)], SIZE, SIZE, coverage=coverage)
    np.testing.assert_allclose(after, np.rot90(before, -1, (1, 2)), atol=1e-6)


@pytest.mark.parametrize("coverage", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_mirror(kind: str, coverage: bool) -> None:
    before = draw_each(kind, rows(kind), SIZE, SIZE, coverage=coverage)
    after = draw_each(kind, [mirrored(row) for row in rows(kind)], SIZE, SIZE, coverage=coverage)
    np.testing.assert_allclose(after, before[:, ::-1], atol=1e-6)


@pytest.mark.parametrize("coverage", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_shift_by_whole_pixels(kind: str, coverage: bool) -> None:
    names = {"x": 3, "y": 5, "x1": 3, "y1": 5, "x2": 3, "y2": 5}
    shifted = [row | {name: row[name] + by for name, by in names.items() if name in row} for row in rows(kind)]
    before = draw_each(kind, rows(kind), SIZE, SIZE, coverage=coverage)
    after = draw_each(kind, shifted, SIZE, SIZE, coverage=coverage)
    np.testing.assert_allclose(after[:, 5:, 3:], before[:, :-5, :-3], atol=1e-6)


@pytest.mark.parametrize("kind", ["rectangle", "polygon", "ellipse", "circle"])
def test_a_larger_shape_holds_a_smaller_one(kind: str) -> None:
    small = [row | {"fill": 1} for row in rows(kind)]
    large = [row | {name: 1.1 * row[name] for name in ("radius", "width", "height") if name in row} for row in small]
    assert np.all(draw_each(kind, small, SIZE, SIZE) <= draw_each(kind, large, SIZE, SIZE))


@pytest.mark.parametrize("coverage", [False, True])
@pytest.mark.parametrize("kind", ["rectangle", "polygon", "ellipse", "circle"])
def test_outline_and_hole_make_the_filled_shape(kind: str, coverage: bool) -> None:
    """The hole is the shape with its edges moved inward by the line width."""
    lw = 2.5
    filled = [row | {"fill": 1} for row in rows(kind)]
    outlines = [row | {"fill": 0, "line_width": lw} for row in filled]
    holes = []
    for row in filled:
        inset = lw / np.cos(np.pi / row["vertices"]) if kind == "polygon" else lw
        smaller = {"radius": inset, "width": 2 * lw, "height": 2 * lw}
        holes.append(row | {name: row[name] - by for name, by in smaller.items() if name in row})
    images = [draw_each(kind, shapes, SIZE, SIZE, coverage=coverage) for shapes in (filled, outlines, holes)]
    for row, hole, whole, outline, rest in zip(filled, holes, *images, strict=True):
        left = min(hole.get(name, 1.0) for name in ("radius", "width", "height")) > 0
        assert row["fill"]
        np.testing.assert_allclose(outline, whole - rest if left else whole, atol=1e-6)
