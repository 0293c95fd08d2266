"""A recipe as a simulator: its samples, and data for given parameters, at the cost of their kernels."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from threading import local
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.free_parameters import (
    WHAT,
    Array,
    Free,
    check_given,
    check_values,
    chosen_catalogue,
    free_parameters,
    given_to,
    possible_rows,
)
from deepbench_fast.draw.layout import Given, Tables
from deepbench_fast.draw.plan import make_plan
from deepbench_fast.draw.streams import seed_key
from deepbench_fast.draw.tables import check_numbered, draw, draw_some
from deepbench_fast.errors import UsageError
from deepbench_fast.kernels import stopping
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.registry import registrations
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.seeds import parse_seed
from deepbench_fast.render.batch import Batch
from deepbench_fast.render.compiled import compile_kernels
from deepbench_fast.render.drift import warn_of_drift_in
from deepbench_fast.render.renderer import Arrays, Keys, Renderer
from deepbench_fast.render.sbi import SbiSimulator
from deepbench_fast.values import checks
from deepbench_fast.values.python_data import has_masked
from deepbench_fast.values.real_arrays import real_numbers

SECONDS_DEAF = 0.5
"""Calls that take longer look for interrupts while they last."""

MOST_KEPT = 8
"""Simulators that are kept for `simulate`, `sample` and `samples`."""


class Simulator:
    """A recipe that is worked out once, and then makes samples at the cost of their kernels.

    Any thread may call it, and it can be pickled; what it gives depends on the arguments alone. With a `catalogue`
    sample k is member k of that catalogue, whatever split the member and the recipe are of; `given` needs to know which
    one where a recipe has several. Raises RecipeError or UsageError where the recipe can't be worked out.
    """

    def __init__(self, recipe: Recipe, *, catalogue: str | None = None) -> None:
        self.plan = make_plan(recipe)
        compile_kernels(self.plan)  # a kind whose kernel can't be compiled fails here
        self.plan.check_tables()
        self._recipe, self._name = recipe, catalogue
        self._catalogue = None if catalogue is None else chosen_catalogue(self.plan, catalogue)
        self._free: dict[str, Free] = {}
        self._outputs = tuple(name for name, _, _ in self.plan.output_columns) if self.plan.is_series else ()
        self._target_names = tuple(target.name for target in self.plan.targets)
        self._scratch = local()
        self._seconds = math.inf  # that one sample took; not known yet

    def __repr__(self) -> str:
        return f"<Simulator of {self.plan.recipe.name!r}: samples of {self.plan.shape}>"

    def batch(self, first: int, stop: int, out: Mapping[str, npt.NDArray[Any]] | None = None) -> Batch:
        """The samples `first` to `stop - 1` of the dataset that the recipe describes.

        Any range may be asked for, also beyond `recipe.samples`: a longer dataset begins with the shorter one. `out`
        has arrays to fill, by the names of the file's ("images", "targets", ...); others are allocated. Raises
        UsageError for what is no range, and for arrays that don't fit.
        """
        first, stop = self.plan.check_range(first, stop)
        return self._render(draw(self.plan, first, stop, catalogue=self._catalogue), out)

    def some(
        self, numbers: Sequence[int] | npt.NDArray[np.integer], out: Mapping[str, npt.NDArray[Any]] | None = None
    ) -> Batch:
        """The samples with these numbers, in their order; `out` as in `batch`. In tables `sample` is the place here.

        Raises UsageError for what are no numbers of samples, and for arrays that don't fit.
        """
        wanted = np.asarray(numbers)
        if wanted.ndim != 1 or (wanted.size and wanted.dtype.kind not in "iu"):
            raise UsageError(f"samples {checks.quote(numbers)}: must be a list of whole numbers")
        if wanted.size:
            self.plan.check_range(int(wanted.min()), int(wanted.max()) + 1)
        wanted = np.ascontiguousarray(wanted, np.int64)
        return self._render(draw_some(self.plan, wanted, self._catalogue), out, numbers=wanted)

    def given(
        self,
        parameters: Mapping[str, npt.ArrayLike] | npt.ArrayLike,
        seed: int | str,
        *,
        names: Sequence[str] | None = None,
        first: int = 0,
        noise_seed: int | str | None = None,
    ) -> Batch:
        """Samples of given parameters: `{"galaxy.r_eff": [2, 3], ...}`, or (count, parameters) with `names`.

        Names are those of `Prior`; a number stands for all samples, and quantities of astropy's are converted. What
        isn't given is drawn by the recipe, as is the noise: `seed` says with which draws, `noise_seed` with which noise
        on pixels and outputs where that shall be another. The k-th sample is member `first + k` of a dataset with this
        seed, so that parts add up to the whole: `given(p[:k], s)` and `given(p[k:], s, first=k)` are the two parts of
        `given(p, s)`. Raises UsageError for unknown names, values that a parameter can't have, and arrays that don't
        fit together, RecipeError for what is no seed.
        """
        number, free = self._free_parameters()
        count, values = _given(parameters if isinstance(parameters, Mapping) else _named(parameters, names), free)
        if isinstance(parameters, Mapping) and names is not None:
            raise UsageError("names are for an array of parameters; a mapping has its own")
        check_given(self.plan, values)
        first, stop = self.plan.check_range(first, first + count)
        key = seed_key(parse_seed(seed))
        noise_key = key if noise_seed is None else seed_key(parse_seed(noise_seed))
        return self._render(draw(self.plan, first, stop, values, key=key, catalogue=number), None, Keys(key, noise_key))

    def possible(self, parameters: npt.ArrayLike, names: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Which rows of parameters, shape (count, parameters), `given` takes: those that each and all can have."""
        columns = _named(parameters, names)
        table = np.stack(list(columns.values()), axis=1)
        return possible_rows(self.plan, self._free_of(columns), table)

    def _free_of(self, names: Iterable[str]) -> list[Free]:
        _, free = self._free_parameters()
        return [free[checks.known(str(name), free, WHAT)] for name in names]

    def for_sbi(
        self,
        parameters: Iterable[str],
        seed: int | str,
        *,
        invalid: str = "nan",
        extras: Iterable[str] = (),
        first: int = 0,
    ) -> SbiSimulator:
        """A function theta → x of these parameters that counts its calls, so that each simulation has noise of its own.

        theta is (count, parameters), or (parameters,) for one, in the order of the names; x is (count, ...) like the
        samples. Tensors give tensors of theta's dtype, arrays give arrays. The k-th simulation of all calls has the
        draws and the noise of member `first + k` of a dataset with this seed: equal sequences of theta give equal data,
        in whatever batches. Where the parameters can't be, x is NaN (`invalid="nan"`) or UsageError raised ("error").
        With `extras` ("clean", "variance") it gives a dictionary of these and "x".
        """
        names, more = checks.names("parameters", parameters), checks.names("extras", extras)
        columns = _named(np.empty((0, len(names))), names)
        limits = np.array([one.declared.closed_ends for one in self._free_of(columns)])
        recipe = self._recipe.with_overrides({"extras": more}) if more else self._recipe
        source = Simulator(recipe, catalogue=self._name) if more else self
        first, _ = self.plan.check_range(first, first)
        return SbiSimulator(source, names, limits, parse_seed(seed), invalid, more, first)

    def _render(
        self,
        tables: Tables,
        out: Mapping[str, npt.NDArray[Any]] | None,
        keys: Keys | None = None,
        numbers: npt.NDArray[np.int64] | None = None,
    ) -> Batch:
        renderer, plan = self._renderer(), self.plan
        if plan.may_outnumber_masks:
            check_numbered(tables.first, tables.objects_per_sample())
        into = None if out is None else self._into(out, len(tables.samples))
        began = time.perf_counter()
        if self._seconds * len(tables.samples) < SECONDS_DEAF:
            arrays = renderer.render(tables, into, keys)
        else:
            arrays = stopping.call(lambda stop: renderer.render(tables, into, keys, stop))
        self._seconds = (time.perf_counter() - began) / max(1, len(tables.samples))
        warn_of_drift_in(tables, plan)
        return Batch(plan.recipe, plan.catalogues, self._target_names, self._outputs, tables, arrays, numbers)

    def _renderer(self) -> Renderer:
        """The calling thread's own: its scratch arrays are written in each call."""
        renderer: Renderer | None = getattr(self._scratch, "renderer", None)
        if renderer is None:
            renderer = self._scratch.renderer = Renderer(self.plan)
        return renderer

    def _free_parameters(self) -> tuple[int, dict[str, Free]]:
        number = chosen_catalogue(self.plan, None) if self._catalogue is None else self._catalogue
        if not self._free:
            self._free = free_parameters(self.plan, number)
        return number, self._free

    def _into(self, out: Mapping[str, npt.NDArray[Any]], count: int) -> Arrays:
        for name in out:
            checks.known(name, self.plan.arrays, "array")
        arrays = {}
        for name, (shape, dtype) in self.plan.arrays.items():
            arrays[name] = array = out[name] if name in out else np.empty((count, *shape), dtype)
            fits = isinstance(array, np.ndarray) and array.dtype == dtype and array.shape[1:] == shape
            if not (fits and len(array) >= count and array.flags.c_contiguous and array.flags.writeable):
                wanted = f"{dtype.name}, shape {(count, *shape)}"
                raise UsageError(f"out: {name} must be a contiguous array of {wanted}, to be written to")
        return arrays

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (self._recipe, self._name, self.plan.kinds)


