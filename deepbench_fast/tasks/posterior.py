"""Reference posteriors of tasks' observations and of samples in files."""

from __future__ import annotations

import os

import numpy as np

from deepbench_fast.errors import UsageError
from deepbench_fast.inference.posterior import SAMPLES, Draws, Posterior
from deepbench_fast.inference.truths import truths
from deepbench_fast.store.read import StoredDataset
from deepbench_fast.tasks.references import kept_draws
from deepbench_fast.tasks.samples_file import PosteriorSamples
from deepbench_fast.tasks.task import PREFIX, data_of, get_available_tasks, get_task
from deepbench_fast.values import checks

SUFFIXES = (".h5", ".hdf5")


def posterior(source: str | os.PathLike[str], index: int) -> tuple[PosteriorSamples, Draws]:
    """The reference posterior of a task's observation (1 to 10), or of a sample (from 0) of a dataset in a file.

    10,000 draws, as a file of samples holds them, and how good they are. They are kept in the user's cache. Raises
    UsageError for an unknown task or number, and where the recipe has no likelihood.
    """
    if os.fspath(source).endswith(SUFFIXES):
        return _of_file(source, index)
    name = os.fspath(source).removeprefix(PREFIX)
    if name not in get_available_tasks():
        known = ", ".join(get_available_tasks())
        raise UsageError(f"no task '{source}'; there are {known}; a dataset ends in .h5")
    task = get_task(name)
    draws = task.get_reference(index)
    data, truth = task.get_observation(index), task.get_true_parameters(index)
    return PosteriorSamples(draws.samples[None], truth, draws.names, data, task.name, (index,)), draws


def _of_file(path: str | os.PathLike[str], index: int) -> tuple[PosteriorSamples, Draws]:
    dataset, index = StoredDataset(path), checks.integer("index", index)
    if not 0 <= index < len(dataset):
        raise UsageError(f"{path}: samples are numbered 0 to {len(dataset) - 1}, not {index}")
    batch = dataset[index : index + 1]
    label = int(batch.labels[0])
    exact = Posterior(dataset.recipe, catalogue=dataset.catalogues[label])
    data = data_of(batch)
    draws = kept_draws(exact, data[0], SAMPLES)
    truth = truths(exact.recipe, label, exact.names, batch.tables)
    return PosteriorSamples(draws.samples[None], np.ascontiguousarray(truth), exact.names, data), draws
