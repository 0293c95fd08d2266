"""Rank correlations as a triangle of colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from deepbench_fast.pictures.figures import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELL, BAR, MARGIN = 24, 90, 12
FONT = 7.0
CHARACTER = 6.5
"""Screen pixels of a character, on the safe side."""
COLOURS = "PuOr"
"""From -1 to 1: told apart by the colour-blind."""
WRITTEN = 0.1
"""Weaker ones have no number written on them."""


def correlation_sheet(names: Sequence[str], matrix: npt.NDArray[np.float64]) -> Figure:
    """Each pair of quantities once: its correlation as a colour, and in hundredths where it isn't weak."""
    count = len(names)
    size, labels = CELL * (count - 1), CHARACTER * max(map(len, names)) + MARGIN
    width, height = labels + size + BAR, size + labels + MARGIN
    figure = new_figure(width, height)
    axes = figure.add_axes((labels / width, labels / height, size / width, size / height))
    rows, columns = np.indices((count - 1, count - 1))
    shown = np.ma.masked_array(matrix[1:, :-1], columns > rows)
    image = axes.imshow(shown, cmap=COLOURS, vmin=-1, vmax=1, aspect="equal")
    axes.set_xticks(range(count - 1), names[:-1], rotation=90, fontsize=FONT)
    axes.set_yticks(range(count - 1), names[1:], fontsize=FONT)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for row in range(count - 1):
        for column in range(row + 1):
            value = float(shown[row, column])
            if abs(value) >= WRITTEN:
                colour = "white" if abs(value) > 0.7 else "0.15"
                axes.text(column, row, f"{100 * value:.0f}", ha="center", va="center", fontsize=FONT - 1, color=colour)
    bar = figure.add_axes((1 - 0.8 * BAR / width, labels / height, 10 / width, size / height))
    figure.colorbar(image, cax=bar, ticks=[-1, 0, 1]).ax.tick_params(labelsize=FONT)
    return figure