def _unpickled(recipe: Recipe, catalogue: str | None, kinds: tuple[Kind, ...]) -> Simulator:
    """`kinds` come first, so that a process that doesn't know those of the user's own loads them."""
    return Simulator(recipe, catalogue=catalogue)


def _named(table: npt.ArrayLike, names: Sequence[str] | None) -> Mapping[str, Array]:
    """The columns of an array of parameters, shape (count, parameters)."""
    if names is None or isinstance(names, str):
        raise UsageError("parameters in an array need the names of its columns, a list")
    numbers = _numbers("parameters", table)
    if numbers.ndim != 2 or numbers.shape[1] != len(names):
        raise UsageError(f"parameters must have shape (count, {len(names)}), not {numbers.shape}")
    if len(set(names)) < len(names):
        raise UsageError(f"names: one stands twice ({', '.join(names)})")
    return {name: np.ascontiguousarray(numbers[:, k]) for k, name in enumerate(names)}


def _given(parameters: Mapping[str, npt.ArrayLike], free: Mapping[str, Free]) -> tuple[int, list[Given]]:
    """Number of simulations, and the values of each parameter, one a simulation."""
    wanted = [free.get(name) or free[checks.known(str(name), free, WHAT)] for name in parameters]
    arrays = [
        _numbers(one.name, value, one.declared.unit) for one, value in zip(wanted, parameters.values(), strict=True)
    ]
    lengths = {array.size for array in arrays if array.ndim} - {1} or {1}
    if len(lengths) > 1 or any(array.ndim > 1 for array in arrays):
        raise UsageError(f"parameters must be lists of one length, not of {', '.join(map(str, sorted(lengths)))}")
    count = lengths.pop()
    values = []
    for one, array in zip(wanted, arrays, strict=True):
        check_values(one, array.reshape(-1))
        values.append(given_to(one, array.reshape(-1) if array.size == count else np.full(count, array)))
    return count, values


