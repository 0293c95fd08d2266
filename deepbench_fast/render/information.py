"""How well samples tell their parameters: the score of a sample, its Fisher information, and the bounds that follow.

The Fisher information of parameters theta is the mean of the products of the slopes of ln p(x | theta); its inverse
bounds the covariance of every unbiased estimate (Cramér 1946, Rao 1945).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.free_parameters import free_parameters
from deepbench_fast.draw.layout import Tables
from deepbench_fast.draw.plan import RANK, Plan
from deepbench_fast.errors import UsageError
from deepbench_fast.kernels.stopping import Stop
from deepbench_fast.recipe.extras import CRLB, FISHER
from deepbench_fast.render.batch import rows_of
from deepbench_fast.render.expected import Expected, Part

Floats = npt.NDArray[np.float64]

BLOCK_BYTES = 2**22
"""Images and slopes that are held at a time, in each thread."""

SMALLEST_VARIANCE = 1e-150
"""Noise whose information, 1 / variance and for the variance 1 / variance², float64 could not hold is none."""

MOST_TABLES = 64
"""Tables that are kept, one for each variance of the read-out."""


class Information:
    """Fills in the information that the extras of a plan ask for; make one for each thread."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._weights = plan, Weights()
        self._expected: list[tuple[Expected, npt.NDArray[np.int64]]] = []
        for catalogue in range(len(plan.catalogues)):
            possible = free_parameters(plan, catalogue)
            names = [name for name in plan.information if name in possible]
            places = [place for place, name in enumerate(plan.information) if name in possible]
            self._expected.append((Expected(plan, catalogue, names), np.array(places, np.int64)))

    def fill(self, tables: Tables, out: Mapping[str, npt.NDArray[Any]], stop: Stop) -> None:
        """Fill `fisher` (T, P, P), `crlb` (T, P), and the rank in the table of samples.

        NaN stands for parameters that a catalogue doesn't have, for slopes that aren't known, and where a sample has no
        noise; the bounds of a sample whose information is singular are NaN, too.
        """
        count = len(self._plan.information)
        fisher, crlb = out.get(FISHER), out.get(CRLB)
        for array in (fisher, crlb):
            if array is not None:
                array[:] = np.nan
        tables.samples[RANK.name] = 0.0
        for catalogue, (expected, places) in enumerate(self._expected):
            rows = np.flatnonzero(tables.samples["catalogue"] == catalogue)
            size = samples_at_once(self._plan, count)
            for start in range(0, len(rows) if len(tables.samples) else 1, size) if places.size else ():
                stop.check()
                own = rows[start : start + size]
                found = self._of(expected, _part(tables, own))
                inverse, tables.samples[RANK.name][own] = bounds(found)
                if fisher is not None:
                    fisher[np.ix_(own, places, places)] = found
                if crlb is not None:
                    crlb[np.ix_(own, places)] = deviations(inverse)

    def _of(self, expected: Expected, tables: Tables) -> Floats:
        """The information of samples of one catalogue; every NaN has the same bits, whatever it came from."""
        found = np.zeros((len(tables.samples), len(expected.names), len(expected.names)))
        for part in expected.parts(tables):
            without = ~(part.law[:, 4] > SMALLEST_VARIANCE)
            part.law[without, 4] = 1.0
            self._weights.add(part, found)
            found[without] = np.nan
        found[~np.isfinite(found)] = np.nan
        return found


