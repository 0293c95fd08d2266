"""What a histogram's bars and its law's line stand for: both are densities of the same values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.patches import StepPatch

from deepbench_fast.pictures.histograms import Drawn, histogram_sheet
from deepbench_fast.values.distributions import parse_distribution


def drawn(form: object) -> tuple[Any, Any]:
    """Bars (x, width, height), and points of the line (x, density), of 10,000 even quantiles of a law."""
    law: Any = parse_distribution(form)
    values = law.quantile((np.arange(10_000) + 0.5) / 10_000)
    axes = histogram_sheet([Drawn("a", "", values, law)]).axes[0]
    bars = np.array([bar for patch in axes.patches for bar in _bars(patch)])
    (line,) = axes.get_lines()
    return bars[bars[:, 2] > 0.0].T, line.get_xydata().T


def _bars(patch: Any) -> list[tuple[float, float, float]]:
    """The one bar of a rectangle, or all of a histogram's."""
    if not isinstance(patch, StepPatch):
        return [(patch.get_x(), patch.get_width(), patch.get_height())]
    values, edges, _ = patch.get_data()
    return list(zip(edges[:-1], np.diff(edges), values, strict=True))


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


@pytest.mark.parametrize("form", [{"uniform": [2, 5]}, {"loguniform": [1, 100]}, {"integers": [3, 9]}])
def test_the_line_of_a_law_lies_on_its_histogram(form: object) -> None:
    (x, width, height), (at, density) = drawn(form)
    edges = np.append(x, x[-1] + width[-1])
    inside = (at > edges[0]) & (at < edges[-1])
    bars = height[np.searchsorted(edges, at[inside]) - 1]
    np.testing.assert_allclose(bars, density[inside], rtol=0.08, atol=1e-3)


@pytest.mark.parametrize("ends", [[1e-3, 1e3], [1e-30, 1e30]])
def test_histograms_of_a_loguniform_law_are_those_of_its_logarithm(ends: list[float]) -> None:
    (x, width, height), (at, density) = drawn({"loguniform": ends})
    even = 1.0 / np.log(ends[1] / ends[0])
    np.testing.assert_allclose(height, even, rtol=0.05)
    np.testing.assert_allclose((height * np.log1p(width / x)).sum(), 1.0)
    np.testing.assert_allclose(density, even, rtol=1e-9)
    np.testing.assert_allclose(at[[0, -1]], [x[0], x[-1] + width[-1]])


@pytest.mark.parametrize("form", [{"loguniform": [1e-3, 1e3]}, {"uniform": [0, 1]}])
def test_one_value_has_a_bar_of_density_one(form: object) -> None:
    law: Any = parse_distribution(form)
    axes = histogram_sheet([Drawn("a", "", np.array([0.25]), law)]).axes[0]
    ((x, width, height),) = _bars(axes.patches[0])
    assert x < 0.25 < x + width
    assert height == pytest.approx(1.0)
