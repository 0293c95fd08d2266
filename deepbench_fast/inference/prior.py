"""The distribution that a recipe draws its parameters from, to draw and to score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.free_parameters import WHAT, Array, Free, chosen_catalogue, free_parameters
from deepbench_fast.draw.plan import NOMINAL, make_plan
from deepbench_fast.draw.streams import seed_key
from deepbench_fast.draw.tables import draw
from deepbench_fast.errors import UsageError
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.seeds import parse_seed
from deepbench_fast.values import checks
from deepbench_fast.values.distributions import Derived


class Prior:
    """The distribution that a recipe draws its parameters from.

    `names` are "<entry>.<parameter>" for objects that every sample holds once, and "noise.<model>.<parameter>" or
    "psf.<model>.<parameter>". Without `parameters` they are all those of objects that the recipe draws; others can be
    named. A recipe of several catalogues needs the name of one. Raises UsageError for names that it doesn't have.
    """

    def __init__(self, recipe: Recipe, parameters: Iterable[str] | None = None, catalogue: str | None = None) -> None:
        self._plan = make_plan(recipe)
        self.recipe = self._plan.recipe
        self._catalogue = chosen_catalogue(self._plan, catalogue)
        possible = free_parameters(self._plan, self._catalogue)
        if parameters is None:
            chosen = [name for name, free in possible.items() if free.entry and free.distribution.is_random]
        else:
            chosen = list(dict.fromkeys(checks.known(name, possible, WHAT) for name in parameters))
        if not chosen:
            raise UsageError(f"{recipe.name}: no parameter is drawn")
        self.names = tuple(chosen)
        self._free = {name: possible[name] for name in chosen}
        self._possible = possible

    def sample(self, count: int, seed: int | str) -> Array:
        """`count` draws, shape (count, parameters): those of the first members of a dataset with this seed."""
        if count < 0:
            raise UsageError(f"count: {count} is negative")
        self._plan.check_range(0, count)
        tables = draw(self._plan, 0, count, key=seed_key(parse_seed(seed)), catalogue=self._catalogue)
        columns = []
        for free in self._free.values():
            table = tables.samples
            if free.entry is not None:
                table = tables.objects[free.entry.kind.name]
                table = table[table["entry"] == free.entry.number]
            nominal = f"{free.column}{NOMINAL}"
            columns.append(table[nominal if nominal in (table.dtype.names or ()) else free.column])
        return np.stack(columns, axis=1).astype(np.float64)

    def log_prob(self, parameters: npt.ArrayLike) -> Array:
        """Logarithm of the prior's density (of the probability, for whole numbers), shape (count,); -inf outside.

        `parameters` has shape (count, parameters). Raises UsageError where a parameter has no density: a grid, a table,
        a segment that is drawn again, or one that depends on a parameter that isn't among `names` and isn't fixed.
        """
        values = self._columns(parameters)
        total = np.zeros(len(next(iter(values.values()))))
        for name, free in self._free.items():
            total += self._log_prob_of(name, free, values)
        return total

    def _log_prob_of(self, name: str, free: Free, values: Mapping[str, Array]) -> Array:
        if free.drawn_again:
            raise UsageError(f"{name} has no density: it is drawn again while the segment is too short")
        drawn = free.distribution
        if isinstance(drawn, Derived):
            return drawn.log_density_from(self._base(name, free, values), values[name])
        return drawn.own.log_density(values[name])

    def _base(self, name: str, free: Free, values: Mapping[str, Array]) -> Array:
        if free.base in values:
            return values[free.base]
        distribution = self._possible[free.base].distribution
        if distribution.is_random or isinstance(distribution, Derived):
            raise UsageError(f"{name} depends on {free.base}, which is not among the parameters: name it, too")
        return np.full(len(values[name]), distribution.support[0])

    def _columns(self, parameters: npt.ArrayLike) -> dict[str, Array]:
        table = np.asarray(parameters, np.float64)
        if table.ndim != 2 or table.shape[1] != len(self.names):
            raise UsageError(f"parameters must have shape (count, {len(self.names)}), not {table.shape}")
        return {name: np.ascontiguousarray(table[:, k]) for k, name in enumerate(self.names)}
