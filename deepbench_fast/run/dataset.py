"""A dataset as a user holds it: read, verified, plotted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deepbench_fast.store.read import StoredDataset

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from deepbench_fast.pictures.contact_sheet import Origin


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
    used after a fork: each process opens the file itself, and raises FileError if it has become another dataset.
    """

    def verify(self, regenerate: int | str = 0) -> None:
        """Hash every chunk, and render samples again: see `deepbench_fast.run.verify.verify`."""
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
    ) -> Figure:
        """A contact sheet of the first samples, as a matplotlib figure: see `pictures.contact_sheet`."""
        from deepbench_fast.pictures.contact_sheet import MOST_IMAGES, contact_sheet

        shown = self[: min(max(count, 0), MOST_IMAGES)]
        return contact_sheet(shown, count, columns=columns, show=show, by_catalogue=by_catalogue, origin=origin)
