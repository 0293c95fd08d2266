"""A recipe as a simulator: data for given parameters, and the prior of these parameters, to draw and to score."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.densities import log_density, log_density_of_product, log_density_of_sum
from deepbench_fast.draw import Given, draw
from deepbench_fast.entries import PlannedEntry
from deepbench_fast.errors import UsageError
from deepbench_fast.levels import sample_parameters
from deepbench_fast.objects.parameter import Parameter
from deepbench_fast.plan import NOMINAL, Plan, make_plan
from deepbench_fast.recipe import checks
from deepbench_fast.recipe.checks import Invalid
from deepbench_fast.recipe.consistency import check_together
from deepbench_fast.recipe.distributions import Constant, Distribution, Offset, Scaled, Uniform
from deepbench_fast.recipe.extras import Extras
from deepbench_fast.recipe.model import Recipe
from deepbench_fast.recipe.targets import Targets
from deepbench_fast.render import Renderer
from deepbench_fast.streams import seed_key

Array = npt.NDArray[np.float64]
WHAT = "parameter of the simulator"


@dataclass(frozen=True)
class Free:
    """A parameter that a simulation can be given: where it stands in the tables, and what the recipe draws it from.

    `entry` is None for a level of noise or PSF, a column of `/samples`; `base` names what it is derived from.
    """

    name: str
    declared: Parameter
    column: str
    distribution: Distribution
    entry: PlannedEntry | None = None
    base: str = ""

    @property
    def drawn_again(self) -> bool:
        """Whether it is the end of a segment that is drawn again while it is too short."""
        redraw = None if self.entry is None else self.entry.kind.redraw
        return redraw is not None and self.column in redraw.ends and bool(self.entry and self.entry.entry.min_length)


class Prior:
    """The distribution that a recipe draws its parameters from.

    `names` are "<entry>.<parameter>" for objects that every sample holds once, and "noise.<model>.<parameter>" or
    "psf.<model>.<parameter>". Without `parameters` they are all those of objects that the recipe draws; others can be
    named. A recipe of several catalogues needs the name of one. Raises UsageError for names that it doesn't have.
    """

    def __init__(self, recipe: Recipe, parameters: Iterable[str] | None = None, catalogue: str | None = None) -> None:
        self.recipe = _alone(recipe, catalogue)
        self._plan = make_plan(self.recipe)
        possible = _possible(self._plan)
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
        tables = draw(_seeded(self._plan, seed), 0, count)
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
        match free.distribution:
            case Offset(by=by):
                return log_density_of_sum(by, values[name], self._base(name, free, values))
            case Scaled(of=of):
                return log_density_of_product(of, values[name], self._base(name, free, values))
        return log_density(free.distribution, values[name])

    def _base(self, name: str, free: Free, values: Mapping[str, Array]) -> Array:
        if free.base in values:
            return values[free.base]
        distribution = self._possible[free.base].distribution
        if distribution.is_random or isinstance(distribution, Offset | Scaled):
            raise UsageError(f"{name} depends on {free.base}, which is not among the parameters: name it, too")
        return np.full(len(values[name]), distribution.support[0])

    def _columns(self, parameters: npt.ArrayLike) -> dict[str, Array]:
        table = np.asarray(parameters, np.float64)
        if table.ndim != 2 or table.shape[1] != len(self.names):
            raise UsageError(f"parameters must have shape (count, {len(self.names)}), not {table.shape}")
        return {name: np.ascontiguousarray(table[:, k]) for k, name in enumerate(self.names)}


def simulate(
    recipe: Recipe,
    parameters: Mapping[str, npt.ArrayLike],
    seed: int | str,
    *,
    catalogue: str | None = None,
) -> npt.NDArray[Any]:
    """Images or series, shape (count, ...), for given parameters: `{"galaxy.r_eff": [2, 3], ...}`.

    Names are those of `Prior`; numbers stand for all simulations. What isn't given is drawn by the recipe, as is the
    noise: `seed` says with which draws, so equal seeds and parameters give equal bits, and the k-th simulation is that
    of member k of a dataset with this seed. Raises UsageError for unknown names, values that the parameter can't have,
    and arrays of several lengths.
    """
    plan = make_plan(_alone(recipe, catalogue))
    possible = _possible(plan)
    arrays = {name: np.atleast_1d(np.asarray(value, np.float64)) for name, value in parameters.items()}
    lengths = {array.size for array in arrays.values() if array.size != 1} or {1}
    if len(lengths) > 1 or any(array.ndim != 1 for array in arrays.values()):
        raise UsageError(f"parameters must be lists of one length, not of {', '.join(map(str, sorted(lengths)))}")
    count = lengths.pop()
    given = []
    for name, array in arrays.items():
        free = possible[checks.known(name, possible, WHAT)]
        _check_values(free, array)
        entry = None if free.entry is None else free.entry.number
        given.append(Given(entry, free.column, np.broadcast_to(array, count)))
    _check_together(plan, given)
    seeded = _seeded(plan, seed)
    return Renderer(seeded).render(draw(seeded, 0, count, given))["series" if plan.is_series else "images"]


def _alone(recipe: Recipe, catalogue: str | None) -> Recipe:
    """The recipe with one catalogue alone, in which sample k is member k."""
    names = list(recipe.catalogues)
    if catalogue is None and len(names) > 1:
        raise UsageError(f"{recipe.name} has several catalogues: say which one ({', '.join(names)})")
    name = checks.known(catalogue or names[0], names, "catalogue")
    alone = {"catalogues": {name: recipe.catalogues[name]}, "split": None, "extras": Extras()}
    return recipe.model_copy(update={**alone, "targets": Targets(("catalogue",))})


def _possible(plan: Plan) -> dict[str, Free]:
    """Everything that a simulation can be given."""
    found: dict[str, Free] = {}
    for e in plan.entries:
        if e.entry.occurs_once and not e.is_part:
            for parameter, distribution in e.distributions.items():
                base = f"{e.entry.name}.{distribution.parameter}" if isinstance(distribution, Offset | Scaled) else ""
                name = f"{e.entry.name}.{parameter}"
                found[name] = Free(name, e.kind.parameter(parameter), parameter, distribution, e, base)
    return found | _levels(plan)


def _levels(plan: Plan) -> dict[str, Free]:
    levels = sample_parameters(plan.recipe, plan.catalogues[0])
    return {level.name: Free(level.name, level.declared, level.column, level.distribution) for level in levels}


def _check_values(free: Free, values: Array) -> None:
    if values.size == 0:
        return
    declared, low, high = free.declared, float(values.min()), float(values.max())
    whole = not declared.integer or bool((values == np.floor(values)).all())
    named = not declared.only or bool(np.isin(values, declared.only).all())
    if not (np.isfinite(values).all() and declared.holds(low, high) and whole and named):
        raise UsageError(f"{free.name} must be {declared.allowed}; the values reach from {low:g} to {high:g}")


def _check_together(plan: Plan, given: Sequence[Given]) -> None:
    """Raise UsageError for the first simulation whose parameters, each valid, can't stand together."""
    for e in plan.entries:
        columns = {value.column: value.values for value in given if value.entry == e.number and value.values.size}
        ranges = {name: Uniform(values.min(), values.max()) for name, values in columns.items()}
        try:
            check_together(plan.recipe, e.entry, ranges)
        except Invalid:
            for row in zip(*columns.values(), strict=True):
                _check_one(plan, e, dict(zip(columns, row, strict=True)))


def _check_one(plan: Plan, planned: PlannedEntry, values: Mapping[str, float]) -> None:
    try:
        check_together(plan.recipe, planned.entry, {name: Constant(float(value)) for name, value in values.items()})
    except Invalid as invalid:
        shown = ", ".join(f"{name} {value:g}" for name, value in values.items())
        raise UsageError(f"{planned.entry.name}.{invalid.key}: {invalid.problem} (given {shown})") from None


def _seeded(plan: Plan, seed: int | str) -> Plan:
    """The plan with the draws of another seed."""
    seeded = copy.copy(plan)
    object.__setattr__(seeded, "key", seed_key(seed))
    return seeded
