"""The oracle of means over pixels, against a closed form."""

from __future__ import annotations

import numpy as np

from tests.oracles.light import FloatArray
from tests.oracles.means import known_means

SLOPE = 3.0


def steep(x: FloatArray, y: FloatArray) -> FloatArray:
    """Light that grows from pixel to pixel, with a kink in every one of them."""
    return np.asarray(np.exp(SLOPE * x) * (1.0 + np.abs(y - np.rint(y) - 0.123)))


def test_each_pixel_is_as_right_as_itself_asks() -> None:
    """Faint pixels listed beside bright ones: the tolerance is a part of a pixel's own light."""
    columns, rows = np.array([9.0, 0.0, 5.0, -4.0]), np.array([2.0, 0.0, 1.0, 3.0])
    found, known = known_means(steep, columns, rows, 1e-6, fewest_cuts=3)
    kink = 0.5 * (0.5 - 0.123) ** 2 + 0.5 * (0.5 + 0.123) ** 2
    exact = np.exp(SLOPE * columns) * 2.0 * np.sinh(0.5 * SLOPE) / SLOPE * (1.0 + kink)
    assert known.all()
    np.testing.assert_allclose(found, exact, rtol=1e-5)
