"""A task: a recipe as prior and simulator, ten observations with the parameters behind them, and their posteriors."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import DigestWarning, UsageError
from deepbench_fast.inference.posterior import SAMPLES, Draws, Posterior
from deepbench_fast.inference.prior import Prior
from deepbench_fast.recipe.load import builtin_recipes
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.render.batch import Batch
from deepbench_fast.render.simulator import Simulator
from deepbench_fast.tasks.published import REFERENCES
from deepbench_fast.tasks.references import kept_draws
from deepbench_fast.values import checks
from deepbench_fast.values.optional import not_loaded
from deepbench_fast.values.real_arrays import real_numbers

Floats = npt.NDArray[np.float64]

PREFIX = "task-"
OBSERVATIONS = 10
SEED = "observations"
"""Seed of the dataset whose first samples are the observations: one that a training set's draws have no part in."""


def get_available_tasks() -> list[str]:
    """The names of all tasks."""
    return [name.removeprefix(PREFIX) for name in builtin_recipes() if name.startswith(PREFIX)]


def get_task(name: str, *, tensors: bool = False) -> Task:
    """The task of this name ("galaxy", or "task-galaxy"); with `tensors` it gives and takes PyTorch's.

    Raises UsageError for a name that no task has.
    """
    names = get_available_tasks()
    return Task(checks.known(name.removeprefix(PREFIX), names, "task"), tensors=tensors)


class Task:
    """A prior, a simulator, and observations whose posterior is known; methods as those of sbibm's tasks.

    Data are rows of numbers, (count, dim_data); `unflatten_data` gives images or series. Parameters are (count,
    dim_parameters), in the order of `names`. All is NumPy (float64, data float32), or float32 tensors.
    """

    num_observations = OBSERVATIONS
    num_posterior_samples = SAMPLES

    def __init__(self, name: str, *, tensors: bool = False) -> None:
        self.name = name
        self.recipe = Recipe.builtin(f"{PREFIX}{name}")
        self._tensors = tensors

    def __repr__(self) -> str:
        return f"Task({self.name!r})"

    @cached_property
    def posterior(self) -> Posterior:
        """The exact posterior, and with it the likelihood."""
        return Posterior(self.recipe)

    @cached_property
    def simulator(self) -> Simulator:
        """The recipe as a simulator."""
        return Simulator(self.recipe)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return self.posterior.names

    @property
    def dim_parameters(self) -> int:
        return len(self.names)

    @property
    def dim_data(self) -> int:
        return int(np.prod(self.simulator.plan.shape))

    def get_labels_parameters(self) -> list[str]:
        return list(self.names)

    def get_prior_dist(self) -> Prior:
        """The prior, to draw from and to score."""
        return Prior(self.recipe, self.names)

    def get_prior(self, seed: int | str = 0) -> Callable[..., Any]:
        """A function `num_samples` → parameters, whose calls give one draw after the other of this seed."""
        prior, calls = self.get_prior_dist(), [0]

        def draw(num_samples: int = 1) -> Any:
            calls[0] += 1
            return self._given_out(prior.sample(num_samples, f"{seed} call {calls[0]}"))

        return draw

    def get_simulator(self, max_calls: int | None = None, seed: int | str = 0) -> Callable[[Any], Any]:
        """A function parameters → data, whose noise is new for every row that it has been given.

        Raises UsageError where more than `max_calls` rows are asked for.
        """
        made = [0]

        def simulate(parameters: Any) -> Any:
            table = _table(parameters, len(self.names))
            if max_calls is not None and made[0] + len(table) > max_calls:
                raise UsageError(f"the simulator's budget is {max_calls} calls, {made[0]} of which are made")
            batch = self.simulator.given(table, seed, names=self.names, first=made[0])
            made[0] += len(table)
            return self._given_out(data_of(batch))

        return simulate

    def get_observation(self, num_observation: int) -> Any:
        """Observation 1 to 10, shape (1, dim_data)."""
        number = self._number(num_observation)
        return self._given_out(data_of(self._observations)[number : number + 1])

    def get_true_parameters(self, num_observation: int) -> Any:
        """The parameters that an observation was made with, shape (1, dim_parameters)."""
        number = self._number(num_observation)
        return self._given_out(self._truths[number : number + 1])

    def get_reference(self, num_observation: int) -> Draws:
        """The reference posterior of an observation, with how good it is: made when first asked for, then kept.

        Warns with DigestWarning where it isn't the published one.
        """
        number = self._number(num_observation)
        found = kept_draws(self.posterior, data_of(self._observations)[number])
        published = REFERENCES.get(self.name, ())
        if number < len(published) and published[number] != found.digest:
            warnings.warn(
                f"the reference posterior of {self.name}, observation {num_observation}, isn't the published one: "
                "another version of the package, or a fault",
                DigestWarning,
                stacklevel=2,
            )
        return found

    def get_reference_posterior_samples(self, num_observation: int) -> Any:
        """10,000 draws from the posterior of an observation, shape (10000, dim_parameters)."""
        return self._given_out(self.get_reference(num_observation).samples)

    def unflatten_data(self, data: Any) -> Any:
        """Data as images (count, height, width) or series (count, steps, columns)."""
        return data.reshape(-1, *self.simulator.plan.shape)

    def flatten_data(self, data: Any) -> Any:
        """Images or series as data, (count, dim_data)."""
        return data.reshape(-1, self.dim_data)

    @cached_property
    def _observations(self) -> Batch:
        return Simulator(self.recipe.set("seed", SEED)).batch(0, OBSERVATIONS)

    @cached_property
    def _truths(self) -> Floats:
        return Prior(self.recipe, self.names).sample(OBSERVATIONS, SEED)

    def _number(self, num_observation: int) -> int:
        if num_observation not in range(1, OBSERVATIONS + 1):
            raise UsageError(f"observations are numbered 1 to {OBSERVATIONS}, not {num_observation}")
        return int(num_observation) - 1

    def _given_out(self, array: npt.NDArray[Any]) -> Any:
        if not self._tensors:
            return array
        try:
            import torch
        except ImportError as error:
            raise not_loaded(error, "a task of tensors", "torch") from None
        return torch.from_numpy(np.ascontiguousarray(array, np.float32))


def data_of(batch: Batch) -> npt.NDArray[Any]:
    """Images or series as rows of numbers."""
    array: npt.NDArray[Any] = batch["series" if "series" in batch else "images"]
    return array.reshape(len(array), -1)


def _table(parameters: Any, size: int) -> Floats:
    table = real_numbers(parameters, "parameters", np.float64)
    if table.ndim == 1:
        table = table[None]
    if table.ndim != 2 or table.shape[1] != size:
        raise UsageError(f"parameters must have shape (count, {size}), not {table.shape}")
    return table
