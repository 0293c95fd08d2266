"""Posterior samples in a file: /samples (N, S, P), /truth (N, P), /names (P,), and what they are of."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import FileError, UsageError
from deepbench_fast.inference.calibration import matched
from deepbench_fast.values.atomic import check_place, write_errors, write_whole
from deepbench_fast.values.optional import not_loaded

Floats = npt.NDArray[np.float64]
EXISTS = "exists; --overwrite replaces it"


@dataclass(frozen=True)
class PosteriorSamples:
    """Samples of N posteriors, the truths behind their data, and the names of their parameters.

    `samples` is (N, S, P), `truth` (N, P); a set that waits for samples has S = 0, and its data `x` (N, numbers). Of a
    task, `task` is its name and `observations` (N,) are their numbers. Raises UsageError where shapes don't agree.
    """

    samples: Floats
    truth: Floats
    names: tuple[str, ...]
    x: npt.NDArray[Any] | None = None
    task: str = ""
    observations: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        samples, truth = matched(self.samples, self.truth)
        names = (self.names,) if isinstance(self.names, str) else tuple(map(str, self.names))
        for field, value in (("samples", samples), ("truth", truth), ("names", names)):
            object.__setattr__(self, field, value)
        for problem in _problems(self):
            raise UsageError(problem)

    def write(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the file, whole or not at all. Raises FileError where it exists or can't be written."""
        import h5py

        content = BytesIO()  # HDF5 goes on after a failed write of a disk
        with h5py.File(content, "w") as file:
            if self.samples.shape[1]:
                file["samples"] = self.samples
            file["truth"] = self.truth
            file["names"] = np.array(self.names, h5py.string_dtype())
            if self.x is not None:
                file["x"] = self.x
            if self.task:
                file.attrs["task"] = self.task
            if self.observations:
                file["observations"] = np.array(self.observations)
        with write_errors(path, EXISTS):
            write_whole(path, content.getvalue(), overwrite=overwrite)

    @staticmethod
    def check_place(path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Raise what `write` would raise for this path, while there are no samples yet that could be lost."""
        with write_errors(path, EXISTS):
            check_place(path, overwrite=overwrite, hdf5=True)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> PosteriorSamples:
        """Read a file. Raises FileError, in one line, for one that isn't there or has other arrays than these."""
        import h5py

        if not Path(path).is_file():
            raise FileError(f"{path}: no such file")
        try:
            with h5py.File(path, "r") as file:
                truth = _numbers(file, "truth", 2)
                return cls(
                    _numbers(file, "samples", 3) if "samples" in file else np.zeros((len(truth), 0, 0)),
                    truth,
                    _names(file),
                    file["x"][()] if "x" in file else None,
                    str(file.attrs.get("task", "")),
                    tuple(map(int, _numbers(file, "observations", 1))) if "observations" in file else (),
                )
        except UsageError as error:
            raise FileError(f"{path}: {error}") from None
        except OSError:
            raise FileError(f"{path}: no HDF5 file") from None

    def to_arviz(self, number: int = 0) -> Any:
        """The samples of one of the posteriors as what the installed ArviZ uses: one chain of S draws.

        An InferenceData before ArviZ 1, a DataTree since. Raises UsageError where it isn't installed.
        """
        try:
            import arviz
        except ImportError as error:
            raise not_loaded(error, "to_arviz", "arviz") from None
        if number not in range(len(self.samples)):
            raise UsageError(f"posteriors are numbered 0 to {len(self.samples) - 1}, not {number}")
        data = {name: self.samples[number, None, :, k] for k, name in enumerate(self.names)}
        if int(arviz.__version__.partition(".")[0]) < 1:
            return arviz.from_dict(posterior=data)
        return arviz.from_dict({"posterior": data})


def _problems(given: PosteriorSamples) -> Sequence[str]:
    truth = given.truth
    for count, what in zip(truth.shape, ("posteriors: N", "parameters: P"), strict=True):
        if count == 0:
            return [f"there are no {what} is 0"]
    if len(given.names) != truth.shape[1]:
        return [f"there are {len(given.names)} names for {truth.shape[1]} parameters"]
    for name in given.names:
        if given.names.count(name) > 1:
            return [f"the name {name} stands twice"]
    if given.x is not None and len(given.x) != len(truth):
        return [f"x has {len(given.x)} rows for {len(truth)} truths"]
    if given.observations and len(given.observations) != len(truth):
        return [f"there are {len(given.observations)} observations for {len(truth)} truths"]
    return []


def _numbers(file: Any, name: str, axes: int) -> Floats:
    if name not in file:
        raise UsageError(f"lacks /{name}")
    try:
        stored = np.asarray(file[name][()])
        found = stored.real.astype(np.float64)
    except (TypeError, ValueError, AttributeError):
        raise UsageError(f"/{name} must be numbers") from None
    if stored.dtype.kind == "c":
        raise UsageError(f"/{name} must be numbers, not complex ones")
    if found.ndim != axes:
        raise UsageError(f"/{name} must have {axes} axes, not the shape {found.shape}")
    return found


def _names(file: Any) -> tuple[str, ...]:
    """From a dataset, or an attribute of the file or of /samples."""
    holder = file.get("names")
    given = holder[()] if holder is not None else file.attrs.get("names")
    if given is None and "samples" in file:
        given = file["samples"].attrs.get("names")
    if given is None:
        raise UsageError("lacks /names")
    names = tuple(
        name.decode(errors="surrogateescape") if isinstance(name, bytes) else str(name) for name in np.atleast_1d(given)
    )
    if not all(map(str.isprintable, names)):
        raise UsageError("/names must be text on one line")
    return names
