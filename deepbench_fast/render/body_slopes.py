"""Series of systems of bodies in float64, and their slopes along parameters by differences of Gauss-Radau's orbits.

Radau's orbits are exact to rounding at its least tolerance, so that differences of the sixth order (Richardson 1911)
are slopes to some 1e-9, where orbits don't amplify rounding. Where two orders don't agree, they tell nothing: NaN.
Along a small softening they are differences along its square.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from deepbench_fast.draw.free_parameters import Free, given_to
from deepbench_fast.draw.layout import Tables
from deepbench_fast.draw.plan import Plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.render.sources import Floats, Source, chains
from deepbench_fast.render.trajectories import Trajectories

STEP = 2.5e-4
"""The shortest of three differences, of a parameter's own scale: truncation and rounding both give about 1e-10."""

SHIFTS = STEP * np.array([4.0, -4.0, 2.0, -2.0, 1.0, -1.0])

AGREE = 1e-6
"""How much the differences of the fourth and of the sixth order may differ, of the largest slope of the series."""

ROUNDING = 1e-8
"""What rounding makes of a slope that is 0, of the largest number of the series."""

SOFTENING = "softening"
SMALL = 0.02
"""A softening below this part of the bodies' least distance at the start is differentiated by its square."""

SQUARE_STEP = 1e-4
"""Of seven values of the square, from its own upwards; in squares of that distance."""

FOURTH = np.array([-25.0 / 12.0, 4.0, -3.0, 4.0 / 3.0, -1.0 / 4.0, 0.0, 0.0])
SIXTH = np.array([-49.0 / 20.0, 6.0, -15.0 / 2.0, 20.0 / 3.0, -15.0 / 4.0, 6.0 / 5.0, -1.0 / 6.0])
"""Weights of a slope's one-sided differences, by their order."""


class BodyScene:
    """Follows systems of bodies of one catalogue of a plan, which draws no more than the parameters."""

    def __init__(self, plan: Plan, catalogue: int) -> None:
        self.plan, self.catalogue = plan, catalogue
        self._own, self._exact = Trajectories(plan), Trajectories(plan, exact=True)

    def slopes(self, tables: Tables, sources: Sequence[Source], free: Sequence[Free] = ()) -> tuple[Floats, Floats]:
        """Series (columns, T, steps) by their own solver, and slopes along parameters (columns, T, P, steps)."""
        steps, columns = self.plan.shape
        series = np.empty((len(tables.samples), steps, columns))
        self._own.follow(tables, series)
        slopes = np.zeros((len(tables.samples), len(free), steps, columns))
        moving = [number for number, one in enumerate(free) if one.entry is not None]
        values = np.stack([_values(free[number], tables) for number in moving], axis=1) if moving else None
        for place, number in enumerate(moving):
            assert values is not None
            asked = [free[k] for k in moving]
            distance = _least_distance(free[number], tables) if _squared(free[number], asked) else np.zeros(len(values))
            small = (values[:, place] > 0.0) & (values[:, place] < SMALL * distance)
            if small.any():
                slopes[small, number] = self._by_square(asked, values[small], place, distance[small])
            if not small.all():
                slopes[~small, number] = self._differences(asked, values[~small], place, series[~small])
        return np.ascontiguousarray(series.transpose(2, 0, 1)), np.ascontiguousarray(slopes.transpose(3, 0, 1, 2))

    def _differences(self, free: Sequence[Free], values: Floats, place: int, series: Floats) -> Floats:
        """Slopes along one of the parameters, whose values are (T, P): (T, steps, columns)."""
        scale = _scale(free[place], values[:, place])
        ends = self._ends(free, values, place, values[:, place, None] + scale[:, None] * SHIFTS)
        wide, middle, near = (
            (ends[:, k] - ends[:, k + 1]) / ((SHIFTS[k] - SHIFTS[k + 1]) * scale)[:, None, None] for k in (0, 2, 4)
        )
        coarse, fine = (4.0 * middle - wide) / 3.0, (4.0 * near - middle) / 3.0
        return _known((16.0 * fine - coarse) / 15.0, fine, series, scale)

    def _by_square(self, free: Sequence[Free], values: Floats, place: int, distance: Floats) -> Floats:
        """Slopes along a softening that is small beside the bodies' distance, (T,): as `_differences` gives them.

        The motion is a smooth function of its square, and changes so little with what is near 0 that differences over
        a part of the softening itself are those of rounding.
        """
        softening, step = values[:, place], SQUARE_STEP * distance**2
        squares = softening[:, None] ** 2 + step[:, None] * np.arange(SIXTH.size)
        ends = self._ends(free, values, place, np.sqrt(squares))
        coarse, fine = (
            np.einsum("k,tksc->tsc", weights, ends - ends[:, :1]) / step[:, None, None] for weights in (FOURTH, SIXTH)
        )
        return 2.0 * softening[:, None, None] * _known(fine, coarse, ends[:, 0], distance**2)

    def _ends(self, free: Sequence[Free], values: Floats, place: int, along: Floats) -> Floats:
        """Series with one of the parameters as it is in `along`, (T, shifts): (T, shifts, steps, columns)."""
        shifted = np.repeat(values[:, None], along.shape[1], axis=1)
        shifted[:, :, place] = along
        return self._follow(free, shifted.reshape(-1, values.shape[1])).reshape(*along.shape, *self.plan.shape)

    def _follow(self, free: Sequence[Free], values: Floats) -> Floats:
        given = [given_to(one, np.ascontiguousarray(values[:, k])) for k, one in enumerate(free)]
        tables = draw(self.plan, 0, len(values), given, catalogue=self.catalogue)
        out = np.empty((len(values), *self.plan.shape))
        self._exact.follow(tables, out)
        return out


