"""A chunk of a file made again: its tables are drawn again, its data rendered again from them, and bits compared."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.layout import Tables
from deepbench_fast.draw.plan import Plan
from deepbench_fast.draw.streams import MAX_MEMBERS
from deepbench_fast.draw.tables import draw
from deepbench_fast.kernels.stopping import Stop
from deepbench_fast.render.noise import forget_levels
from deepbench_fast.render.renderer import Renderer
from deepbench_fast.run.verify_report import Difference, Report
from deepbench_fast.store.stored import Stored

# A parameter can be its own value times so much by noise: 0.2 relative, 8.3 standard deviations.
MOST_PERTURBED = 3.0


class Regenerator:
    """Makes chunks of an open file again, in one thread."""

    def __init__(self, stored: Stored, plan: Plan) -> None:
        self.stored, self.plan = stored, plan
        self.renderer = Renderer(plan)

    def check(
        self, number: int, arrays: dict[str, npt.NDArray[Any]], tables: Tables, report: Report, stop: Stop
    ) -> None:
        """Render a chunk's tables again, and draw them again; the report says where bits differ."""
        plain = _without_labels(tables, self.plan)
        as_drawn = _as_drawn(plain, self.plan)
        drawn = draw(self.plan, tables.first, tables.first + len(tables.samples))
        differences = list(islice(_table_differences(self.stored, number, as_drawn, drawn), 1))
        if differences:
            report.wrong_tables.append(number)
        others: list[Difference] = []
        filled = _as_drawn(plain, self.plan)  # rendering fills in what it finds
        again = self.renderer.render(filled, stop=stop) if _can_be_rendered(plain, self.plan) else None
        if again is not None:
            of_data = _data_differences(self.stored, number, arrays, again)
            of_tables = _table_differences(self.stored, number, plain, filled)
            others = list(islice(chain(of_data, of_tables), 1))
        if again is None or others:
            report.wrong_data.append(number)
        report.differences.extend(differences or others)


def _differ(some: Tables, others: Tables) -> bool:
    return some.samples.tobytes() != others.samples.tobytes() or any(
        table.tobytes() != others.objects[kind].tobytes() for kind, table in some.objects.items()
    )


def _table_differences(stored: Stored, number: int, found: Tables, expected: Tables) -> Iterator[Difference]:
    """The cells of a chunk's tables that differ."""
    if not _differ(found, expected):
        return
    start = int(stored.edges[number])
    pairs = [("samples", start, found.samples, expected.samples)]
    for kind, offsets in stored.row_offsets.items():
        pairs.append((f"objects/{kind}", int(offsets[number]), found.objects[kind], expected.objects[kind]))
    for name, first_row, table, other in pairs:
        if len(table) != len(other):
            yield Difference(found.first, name, first_row, "rows", str(len(table)), str(len(other)))
            continue
        samples = found.first + np.arange(len(other)) if name == "samples" else other["sample"]
        for column in table.dtype.names or ():
            for row in _unequal_rows(table[column], other[column]).tolist():
                values = str(table[column][row]), str(other[column][row])
                yield Difference(int(samples[row]), name, first_row + row, column, *values)


def _data_differences(
    stored: Stored, number: int, found: dict[str, npt.NDArray[Any]], expected: dict[str, npt.NDArray[Any]]
) -> Iterator[Difference]:
    """The first difference in each array of a chunk, for each sample."""
    start, first = int(stored.edges[number]), int(stored.header.chunks["first"][number])
    for name, array in found.items():
        if array.tobytes() == expected[name].tobytes():
            continue
        for row in _unequal_rows(array, expected[name]).tolist():
            mine, other = array[row].reshape(-1), expected[name][row].reshape(-1)
            place = int(_unequal_rows(mine, other)[0])
            index = ", ".join(map(str, np.unravel_index(place, array.shape[1:])))
            yield Difference(first + row, name, start + row, f"[{index}]", str(mine[place]), str(other[place]))


def _unequal_rows(some: npt.NDArray[Any], others: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """The rows whose bits differ."""
    bits = (np.ascontiguousarray(array).view(np.uint8).reshape(len(array), -1) for array in (some, others))
    return np.flatnonzero(np.not_equal(*bits).any(axis=1))


def _can_be_rendered(tables: Tables, plan: Plan) -> bool:
    """Whether every number is one that kernels may be given: damaged tables must not lead them outside their arrays."""
    samples = tables.samples
    good = [_within(samples["catalogue"], 0, len(plan.catalogues) - 1), _within(samples["member"], 0, MAX_MEMBERS)]
    for name, (low, high) in plan.sample_ranges.items():
        good.append(_within(samples[name][~np.isnan(samples[name])], low, high))
    for kind in plan.kinds:
        table = tables.objects[kind.name]
        good.append(_within(table["sample"], tables.first, tables.first + len(samples) - 1))
        good.append(bool((np.diff(table["sample"]) >= 0).all()))
        for parameter in kind.columns:
            values = table[parameter.name]
            if parameter.found or any(parameter.name in own for own in kind.forms.values()):  # empty in other forms
                values = values[values != 0 if parameter.integer else ~np.isnan(values)]
            low, high = parameter.low, parameter.high
            if parameter.name in plan.noisy[kind.name]:
                low, high = (low if low < 0 else 0.0), high * MOST_PERTURBED
            good.append(_within(values, low, high))
    return all(good) and _parts_are_whole(tables, plan)


def _parts_are_whole(tables: Tables, plan: Plan) -> bool:
    """Whether the tables hold as many systems and parts as the samples need."""
    wanted = np.empty(0, np.int64)
    for planned in plan.entries if plan.is_series else ():
        table = tables.objects[planned.kind.name]
        own = table[table["entry"] == planned.number]
        if not planned.is_part:
            wanted = np.flatnonzero(tables.samples["catalogue"] == planned.catalogue) + tables.first
        if not np.array_equal(own["sample"], wanted):
            return False
        if planned.kind.dynamics is not None and planned.kind.dynamics.parts is not None:
            wanted = np.repeat(wanted, own[planned.kind.dynamics.parts_count])  # of the parts, which come next
    return True


def _as_drawn(tables: Tables, plan: Plan) -> Tables:
    """A copy of the tables without what rendering found."""
    copy = Tables(tables.first, tables.samples.copy(), {name: table.copy() for name, table in tables.objects.items()})
    forget_levels(plan, copy.samples)
    for kind in plan.kinds:
        for parameter in kind.columns:
            if parameter.found:
                copy.objects[kind.name][parameter.name] = np.nan
    return copy


def _within(values: npt.NDArray[Any], low: float, high: float) -> bool:
    return bool(((values >= low) & (values <= high)).all())


def _without_labels(tables: Tables, plan: Plan) -> Tables:
    """The same rows without HDF5's names for numbers, as `draw` gives them."""
    objects = {kind.name: _of_type(tables.objects[kind.name], plan.table_dtype(kind)) for kind in plan.kinds}
    return Tables(tables.first, tables.samples.view(plan.samples_dtype), objects)


def _of_type(table: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """The table without labels, and with the found columns that those of older files don't have, as NaN."""
    if table.dtype.names == dtype.names:
        return table.view(dtype)
    whole = np.zeros(len(table), dtype)
    for name in dtype.names or ():
        whole[name] = table[name] if name in (table.dtype.names or ()) else np.nan
    return whole
