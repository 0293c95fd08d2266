"""Spans against the exact test of every pixel, ties and far too large, small or flat shapes included."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from deepbench_fast.kernels._jit import kernel
from deepbench_fast.kernels.shapes.degrees import sincos_degrees
from deepbench_fast.kernels.shapes.half_plane import contains, cut, half_plane
from deepbench_fast.kernels.shapes.oval import holds, make_ellipse, set_oval_spans
from deepbench_fast.kernels.shapes.spans import limits_around, make_scratch, open_spans, rows_around

FRAME = (33, 47, 2)
COUNT = 4000


@kernel
def half_plane_errors(frame: tuple[int, int, int], x: float, y: float, degrees: float, offset: float) -> int:
    """Number of pixels on which a half-plane's spans and the exact test disagree."""
    scratch = make_scratch(frame)
    rows = rows_around(frame, scratch.rows, 0.0, 1e9)
    limits = limits_around(frame, x, y)
    s, c = sincos_degrees(degrees)
    plane = half_plane(c, s, offset, x, y)
    open_spans(scratch.outer, rows, limits)
    cut(scratch.outer, rows, limits, plane)
    errors = 0
    for i in range(rows.length):
        for j in range(int(limits.left), int(limits.right)):
            inside = scratch.outer.start[i] <= j < scratch.outer.stop[i]
            errors += inside != contains(plane, float(j), rows.y[i] - y)
    return errors


@kernel
def oval_errors(
    frame: tuple[int, int, int], x: float, y: float, degrees: float, a: float, b: float
) -> tuple[int, float]:
    """Number of pixels on which an oval's spans and the exact test disagree, and of those inside."""
    scratch = make_scratch(frame)
    rows = rows_around(frame, scratch.rows, 0.0, 1e9)
    limits = limits_around(frame, x, y)
    s, c = sincos_degrees(degrees)
    oval = make_ellipse(x, y, c, s, a, b)
    set_oval_spans(scratch.outer, rows, limits, oval)
    errors = 0
    pixels = 0
    for i in range(rows.length):
        for j in range(int(limits.left), int(limits.right)):
            inside = scratch.outer.start[i] <= j < scratch.outer.stop[i]
            correct = holds(oval, float(j), rows.y[i] - y)
            errors += inside != correct
            pixels += correct
    return errors, pixels


def centres(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Points on and beside the frame, half of them on pixel centres, edges and corners."""
    points = rng.uniform(-10, 55, (2, COUNT))
    exact = rng.random(COUNT) < 0.5
    points[:, exact] = np.round(2 * points[:, exact]) / 2
    return points


def angles(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Any angle; multiples of 15 degrees; next to these."""
    step = 15.0 * rng.integers(-24, 25, COUNT)
    nudged = step + rng.choice([-1, 1], COUNT) * 10.0 ** rng.uniform(-18, -1, COUNT)
    return np.choose(rng.integers(0, 3, COUNT), [rng.uniform(-360, 360, COUNT), step, nudged])


def test_half_planes() -> None:
    rng = np.random.default_rng(41)
    x, y = centres(rng)
    degrees = angles(rng)
    offset = rng.choice([0.5, 3.0, 10.0, 17.3, -8.0, 0.0, 1e5, 1e15], COUNT)
    far = offset > 1e4
    x[far] -= offset[far] * np.cos(np.radians(degrees[far]))
    y[far] -= offset[far] * np.sin(np.radians(degrees[far]))
    assert sum(half_plane_errors(FRAME, *row) for row in zip(x, y, degrees, offset, strict=True)) == 0


@pytest.mark.parametrize("flatness", [1.0, 10.0, 1e4])
@pytest.mark.parametrize("largest", [30.0, 1e3, 1e6, 1e9])
def test_ovals(flatness: float, largest: float) -> None:
    rng = np.random.default_rng(42)
    x, y = centres(rng)
    degrees = angles(rng)
    a: Any = 10.0 ** rng.uniform(-0.5, np.log10(largest), COUNT)
    b: Any = a / flatness ** rng.random(COUNT)
    exact = rng.random(COUNT) < 0.3
    a[exact], b[exact] = np.ceil(2 * a[exact]) / 2, np.ceil(2 * b[exact]) / 2
    # Large ones pass through the frame, half of them where they are level or upright.
    t = np.choose(rng.integers(0, 2, COUNT), [rng.uniform(0, 2 * np.pi, COUNT), np.pi / 2 * rng.integers(0, 4, COUNT)])
    radians = np.radians(degrees)
    large = a > 60
    x[large] -= (a * np.cos(t) * np.cos(radians) - b * np.sin(t) * np.sin(radians))[large]
    y[large] -= (a * np.cos(t) * np.sin(radians) + b * np.sin(t) * np.cos(radians))[large]
    results = [oval_errors(FRAME, *row) for row in zip(x, y, degrees, a, b, strict=True)]
    assert sum(errors for errors, _ in results) == 0
    assert sum(0 < pixels < 37 * 51 for _, pixels in results) > COUNT // 20
