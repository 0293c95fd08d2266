"""Means over pixels against values at their centres, on one core; `peers` has kernels beside other libraries."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.table import Row, duration
from deepbench_fast.kernels.light.galaxy import galaxy_center, galaxy_integrate
from deepbench_fast.kernels.light.lens import lens_center, lens_integrate
from deepbench_fast.kernels.light.spiral_galaxy import spiral_logarithmic_center, spiral_logarithmic_integrate
from deepbench_fast.kernels.light.star import star_center, star_integrate
from deepbench_fast.run.benchmark import arrays
from deepbench_fast.run.benchmark.timing import Effort, compare

PAIRS = {
    "galaxy": (galaxy_center, galaxy_integrate),
    "star": (star_center, star_integrate),
    "lens": (lens_center, lens_integrate),
    "spiral_galaxy": (spiral_logarithmic_center, spiral_logarithmic_integrate),
}
# Times that the mean over a pixel may cost, by kind and size.
GOALS = {28: {"galaxy": 4.0, "star": 4.0, "lens": 8.0, "spiral_galaxy": 8.0}, 256: {"galaxy": 2.0, "star": 2.0}}


def measure(effort: Effort) -> Iterator[Row]:
    for size, goals in GOALS.items():
        for kind, goal in goals.items():
            yield integrate_against_center(kind, size, goal, effort)


def integrate_against_center(kind: str, size: int, goal: float, effort: Effort) -> Row:
    """The mean over each pixel against the value at its centre: how many times as long it takes."""
    center, integrate = PAIRS[kind]
    canvases = arrays.canvases(kind, size)
    rounds = compare({"integrate": lambda: integrate(*canvases), "center": lambda: center(*canvases)}, effort)
    ours, peer = (duration(rounds.median(side) / len(canvases.table)) for side in ("integrate", "center"))
    ratio = rounds.ratio("integrate", "center")
    return Row(f"`integrate` vs `center`, {kind} {size}×{size}: times as long", ours, peer, ratio, goal, at_most=True)
