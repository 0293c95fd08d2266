"""Shapes of any size and angle, anywhere, against shapely and plain geometry in long doubles."""

from __future__ import annotations

import numpy as np
import pytest

from tests.accuracy.corners import even, limits, place, wide
from tests.accuracy.stated import Worst, campaign
from tests.kernels.shapes.drawing import KINDS, draw
from tests.oracles import areas, margins
from tests.oracles import shapes as oracle

HEIGHT, WIDTH = 7, 9
ANGLES = (0.0, 30.0, 45.0, 90.0, 180.0, 360.0)


def random_shape(kind: str, rng: np.random.Generator) -> dict[str, float]:
    x, y = place(rng, WIDTH, limits("circle", "x")[1])
    smallest, largest = limits("circle", "radius")

    def length() -> float:
        """Of any size, about as large as the frame, or so that the outline passes through it."""
        if rng.random() < 0.4:
            return wide(rng, smallest, largest)
        if rng.random() < 0.5:
            return float(rng.uniform(0.3, 1.5 * WIDTH))
        through = abs(np.hypot(x - WIDTH / 2, y - HEIGHT / 2) + rng.uniform(-0.5, 0.5) * WIDTH)
        return float(np.clip(through, smallest, largest))

    def angle() -> float:
        return even(rng, *limits("rectangle", "angle"), ANGLES) if rng.random() < 0.5 else rng.uniform(-400.0, 400.0)

    if kind == "line":
        x2, y2 = place(rng, WIDTH, limits("line", "x2")[1])
        return {"x1": x, "y1": y, "x2": x2, "y2": y2, "line_width": length()}
    shape: dict[str, float] = {"x": x, "y": y, "line_width": length(), "fill": rng.integers(0, 2)}
    if kind in ("rectangle", "ellipse"):
        shape |= {"width": length(), "height": length(), "angle": angle()}
    elif kind == "polygon":
        vertices = rng.choice(
            [3, 4, 5, 8, 17, 100, limits("polygon", "vertices")[1]], p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.08, 0.02]
        )
        shape |= {"radius": length(), "vertices": int(vertices), "angle": angle()}
    else:
        shape |= {"radius": length()}
    if kind == "arc":
        shape |= {"theta1": angle(), "theta2": angle()}
        if rng.random() < 0.2:
            shape["theta2"] = shape["theta1"] + rng.choice([0.0, 90.0, 180.0, 270.0, 359.999999, 360.0])
    return shape


@campaign(150, 5_000)
@pytest.mark.parametrize("kind", KINDS)
def test_pixels(kind: str, draws: int) -> None:
    rng, worst = np.random.default_rng(1), Worst("Shape, sharp")
    for _ in range(draws):
        shape = random_shape(kind, rng)
        image = draw([(kind, shape)], HEIGHT, WIDTH)
        assert np.isin(image, (0.0, 1.0)).all()
        margin = margins.margins(kind, shape, HEIGHT, WIDTH)
        wrong = (image == 1.0) != (margin > 0.0)
        worst.see(float(np.max(np.abs(margin[wrong]), initial=0.0)), kind=kind, **shape)
    worst.check()


@campaign(8, 150)
@pytest.mark.parametrize("kind", KINDS)
def test_coverage(kind: str, draws: int) -> None:
    exact = areas.coverage if kind in ("ellipse", "circle", "arc") else oracle.coverage
    rng, worst = np.random.default_rng(2), Worst("Shape, `coverage`")
    for _ in range(draws):
        shape = random_shape(kind, rng)
        image = draw([(kind, shape)], HEIGHT, WIDTH, coverage=True)
        worst.see(float(np.max(np.abs(image - exact(kind, shape, HEIGHT, WIDTH)))), kind=kind, **shape)
    worst.check()


@pytest.mark.parametrize("kind", ["rectangle", "ellipse"])
def test_the_smallest_size_is_one_that_kernels_can_tell(kind: str) -> None:
    """Ellipses below 1e-100 pix filled the frame: their squares vanish."""
    for parameter in ("width", "height"):
        smallest = limits(kind, parameter)[0]
        for x in (4.0, 4.3, 1e6):
            shape = {"x": x, "y": 3.0, "width": smallest, "height": 2.0, "angle": 33.0, "fill": 1, "line_width": 1.0}
            shape[parameter] = smallest
            assert draw([(kind, shape)], HEIGHT, WIDTH).sum() == (x == 4.0)
