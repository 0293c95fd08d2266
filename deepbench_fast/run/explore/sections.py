"""The values of a recipe that a page shows, section by section, with those of one sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy.typing as npt

from deepbench_fast.draw.plan import NOMINAL, Plan
from deepbench_fast.draw.sample_columns import sample_parameters
from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe.catalogue import INHERIT, Catalogue
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.names import COUNT
from deepbench_fast.recipe.recipe import Recipe
from deepbench_fast.recipe.write import to_flow
from deepbench_fast.render.batch import Batch
from deepbench_fast.run.explore.rows import Row, reach_alone, reach_of, value_row
from deepbench_fast.values.distributions import Base, Distribution, Frame
from deepbench_fast.values.image import Image
from deepbench_fast.values.parameter import Parameter, required

OVERSAMPLE = ("1", "3", "5")


@dataclass(frozen=True)
class Section:
    """Rows with a title, and a note on what they are; `entry` is the name of the entry, which can be removed."""

    title: str
    rows: list[Row]
    note: str = ""
    entry: str = ""


def sections(recipe: Recipe, plan: Plan, batch: Batch, laws: Mapping[str, Base]) -> list[Section]:
    """All values that play a part in the sample of a batch of one; `laws` are those of values that were fixed."""
    name = batch.catalogues[int(batch.labels[0])]
    written, resolved = recipe.catalogues[name], plan.recipe.catalogues[name]
    shown = _Shown(recipe, plan, batch, name, laws)
    found = [shown.entry(own, entry) for own, entry in zip(written.objects, resolved.objects, strict=True)]
    levels = list(shown.levels(written))
    if recipe.series is None:
        found.append(Section("PSF", [row for row in levels if ".psf." in f".{row.address}"]))
    found.append(Section("Noise", [row for row in levels if ".noise." in f".{row.address}"]))
    if recipe.series is not None:
        of_parameters = [row for row in levels if "parameter_noise." in row.address]
        note = "scatter of a parameter about its value, one draw a sample"
        found += [Section("Noise on parameters", of_parameters, note)] if of_parameters else []
    return [*found, Section("Image" if recipe.series is None else "Time", _frame(recipe)), _dataset(recipe)]


@dataclass(frozen=True)
class _Shown:
    """Where the values of the sample are that is shown."""

    recipe: Recipe
    plan: Plan
    batch: Batch
    catalogue: str
    laws: Mapping[str, Base]

    def entry(self, written: Entry, entry: Entry) -> Section:
        """An entry's form, count and parameters; values are those of its first object."""
        declared, address = kind(entry.kind), f"catalogues.{self.catalogue}.{entry.name}"
        number = self.plan.catalogues.index(self.catalogue)
        planned = [e for e in self.plan.entries if e.catalogue == number and e.entry.name == entry.name]
        tables = {e.is_part: self._rows(e.kind.name, e.number) for e in planned}
        rows = [
            Row(f"{address}.{option}", option, "options", value=getattr(entry, option), options=tuple(choices))
            for option, choices in choices_of(entry).items()
        ]
        if declared.dynamics is None:
            rows.append(self._row(f"{address}.count", COUNT, entry.count, float(len(tables[False]))))
        for parameter in declared.parameters_of(entry.form):
            name = parameter.name
            row = self._row(
                f"{address}.{name}",
                parameter,
                entry.parameters[name],
                _first(tables[parameter.of_parts], name),
                reach=reach_of(name, entry.parameters),
                written=written.parameters.get(name),
                default=default_law(entry, parameter, self.recipe.image),
            )
            rows.append(row)
        objects = len(tables[False])
        many = f"{objects} in this sample: values of the first, fixed for all" if objects > 1 else ""
        note = "none in this sample" if objects == 0 else many
        return Section(entry.name, rows, "; ".join(filter(None, (declared.meaning, note))), entry.name)

    def levels(self, written: Catalogue) -> Iterator[Row]:
        """The parameters of noise and PSF, and the noise on parameters."""
        row = self.batch.tables.samples[0]
        for level in sample_parameters(self.plan.recipe, self.catalogue):
            stage, _, rest = level.name.partition(".")
            own = getattr(written, stage)
            address = level.name if own == INHERIT else f"catalogues.{self.catalogue}.{level.name}"
            shown = self._row(address, level.declared, level.distribution, float(row[level.column]))
            label = rest if stage == "parameter_noise" else rest.replace(".", " ")
            yield replace(shown, label=label)

    def _row(self, address: str, declared: Parameter, law: Distribution, value: float | None, **known: Any) -> Row:
        kept = self.laws.get(address)
        if isinstance(kept, Frame):
            kept = None if declared.axis is None else kept.on(self.recipe.image.shape[declared.axis])
        return value_row(address, declared, law, value, **{"reach": reach_alone(law), "kept": kept, **known})

    def _rows(self, kind_name: str, entry: int) -> npt.NDArray[Any]:
        table = self.batch.tables.objects[kind_name]
        own: npt.NDArray[Any] = table[table["entry"] == entry]
        return own


