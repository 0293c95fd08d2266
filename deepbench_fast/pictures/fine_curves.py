"""Curves of series between their moments, to be drawn: samples followed again, by their own solver, at more moments."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.plan import make_plan
from deepbench_fast.errors import DeepbenchFastError
from deepbench_fast.kernels import stopping
from deepbench_fast.kernels.stopping import Stopped
from deepbench_fast.recipe.extras import Extras
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.series import Series
from deepbench_fast.recipe.targets import Targets

F8 = npt.NDArray[np.float64]

POINTS = 2000
MOST_BYTES = 2**28
SECONDS = 2.0
"""Samples that take longer are drawn as polygons through their moments."""
TOLERATED = 0.01
"""How far a curve may miss what is stored, in units of the largest value: equal steps of solvers end at moments."""


@dataclass(frozen=True)
class FineCurves:
    """Curves at `times`, among which the moments of the series are, shape (samples, times, columns): `values` of the
    samples without noise on the measurement, `nominal` also without that on parameters, None where there is none."""

    times: F8
    values: F8
    nominal: F8 | None


def fine_curves(recipe: Recipe, numbers: npt.NDArray[np.int64]) -> FineCurves | None:
    """The curves of samples, None where their moments are dense enough, or following them takes too long."""
    moments = np.array(recipe.time.moments)
    columns = len(make_plan(recipe).output_columns)
    most = min(POINTS, MOST_BYTES // (8 * columns * max(1, len(numbers))))
    parts = most // max(1, len(moments) - 1)
    if len(moments) < 2 or parts < 2:
        return None
    between = moments[:-1, None] + np.diff(moments)[:, None] * (np.arange(parts) / parts)
    times = np.append(between.ravel(), moments[-1])
    bare = _at(recipe, times)
    without = _without_parameter_noise(bare)
    try:
        values = _followed(bare, numbers)
        nominal = None if without is bare else _followed(without, numbers)
    except (Stopped, DeepbenchFastError):
        return None
    return FineCurves(times, values, nominal)


def through(fine: F8, stored: F8) -> F8 | None:
    """A fine curve, shape (times, columns), led through what is stored at the moments; None where it is another one.

    What it misses, some rounding, is spread evenly between the moments.
    """
    parts = (len(fine) - 1) // (len(stored) - 1)
    missed = stored - fine[::parts]
    if not (np.abs(missed) <= TOLERATED * np.abs(stored).max(axis=0)).all():
        return None
    at, known = np.arange(len(fine)), np.arange(0, len(fine), parts)
    led: F8 = fine + np.stack([np.interp(at, known, column) for column in missed.T], axis=1)
    return led


def _at(recipe: Recipe, times: F8) -> Recipe:
    """The recipe without noise on the measurement, with other moments."""
    catalogues = {name: replace(catalogue, noise=()) for name, catalogue in recipe.catalogues.items()}
    series = Series(times=tuple(times.tolist()), outputs=recipe.time.outputs)
    label = Targets(("catalogue",))
    return replace(recipe, series=series, catalogues=catalogues, noise=(), targets=label, extras=Extras())


def _without_parameter_noise(recipe: Recipe) -> Recipe:
    """The recipe of the nominal parameters; itself where there are no others."""
    if not any(recipe.parameter_noise_of(name) for name in recipe.catalogues):
        return recipe
    catalogues = {name: replace(catalogue, parameter_noise={}) for name, catalogue in recipe.catalogues.items()}
    return replace(recipe, catalogues=catalogues, parameter_noise={})


def _followed(recipe: Recipe, numbers: npt.NDArray[np.int64]) -> F8:
    """The series of samples in their order; raises Stopped where that takes too long."""
    from deepbench_fast.draw.tables import draw_some  # import Numba, which pictures don't need
    from deepbench_fast.render.renderer import Renderer

    plan = make_plan(recipe)
    made, order = np.unique(numbers, return_inverse=True)
    tables = draw_some(plan, made)
    arrays = stopping.call(lambda stop: Renderer(plan).render(tables, stop=stop), seconds=SECONDS)
    series: F8 = arrays["series"][order]
    return series
