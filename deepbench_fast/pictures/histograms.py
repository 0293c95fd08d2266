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
    """A histogram for each parameter, as a density, with that of its law as a line.

    Of a log-uniform law it is the density of the logarithm, along a logarithmic axis.
    """
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
    logarithmic = isinstance(drawn.law, LogUniform)
    law = drawn.law if isinstance(drawn.law, Alone) and drawn.law.is_random else None
    single = law is not None and law.is_discrete and np.unique(values).size <= MOST_BARS
    edges = np.zeros(0)
    if single:
        found, heights, width = _bars(values)
        axes.bar(found, heights, width, color=BARS)
    else:
        edges = _bins(values, logarithmic)
        counts, _ = np.histogram(values, edges)
        widths = np.diff(np.log(edges) if logarithmic else edges)
        axes.stairs(counts / (values.size * widths), edges, fill=True, color=BARS)  # `hist` has an artist for each bar
    if logarithmic:
        axes.set_xscale("log")
        ticks = np.geomspace(edges[0], edges[-1], LOG_TICKS).tolist()
        axes.set_xticks(ticks, [f"{brief(tick, 2)}" for tick in ticks])
        axes.set_xticks([], minor=True)
    if law is None:
        return
    try:
        at, density = (found, _shares(law, found) / width) if single else _density(law, edges)
    except UsageError:
        return  # it has no density
    axes.plot(at, density, "o" if single else "-", color=LAW, markersize=2.5, linewidth=1)


def _bars(values: F8) -> tuple[F8, F8, float]:
    """A few single values, what their bars are as densities, and how wide all bars are: the values' least distance."""
    found, counts = np.unique(values, return_counts=True)
    width = float(np.diff(found).min()) if found.size > 1 else 1.0
    return found, counts / (values.size * width), width


def _bins(values: F8, logarithmic: bool) -> F8:
    low, high = float(values.min()), float(values.max())
    if not low < high:
        return low * np.exp([-0.5, 0.5]) if logarithmic else low + np.array([-0.5, 0.5])
    return np.geomspace(low, high, BINS + 1) if logarithmic else np.linspace(low, high, BINS + 1)


def _shares(law: Alone, values: F8) -> F8:
    """The probability of each value of a law that has single ones."""
    shares: F8 = np.exp(law.log_density(values))
    return shares


def _density(law: Alone, edges: F8) -> tuple[F8, F8]:
    """Where a line is drawn, and the law's density there; raises UsageError for one that has none.

    Of many single values it is what they have in each bin together, of whole numbers their own probability.
    """
    if isinstance(law, LogUniform):
        at = np.geomspace(edges[0], edges[-1], 4 * BINS)
        return at, at * np.exp(law.log_density(at))
    at = np.linspace(edges[0], edges[-1], 4 * BINS)
    if not law.is_discrete:
        return at, np.exp(law.log_density(at))
    if law.possible is None:
        whole = np.unique(law.nearest(at))
        return whole, _shares(law, whole)
    possible = np.unique(law.possible)
    found, _ = np.histogram(possible, edges, weights=_shares(law, possible))
    return (edges[1:] + edges[:-1]) / 2, found / np.diff(edges)
