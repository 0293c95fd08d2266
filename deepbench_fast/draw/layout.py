"""What tables of some samples are, and values that stand in them instead of drawn ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Tables:
    """Everything that the pixels of the samples `first, first + 1, ...` depend on.

    `samples` has the dtype of `/samples`, `objects[kind]` that of `/objects/<kind>`, sorted by sample, entry, slot.
    """

    first: int
    samples: npt.NDArray[Any]
    objects: dict[str, npt.NDArray[Any]]

    def objects_per_sample(self) -> npt.NDArray[np.int64]:
        """Number of objects of all kinds in each sample."""
        found = np.zeros(len(self.samples), np.int64)
        for table in self.objects.values():
            found += np.bincount(table["sample"] - self.first, minlength=found.size)
        return found


class Given(NamedTuple):
    """Values, one a sample, that stand in a column instead of drawn ones.

    `entry` is the number of an entry that occurs once; None for columns of `/samples`.
    """

    entry: int | None
    column: str
    values: npt.NDArray[np.float64]
