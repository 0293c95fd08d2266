"""Plots of series: outputs against time, noisy values as dots on the noise-free curve, and the orbits of bodies.

Behind a curve with noise on its parameters lies that of the nominal ones. An orbit has a ring where it starts and a
disc where it ends.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from deepbench_fast.pictures.colours import line_colours
from deepbench_fast.pictures.figures import new_figure
from deepbench_fast.pictures.series_panels import Motion, Panel, limits, panels, with_unit
from deepbench_fast.values.number_text import brief

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 200
# A larger sheet has fewer pixels to the inch.
MOST_PIXELS = 6e7
# Lengths are in points, 72 to the inch.
POINT = 72.0
LABEL_SIZE, TICK_SIZE = 9.0, 8.0
WIDTH, HEIGHT, SIDE = 132.0, 84.0, 120.0
LEFT, BELOW, ABOVE = 31.0, 14.0, 14.0
AXIS_NAME = 13.0
MARGIN, GAP = 8.0, 6.0
# How much larger the plots of one sample are than those of a sheet.
ALONE = 2.0
# Mean advance of a character in units of the font size, on the safe side.
CHARACTER = 0.62
# Series of fewer moments have a dot at each of them, also where there is no noise.
FEW = 24
# The line that says what the lines of a plot are, and how many of them it names.
NAMES = 11.0
MOST_NAMES = 8
SHIFT = 0.12
GRAY = (0.3, 0.3, 0.3)
# Diameter of the ring where an orbit starts, and of the disc where it ends; half of it where there are many.
RING = 4.0
DISC = 3.0
NOMINAL = (0.72, 0.72, 0.72)
TICKS = 4
Dash = Literal["-", "--", ":"]
DASHES: tuple[Dash, ...] = ("-", "--", ":")

Colour = tuple[float, float, float]


def series_sheet(shown: Sequence[Motion], across: int) -> Figure:
    """Series in a grid, `across` in a row, each with its number and the name of its catalogue, as a matplotlib figure.

    Of bodies that have positions the orbits alone are drawn; `sample_plot` draws everything.
    """
    plots = []
    for motion in shown:
        found = panels(motion)
        plots.append([panel for panel in found if panel.orbits] or found)
    return _figure(shown, plots, across, 1.0)


def sample_plot(motion: Motion) -> Figure:
    """All outputs of one series, plot below plot, as a matplotlib figure."""
    return _figure([motion], [panels(motion)], 1, ALONE)


@dataclass(frozen=True)
class _Sheet:
    """Lengths, in points, of a grid of equal cells; each holds plots one below another."""

    across: int
    down: int
    width: float
    heights: tuple[float, ...]
    left: float
    top: float

    @property
    def cell(self) -> tuple[float, float]:
        return self.left + self.width, self.top + sum(self.heights) + len(self.heights) * (ABOVE + BELOW)

    @property
    def size(self) -> tuple[float, float]:
        width, height = self.cell
        return (
            2 * MARGIN + AXIS_NAME + self.across * width + (self.across - 1) * GAP,
            2 * MARGIN + AXIS_NAME + self.down * height + (self.down - 1) * GAP,
        )

    def box(self, cell: int, row: int) -> tuple[float, float, float, float]:
        """Left, bottom, width and height of a plot as fractions of the figure."""
        (total_width, total_height), (width, height) = self.size, self.cell
        left = MARGIN + AXIS_NAME + self.left + cell % self.across * (width + GAP)
        down = self.top + sum(self.heights[: row + 1]) + row * (ABOVE + BELOW) + ABOVE
        bottom = total_height - MARGIN - cell // self.across * (height + GAP) - down
        return left / total_width, bottom / total_height, self.width / total_width, self.heights[row] / total_height


def _figure(shown: Sequence[Motion], plots: list[list[Panel]], across: int, scale: float) -> Figure:
    from matplotlib import style

    alike = all([panel.title for panel in found] == [panel.title for panel in plots[0]] for found in plots)
    alone = scale == ALONE
    sheet = _sheet(plots, across, scale, alike)
    with style.context("default"):
        width, height = (length / POINT for length in sheet.size)
        dpi = min(DPI, math.sqrt(MOST_PIXELS / (width * height)))
        figure = new_figure(width * dpi, height * dpi, dpi)
        for cell, (motion, found) in enumerate(zip(shown, plots, strict=True)):
            at_bottom = cell + across >= len(shown)
            for row, panel in enumerate(found):
                axes = _plot(figure, sheet.box(cell, row), motion, panel)
                below = (at_bottom and row == len(found) - 1) or (panel.orbits and alone)
                _name_axes(axes, motion, panel, beside=not alike or cell % across == 0, below=below)
                _name_lines(axes, _line_names(panel, alone))
                if row == 0:
                    _name_sample(axes, f"{motion.number} {motion.label}", sheet)
    return figure


def _sheet(plots: list[list[Panel]], across: int, scale: float, alike: bool) -> _Sheet:
    rows = max(map(len, plots))
    orbits = [any(found[row].orbits for found in plots if row < len(found)) for row in range(rows)]
    return _Sheet(
        across=across,
        down=-(-len(plots) // across),
        width=scale * (SIDE if any(orbits) else WIDTH),
        heights=tuple(scale * (SIDE if square else HEIGHT) for square in orbits),
        left=LEFT if alike else LEFT + AXIS_NAME,
        top=NAMES if any(len(_line_names(found[0], scale == ALONE)) > 1 for found in plots) else 0.0,
    )


def _plot(figure: Figure, box: tuple[float, float, float, float], motion: Motion, panel: Panel) -> Any:
    """The axes of one panel, drawn; of class Axes3D for orbits in space."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    left, bottom, width, height = box
    # The names of the vertical axis stand at the right of a space, at the left of a plane.
    shift = SHIFT * width if panel.in_space else 0.0
    axes: Any = figure.add_axes((left - shift, bottom, width, height), projection="3d" if panel.in_space else None)
    (_draw_orbits if panel.orbits else _draw_curves)(axes, motion, panel)
    for axis in _axis_of(axes):
        axis.set_major_locator(MaxNLocator(TICKS, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{brief(value, 4)}"))
    axes.tick_params(labelsize=TICK_SIZE, length=2.5, width=0.5, pad=-3 if panel.in_space else 2)
    for spine in axes.spines.values():
        spine.set_linewidth(0.5)
    if panel.in_space:
        _lighten(axes)
    return axes


def _axis_of(axes: Any) -> list[Any]:
    return [getattr(axes, f"{name}axis") for name in "xyz" if hasattr(axes, f"{name}axis")]


def _lighten(axes: Any) -> None:
    """Make the walls of a space stand back behind the orbits."""
    axes.set_box_aspect((1, 1, 1), zoom=1.0)
    for axis in _axis_of(axes):
        axis.set_pane_color((0.97, 0.97, 0.97, 1.0))
        axis._axinfo["grid"].update(linewidth=0.4, color="0.85")
        axis.line.set_linewidth(0.5)


def _draw_curves(axes: Any, motion: Motion, panel: Panel) -> None:
    for part, colour in zip(panel.columns, line_colours(len(panel.columns)), strict=True):
        for column, dash in zip(part, DASHES, strict=False):
            if motion.nominal is not None:
                _line(axes, NOMINAL, motion.path_time, motion.nominal[:, column], linestyle=dash, linewidth=1.4)
            if motion.is_noisy(column):
                _dots(axes, colour, motion.time, motion.values[:, column])
            _line(axes, colour, motion.path_time, motion.path[:, column], linestyle=dash)
            if len(motion.time) < FEW:
                _moments(axes, colour, motion.time, motion.curves[:, column])
    drawn = [motion.values, motion.path, *([] if motion.nominal is None else [motion.nominal])]
    axes.set_ylim(*limits(np.concatenate([values[:, panel.columns.ravel()] for values in drawn])))
    if len(motion.time) > 1:
        axes.set_xlim(motion.time[0], motion.time[-1])


def _draw_orbits(axes: Any, motion: Motion, panel: Panel) -> None:
    part_of = 1.0 if len(panel.columns) <= MOST_NAMES else 0.5
    ring = {"marker": "o", "markersize": part_of * RING, "markeredgewidth": 0.9, "markerfacecolor": "white"}
    disc = {"marker": "o", "markersize": part_of * DISC}
    for part, colour in zip(panel.columns, line_colours(len(panel.columns)), strict=True):
        path = motion.path[:, part].T
        if motion.is_noisy(part):
            _dots(axes, colour, *motion.values[:, part].T)
        _line(axes, colour, *path)
        if len(motion.time) < FEW:
            _moments(axes, colour, *motion.curves[:, part].T)
        _line(axes, colour, *path[:, :1], **ring)
        _line(axes, colour, *path[:, -1:], **disc)
    drawn = np.concatenate([motion.values, motion.path])
    ends = np.array([limits(drawn[:, column]) for column in panel.columns.T])
    half = (ends[:, 1] - ends[:, 0]).max() / 2
    around = [(float(middle - half), float(middle + half)) for middle in ends.mean(axis=1)]
    axes.set(**dict(zip(("xlim", "ylim", "zlim"), around, strict=False)))
    axes.set_aspect("equal")


def _line(axes: Any, colour: Colour, *path: Any, **options: Any) -> None:
    axes.plot(*path, **{"color": colour, "linewidth": 0.9, "solid_joinstyle": "round", **options})


def _moments(axes: Any, colour: Colour, *path: Any) -> None:
    """Dots at the moments of a series of few."""
    axes.plot(*path, color=colour, marker=".", linestyle="none", markersize=3.0)


def _dots(axes: Any, colour: Colour, *path: Any) -> None:
    axes.plot(*path, color=colour, marker=".", linestyle="none", markersize=3.4, markeredgewidth=0.0, alpha=0.6)


def _name_axes(axes: Any, motion: Motion, panel: Panel, *, beside: bool, below: bool) -> None:
    if panel.in_space:
        for axis, name in zip(_axis_of(axes), "xyz", strict=True):
            axis.set_label_text(name, fontsize=LABEL_SIZE)
            axis.labelpad = -9.0
        return
    names = ("x", "y") if panel.orbits else (with_unit("time", motion.time_unit), panel.title)
    if below:
        axes.set_xlabel(names[0], fontsize=LABEL_SIZE, labelpad=1.5)
    if beside:
        axes.set_ylabel(names[1], fontsize=LABEL_SIZE, labelpad=1.5)


def _name_sample(axes: Any, name: str, sheet: _Sheet) -> None:
    most = int(sheet.width / (CHARACTER * LABEL_SIZE))
    text = name if len(name) <= most else name[: most - 1] + "…"
    place = (0, 3 + sheet.top)
    axes.annotate(text, (0, 1), place, "axes fraction", "offset points", fontsize=LABEL_SIZE, color="0.15")


def _name_lines(axes: Any, names: list[tuple[str, Colour, Dash]]) -> None:
    """Say above a plot which line is which, where there are several and not too many."""
    from matplotlib.lines import Line2D

    if 1 < len(names) <= MOST_NAMES:
        axes.legend(
            handles=[Line2D([], [], color=colour, linestyle=dash, linewidth=0.9) for _, colour, dash in names],
            labels=[name for name, _, _ in names],
            ncols=len(names),
            loc="lower left",
            bbox_to_anchor=(0.0, 1.0),
            fontsize=TICK_SIZE,
            frameon=False,
            borderpad=0.0,
            borderaxespad=0.4,
            handlelength=1.4,
            handletextpad=0.4,
            columnspacing=0.8,
        )


def _line_names(panel: Panel, alone: bool) -> list[tuple[str, Colour, Dash]]:
    """Name, colour and dash of the lines of a plot: outputs, the axes of one output, or bodies."""
    parts, axes = panel.columns.shape
    if panel.orbits:
        return [(str(part), colour, "-") for part, colour in enumerate(line_colours(parts))] if alone else []
    if axes == 1:
        return [(name, colour, "-") for name, colour in zip(panel.names, line_colours(parts), strict=True)]
    return [(name.rstrip("0"), GRAY, dash) for name, dash in zip(panel.names, DASHES, strict=False)][:axes]
