"""Samples of parameters, each alone and in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from deepbench_fast.pictures.figures import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

F8: TypeAlias = npt.NDArray[np.float64]

PANEL, MARGIN = 130, 80
BINS = 32
REACH = 0.001
"""Part of the samples that may lie outside on each side."""

LEVELS = (0.95, 0.68)
FONT = 7.0
BARS, TRUTH, SHADES = "#9ecae1", "#d95f02", ("#deebf7", "#6baed6")


def corner_plot(samples: F8, names: Sequence[str], truth: F8 | None = None) -> Figure:
    """Histograms of S samples (S, P), and below them the smallest regions with 68 and 95 % of them in pairs.

    `truth` (P,) is drawn as lines and crosses.
    """
    count = len(names)
    figure = new_figure(count * PANEL + MARGIN, count * PANEL + MARGIN)
    edge = MARGIN / (count * PANEL + MARGIN)
    grid = figure.add_gridspec(count, count, left=edge, bottom=edge, right=0.98, top=0.98, wspace=0.06, hspace=0.06)
    edges = [_edges(samples[:, k], None if truth is None else float(truth[k])) for k in range(count)]
    for row in range(count):
        for column in range(row + 1):
            axes = figure.add_subplot(grid[row, column])
            _label(axes, names, row, column)
            if row == column:
                axes.stairs(*np.histogram(samples[:, row], edges[row]), fill=True, color=BARS)
                axes.set_yticks([])
            else:
                _regions(axes, samples[:, column], samples[:, row], edges[column], edges[row])
                axes.set_ylim(edges[row][0], edges[row][-1])
            axes.set_xlim(edges[column][0], edges[column][-1])
            if truth is not None:
                axes.axvline(truth[column], color=TRUTH, linewidth=0.8)
                if row != column:
                    axes.axhline(truth[row], color=TRUTH, linewidth=0.8)
    return figure


def _edges(values: F8, truth: float | None) -> F8:
    low, high = np.quantile(values, [REACH, 1.0 - REACH])
    if truth is not None:
        low, high = min(low, truth), max(high, truth)
    room = 0.03 * (high - low) or 1e-6 * max(1.0, abs(low))
    return np.linspace(low - room, high + room, BINS + 1)


def _regions(axes: Any, x: F8, y: F8, across: F8, upward: F8) -> None:
    counts, _, _ = np.histogram2d(x, y, (across, upward))
    smooth = _smoothed(counts.T)
    ordered = np.sort(smooth.ravel())[::-1]
    inside = np.cumsum(ordered) / ordered.sum()
    heights = [float(ordered[np.searchsorted(inside, level)]) for level in LEVELS]
    places = (0.5 * (edges[1:] + edges[:-1]) for edges in (across, upward))
    if heights[0] < heights[1] < ordered[0]:
        axes.contourf(*places, smooth, [*heights, ordered[0]], colors=SHADES)


def _smoothed(counts: F8) -> F8:
    """Means over neighbours with the weights 1, 2, 1 along both axes."""
    for axis in (0, 1):
        padded = np.concatenate([counts.take([0], axis), counts, counts.take([-1], axis)], axis)
        size = counts.shape[axis]
        before, middle, after = (padded.take(range(k, k + size), axis) for k in range(3))
        counts = (before + 2.0 * middle + after) / 4.0
    return counts


def _label(axes: Any, names: Sequence[str], row: int, column: int) -> None:
    axes.tick_params(labelsize=FONT - 1, labelbottom=row == len(names) - 1, labelleft=0 == column < row)
    axes.locator_params(nbins=3)
    for label in axes.get_xticklabels():
        label.set_rotation(45)
    if row == len(names) - 1:
        axes.set_xlabel(names[column], fontsize=FONT)
    if column == 0 and row:
        axes.set_ylabel(names[row], fontsize=FONT)
