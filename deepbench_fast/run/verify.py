"""Is the data what it says? Hashes every chunk again; renders samples again from the tables and compares bits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.plan import Plan, make_plan
from deepbench_fast.draw.streams import MAX_MEMBERS
from deepbench_fast.draw.tables import Tables, draw
from deepbench_fast.errors import FileError, MismatchError, UsageError
from deepbench_fast.kernels.cpus import usable_cpus
from deepbench_fast.kernels.stopping import Stop
from deepbench_fast.render.noise import forget_levels
from deepbench_fast.render.renderer import Renderer
from deepbench_fast.store.format import chunk_digest
from deepbench_fast.store.index import open_stored
from deepbench_fast.store.stored import Stored

# A parameter can be its own value times so much by noise: 0.2 relative, 8.3 standard deviations.
MOST_PERTURBED = 3.0


@dataclass(frozen=True)
class Difference:
    """One value that is not the one that generating again gives: `sample` is its number in the whole dataset, `row` the
    row of the array or table `name` in the file, `column` the column of a table, or the place in an array's row."""

    sample: int
    name: str
    row: int
    column: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"sample {self.sample}: /{self.name}[{self.row}] {self.column}: {self.found}, not {self.expected}"


@dataclass(frozen=True)
class Report:
    """What `verify` found; chunks are numbered from the file's first.

    `differences` has the first one of each chunk that was generated again: in its tables, or else in its data;
    `unreadable` what is wrong with files that can't be read, where that was no reason to stop, and `unread` their
    chunks.
    """

    chunks: int
    unfinished: list[int] = field(default_factory=list)
    wrong_digest: list[int] = field(default_factory=list)
    wrong_data: list[int] = field(default_factory=list)
    wrong_tables: list[int] = field(default_factory=list)
    regenerated: int = 0
    differences: list[Difference] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.unread or self.unfinished or self.wrong_digest or self.wrong_data or self.wrong_tables)

    def raise_if_different(self) -> None:
        """Raise MismatchError, naming the chunks that differ, and the first value that does where it is known."""
        known = [*self.unreadable, *self.differences]
        first = f"; the first: {known[0]}" if known else ""
        for chunks, what in (
            (self.unread, "can't be read"),
            (self.unfinished, "not finished"),
            (self.wrong_digest, "bytes differ from their digest"),
            (self.wrong_data, "rendering the tables again gives other bits"),
            (self.wrong_tables, "drawing again gives other tables"),
        ):
            if chunks:
                shown = ", ".join(map(str, chunks[:20])) + (", ..." if len(chunks) > 20 else "")
                raise MismatchError(f"{len(chunks)} of {self.chunks} chunks: {what}: {shown}{first}")


def verify(
    path: str | os.PathLike[str],
    regenerate: int | str = 0,
    *,
    keep_going: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Check the file at `path`: all that it says of itself against its recipe, every chunk's digest, and for
    `regenerate` chunks (a number spread over the file, or "all") that drawing gives its tables and rendering its tables
    gives its data, bit for bit. Of an index every part is checked, many at a time.

    The first part of an index that is missing or isn't what it should be is an error; with `keep_going` all of them are
    in the report, with the command that makes each again. `progress` is told the number of chunks done. Raises
    FileError where the file can't be read or says of itself what isn't so, UsageError for a bad number.
    """
    with open_stored(path, missing=keep_going) as stored:
        return verify_stored(stored, regenerate, keep_going=keep_going, progress=progress)


def verify_stored(
    stored: Stored,
    regenerate: int | str = 0,
    *,
    keep_going: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """The same for a dataset that is open."""
    chunks = stored.header.chunks
    if regenerate != "all" and (isinstance(regenerate, str) or regenerate < 0):
        raise UsageError(f"regenerate: {regenerate!r} is neither a number of chunks nor 'all'")
    wanted = len(chunks) if regenerate == "all" else min(int(regenerate), len(chunks))
    again = set(np.linspace(0, len(chunks) - 1, wanted).round().astype(int).tolist()) if wanted else set()
    plan = make_plan(stored.recipe) if again else None  # digests need no recipe
    report = Report(len(chunks), regenerated=len(again))
    stop, wrong = Stop(), set[str]()

    def check(part: npt.NDArray[np.int64]) -> None:
        renderer = None if plan is None else Renderer(plan)
        for number in part.tolist():
            if stop.is_set():
                return
            try:
                found = _check_digest(stored, number, report)
                if renderer is not None and found is not None and number in again:
                    _check_bits(stored, renderer, *found, number, report, stop)
            except FileError as error:
                if not keep_going:
                    raise
                report.unread.append(number)
                wrong.add(str(error))
            if progress is not None:
                progress(1)

    parts = np.array_split(np.arange(len(chunks)), usable_cpus())
    with ThreadPoolExecutor(len(parts)) as pool:
        try:
            list(pool.map(check, parts))
        finally:
            stop.set()
    report.unreadable.extend(sorted(wrong))
    for found in (report.unread, report.unfinished, report.wrong_digest, report.wrong_data, report.wrong_tables):
        found.sort()
    report.differences.sort(key=lambda difference: difference.sample)
    return report


def _check_digest(stored: Stored, number: int, report: Report) -> tuple[dict[str, npt.NDArray[Any]], Tables] | None:
    """Hash a chunk again; its arrays and tables, None where it isn't finished."""
    row = stored.header.chunks[number]
    if row["done"] != 1:
        report.unfinished.append(number)
        return None
    start, stop = stored.edges[number : number + 2].tolist()
    arrays = {name: stored.unchecked(name, start, stop) for name in stored.header.arrays}
    objects = {
        kind: stored.unchecked(f"objects/{kind}", *offsets[number : number + 2].tolist())
        for kind, offsets in stored.row_offsets.items()
    }
    tables = Tables(int(row["first"]), stored.unchecked("samples", start, stop), objects)
    if chunk_digest([*arrays.values(), tables.samples, *objects.values()]) != int(row["digest"]):
        report.wrong_digest.append(number)
    return arrays, tables


def _check_bits(
    stored: Stored,
    renderer: Renderer,
    arrays: dict[str, npt.NDArray[Any]],
    tables: Tables,
    number: int,
    report: Report,
    stop: Stop,
) -> None:
    """Render a chunk's tables again, and draw them again."""
    plan = renderer.plan
    plain = _without_labels(tables, plan)
    as_drawn = _as_drawn(plain, plan)
    drawn = draw(plan, tables.first, tables.first + len(tables.samples))
    differences = list(islice(_table_differences(stored, number, as_drawn, drawn), 1))
    if differences:
        report.wrong_tables.append(number)
    others: list[Difference] = []
    filled = _as_drawn(plain, plan)  # rendering fills in what it finds
    again = renderer.render(filled, stop=stop) if _can_be_rendered(plain, plan) else None
    if again is not None:
        rendered = _data_differences(stored, number, arrays, again), _table_differences(stored, number, plain, filled)
        others = list(islice(chain(*rendered), 1))
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
