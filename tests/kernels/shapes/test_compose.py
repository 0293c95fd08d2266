"""How shapes join what is there already, where they go, and what they leave alone."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from deepbench_fast.kernels.shapes.compose import ADD, UNION, XOR
from tests.kernels.shapes.drawing import KERNELS, KINDS, blank, draw, draw_each, frames, table
from tests.oracles import shapes as oracle

OVERLAPS = [UNION, XOR, ADD]
SCENE = [
    ("circle", {"x": 12.0, "y": 11.0, "radius": 8.0}),
    ("rectangle", {"x": 17.0, "y": 14.0, "width": 14.0, "height": 9.0, "angle": 20.0}),
    ("polygon", {"x": 15.0, "y": 18.0, "radius": 9.0, "vertices": 3}),
    ("line", {"x1": 2.0, "y1": 3.0, "x2": 26.0, "y2": 24.0, "line_width": 3.0}),
]


def random_rows(kind: str, count: int, size: int, seed: int = 3) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    return [oracle.random_shape(kind, rng, size) | {"amplitude": rng.uniform(0.1, 2.0)} for _ in range(count)]


@pytest.mark.parametrize("coverage", [False, True])
def test_overlaps(coverage: bool) -> None:
    single = np.array([draw([shape], 28, 30, coverage=coverage) for shape in SCENE])
    exclusive = np.float32(0.0)
    for image in single:
        exclusive = exclusive + image - 2 * exclusive * image
    results = {overlap: draw(SCENE, 28, 30, overlap=overlap, coverage=coverage) for overlap in OVERLAPS}
    assert np.array_equal(results[UNION], single.max(0))
    np.testing.assert_allclose(results[ADD], single.sum(0), atol=1e-6)
    np.testing.assert_allclose(results[XOR], exclusive, atol=1e-6)
    if not coverage:
        assert np.array_equal(results[XOR], single.sum(0) % 2)


@pytest.mark.parametrize("overlap", OVERLAPS)
def test_order_does_not_matter(overlap: int) -> None:
    images = {draw(order, 28, overlap=overlap).tobytes() for order in itertools.permutations(SCENE)}
    assert len(images) == 1


@pytest.mark.parametrize("coverage", [False, True])
@pytest.mark.parametrize("overlap", OVERLAPS)
@pytest.mark.parametrize("kind", KINDS)
def test_amplitude_is_the_value_inside(kind: str, overlap: int, coverage: bool) -> None:
    shape = oracle.random_shape(kind, np.random.default_rng(1), 30) | {"fill": 1}
    once = draw([(kind, shape)], 30, overlap=overlap, coverage=coverage)
    assert once.any()
    thrice = draw([(kind, shape | {"amplitude": 3.0})], 30, overlap=overlap, coverage=coverage)
    np.testing.assert_allclose(thrice, 3 * once, rtol=1e-6)


@pytest.mark.parametrize("coverage", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_rows_go_to_their_samples(kind: str, coverage: bool) -> None:
    rows = random_rows(kind, 6, 20)
    samples = [7, 7, 9, 10, 10, 10]
    canvas = blank(4, 20, 26)
    KERNELS[kind][coverage](canvas, (20, 26, 0), table(kind, rows, samples), 7, ADD)
    for sample, image in zip(range(7, 11), frames(canvas, 20, 26), strict=True):
        own = [(kind, row) for row, name in zip(rows, samples, strict=True) if name == sample]
        assert np.array_equal(image, draw(own, 20, 26, overlap=ADD, coverage=coverage))


@pytest.mark.parametrize("overlap", OVERLAPS)
@pytest.mark.parametrize("kind", KINDS)
def test_bytes_hold_what_float32_holds_up_to_255(kind: str, overlap: int) -> None:
    """On canvases of all sizes, so that spans end anywhere in a vector and in the canvas's last one."""
    rng = np.random.default_rng(5)
    full = 0
    for pad in (0, 1, 3):
        height, width = rng.integers(1, 90, 2)
        rows = [row | {"amplitude": 1.0 if overlap == XOR else rng.integers(256)} for row in random_rows(kind, 90, 60)]
        samples = np.sort(rng.integers(0, 30, 90))
        canvases = [blank(30, height, width, pad, dtype) for dtype in ("float32", "uint8")]
        for canvas in canvases:
            KERNELS[kind][0](canvas, (height, width, pad), table(kind, rows, samples), 0, overlap)
        assert np.array_equal(np.minimum(canvases[0], 255), canvases[1])
        full += np.count_nonzero(canvases[0] > 255)
    assert (full > 0) == (overlap == ADD)


def test_other_pixels_keep_their_bits() -> None:
    rng = np.random.default_rng(4)
    before = rng.normal(size=(1, 28 * 32)).astype(np.float32)
    before[0, 5:300:7] = -0.0
    for overlap, (kind, shape) in itertools.product(OVERLAPS, SCENE):
        canvas = before.copy()
        KERNELS[kind][0](canvas, (28, 28, 0), table(kind, [shape | {"amplitude": 10.0}], [0]), 0, overlap)
        inside = canvas[0, : 28 * 28].reshape(28, 28) != before[0, : 28 * 28].reshape(28, 28)
        assert np.array_equal(inside, draw([(kind, shape)], 28) > 0)
        untouched = np.ones(canvas.shape, bool)
        untouched[0, : 28 * 28] = ~inside.ravel()
        assert canvas[untouched].tobytes() == before[untouched].tobytes()


@pytest.mark.parametrize("coverage", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_bits_do_not_depend_on_the_pad(kind: str, coverage: bool) -> None:
    rows = random_rows(kind, 60, 24)
    images = {draw_each(kind, rows, 24, 19, pad, coverage=coverage).tobytes() for pad in (0, 1, 3, 17)}
    assert len(images) == 1


@pytest.mark.parametrize("coverage", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_the_pad_is_drawn_on(kind: str, coverage: bool) -> None:
    rows = random_rows(kind, 60, 24)
    names = ("x1", "x2", "y1", "y2") if kind == "line" else ("x", "y")
    shifted = [row | {name: row[name] + 8.0 for name in names} for row in rows]
    canvas = blank(60, 24, 19, 8)
    KERNELS[kind][coverage](canvas, (24, 19, 8), table(kind, rows, range(60)), 0, UNION)
    whole = frames(canvas, 40, 35)
    np.testing.assert_allclose(whole, draw_each(kind, shifted, 40, 35, coverage=coverage), atol=1e-6)


def test_an_empty_table_draws_nothing() -> None:
    for kind, kernels in KERNELS.items():
        for kernel in kernels:
            canvas = blank(2, 8, 8)
            kernel(canvas, (8, 8, 0), table(kind, [], []), 0, UNION)
            assert not canvas.any()
