"""How good posterior samples are: calibrated on average, and near the reference where there is one."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepbench_fast.errors import UsageError
from deepbench_fast.inference import calibration
from deepbench_fast.inference.calibration import Uniformity
from deepbench_fast.tasks.samples_file import PosteriorSamples
from deepbench_fast.tasks.task import get_task

LEVELS = (0.5, 0.68, 0.95)
LEAST_P = 0.01
MOST_COMPARED = 10_000


@dataclass(frozen=True)
class Coverage:
    """What samples of N posteriors show.

    `ranks` (N, P) of the truths among S samples each; `uniformity` of each parameter's, `tarp` of the distances to
    random points; `intervals`: how often the central 50, 68 and 95 % hold the truth, by parameter; `c2st` by
    observation, where the samples are of a task's observations and it was asked for.
    """

    names: tuple[str, ...]
    samples: int
    ranks: npt.NDArray[np.int64]
    uniformity: dict[str, Uniformity]
    tarp: Uniformity
    intervals: dict[str, tuple[float, ...]]
    c2st: dict[int, float]

    @property
    def p(self) -> float:
        """The smallest p-value of all parameters and of TARP, times their number (Bonferroni), at most 1."""
        smallest = min(self.tarp.p, *(found.p for found in self.uniformity.values()))
        return min(1.0, smallest * (len(self.names) + 1))

    @property
    def calibrated(self) -> bool:
        """Whether nothing tells the samples from exact ones at the level of 1 %."""
        return self.p > LEAST_P


def coverage(source: PosteriorSamples | str | os.PathLike[str], *, reference: bool = False) -> Coverage:
    """Judge samples, in memory or in a file, by the truths beside them; with `reference` also by the exact posteriors.

    Raises UsageError where there are no samples, or no reference, FileError for a file that isn't one of samples.
    """
    if not isinstance(source, PosteriorSamples | str | os.PathLike):
        raise UsageError(
            "coverage is of PosteriorSamples, or of a file of them: PosteriorSamples(samples, truth, names)"
        )
    given = source if isinstance(source, PosteriorSamples) else PosteriorSamples.read(source)
    most = given.samples.shape[1]
    if not most:
        raise UsageError("there are no samples yet: write /samples (N, S, P) beside /truth")
    found = calibration.ranks(given.samples, given.truth)
    tests = len(given.names) + 1
    uniform = {name: calibration.uniformity(found[:, k], most, tests) for k, name in enumerate(given.names)}
    intervals = {
        name: tuple(calibration.interval_coverage(found[:, k], most, level) for level in LEVELS)
        for k, name in enumerate(given.names)
    }
    tarp = calibration.uniformity(calibration.tarp_ranks(given.samples, given.truth), most, tests)
    compared = _compared(given) if reference else {}
    return Coverage(given.names, most, found, uniform, tarp, intervals, compared)


def _compared(given: PosteriorSamples) -> dict[int, float]:
    """C2ST of the samples of each observation against its reference."""
    if not (given.task and given.observations):
        raise UsageError("only samples of a task's observations have a reference: give /observations and the task")
    task = get_task(given.task)
    if task.names != given.names:
        raise UsageError(f"the parameters of {task.name} are {', '.join(task.names)}, in this order")
    found = {}
    for number, samples in zip(given.observations, given.samples, strict=True):
        exact = task.get_reference(number).samples
        size = min(len(exact), len(samples), MOST_COMPARED)
        found[number] = calibration.c2st(exact[:size], samples[:size])
    return found
