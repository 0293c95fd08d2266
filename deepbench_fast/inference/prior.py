"""The distribution that a recipe draws its parameters from, to draw and to score."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.free_parameters import Array, chosen_catalogue, chosen_parameters, free_parameters
from deepbench_fast.draw.plan import NOMINAL, make_plan
from deepbench_fast.draw.streams import seed_key
from deepbench_fast.draw.tables import draw
from deepbench_fast.errors import UsageError
from deepbench_fast.recipe.contents import MAX_SAMPLES
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.seeds import parse_seed
from deepbench_fast.values import checks
from deepbench_fast.values.distributions import Alone, Derived, Grid, Table
from deepbench_fast.values.distributions.derived import ROUNDING
from deepbench_fast.values.real_arrays import real_numbers

if TYPE_CHECKING:
    from deepbench_fast.inference.torch_prior import TorchPrior


@contextmanager
def _quiet() -> Iterator[None]:
    """What isn't in the support, as infinity, is no fault of the arithmetic."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        yield


class Prior:
    """The distribution that a recipe draws its parameters from.

    `names` are "<entry>.<parameter>" for objects that every sample holds once, and "noise.<model>.<parameter>" or
    "psf.<model>.<parameter>". Without `parameters` they are all those of objects that the recipe draws; others can be
    named. `left_out` has the names of what is drawn beside them: levels of noise and PSF, parameters of several
    objects, numbers of objects. A recipe of several catalogues needs the name of one. Raises UsageError for names that
    it doesn't have.

    Parameters are arrays of shape (count, parameters), in the order of `names`. Numbers of float32 are taken for those
    that they were rounded from: what `sample` gives keeps its density as float32.
    """

    def __init__(self, recipe: Recipe, parameters: Iterable[str] | None = None, catalogue: str | None = None) -> None:
        self._plan = make_plan(recipe)
        self.recipe = self._plan.recipe
        self._catalogue = chosen_catalogue(self._plan, catalogue)
        possible = free_parameters(self._plan, self._catalogue)
        if parameters is None:
            chosen = [name for name, free in possible.items() if free.entry and free.distribution.is_random]
        else:
            chosen = chosen_parameters(parameters, possible)
        if not chosen:
            others = [name for name, free in possible.items() if free.distribution.is_random]
            hint = f"; name others, e.g. {others[0]}" if others else ""
            raise UsageError(f"{recipe.name}: no parameter is drawn of an object that every sample holds once{hint}")
        self.names = tuple(chosen)
        self._free = {name: possible[name] for name in chosen}
        self._possible = possible

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.recipe, self.names, self._plan.catalogues[self._catalogue])

    def __repr__(self) -> str:
        others = f"; leaves out {', '.join(self.left_out)}" if self.left_out else ""
        return f"Prior({', '.join(self.names)}{others})"

    @cached_property
    def left_out(self) -> tuple[str, ...]:
        """What the recipe draws for a sample beside `names`."""
        found = [name for name, free in self._possible.items() if free.distribution.is_random]
        for planned in self._plan.entries:
            if planned.catalogue == self._catalogue:
                laws = {**planned.distributions, "count": planned.count}
                found += [f"{planned.entry.name}.{name}" for name, law in laws.items() if law.is_random]
        return tuple(name for name in dict.fromkeys(found) if name not in self._free)

    @property
    def support(self) -> Array:
        """The smallest and the largest value that each parameter can have, shape (parameters, 2).

        Infinite where its density has no end. Of a parameter that depends on another one, for all values of that.
        """
        return np.array([self._ends(name) for name in self.names])

    @property
    def is_box(self) -> bool:
        """Whether it has a density all over `support`: nothing depends on another parameter or has single values."""
        laws = [free.distribution for free in self._free.values()]
        return not any(isinstance(law, Derived) or law.own.is_discrete for law in laws)

    @property
    def is_discrete(self) -> bool:
        """Whether all parameters have single values."""
        return all(free.distribution.own.is_discrete for free in self._free.values())

    @property
    def mean(self) -> Array:
        """The mean of each parameter, shape (parameters,)."""
        return np.array([self._moments(name)[0] for name in self.names])

    @property
    def std(self) -> Array:
        """The standard deviation of each parameter, shape (parameters,)."""
        return np.array([self._moments(name)[1] for name in self.names])

    def sample(self, count: int, seed: int | str) -> Array:
        """`count` draws, shape (count, parameters): those of the first members of a dataset with this seed."""
        count = checks.whole_argument("count", count, 0, MAX_SAMPLES)
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

    @_quiet()
    def log_prob(self, parameters: npt.ArrayLike) -> Array:
        """Logarithm of the prior's density (of the probability, for whole numbers), shape (count,); -inf outside.

        `parameters` has shape (count, parameters). Raises UsageError where a parameter has no density: a grid, a table,
        a segment that is drawn again, or one that depends on a parameter that isn't among `names` and isn't fixed.
        """
        values, rounding = self._columns(parameters)
        total = np.zeros(len(next(iter(values.values()))))
        for name, free in self._free.items():
            law = self._scored(name)
            if isinstance(law, Derived):
                total += law.log_density_from(self._base(name, values), values[name], rounding + ROUNDING)
            else:
                total += law.log_density(_unrounded(law, values[free.name], rounding))
        return np.where(_finite(values), total, -np.inf)

    @_quiet()
    def slope(self, parameters: npt.ArrayLike) -> Array:
        """The derivatives of `log_prob` along the parameters, like these of shape (count, parameters).

        NaN where a parameter is no finite number.
        """
        values, rounding = self._columns(parameters)
        slopes = {name: np.zeros_like(column) for name, column in values.items()}
        for name, free in self._free.items():
            law = self._scored(name)
            if isinstance(law, Derived):
                along_base, along = law.slopes_from(self._base(name, values), values[name], rounding + ROUNDING)
                if free.base in slopes:
                    slopes[free.base] += along_base
                slopes[name] += along
            else:
                slopes[name] += law.slope(_unrounded(law, values[name], rounding))
        return np.where(_finite(values)[:, None], np.stack(list(slopes.values()), axis=1), np.nan)

    @_quiet()
    def to_unit(self, parameters: npt.ArrayLike) -> Array:
        """Where in the unit cube `from_unit` gives these parameters, shape (count, parameters); NaN outside.

        Draws of the prior are spread evenly there; what has single values stands in the middle of theirs.
        """
        values, rounding = self._columns(parameters)
        columns = []
        for name in self.names:
            law = self._scored(name)
            if isinstance(law, Derived):
                columns.append(law.rank_from(self._base(name, values), values[name], rounding + ROUNDING))
            else:
                columns.append(law.rank(_unrounded(law, values[name], rounding)))
        return np.stack(columns, axis=1)

    def from_unit(self, cube: npt.ArrayLike) -> Array:
        """The parameters at points of the unit cube, shape (count, parameters): evenly spread ones are draws.

        Each is the quantile of its law at that probability, given what it depends on (Rosenblatt 1952). Raises
        UsageError as `log_prob` does, and for numbers that aren't from 0 to 1.
        """
        points, _ = self._columns(cube)
        if not all(((column >= 0.0) & (column <= 1.0)).all() for column in points.values()):
            raise UsageError("the unit cube reaches from 0 to 1")
        values: dict[str, Array] = {}
        for name in sorted(self.names, key=self._depth):
            law = self._scored(name)
            own = law.own.quantile(points[name])
            values[name] = (
                law.value_from(self._base(name, {**points, **values}), own) if isinstance(law, Derived) else own
            )
        return np.stack([values[name] for name in self.names], axis=1)

    def as_torch(self) -> TorchPrior:
        """The prior as a `torch.distributions.Distribution` of float32, which needs the extra `deepbench-fast[torch]`.

        What is drawn follows from `torch.manual_seed`. sbi takes it as it is.
        """
        from deepbench_fast.inference.torch_prior import TorchPrior

        return TorchPrior(self)

    def _scored(self, name: str) -> Alone | Derived:
        """The law of a parameter; raises UsageError where it has no density."""
        free = self._free[name]
        if free.drawn_again:
            raise UsageError(f"{name} has no density: it is drawn again while the segment is too short")
        law = free.distribution
        if isinstance(law.own, Grid | Table):
            raise UsageError(f"{name} has no density: {law.own} {_NO_DENSITY[type(law.own)]}")
        return law if isinstance(law, Derived) else law.own

    def _base(self, name: str, values: Mapping[str, Array]) -> Array:
        base = self._free[name].base
        if base in values:
            return values[base]
        law = self._possible[base].distribution
        if law.is_random or isinstance(law, Derived):
            raise UsageError(f"{name} depends on {base}, which is not among the parameters: name it, too")
        return np.full(len(values[name]), law.support[0])

    def _depth(self, name: str) -> int:
        """How many parameters a parameter depends on, one through the other."""
        base = self._possible[name].base
        return 1 + self._depth(base) if base else 0

    def _ends(self, name: str) -> tuple[float, float]:
        free = self._possible[name]
        own = free.distribution.own
        ends = own.bounds if own.is_random else own.support
        return (
            free.distribution.ends_from(self._ends(free.base), ends) if isinstance(free.distribution, Derived) else ends
        )

    def _moments(self, name: str) -> tuple[float, float]:
        """Mean and standard deviation of a parameter."""
        free = self._possible[name]
        if free.drawn_again:
            raise UsageError(f"{name} has no known mean: it is drawn again while the segment is too short")
        law = free.distribution
        if isinstance(law, Derived):
            return law.moments_from(*self._moments(free.base))
        return law.own.expectation, law.own.standard_deviation

    def _columns(self, parameters: npt.ArrayLike) -> tuple[dict[str, Array], float]:
        """The values of each parameter, and how far rounding may have moved them, relative to themselves."""
        given = real_numbers(parameters, "parameters")
        if given.ndim != 2 or given.shape[1] != len(self.names):
            raise UsageError(f"parameters must have shape (count, {len(self.names)}), not {given.shape}")
        narrow = given.dtype.kind == "f" and given.dtype.itemsize < 8
        rounding = float(np.finfo(given.dtype).eps) if narrow else 0.0
        table = given.astype(np.float64)
        return {name: np.ascontiguousarray(table[:, k]) for k, name in enumerate(self.names)}, rounding


_NO_DENSITY: dict[type, str] = {Grid: "is gone through in order", Table: "is a list of rows"}


def _finite(values: Mapping[str, Array]) -> npt.NDArray[np.bool_]:
    """Where all parameters are."""
    found: npt.NDArray[np.bool_] = np.logical_and.reduce([np.isfinite(column) for column in values.values()])
    return found


def _unrounded(law: Alone, values: Array, rounding: float) -> Array:
    """The values that these were rounded from, where they are next to one of the law's."""
    return law.near(values, np.abs(values), rounding) if rounding else values
