"""What a report says of a dataset: read from the file, on a subset where there are very many samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.entries import PlannedEntry
from deepbench_fast.draw.plan import NOMINAL, Plan, make_plan
from deepbench_fast.draw.sample_columns import sample_parameters
from deepbench_fast.errors import DeepbenchFastError
from deepbench_fast.pictures.histograms import Drawn
from deepbench_fast.recipe.extras import Extras
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.targets import Targets
from deepbench_fast.render.batch import Batch, Tables
from deepbench_fast.render.samples import samples_at
from deepbench_fast.run.dataset import Dataset
from deepbench_fast.run.verify import verify_stored
from deepbench_fast.values.number_text import grouped

F8 = npt.NDArray[np.float64]

BLOCKS, BLOCK = 20, 1000
"""Values are looked at in so many runs of so many samples, spread evenly, where a dataset has more."""

CHECKED = 64


@dataclass(frozen=True)
class Population:
    """What one entry of a recipe, or the noise of a catalogue, draws: a title, and its random parameters."""

    title: str
    drawn: list[Drawn]


@dataclass(frozen=True)
class Check:
    """What was compared, and whether all of it is what it should be."""

    words: str
    same: bool


def looked_at(dataset: Dataset) -> list[slice]:
    """Runs of samples that stand for all of them."""
    size = len(dataset)
    if size <= BLOCKS * BLOCK:
        return [slice(0, size)]
    return [slice(first, first + BLOCK) for first in np.linspace(0, size - BLOCK, BLOCKS).astype(int).tolist()]


def populations(dataset: Dataset, runs: list[slice]) -> Iterator[Population]:
    """Random parameters of noise, PSF and objects, with their values in these runs of samples and their laws."""
    plan = make_plan(dataset.recipe)
    tables: list[Tables] = [dataset.tables_of(run) for run in runs]
    samples = np.concatenate([table.samples for table in tables])
    for number, name in enumerate(plan.catalogues):
        own = samples[samples["catalogue"] == number]
        drawn = [
            Drawn(p.name, p.declared.unit, own[p.column], p.distribution)
            for p in sample_parameters(plan.recipe, name)
            if p.distribution.is_random
        ]
        drawn += _found_levels(plan, own, {p.name.replace(".", "_") for p in sample_parameters(plan.recipe, name)})
        if drawn:
            yield Population(f"{name}: noise and PSF", drawn)
    objects = {kind.name: np.concatenate([table.objects[kind.name] for table in tables]) for kind in plan.kinds}
    yield from _of_entries(plan, objects)


def _found_levels(plan: Plan, samples: Any, given: set[str]) -> Iterator[Drawn]:
    """Levels of noise that follow from the image, e.g. its signal-to-noise ratio."""
    for column in plan.sample_columns:
        values = samples[column].astype(float)
        if column not in given and np.isfinite(values).any() and np.ptp(values[np.isfinite(values)]) > 0:
            yield Drawn(column, "", values, None)


def _of_entries(plan: Plan, objects: dict[str, Any]) -> Iterator[Population]:
    for planned in plan.entries:
        rows = objects[planned.kind.name]
        own = rows[rows["entry"] == planned.number]
        drawn = [
            Drawn(name, planned.kind.parameter(name).unit, values, planned.law_of(name))
            for name, values in _random_columns(planned, own)
        ]
        if drawn:
            yield Population(planned.label.replace("/", ": "), drawn)


def _random_columns(planned: PlannedEntry, rows: Any) -> Iterator[tuple[str, F8]]:
    """Random parameters of an entry with their values, as they were drawn: before noise on parameters."""
    for name, law in planned.distributions.items():
        if law.is_random and name in rows.dtype.names:
            nominal = f"{name}{NOMINAL}"
            values = rows[nominal if nominal in rows.dtype.names else name].astype(float)
            if planned.law_of(name) is not None or np.unique(values).size > 1:  # a plane has no third coordinate
                yield name, values


def fullest(dataset: Dataset) -> int:
    """The place of the sample with the most objects, among the first ones."""
    tables, first = dataset.tables_of(slice(0, CHECKED)), dataset.stored.first
    numbers = [table["sample"] - first for table in tables.objects.values()]
    return int(np.bincount(np.concatenate(numbers)).argmax()) if any(map(len, numbers)) else 0


def stages(dataset: Dataset, place: int) -> dict[str, Batch]:
    """One sample before its PSF, before its noise, with masks and with the variance of its pixels.

    {} for series, and where there are no samples.
    """
    if dataset.is_series or not len(dataset):
        return {}
    number = dataset.stored.first + int(np.arange(len(dataset))[place])
    found = {}
    sharp = _without_psf(dataset.recipe)
    if sharp != dataset.recipe:
        found["scene"] = samples_at(sharp, [number])
    for extra in ("clean", "masks", "variance"):
        try:
            recipe = dataset.recipe.with_overrides({"extras": [extra]})
            found[extra] = samples_at(recipe, [number])
        except DeepbenchFastError:  # e.g. masks of more objects than a mask can count
            continue
    return found


def _without_psf(recipe: Recipe) -> Recipe:
    """The recipe of scenes: before PSF and noise."""
    bare = {name: replace(catalogue, psf=None, noise=()) for name, catalogue in recipe.catalogues.items()}
    if all(recipe.psf_of(name) is None for name in recipe.catalogues):
        return recipe
    return replace(recipe, catalogues=bare, psf=None, noise=(), targets=Targets(("catalogue",)), extras=Extras())


def checks(dataset: Dataset, everything: bool) -> list[Check]:
    """All digests and samples, or a few samples spread evenly, made again from the recipe and compared."""
    if everything:
        found = verify_stored(dataset.stored, "all")
        words = f"all {found.chunks} chunks: their digests, and all samples made again from the recipe"
        return [Check(words, found.same)]
    size = len(dataset)
    places = np.unique(np.linspace(0, size - 1, min(size, CHECKED)).astype(int)) if size else np.zeros(0, int)
    stored = dataset[places]
    try:
        made = samples_at(dataset.recipe, stored.index.tolist())
    except DeepbenchFastError as error:
        return [Check(f"no sample could be made again: {error}", False)]
    same = all(stored[name].tobytes() == values.tobytes() for name, values in made.items())
    return [
        Check(f"{len(places)} of {grouped(size)} samples, spread evenly, made again from the recipe: every bit", same)
    ]
