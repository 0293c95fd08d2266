"""Figures that a notebook shows, and their PNGs."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 100
MOST_COLOURS = 256


def new_figure(width: float, height: float, dpi: float = DPI, **options: Any) -> Figure:
    """A white figure of `width` by `height` screen pixels; `options` are those of matplotlib's."""
    figure: Figure = _shown()(figsize=(width / dpi, height / dpi), dpi=dpi, facecolor="white", **options)
    return figure


@cache
def _shown() -> Any:
    """Figures with a picture of their own, which a notebook shows: only those that pyplot makes have one."""
    from matplotlib.figure import Figure

    class Shown(Figure):
        def _repr_png_(self) -> bytes:
            return png(self)

    return Shown


def png(figure: Figure) -> bytes:
    """The bytes of a PNG with a palette."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL.Image import Dither, fromarray

    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = fromarray(np.asarray(canvas.buffer_rgba())[:, :, :3].copy())
    buffer = io.BytesIO()
    # A palette makes the files of noisy images three times smaller, those of plots more than two times.
    pixels.quantize(MOST_COLOURS, dither=Dither.NONE).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
