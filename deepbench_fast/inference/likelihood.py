"""How likely a sample is, given the parameters that a recipe draws, and how well it tells them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.free_parameters import (
    check_given,
    check_values,
    chosen_catalogue,
    chosen_parameters,
    free_parameters,
)
from deepbench_fast.draw.layout import Given
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.tables import draw
from deepbench_fast.effects.law import PixelLaw
from deepbench_fast.errors import RecipeError, UsageError
from deepbench_fast.recipe.addresses import address
from deepbench_fast.recipe.information import check_likelihood
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.render.expected import Expected, Part
from deepbench_fast.render.information import (
    SMALLEST_VARIANCE,
    Weights,
    add_scores,
    bounds,
    deviations,
    samples_at_once,
)
from deepbench_fast.values.checks import Invalid
from deepbench_fast.values.real_arrays import real_numbers
from deepbench_fast.values.threads import threads_of

Floats = npt.NDArray[np.float64]


class Likelihood:
    """p(x | theta) of the samples x of a recipe, exactly as its noise makes them, with slopes and Fisher information.

    `parameters` are names of the recipe's parameters, those of `Prior` ("galaxy.r_eff", "noise.gaussian.sigma",
    "psf.gaussian.sigma"), in the order of theta's columns; without them all that the recipe draws. Whatever else is
    drawn would have to be integrated over, and is refused. theta is (count, parameters), or (parameters,) for one; x is
    (count, ...) like the samples, or one sample; one of either stands beside many of the other. All is float64 and the
    same bits on every CPU, with any number of threads.

    Raises UsageError, in one line, where a recipe has no density or no slopes, for unknown names, and for values that a
    parameter can't have.
    """

    def __init__(
        self,
        recipe: Recipe,
        parameters: Iterable[str] | None = None,
        *,
        catalogue: str | None = None,
        threads: int | None = None,
    ) -> None:
        self._plan = make_plan(recipe)
        self._plan.check_tables()
        self.recipe = self._plan.recipe
        self._catalogue = chosen_catalogue(self._plan, catalogue)
        possible = free_parameters(self._plan, self._catalogue)
        if parameters is None:
            names = [name for name, free in possible.items() if free.distribution.is_random]
        else:
            names = chosen_parameters(parameters, possible)
        self.names = tuple(names)
        try:
            check_likelihood(self.recipe, self._plan.catalogues[self._catalogue], self.names)
        except Invalid as invalid:
            raise RecipeError(invalid.problem, key=address(vars(self.recipe), invalid.path)) from None
        if not names:
            raise UsageError(f"{recipe.name}: no parameter is drawn")
        self._expected = Expected(self._plan, self._catalogue, self.names)
        self._weights = Weights()
        self._threads = threads_of(threads)

    def __repr__(self) -> str:
        return f"Likelihood({', '.join(self.names)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (self.recipe, self.names, self._plan.catalogues[self._catalogue], self._threads)

    def log_likelihood(self, x: npt.ArrayLike, theta: npt.ArrayLike) -> Floats:
        """ln p(x | theta), shape (count,): a density of the pixels; a sum over them, in order.

        Errors of a pixel as in `kernels.noise.likelihood`: rounding for Gaussian noise, 1e-11 for counts.
        """
        table, x, one = self._pairs(x, theta)
        out = np.zeros(len(table))

        def work(part: Part, block: slice, columns: slice) -> None:
            out[block] += PixelLaw(*part.law.T).log_likelihood(x[block, columns], part.light)

        self._each(table, work, slopes=False)
        return out[0] if one else out

    def score(self, x: npt.ArrayLike, theta: npt.ArrayLike) -> Floats:
        """Slopes of ln p(x | theta) along theta, shape (count, parameters); NaN where one of the light isn't known."""
        table, x, one = self._pairs(x, theta)
        out = np.zeros(table.shape)

        def work(part: Part, block: slice, columns: slice) -> None:
            add_scores(part, np.ascontiguousarray(x[block, columns]), out[block])

        self._each(table, work)
        return out[0] if one else out

    def fisher(self, theta: npt.ArrayLike) -> Floats:
        """Fisher information, the mean of score scoreᵀ over x, shape (count, parameters, parameters).

        Exact for Gaussian noise; for counts by sums over all pixels' values, right to 1e-6. NaN where a slope of the
        light isn't known.
        """
        table, one = self._table(theta)
        out = np.zeros((*table.shape, table.shape[1]))
        self._each(table, lambda part, block, columns: self._weights.add(part, out[block]))
        return out[0] if one else out

    def crlb(self, theta: npt.ArrayLike) -> Floats:
        """The least standard deviations that unbiased estimates can have, shape (count, parameters).

        Roots of the diagonal of the inverse Fisher information, all parameters being unknown together and without a
        prior (Cramér 1946; Rao 1945); NaN where the information is singular.
        """
        information = self.fisher(theta)
        found = deviations(bounds(information if information.ndim == 3 else information[None])[0])
        return found if information.ndim == 3 else found[0]

    def mean(self, theta: npt.ArrayLike) -> Floats:
        """The samples without noise, shape (count, ...): what Simulator calls `clean`, in float64."""
        table, one = self._table(theta)
        out = np.empty((len(table), int(np.prod(self._plan.shape))))

        def work(part: Part, block: slice, columns: slice) -> None:
            out[block, columns] = part.light

        self._each(table, work, slopes=False)
        images = out.reshape(len(table), *self._plan.shape)
        return images[0] if one else images

    def variance(self, theta: npt.ArrayLike) -> Floats:
        """The variance of each pixel, shape (count, ...)."""
        table, one = self._table(theta)
        out = np.empty((len(table), int(np.prod(self._plan.shape))))

        def work(part: Part, block: slice, columns: slice) -> None:
            gain, sky, level, _, variance = part.law.T[:, :, None]
            counts = np.maximum(part.light + sky, 0.0) / np.where(gain > 0.0, gain, np.inf)
            out[block, columns] = counts + level + variance

        self._each(table, work, slopes=False)
        images = out.reshape(len(table), *self._plan.shape)
        return images[0] if one else images

    def _table(self, theta: npt.ArrayLike) -> tuple[Floats, bool]:
        table = real_numbers(theta, "theta", np.float64)
        if table.ndim not in (1, 2) or table.shape[-1] != len(self.names):
            raise UsageError(f"theta must have shape (count, {len(self.names)}), not {table.shape}")
        return np.ascontiguousarray(np.atleast_2d(table)), table.ndim == 1

    def _pairs(self, x: npt.ArrayLike, theta: npt.ArrayLike) -> tuple[Floats, Floats, bool]:
        """theta and x, equally many; whether there was one of each alone."""
        table, one = self._table(theta)
        data = real_numbers(x, "x", np.float64)
        if data.shape[-len(self._plan.shape) :] != self._plan.shape or data.ndim > len(self._plan.shape) + 1:
            raise UsageError(f"x must have shape (count, {', '.join(map(str, self._plan.shape))}), not {data.shape}")
        single = data.ndim == len(self._plan.shape)
        data = data.reshape(1 if single else len(data), int(np.prod(self._plan.shape)))
        count = len(table) if len(data) == 1 else len(data)
        if len(table) not in (1, count):
            raise UsageError(f"{len(data)} samples x, but {len(table)} rows of theta")
        table = np.ascontiguousarray(np.broadcast_to(table, (count, table.shape[1])))
        return table, np.ascontiguousarray(np.broadcast_to(data, (count, data.shape[1]))), one and single

    def _each(self, table: Floats, work: Callable[[Part, slice, slice], None], slopes: bool = True) -> None:
        """`work(part, block, columns)` on the parts of each block of samples, whose numbers are those columns of x."""
        size = samples_at_once(self._plan, len(self.names) * slopes)
        given = self._given(table)

        def one(start: int) -> None:
            block = slice(start, min(start + size, len(table)))
            own = [value._replace(values=value.values[block]) for value in given]
            tables = draw(self._plan, 0, block.stop - block.start, own, catalogue=self._catalogue)
            parts = self._expected.parts(tables, slopes)
            for number, part in enumerate(parts):
                _check_density(part)
                work(part, block, slice(number, None, len(parts)))

        starts = range(0, len(table), size)
        if len(starts) < 2 or self._threads == 1:
            for start in starts:
                one(start)
            return
        one(0)  # what isn't compiled yet is, once
        with ThreadPoolExecutor(self._threads) as pool:
            for _ in pool.map(one, starts[1:]):
                pass

    def _given(self, theta: Floats) -> list[Given]:
        """The columns of theta, checked, as they stand in tables."""
        given = []
        for number, free in enumerate(self._expected.free.values()):
            values = np.ascontiguousarray(theta[:, number])
            check_values(free, values)
            given.append(Given(None if free.entry is None else free.entry.number, free.column, values))
        check_given(self._plan, given)
        return given


def _unpickled(recipe: Recipe, names: tuple[str, ...], catalogue: str, threads: int) -> Likelihood:
    return Likelihood(recipe, names, catalogue=catalogue, threads=threads)


def _check_density(part: Part) -> None:
    if not (part.law[:, 4] > SMALLEST_VARIANCE).all():
        raise UsageError("the noise has no density: its gaussian part, or the read noise, is 0 (or below 1e-75)")
