"""How likely series are, by the solvers that make them: bodies, too, and many times as fast as with slopes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.free_parameters import check_given, check_values, chosen_catalogue, free_parameters
from deepbench_fast.draw.layout import Given, Tables
from deepbench_fast.draw.plan import Plan, make_plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.effects.effect import Stage
from deepbench_fast.effects.law import PixelLaw
from deepbench_fast.errors import UsageError
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.render.noise import effect_rows
from deepbench_fast.render.trajectories import Trajectories
from deepbench_fast.values.threads import threads_of

Floats = npt.NDArray[np.float64]

SYSTEMS = 1024
"""Followed at a time, in each thread."""


class SeriesLikelihood:
    """p(x | theta) of series with normal noise on their outputs; its calls are those of `Likelihood`.

    theta are all parameters that the recipe draws. Raises UsageError where something else is drawn, too.
    """

    def __init__(self, recipe: Recipe, *, catalogue: str | None = None, threads: int | None = None) -> None:
        self._plan = make_plan(recipe)
        self._plan.check_tables()
        self.recipe = self._plan.recipe
        self._catalogue = chosen_catalogue(self._plan, catalogue)
        possible = free_parameters(self._plan, self._catalogue)
        self._free = {name: free for name, free in possible.items() if free.distribution.is_random}
        self.names = tuple(self._free)
        self._threads = threads_of(threads)
        _check(self._plan, self._catalogue)

    def log_likelihood(self, x: npt.ArrayLike, theta: Floats) -> Floats:
        """ln p(x | theta), shape (count,)."""
        found = np.empty(len(theta))
        data = np.asarray(x, np.float64)
        data = np.broadcast_to(data, (len(theta), *self._plan.shape))
        for block, series, variance in self._each(theta):
            columns = (
                PixelLaw.of(len(series), variance=np.ascontiguousarray(variance[:, k])).log_likelihood(
                    data[block, :, k], series[:, :, k]
                )
                for k in range(series.shape[2])
            )
            found[block] = 0.0
            for column in columns:
                found[block] += column
        return found

    def mean(self, theta: Floats) -> Floats:
        """The series without noise, (count, steps, columns)."""
        return np.concatenate([series for _, series, _ in self._each(theta)])

    def variance(self, theta: Floats) -> Floats:
        """The variance of each number, (count, steps, columns)."""
        steps = self._plan.shape[0]
        return np.concatenate([np.repeat(variance[:, None], steps, axis=1) for _, _, variance in self._each(theta)])

    def _each(self, theta: Floats) -> Iterator[tuple[slice, Floats, Floats]]:
        """Blocks of theta with their series (T, steps, columns) and variances (T, columns)."""
        blocks = [slice(start, start + SYSTEMS) for start in range(0, len(theta), SYSTEMS)]
        with ThreadPoolExecutor(self._threads) as pool:
            for block, made in zip(blocks, pool.map(lambda block: self._follow(theta[block]), blocks), strict=True):
                yield block, *made

    def _follow(self, theta: Floats) -> tuple[Floats, Floats]:
        tables = self._tables(theta)
        series = np.empty((len(theta), *self._plan.shape))
        Trajectories(self._plan).follow(tables, series)
        return series, self._variances(tables)

    def _tables(self, theta: Floats) -> Tables:
        given = []
        for number, free in enumerate(self._free.values()):
            values = np.ascontiguousarray(theta[:, number])
            check_values(free, values)
            given.append(Given(None if free.entry is None else free.entry.number, free.column, values))
        check_given(self._plan, given)
        return draw(self._plan, 0, len(theta), given, catalogue=self._catalogue)

    def _variances(self, tables: Tables) -> Floats:
        sigmas = effect_rows(self._plan, tables.samples, Stage.NOISE).columns
        found = np.zeros((len(tables.samples), len(self._plan.output_columns)))
        for number, (_, _, output) in enumerate(self._plan.output_columns):
            for name in ("noise_gaussian_sigma", f"noise_gaussian_{output}"):
                if name in sigmas and not np.isnan(sigmas[name]).all():
                    found[:, number] = sigmas[name] ** 2
        if not (found > 0.0).all():
            raise UsageError("the noise has no density: some output has none")
        return found


def _check(plan: Plan, catalogue: int) -> None:
    """Raise UsageError where something is drawn that is no parameter."""
    if plan.recipe.parameter_noise_of(plan.catalogues[catalogue]):
        raise UsageError("parameter_noise is latent: samples scatter by what no parameter says")
    for planned in plan.entries:
        if planned.catalogue != catalogue:
            continue
        if planned.entry.form == "random":
            raise UsageError(f"{planned.entry.name}: the form random draws where bodies start, which has no names")
        mass = planned.distributions.get("mass") if planned.is_part else None
        if mass is not None and mass.is_random:
            raise UsageError(f"{planned.entry.name}.mass is drawn for each body: give it a number")
