"""Ranks of truths among posterior samples, as differences from what exact samples would give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from deepbench_fast.pictures.figures import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

F8: TypeAlias = npt.NDArray[np.float64]

WIDTH, HEIGHT = 260, 210
FONT = 9.0
LINE, BAND = "#08519c", "#deebf7"


class Curve(Protocol):
    """What is found less what is expected, (S,), and the band that exact samples stay in."""

    @property
    def places(self) -> F8: ...
    @property
    def differences(self) -> F8: ...
    @property
    def low(self) -> F8: ...
    @property
    def high(self) -> F8: ...
    @property
    def p(self) -> float: ...


def coverage_plot(curves: Mapping[str, Curve], columns: int = 2) -> Figure:
    """A panel for each curve: the part of truths below each quantile of their samples, less that quantile.

    A curve that leaves its band is not that of exact samples: above on the left and below on the right of narrow
    posteriors, the other way of wide ones, on one side of biased ones.
    """
    across = min(columns, len(curves))
    down = -(-len(curves) // across)
    figure = new_figure(across * WIDTH, down * HEIGHT, layout="tight")
    for number, (name, curve) in enumerate(curves.items(), 1):
        axes = figure.add_subplot(down, across, number)
        axes.set_title(f"{name}\np = {curve.p:.2g}", fontsize=FONT)
        axes.tick_params(labelsize=FONT)
        axes.fill_between(curve.places, curve.low, curve.high, color=BAND, linewidth=0)
        axes.axhline(0.0, color="#888888", linewidth=0.6)
        axes.plot(curve.places, curve.differences, color=LINE, linewidth=1.2)
        axes.set_xlim(0, 1)
        if number > (down - 1) * across:
            axes.set_xlabel("quantile of the posterior", fontsize=FONT)
        if (number - 1) % across == 0:
            axes.set_ylabel("truths below it,\nless expected", fontsize=FONT)
    return figure
