"""What a recipe would make: sizes, time, what is random in it, and what to beware of. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.entries import PlannedEntry
from deepbench_fast.draw.grids import grid_warnings, row_warnings
from deepbench_fast.draw.plan import Plan, make_plan
from deepbench_fast.draw.sample_columns import sample_parameters
from deepbench_fast.draw.tables import draw, rows_per_chunk
from deepbench_fast.kernels import stopping
from deepbench_fast.kernels.stopping import NEVER, Stop, Stopped
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.systems import parts_of
from deepbench_fast.render.compiled import compile_kernels
from deepbench_fast.render.drift import FAULTS, integrated_kinds
from deepbench_fast.render.renderer import Renderer
from deepbench_fast.run.cutoff import Cutoff, proposed_cutoff
from deepbench_fast.run.rate import LONGEST_LOOK, Rate, highest_rate, measured_rate
from deepbench_fast.run.resolution import resolution_warnings
from deepbench_fast.store.create import bytes_needed, file_size
from deepbench_fast.store.limits import check_fits
from deepbench_fast.values.distributions import Distribution
from deepbench_fast.values.distributions.varied import Varied
from deepbench_fast.values.number_text import brief, percent
from deepbench_fast.values.threads import threads_of

EXACT_UP_TO = 2**20
SAMPLES_COUNTED = 2**17
SAMPLES_COMPARED, OBJECTS_COMPARED = 256, 2**16
TOLERATED_OUTSIDE = 0.25
# Forces between two bodies that may be computed to see how the energy drifts, and seconds that one batch may take.
FORCES_COMPUTED = 5e7
# Times that a solver which chooses its steps is taken to compute all forces of a series: some orbits.
STEPS_OF_ITS_OWN = 5000.0


@dataclass(frozen=True)
class Ingredient:
    """One value that a recipe gives or draws: its address, what it is drawn from, its unit."""

    key: str
    distribution: str
    unit: str


@dataclass(frozen=True)
class Estimate:
    """What `estimate` found.

    `rows` counts the rows of each table, exactly if `rows_exact`. `bytes` are those of each array and table, and
    `total_bytes` those of the file, whose arrays take whole chunks and which keeps the columns of your tables; some 10
    kB of description come on top. `seconds` leaves out compiling kernels, and a disk that is slower (see
    `measured_rate`); it is a lower bound where it is `at_least` so many. `seconds_computing` is what is left of it
    where the disk takes everything at once: how fast a disk goes on to be isn't known. `levels` are the columns of
    noise and PSF that /samples has for each sample. `series` has the axes of series: `start` and `stop` in `time_unit`,
    `steps`, and `outputs` with their units; it is None for images. `cutoff` is one that is worth while, None where
    there is none.
    """

    name: str
    seed: int | str
    samples: int
    chunks: int
    chunk_samples: int
    shares: dict[str, float]
    arrays: dict[str, dict[str, Any]]
    series: dict[str, Any] | None
    rows: dict[str, int]
    rows_exact: bool
    bytes: dict[str, int]
    total_bytes: int
    threads: int
    seconds: float
    seconds_computing: float
    samples_per_second: float
    at_least: bool
    random: list[Ingredient]
    fixed: list[Ingredient]
    levels: list[str]
    cutoff: Cutoff | None
    warnings: list[str]

    def as_json(self) -> dict[str, Any]:
        """Plain data, as `plan --json` prints it."""
        return asdict(self)


def estimate(recipe: Recipe, *, threads: int | None = None, seconds: float = 0.3) -> Estimate:
    """Work out what `recipe` would make; the rate is measured by making samples for so many seconds."""
    return stopping.call(lambda stop: _estimate(recipe, threads, seconds, stop))


def _estimate(recipe: Recipe, threads: int | None, seconds: float, stop: Stop) -> Estimate:
    plan = make_plan(recipe)
    plan.check_grids()
    check_fits(plan)
    compile_kernels(plan)  # the first samples may lack objects of a kind
    workers = threads_of(threads)
    rows, exact = expected_rows(plan)
    bound = highest_rate(plan, workers, stop)
    rate = measured_rate(plan, workers, seconds, stop) if bound is None else Rate(bound, bound)
    ingredients = list(_ingredients(plan))
    return Estimate(
        name=plan.recipe.name,
        seed=plan.recipe.seed,
        samples=plan.samples,
        chunks=plan.chunks,
        chunk_samples=plan.chunk,
        shares=dict(zip(plan.catalogues, (plan.shares / plan.shares.sum()).tolist(), strict=True)),
        arrays={name: {"shape": list(shape), "dtype": dtype.name} for name, (shape, dtype) in plan.arrays.items()},
        series=_axes(plan) if plan.is_series else None,
        rows={"samples": plan.samples} | {f"objects/{k.name}": int(n) for k, n in zip(plan.kinds, rows, strict=True)},
        rows_exact=exact,
        bytes=bytes_needed(plan, plan.samples, rows),
        total_bytes=file_size(plan, plan.samples, rows),
        threads=workers,
        seconds=plan.samples / rate.written,
        seconds_computing=plan.samples / rate.computed,
        samples_per_second=rate.written,
        at_least=bound is not None,
        random=[ingredient for ingredient, is_random in ingredients if is_random],
        fixed=[ingredient for ingredient, is_random in ingredients if not is_random],
        levels=list(plan.sample_columns),
        cutoff=proposed_cutoff(plan),
        warnings=[
            *resolution_warnings(plan, stop),
            *outside_warnings(plan),
            *drift_warnings(plan, stop),
            *grid_warnings(plan),
            *row_warnings(plan),
        ],
    )


def _axes(plan: Plan) -> dict[str, Any]:
    moments = plan.recipe.time.moments
    return {
        "start": moments[0],
        "stop": moments[-1],
        "steps": len(moments),
        "time_unit": plan.time_unit,
        "outputs": [{"name": name, "unit": unit} for name, unit, _ in plan.output_columns],
    }


def expected_rows(plan: Plan) -> tuple[npt.NDArray[np.int64], bool]:
    """Number of objects of each kind, and whether it is exact: large datasets are judged by their first samples."""
    exact = plan.samples <= EXACT_UP_TO
    counted = plan.samples if exact else SAMPLES_COUNTED
    rows = rows_per_chunk(plan, 0, counted).sum(axis=0)
    return (rows if exact else np.round(rows * (plan.samples / counted)).astype(np.int64)), exact


def _ingredients(plan: Plan) -> Iterator[tuple[Ingredient, bool]]:
    """Every value of every catalogue, and whether it is random; what all samples share comes once a catalogue."""
    for name in plan.catalogues:
        for parameter in sample_parameters(plan.recipe, name):
            yield _ingredient(f"{name}.{parameter.name}", parameter.distribution, parameter.declared.unit)
        for planned in plan.entries:
            if plan.catalogues[planned.catalogue] != name:
                continue
            if planned.is_part:
                continue
            key = f"{name}.{planned.entry.name}"
            yield _ingredient(f"{key}.count", planned.entry.count, "")
            if planned.entry.form:
                yield Ingredient(f"{key}.form", planned.entry.form, ""), False
            if planned.entry.min_length:
                yield Ingredient(f"{key}.min_length", f"{brief(planned.entry.min_length)}", "pix"), False
            for option in planned.kind.dynamics.options if planned.kind.dynamics else ():
                yield Ingredient(f"{key}.{option}", str(getattr(planned.entry, option)), ""), False
            for declared in planned.kind.parameters_of(planned.entry.form):
                drawn = planned.entry.parameters[declared.name]
                yield _ingredient(f"{key}.{declared.name}", drawn, declared.unit)
    for target in plan.targets:
        if target.name in plan.recipe.targets.noise:
            yield _ingredient(f"targets.{target.name}.noise", plan.recipe.targets.noise[target.name], target.unit)


def _ingredient(key: str, distribution: Distribution | Varied, unit: str) -> tuple[Ingredient, bool]:
    return Ingredient(key, str(distribution), unit), distribution.is_random


def outside_warnings(plan: Plan) -> Iterator[str]:
    """Say which entries have many of their objects' centres outside of the image."""
    if plan.is_series:
        return
    height, width = plan.shape
    objects = sum(map(len, draw(plan, 0, 1).objects.values()))
    tables = draw(plan, 0, max(1, min(SAMPLES_COMPARED, OBJECTS_COMPARED // max(1, objects))))
    for planned in plan.entries:
        table = tables.objects[planned.kind.name]
        own = table[table["entry"] == planned.number]
        if own.size and {"x", "y"} <= set(table.dtype.names or ()):
            outside = (np.abs(own["x"] - (width - 1) / 2) > width / 2) | (
                np.abs(own["y"] - (height - 1) / 2) > height / 2
            )
            if (share := float(np.mean(outside))) > TOLERATED_OUTSIDE:
                key = planned.label.replace("/", ".")
                far = percent(share, 2)
                yield f"{key}: {far} of the centres lie outside of the {height}x{width} image; see its x and y"


def drift_warnings(plan: Plan, stop: Stop = NEVER) -> Iterator[str]:
    """Say which entries have systems whose energy is not kept, or whose positions are not known well."""
    names = [kind.name for kind in integrated_kinds(plan)]
    entries = [planned for planned in plan.entries if planned.kind.name in names]
    if not entries:
        return
    tables = draw(plan, 0, max(1, min(SAMPLES_COMPARED, plan.samples, int(FORCES_COMPUTED / _forces(plan, entries)))))
    try:
        stopping.call(lambda own: Renderer(plan).render(tables, stop=own), seconds=LONGEST_LOOK, outer=stop)
    except Stopped:
        stop.check()
        labels = ", ".join(planned.label.replace("/", ".") for planned in entries)
        yield f"{labels}: a few samples take over {brief(LONGEST_LOOK)} s; how exact they are is unknown"
        return
    for planned in entries:
        table = tables.objects[planned.kind.name]
        for fault in FAULTS:
            wrong = fault.is_in(table[fault.column][table["entry"] == planned.number])
            if wrong.any():
                yield (
                    f"{planned.label.replace('/', '.')}: {fault.words} in {percent(wrong.mean())} of the samples "
                    f"({wrong.sum()} of {wrong.size}); {fault.remedy}"
                )


def _forces(plan: Plan, entries: list[PlannedEntry]) -> float:
    """Forces between two bodies in one sample, at most."""
    end = plan.recipe.time.end
    steps = max(end / e.entry.step if e.entry.step else STEPS_OF_ITS_OWN for e in entries)
    return max(1.0, steps) * max(parts_of(e.entry) ** 2 for e in entries)
