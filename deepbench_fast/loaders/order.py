"""Which samples stand at which positions of an epoch: one function of seed, epoch and position."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import count

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels.random.order import epoch_order, shuffled
from deepbench_fast.recipe.seeds import parse_seed
from deepbench_fast.values import checks

ORDER_VERSION = "deepbench-fast order 1"
WINDOW = 1024
"""Runs among which the samples of runs are mixed."""

CALLS_BEFORE_KERNEL = 8
"""The first batches of a process don't wait until Numba has loaded the kernel, which takes a tenth of a second."""
MOST_WITHOUT_KERNEL = 4096
_calls = count()


@dataclass(frozen=True)
class Order:
    """The order of epochs of `size` samples: shuffled anew in each, or as they are numbered.

    With `run` above 1, so many neighbours stay near each other, for disks that read in blocks. `fresh` orders never
    come back to a sample: epoch e takes the next `size` after those of epoch e - 1.
    """

    size: int
    seed: int | str
    shuffle: bool = True
    run: int = 1
    fresh: bool = False

    def __post_init__(self) -> None:
        with checks.within("seed"):
            object.__setattr__(self, "seed", parse_seed(self.seed))
        object.__setattr__(self, "run", checks.whole_argument("run", self.run, 1, 2**31))

    def numbers(self, epoch: int, first: int, stop: int) -> npt.NDArray[np.int64]:
        """The samples at the positions `first` to `stop - 1` of an epoch."""
        if self.fresh:
            return np.arange(epoch * self.size + first, epoch * self.size + stop)
        if not self.shuffle:
            return np.arange(first, stop)
        if self.run == 1 and stop - first <= MOST_WITHOUT_KERNEL and next(_calls) < CALLS_BEFORE_KERNEL:
            return shuffled(first, stop - first, self.size, epoch, self._key)
        found = np.empty(stop - first, np.int64)
        epoch_order(first, self.size, min(self.run, self.size), WINDOW, epoch, self._key, found)
        return found

    @cached_property
    def _key(self) -> npt.NDArray[np.uint32]:
        return order_key(self.seed, self.size)


def order_key(seed: int | str, size: int) -> npt.NDArray[np.uint32]:
    """Philox key of an order: the first 8 bytes of BLAKE2b over its version, the seed's text and the size."""
    digest = blake2b(f"{ORDER_VERSION}\0{seed}\0{size}".encode()).digest()
    return np.frombuffer(digest[:8], dtype="<u4").astype(np.uint32)
