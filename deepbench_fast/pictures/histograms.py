"""Histograms of drawn values, beside the laws that a recipe declares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import UsageError
from deepbench_fast.pictures.figures import new_figure
from deepbench_fast.values.distributions import Alone, Base, LogUniform
from deepbench_fast.values.number_text import brief

if TYPE_CHECKING:
    from matplotlib.figure import Figure

F8: TypeAlias = npt.NDArray[np.float64]

WIDTH, HEIGHT = 200, 150
BINS = 40
LOG_TICKS = 3
MOST_BARS = 60
FONT = 7.0
BARS, LAW = "#9ecae1", "#d95f02"


class Drawn(NamedTuple):
    """Values that were drawn for one parameter: its name, its unit, and the law, None where it has no density."""

    name: str
    unit: str
    values: F8
    law: Base | None


def histogram_sheet(drawn: Sequence[Drawn], columns: int = 4) -> Figure:
    """A histogram for each parameter, as a density, with that of its law as a line."""
    across = min(columns, len(drawn))
    down = -(-len(drawn) // across)
    figure = new_figure(across * WIDTH, down * HEIGHT, layout="tight")
    for number, parameter in enumerate(drawn, 1):
        axes = figure.add_subplot(down, across, number)
        unit = f" [{parameter.unit}]" if parameter.unit else ""
        axes.set_title(f"{parameter.name}{unit}", fontsize=FONT + 1)
        axes.tick_params(labelsize=FONT, labelleft=False, left=False)
        _draw(axes, parameter)
    return figure


def _draw(axes: Any, drawn: Drawn) -> None:
    values = drawn.values[np.isfinite(drawn.values)]
    if not values.size:
        return
    discrete = isinstance(drawn.law, Alone) and drawn.law.is_discrete and np.unique(values).size <= MOST_BARS
    logarithmic = isinstance(drawn.law, LogUniform)
    edges = _bars(values) if discrete else _bins(values, logarithmic)
    axes.hist(values, edges, density=True, color=BARS)
    if logarithmic:
        axes.set_xscale("log")
        ticks = np.geomspace(edges[0], edges[-1], LOG_TICKS).tolist()
        axes.set_xticks(ticks, [f"{brief(tick, 2)}" for tick in ticks])
        axes.set_xticks([], minor=True)
    if isinstance(drawn.law, Alone) and drawn.law.is_random:
        at, density = _density(drawn.law, edges, discrete)
        axes.plot(at, density, "o" if discrete else "-", color=LAW, markersize=2.5, linewidth=1)


def _bars(values: F8) -> F8:
    """Edges about each of a few values."""
    found = np.unique(values)
    half = float(np.diff(found).min()) / 2 if found.size > 1 else 0.5
    return np.unique(np.concatenate([found - half, found + half]))


def _bins(values: F8, logarithmic: bool) -> F8:
    low, high = float(values.min()), float(values.max())
    if not low < high:
        return np.array([low - 0.5, low + 0.5])
    return np.geomspace(low, high, BINS + 1) if logarithmic else np.linspace(low, high, BINS + 1)


def _density(law: Alone, edges: F8, discrete: bool) -> tuple[F8, F8]:
    """Where the law has a density, and what it is there; nothing for one that has none."""
    middles = (edges[1:] + edges[:-1]) / 2
    at = law.nearest(middles) if discrete else np.linspace(edges[0], edges[-1], 4 * BINS)
    try:
        density = np.exp(law.log_density(at))
    except UsageError:
        return at[:0], at[:0]
    return (middles, density / np.diff(edges)) if discrete else (at, density)