def _values(free: Free, tables: Tables) -> Floats:
    """A parameter's values, one a sample."""
    assert free.entry is not None
    table = tables.objects[free.entry.kind.name]
    found: Floats = table[free.column][table["entry"] == free.entry.number]
    return found


def _known(found: Floats, other: Floats, series: Floats, unit: Floats) -> Floats:
    """Slopes by one order of differences, NaN where another one doesn't agree; `unit` is what they are along, (T,)."""
    largest, size = (np.abs(one).max(axis=(1, 2)) for one in (found, series))
    known = np.abs(found - other).max(axis=(1, 2)) <= AGREE * largest + ROUNDING * size / unit
    found[~known] = np.nan
    return found


def _squared(free: Free, asked: Sequence[Free]) -> bool:
    """Whether it is a softening that nothing else follows from."""
    if free.column != SOFTENING or free.entry is None:
        return False
    named = {one.column for one in asked if one.entry is free.entry}
    return len(list(chains(free.entry, SOFTENING, named))) == 1


def _least_distance(free: Free, tables: Tables) -> Floats:
    """Of a sample's bodies at the start, (T,)."""
    assert free.entry is not None
    dynamics = free.entry.kind.dynamics
    assert dynamics is not None
    assert dynamics.parts is not None
    bodies = tables.objects[dynamics.parts.name]
    bodies = bodies[bodies["entry"] == free.entry.number + 1]
    places = np.stack([bodies[axis] for axis in "xyz"], axis=-1)
    ends = np.searchsorted(bodies["sample"], tables.first + np.arange(len(tables.samples) + 1))
    found = np.full(len(tables.samples), np.inf)
    for number, (start, stop) in enumerate(pairwise(ends.tolist())):
        one, other = np.triu_indices(stop - start, 1)
        apart = places[start + one] - places[start + other]
        found[number] = np.sqrt((apart * apart).sum(axis=1).min(initial=np.inf))
    return found


def _scale(free: Free, values: Floats) -> Floats:
    """Over what the motion changes by its own size: the value itself, of an eccentricity how far it is from 1."""
    if free.column == "eccentricity":
        return 1.0 - values
    return np.where(values == 0.0, 1.0, np.abs(values))