def choices_of(entry: Entry) -> dict[str, tuple[str, ...]]:
    """What an entry can choose among several: its form, its solver."""
    declared = kind(entry.kind)
    solvers = () if declared.dynamics is None else declared.dynamics.solvers
    choices = {"form": tuple(declared.forms), "solver": tuple(solvers)}
    return {option: names for option, names in choices.items() if len(names) > 1}


def default_law(entry: Entry, parameter: Parameter, image: Image) -> Distribution | None:
    """What the kind draws a parameter from where a recipe is silent."""
    of_form = kind(entry.kind).form_defaults.get(entry.form, {}).get(parameter.name)
    if of_form is not None or parameter.default is required:
        return of_form
    return parameter.default(image)


def _first(rows: npt.NDArray[Any], parameter: str) -> float | None:
    """The value of the first object, before noise of its own."""
    names = rows.dtype.names or ()
    column = f"{parameter}{NOMINAL}" if f"{parameter}{NOMINAL}" in names else parameter
    return float(rows[column][0]) if len(rows) and column in names else None


def _frame(recipe: Recipe) -> list[Row]:
    """How objects become pixels, or the times of a series."""
    if recipe.series is not None:
        series = recipe.series.data()
        return [Row(f"series.{name}", name, "text", law=to_flow(value)) for name, value in series.items()]
    image = recipe.image
    layers = {kind(entry.kind).layer for catalogue in recipe.catalogues.values() for entry in catalogue.objects}
    rows = [Row("image.shape", "rows, columns", "text", unit="pix", law=to_flow(list(image.shape)))]
    if "light" in layers:
        meaning = "light at the pixel's centre, or its mean over the pixel"
        options = ("center", "integrate")
        rows.append(
            Row("image.sampling", "sampling", "options", meaning=meaning, value=image.sampling, options=options)
        )
    if "shape" in layers:
        meaning = "pixels hold the part of them that is covered"
        value = to_flow(image.coverage)
        rows.append(
            Row("image.coverage", "coverage", "options", meaning=meaning, value=value, options=("false", "true"))
        )
        meaning = "what overlapping shapes give"
        options3 = ("union", "xor", "add")
        rows.append(Row("image.overlap", "overlap", "options", meaning=meaning, value=image.overlap, options=options3))
    meaning = "all is drawn and blurred on a grid so many times as fine"
    factors = OVERSAMPLE if str(image.oversample) in OVERSAMPLE else (*OVERSAMPLE, str(image.oversample))
    value = str(image.oversample)
    return [*rows, Row("image.oversample", "oversample", "options", meaning=meaning, value=value, options=factors)]


def _dataset(recipe: Recipe) -> Section:
    facts = {
        "name": ("what the dataset is called", to_flow(recipe.name)),
        "seed": ("a whole number or any text", to_flow(recipe.seed)),
        "samples": ("how many samples `generate` makes", to_flow(recipe.samples)),
    }
    return Section("Dataset", [Row(name, name, "text", meaning=m, law=law) for name, (m, law) in facts.items()])
