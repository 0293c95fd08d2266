"""A simulator as packages for simulation-based inference call one: theta → x, with fresh noise in each call."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import UsageError
from deepbench_fast.render.batch import Batch
from deepbench_fast.values import checks
from deepbench_fast.values.real_arrays import real_numbers

INVALID = ("nan", "error")
"""What can become of parameters that can't be."""


class Source(Protocol):
    """What makes samples of given parameters."""

    def given(
        self, parameters: npt.NDArray[np.float64], seed: int | str, *, names: Sequence[str], first: int
    ) -> Batch: ...

    def possible(self, parameters: npt.NDArray[np.float64], names: Sequence[str]) -> npt.NDArray[np.bool_]: ...


class SbiSimulator:
    """A function theta → x that counts its simulations; `Simulator.for_sbi` makes it, and says what it gives.

    `count` is the number of the next simulation. Threads may share it. A copy, pickled for another process too, goes on
    with noise of its own, the same for the same copy: no two workers give the same.
    """

    def __init__(
        self,
        source: Source,
        names: Sequence[str],
        limits: npt.NDArray[np.float64],
        seed: int | str,
        invalid: str,
        extras: Sequence[str],
        first: int,
    ) -> None:
        if invalid not in INVALID:
            raise UsageError(f"invalid: must be {' or '.join(INVALID)}, not {checks.quote(invalid)}")
        self.names = tuple(names)
        self.seed = seed
        self.invalid = invalid
        self.extras = tuple(extras)
        self.count = first
        self._source = source
        self._limits = limits
        self._copies = 0
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"SbiSimulator({', '.join(self.names)}; seed {self.seed!r}, next is {self.count})"

    def __reduce__(self) -> tuple[Any, ...]:
        with self._lock:
            self._copies += 1
            seed = f"{self.seed}, copy {self._copies} at {self.count}"
        return type(self), (self._source, self.names, self._limits, seed, self.invalid, self.extras, 0)

    def __call__(self, theta: Any) -> Any:
        """x of each row of theta, shape (count, ...), of one row without an axis for it: (parameters,) gives (...)."""
        given, as_theta = _array(theta)
        if given.ndim not in (1, 2) or given.shape[-1] != len(self.names):
            raise UsageError(f"theta must have shape (count, {len(self.names)}), not {given.shape}")
        table = np.atleast_2d(given)
        with self._lock:
            first = self.count
            self.count += len(table)
        found = self._simulated(_widened(table, self._limits), first)
        made = {name: as_theta(array if given.ndim == 2 else array[0]) for name, array in found.items()}
        return made if self.extras else made["x"]

    def _simulated(self, table: npt.NDArray[np.float64], first: int) -> dict[str, npt.NDArray[Any]]:
        possible = np.ones(len(table), np.bool_)
        try:
            batch = self._given(table, first)
        except UsageError:
            possible = self._source.possible(table, self.names)
            if self.invalid == "error" or possible.all():
                raise
            # What can't be has its number all the same, so that other rows' noise doesn't depend on it.
            stand_in = np.where(possible[:, None], table, table[possible.argmax()])
            batch = self._given(stand_in if possible.any() else table[:0], first)
        found = {"x": batch["series" if "series" in batch else "images"], **{name: batch[name] for name in self.extras}}
        return {name: _filled(array, possible) for name, array in found.items()}

    def _given(self, table: npt.NDArray[np.float64], first: int) -> Batch:
        return self._source.given(table, self.seed, names=self.names, first=first)


def _filled(array: npt.NDArray[Any], possible: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """The rows, NaN where there can be none; whole numbers become float32, which has NaN."""
    floating = array if array.dtype.kind == "f" else array.astype(np.float32)
    if possible.all():
        return floating
    found = np.full((len(possible), *array.shape[1:]), np.nan, floating.dtype)
    found[possible] = floating[possible] if len(floating) else floating
    return found


def _array(theta: Any) -> tuple[npt.NDArray[Any], Callable[[npt.NDArray[Any]], Any]]:
    """theta as an array, and what turns arrays into what theta is: a tensor on its device, or an array."""
    torch = sys.modules.get("torch")  # whoever has a tensor has it loaded
    if torch is not None and isinstance(theta, torch.Tensor):
        dtype = theta.dtype if theta.is_floating_point() else torch.get_default_dtype()
        return theta.detach().cpu().numpy(), lambda array: torch.as_tensor(array, dtype=dtype, device=theta.device)
    return real_numbers(theta, "theta"), lambda array: array


def _widened(table: npt.NDArray[Any], limits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The table in float64; what rounding to a shorter type moved beyond a limit stands on it again."""
    wide = table.astype(np.float64)
    if table.dtype.kind != "f" or table.dtype.itemsize >= 8:
        return wide
    nearest = np.clip(wide, limits[:, 0], limits[:, 1])
    with np.errstate(invalid="ignore"):
        near = np.abs(wide - nearest) <= 0.5 * np.finfo(table.dtype).eps * np.abs(nearest)
    return np.where(near, nearest, wide)
