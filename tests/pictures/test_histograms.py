"""What a histogram's bars and its law's line stand for: both are densities of the same values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepbench_fast.pictures.histograms import Drawn, histogram_sheet
from deepbench_fast.values.distributions import parse_distribution


def drawn(form: object) -> tuple[Any, Any]:
    """Bars (x, width, height), and points of the line (x, density), of 10,000 even quantiles of a law."""
    law: Any = parse_distribution(form)
    values = law.quantile((np.arange(10_000) + 0.5) / 10_000)
    axes = histogram_sheet([Drawn("a", "", values, law)]).axes[0]
    bars = np.array([[bar.get_x(), bar.get_width(), bar.get_height()] for bar in axes.patches])
    (line,) = axes.get_lines()
    return bars[bars[:, 2] > 0.0].T, line.get_xydata().T


@pytest.mark.parametrize(
    "form",
    [
        {"choice": [0.1, 0.2, 0.3]},  # 0.2 - 0.05 is not 0.1 + 0.05
        {"choice": [1, 2, 10]},  # nothing between 2.5 and 9.5
        {"choice": {"values": [-3, 0.5, 7], "weights": [1, 2, 5]}},
        {"integers": [0, 9]},
        {"poisson": 3},
    ],
)
def test_points_of_a_law_stand_on_the_bars_of_its_values(form: object) -> None:
    (x, width, height), (at, density) = drawn(form)
    np.testing.assert_allclose(at, x + width / 2, atol=1e-12)
    np.testing.assert_allclose(density, height, rtol=0.1, atol=2e-4)
    assert (width * height).sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    "form",
    [
        {"uniform": [5, 6]},
        {"normal": [0, 1]},
        {"integers": [0, 3999]},
        {"poisson": 10_000},
        {"choice": [0.25 * k for k in range(2000)]},
    ],
)
def test_the_line_of_a_law_is_as_high_as_the_bars(form: object) -> None:
    (x, width, height), (at, density) = drawn(form)
    well = height * width > 0.01
    np.testing.assert_allclose(height[well], np.interp(x + width / 2, at, density)[well], rtol=0.1)


@pytest.mark.parametrize("ends", [[1e-3, 1e3], [1e-30, 1e30]])
def test_the_line_of_a_loguniform_law_is_as_high_as_the_bars_in_every_decade(ends: list[float]) -> None:
    (x, width, height), (at, density) = drawn({"loguniform": ends})
    # Within a bar the line falls as 1 / x: the bar is the mean of that over x.
    share = np.log1p(width / x) / np.log(ends[1] / ends[0])
    np.testing.assert_allclose(height * width, share, rtol=0.05)
    between = np.exp(np.interp(np.log(x), np.log(at), np.log(density)))
    np.testing.assert_allclose(between * x, 1.0 / np.log(ends[1] / ends[0]), rtol=0.01)
