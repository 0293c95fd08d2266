"""A dataset as a user holds it: read, verified, plotted."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from deepbench_fast.errors import UsageError
from deepbench_fast.store.counts import MOST_COUNTED, ROWS
from deepbench_fast.store.read import StoredDataset
from deepbench_fast.values import checks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from deepbench_fast.pictures.contact_sheet import Origin
    from deepbench_fast.render.batch import Batch

THUMBNAILS = 8


def open_dataset(path: str | os.PathLike[str], *, partial: bool = False) -> Dataset:
    """Open a dataset made by `generate`.

    Raises FileError where it isn't one, where it or a part of it isn't what it says, and where it is unfinished (unless
    `partial`: then `done` says which samples are there, and reading another one is an error).
    """
    return Dataset(path, partial=partial)


class Dataset(StoredDataset):
    """A dataset in a file: `len`, `[i]`, slices, batches, tables with units; no torch needed.

    `ds[i]` is `{"image" or "series", "target", "label", "index"}` (and `"clean"`, `"mask"`, `"variance"` where the file
    has them; with noise on targets `"target_true"` and `"target_sigma"`): arrays, the number of the catalogue in
    `catalogues`, and the sample's number in the whole dataset. `ds[2:9]`, `ds[[4, 1]]` and `ds[mask]` are a `Batch`, in
    memory, whose arrays stack the same; its tables are read when they are asked for.
    Everything comes from the file that was opened, also when its name is given to another one. It may be pickled and
    used after a fork: each process opens the file itself, and raises FileError if it has become another dataset. In a
    `with` statement it is closed at its end; it needs no closing.
    """

    def verify(self, regenerate: int | str = 0) -> None:
        """Hash every chunk, and render samples again, as `verify` does, which gives a report of what differs.

        Raises MismatchError, naming the chunks that differ, where any does.
        """
        from deepbench_fast.run.verify import verify_stored

        verify_stored(self.stored, regenerate).raise_if_different()

    def plot(
        self,
        count: int = 25,
        *,
        columns: int | None = None,
        show: str = "images",
        by_catalogue: bool = False,
        origin: Origin = "lower",
        index: int | Sequence[int] | None = None,
        catalogue: str | None = None,
        stretch: str | None = None,
        cmap: str | None = None,
        one_scale: bool = False,
    ) -> Figure:
        """A contact sheet of the first samples, as a matplotlib figure: see `pictures.contact_sheet`.

        With `index` it is of the samples at these places, or of one, with `catalogue` of the first ones of one class.
        `stretch` is linear, sqrt, log or asinh, `cmap` a colour map of matplotlib's; with `one_scale` all images have
        the same one, with a bar of colours.
        """
        from deepbench_fast.pictures.colours import Look
        from deepbench_fast.pictures.contact_sheet import MOST_IMAGES, contact_sheet

        count = checks.integer("count", count)
        most = min(max(count, 0), MOST_IMAGES)
        shown = self.first(most, catalogue) if index is None else self[_places(index)]
        look = Look(stretch, cmap, one_scale)
        count = count if index is None else len(shown)
        return contact_sheet(
            shown, count, columns=columns, show=show, by_catalogue=by_catalogue, origin=origin, look=look
        )

    def first(self, count: int, catalogue: str | None = None) -> Batch:
        """The first samples, those of one class if it is named; raises RecipeError where there is no such class.

        Raises UsageError for a number below 0.
        """
        count = checks.integer("count", count)
        if count < 0:
            raise UsageError(f"count: {count} is negative")
        if catalogue is None:
            return self[:count]
        label = self.catalogues.index(checks.known(catalogue, self.catalogues, "class"))
        found: list[int] = []
        for first in range(0, len(self), ROWS):
            labels = self._labels(slice(first, first + ROWS))
            found += (first + np.flatnonzero(labels == label)).tolist()
            if len(found) >= count:
                break
        return self[found[:count]]

    def _repr_html_(self) -> str:
        """What a notebook shows: facts, numbers of samples by class and split, and the first pictures."""
        from deepbench_fast.pictures.html import page_of

        facts = {"samples": len(self), "digest": self.summary.digest or "unfinished", "seed": self.summary.seed}
        shape = self.summary.arrays["series" if self.is_series else "images"]["shape"][1:]
        facts = {"name": self.summary.name, "shape": " × ".join(map(str, shape)), **facts}
        shown = (self.finished if self.partial else self)[:THUMBNAILS]
        return page_of(facts, self.class_counts() if len(self) <= MOST_COUNTED else {}, shown)


def _places(index: int | Sequence[int]) -> list[int]:
    """The places of samples: one, or a list of them."""
    try:
        return [operator.index(index)]  # type: ignore[arg-type]
    except TypeError:
        return list(index) if isinstance(index, Iterable) else [checks.integer("index", index)]
