from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg

from deepbench_fast.pictures.coverage_plot import coverage_plot


@dataclass(frozen=True)
class Made:
    places: npt.NDArray[np.float64]
    differences: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    p: float


def test_words_of_panels_dont_meet_nor_leave_the_picture() -> None:
    """In four columns a phone's reader couldn't read them, and long names ran into one another."""
    places = np.linspace(0, 1, 11)
    band = 0.09 * np.sqrt(places * (1 - places))
    curve = Made(places, 0.5 * band, -band, band, 0.0237)
    figure = coverage_plot(dict.fromkeys(("source.source_amplitude", "galaxy.r_eff", "n", "TARP", "pair"), curve))
    FigureCanvasAgg(figure).draw()
    assert figure.bbox.width < 600
    words = [text for axes in figure.axes for text in (axes.title, axes.xaxis.label, axes.yaxis.label)]
    boxes = [text.get_window_extent() for text in words if text.get_text()]
    assert len(boxes) == 5 + 1 + 3
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    assert all(figure.bbox.contains(*corner) for box in boxes for corner in ((box.x0, box.y0), (box.x1, box.y1)))
