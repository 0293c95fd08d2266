"""How many samples each class and split has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbench_fast.store.stored import Stored

ROWS = 2**20
MOST_COUNTED = 2**23


class Counts(NamedTuple):
    """Numbers of samples, shape (classes, splits), among the first `counted` ones of a dataset."""

    numbers: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    splits: tuple[str, ...]
    counted: int

    def as_json(self) -> dict[str, dict[str, int]]:
        """Class → split → number."""
        rows = zip(self.classes, self.numbers.tolist(), strict=True)
        return {name: dict(zip(self.splits, row, strict=True)) for name, row in rows}


def counts(stored: Stored, most: int | None = None) -> Counts:
    """Count the samples of a finished dataset, the first `most` of them where there are more; raises as `read` does."""
    counted = stored.samples if most is None else min(most, stored.samples)
    blocks = (stored.read("samples", first, min(first + ROWS, counted)) for first in range(0, counted, ROWS))
    return counts_of(blocks, stored.header.labels["samples"])


def counts_of(blocks: Iterable[npt.NDArray[Any]], names: Mapping[str, Iterable[str]]) -> Counts:
    """Count rows of /samples, whose classes and splits have these `names`."""
    classes, splits = tuple(names["catalogue"]), tuple(names["split"])
    cells = np.zeros(len(classes) * len(splits), np.int64)
    for rows in blocks:
        cells += np.bincount(rows["catalogue"].astype(np.int64) * len(splits) + rows["split"], minlength=cells.size)
    return Counts(cells.reshape(len(classes), len(splits)), classes, splits, int(cells.sum()))