def _numbers(name: str, value: Any, unit: str = "") -> Array:
    """Numbers in this unit, from plain ones or from a quantity of astropy's."""
    try:
        plain = value.to_value(unit) if hasattr(value, "to_value") else value
        return real_numbers(plain, name, np.float64)
    except (TypeError, ValueError) as error:
        if has_masked(value):
            raise
        why = f" ({error})" if hasattr(value, "to_value") else ""
        raise UsageError(f"{name} must be a number or an array of numbers, not {checks.quote(value)}{why}") from None


# Newest first. A tuple that is replaced as a whole: no lock that a fork could leave closed; the worst that two threads
# can do to each other is to work out a recipe twice.
_kept: tuple[tuple[Recipe, str | None, int, Simulator], ...] = ()


def simulator(recipe: Recipe, catalogue: str | None = None) -> Simulator:
    """The simulator of a recipe, kept from call to call: to work a recipe out costs more than a sample."""
    global _kept
    kinds, kept = registrations(), _kept
    for known, name, known_kinds, found in kept:
        if known is recipe and name == catalogue and known_kinds == kinds:
            return found
    made = Simulator(recipe, catalogue=catalogue)
    _kept = ((recipe, catalogue, kinds, made), *kept)[:MOST_KEPT]
    return made


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
    and arrays of several lengths. `Simulator` gives targets, extras and tables, too.
    """
    kept = simulator(recipe, catalogue)
    return kept.given(parameters, seed)["series" if kept.plan.is_series else "images"]
