"""Batches in an order that is computed, made ahead by threads of this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import UsageError
from deepbench_fast.loaders.ahead import AHEAD, Ahead
from deepbench_fast.loaders.memory import Memory
from deepbench_fast.loaders.order import Order
from deepbench_fast.loaders.sources import Source, chosen_fields, open_source
from deepbench_fast.values import checks
from deepbench_fast.values.threads import threads_of

Batch = dict[str, Any]
Empty = Callable[[tuple[int, ...], np.dtype[Any]], npt.NDArray[Any]]

MOST = 2**48


class Stream:
    """Batches for training, dictionaries of NumPy arrays: `image` or `series`, `label`, `target`, `index`.

    `source` is the path of a dataset, an open one, or a recipe, whose samples are then made on the fly, the same bytes
    as in its file; `split` takes one split of it. Each `iter()` is an epoch. Its order is a permutation that depends on
    `seed` and the epoch alone; `run` keeps so many neighbours near each other, for slow disks. A `fresh` stream of a
    recipe never comes back to a sample: epoch e has the next N. `batch_size` counts all ranks; this one (`rank` of
    `world`, by default as RANK and WORLD_SIZE say) gets its share; an incomplete last batch is dropped unless
    `drop_last` is false. `extras` are further fields, as "clean" or "mask". `transform` is called with each batch, on
    the threads that make them, `threads` at once, a few batches ahead.

    `state_dict()` is seed, epoch and position; after `load_state_dict` the rest of the epoch is what it would have
    been, also with other threads or ranks. Raises UsageError, and what opening the source raises.
    """

    def __init__(
        self,
        source: object,
        batch_size: int,
        *,
        split: str | None = None,
        shuffle: bool = True,
        fresh: bool = False,
        seed: int | str = 0,
        run: int = 1,
        drop_last: bool = True,
        extras: Iterable[str] = (),
        transform: Callable[[Batch], Any] | None = None,
        threads: int | None = None,
        rank: int | None = None,
        world: int | None = None,
    ) -> None:
        self.source: Source = open_source(source, split)
        self.fields = chosen_fields(self.source, extras)
        self.batch_size = checks.whole_argument("batch_size", batch_size, 1, MOST)
        own_rank, own_world = self._place()
        self.world = checks.whole_argument("world", own_world if world is None else world, 1, MOST)
        self.rank = checks.whole_argument("rank", own_rank if rank is None else rank, 0, MOST)
        if self.rank >= self.world:
            raise UsageError(f"rank: must be below world, {self.world}, not {self.rank}")
        if self.batch_size % self.world:
            raise UsageError(
                f"batch_size: {self.batch_size} is that of all ranks together, no multiple of {self.world}"
            )
        if fresh and not self.source.is_endless:
            raise UsageError("fresh: a file has no samples beyond its own; give the recipe")
        self.drop_last, self.transform = drop_last, transform
        self.threads = threads_of(threads)
        self._memory = Memory(AHEAD * self.threads + 1)
        self._order = Order(len(self.source), seed, shuffle, run, fresh)
        self.epoch = self.position = 0
        self._goes_on, self._passes = True, 0
        if not len(self):
            raise UsageError(f"batch_size: {self.batch_size} is more than the {len(self.source)} samples of an epoch")

    def __repr__(self) -> str:
        name, size = type(self).__name__, self.batch_size
        return f"<{name} of {self.source}: {len(self)} batches of {size}, epoch {self.epoch}, position {self.position}>"

    def __len__(self) -> int:
        """Batches of an epoch."""
        return len(self._starts(0))

    @property
    def catalogues(self) -> tuple[str, ...]:
        """Names of the labels."""
        return self.source.catalogues

    @property
    def target_names(self) -> tuple[str, ...]:
        """Names of the columns of targets."""
        return self.source.target_names

    def state_dict(self) -> dict[str, Any]:
        """Where the stream stands: what comes next depends on this alone, not on threads or ranks."""
        return {"seed": self._order.seed, "epoch": self.epoch, "position": self.position}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was taken, with its seed. Raises UsageError for what is no such state."""
        if not isinstance(state, Mapping):
            raise UsageError(f"a state is what state_dict() gives, not {checks.quote(state)}")
        given = {checks.known(name, ("seed", "epoch", "position"), "key of a state"): state[name] for name in state}
        missing = [name for name in ("seed", "epoch", "position") if name not in given]
        if missing:
            raise UsageError(f"a state lacks its {' and '.join(missing)}")
        epoch, position = (checks.whole_argument(name, given[name], 0, MOST) for name in ("epoch", "position"))
        if position > len(self.source):
            raise UsageError(f"position: {position} is beyond the {len(self.source)} samples of an epoch")
        order = self._order
        self._order = Order(order.size, given["seed"], order.shuffle, order.run, order.fresh)
        self.set_epoch(epoch, position)

    def set_epoch(self, epoch: int, position: int = 0) -> None:
        """Begin with this epoch the next time; an epoch that is under way ends as it is."""
        self.epoch, self.position, self._goes_on = checks.whole_argument("epoch", epoch, 0, MOST), position, True

    def __iter__(self) -> Iterator[Any]:
        """The batches of the rest of the epoch, or of the next one where this one was left or is over."""
        if not self._goes_on or not self._starts(self.position):
            self.set_epoch(self.epoch + 1)
        self._goes_on = False
        self._passes += 1
        return self._batches(self._passes, self.epoch, self.position)

    def _starts(self, position: int) -> range:
        """Where the batches of the rest of an epoch begin."""
        shortest = self.batch_size if self.drop_last else 1
        return range(position, len(self.source) - shortest + 1, self.batch_size)

    def _stop(self, first: int) -> int:
        """One past the last position of the batch that begins with `first`."""
        return min(first + self.batch_size, len(self.source))

    def _batches(self, number: int, epoch: int, position: int) -> Iterator[Any]:
        """A pass over the rest of an epoch; the latest says where the stream stands, until another epoch is set."""
        starts, lend = self._starts(position), self.transform is None
        ahead = Ahead(self._made, self._jobs(self._order, epoch, starts), self.threads, lend=lend)
        for first, batch in zip(starts, ahead, strict=True):
            if self._passes == number and not self._goes_on:
                self.position = self._stop(first)
            yield batch

    def _jobs(self, order: Order, epoch: int, starts: Iterable[int]) -> Iterator[_Job]:
        """Memory is taken by the thread that asks for batches and lets go of them: it gets the same again, warm."""
        for first in starts:
            count = self._stop(first) - first
            low, high = (first + count * rank // self.world for rank in (self.rank, self.rank + 1))
            yield _Job(order, epoch, low, high, *self._allocate(high - low, self._memory.empty))

    def _made(self, job: _Job) -> Any:
        self.source.fill(job.order.numbers(job.epoch, job.low, job.high), job.arrays)
        batch = self._finished(job.batch)
        return batch if self.transform is None else self.transform(batch)

    def _place(self) -> tuple[int, int]:
        """Rank and world as launchers of several processes tell them."""
        return _told("RANK", 0), _told("WORLD_SIZE", 1)

    def _allocate(self, count: int, empty: Empty) -> tuple[Batch, dict[str, npt.NDArray[Any]]]:
        """A batch, and its memory as arrays to fill."""
        arrays = {name: empty((count, *shape), dtype) for name, (shape, dtype) in self.fields.items()}
        return dict(arrays), arrays

    def _finished(self, batch: Batch) -> Batch:
        """The batch as it is handed on."""
        return batch


class _Job(NamedTuple):
    """A batch to be made: of the positions `low` to `high - 1` of an epoch."""

    order: Order
    epoch: int
    low: int
    high: int
    batch: Batch
    arrays: dict[str, npt.NDArray[Any]]


def _told(variable: str, default: int) -> int:
    """The whole number in a variable of the environment; one that is empty counts as none."""
    text = os.environ.get(variable) or str(default)
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"the variable {variable} must be a whole number, not {checks.quote(text)}") from None


stream = Stream
"""The name to call it by."""