def samples_at_once(plan: Plan, slopes: int) -> int:
    """Samples whose images and so many slopes are held at a time."""
    return max(1, BLOCK_BYTES // (plan.shape[0] * plan.shape[1] * 8 * (1 + slopes)))


def _part(tables: Tables, rows: npt.NDArray[np.int64]) -> Tables:
    """Some of the samples, numbered from 0."""
    numbers = tables.first + rows
    objects = {}
    for kind, table in tables.objects.items():
        objects[kind] = own = table[rows_of(table, numbers)]
        own["sample"] = np.searchsorted(numbers, own["sample"])
    return Tables(0, tables.samples[rows], objects)


def add_scores(part: Part, pixels: Floats, out: Floats) -> None:
    """Add the slopes of ln p(pixels), (T, n), along the parameters to `out`, (T, P)."""
    from deepbench_fast.kernels.derivatives.pixels import add_normal_score, add_score

    counted = (part.law[:, 0] > 0.0) | (part.law[:, 2] > 0.0)
    kernel: Any
    for chosen, kernel in ((~counted, add_normal_score), (counted, add_score)):
        if chosen.any():
            found = np.zeros((int(chosen.sum()), out.shape[1]))
            kernel(
                pixels[chosen],
                *(array[chosen] for array in (part.light, part.law, part.slopes, part.law_slopes)),
                found,
            )
            out[chosen] += found


class Weights:
    """Fisher information of pixels; the tables that counts need are made once."""

    def __init__(self) -> None:
        self._tables: dict[float, tuple[int, Floats]] = {}

    def add(self, part: Part, out: Floats) -> None:
        """Add the information of a part to `out`, (T, P, P)."""
        from deepbench_fast.kernels.derivatives.pixels import add_information, add_information_of_law

        counted = (part.law[:, 0] > 0.0) | (part.law[:, 2] > 0.0)
        free = (part.law_slopes != 0.0).any(axis=(1, 2))
        if not counted.any():
            add_information(part.slopes, 1.0 / part.law[:, 4:], out)
        for t in np.flatnonzero(counted | free).tolist():
            products = self._products(part.law[t], part.light[t])
            if counted[t]:
                add_information(part.slopes[t : t + 1], np.ascontiguousarray(products[None, :, 0, 0]), out[t : t + 1])
            elif counted.any():
                add_information(part.slopes[t : t + 1], 1.0 / part.law[t : t + 1, 4:], out[t : t + 1])
            if free[t]:
                add_information_of_law(products, part.slopes[t], part.law_slopes[t], out[t])

    def _products(self, law: Floats, light: Floats) -> Floats:
        """Mean products of the scores of a sample's pixels, (pixels or 1, 6, 6)."""
        from deepbench_fast.kernels.derivatives import pixels

        gain, sky, level, _, variance = law.tolist()
        if gain > 0.0 and level > 0.0 and gain != 1.0:
            raise UsageError("the information of ccd noise with a gain beside poisson noise isn't known")
        if gain == 0.0 and level == 0.0:
            products = np.zeros((1, pixels.NUMBERS, pixels.NUMBERS))
            for one in (pixels.LIGHT, pixels.SHIFT):
                products[0, one, [pixels.LIGHT, pixels.SHIFT]] = 1.0 / variance
            products[0, pixels.VARIANCE, pixels.VARIANCE] = 0.5 / variance**2
            return products
        photons = np.maximum(gain * (light + sky), 0.0) if gain > 0.0 else np.zeros(1)
        unit = gain if gain > 0.0 else 1.0
        mean = photons + level
        first, nodes = self._nodes(unit * unit * variance, *pixels.reach_of(mean))
        products = np.empty((len(mean), pixels.NUMBERS, pixels.NUMBERS))
        pixels.information_of_counts(mean, unit, gain > 0.0, photons, first, nodes, products)
        products[mean > pixels.BRIGHTEST] = np.nan
        if gain > 0.0:
            # A PSF narrower than pixels resolve leaves negative pixels: no photons come of them, whatever changes.
            dark = np.flatnonzero(light + sky < 0.0)
            for number in (pixels.LIGHT, pixels.SKY, pixels.GAIN):
                products[dark, number, :] = products[dark, :, number] = 0.0
        return products

    def _nodes(self, variance: float, first: int, stop: int) -> tuple[int, Floats]:
        """Nodes for this variance of the read-out, in counts; those that are known are kept."""
        from deepbench_fast.kernels.derivatives.pixels import fill_nodes

        known_first, known = self._tables.get(variance, (first, np.empty((0, 4, 4))))
        low, high = min(first, known_first), max(stop, known_first + len(known))
        nodes = np.empty((high - low, 4, 4))
        start = known_first - low
        nodes[start : start + len(known)] = known
        for one, end in ((0, start), (start + len(known), high - low)):
            fill_nodes(variance, low + one, nodes[one:end])
        if len(self._tables) >= MOST_TABLES:
            self._tables = {}
        self._tables[variance] = low, nodes
        return low, nodes


def bounds(information: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The inverses of matrices (T, P, P), NaN where one has none, and the ranks (T,)."""
    from deepbench_fast.kernels.derivatives.pixels import invert

    inverse, rank = np.empty_like(information), np.empty(len(information), np.int64)
    invert(information, inverse, rank)
    return inverse, rank


def deviations(inverse: Floats) -> Floats:
    """The least standard deviations that unbiased estimates can have, (T, P), from inverses of the information."""
    found: Floats = np.sqrt(np.diagonal(inverse, axis1=1, axis2=2))
    return found
