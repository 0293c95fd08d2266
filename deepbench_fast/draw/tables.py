"""Plan + range of samples → tables: who is in each sample, and every parameter of it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.entries import segment_ends
from deepbench_fast.draw.initial_states import prepare_systems
from deepbench_fast.draw.layout import Given, Tables
from deepbench_fast.draw.plan import MOST_NUMBERED, Plan
from deepbench_fast.errors import UsageError
from deepbench_fast.kernels.random import columns as kernels

COUNTED_AT_ONCE = 2**16

Key = npt.NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class Roster:
    """Catalogue and member of each sample of a range, and the number of objects of each of its entries."""

    catalogue: npt.NDArray[np.int64]
    member: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]


def draw(
    plan: Plan,
    first: int,
    stop: int,
    given: Sequence[Given] = (),
    *,
    key: Key | None = None,
    catalogue: int | None = None,
) -> Tables:
    """Draw the tables of the samples `first` to `stop - 1`; what depends on columns that are `given` follows.

    `key` is that of another seed than the plan's. With the number of a `catalogue` they are its members alone.
    """
    key = plan.key if key is None else key
    return _draw(plan, call_roll(plan, first, stop, key, catalogue), first, given, key)


def draw_some(plan: Plan, numbers: npt.NDArray[np.int64], alone: int | None = None) -> Tables:
    """Draw the tables of the samples with these numbers, in their order; `sample` is the place among them.

    With the number of a catalogue that is `alone` they are its members of these numbers.
    """
    if alone is not None:
        return _draw(plan, _counted(plan, np.full(numbers.size, alone, np.int64), numbers, plan.key), 0, (), plan.key)
    catalogue, member = np.empty(numbers.size, np.int64), np.empty(numbers.size, np.int64)
    kernels.classes_of(numbers, plan.shares, plan.key, plan.class_stream, catalogue, member)
    return _draw(plan, _roster(plan, catalogue, member, plan.key), 0, (), plan.key)


def _draw(plan: Plan, roster: Roster, first: int, given: Sequence[Given], key: Key) -> Tables:
    samples = _draw_samples(plan, roster, key)
    rows = _rows(plan, roster, max(1, roster.catalogue.size)).sum(axis=0)
    objects = {
        kind.name: _draw_objects(plan, roster, first, number, int(rows[number]), given, key)
        for number, kind in enumerate(plan.kinds)
    }
    for value in given:
        if value.entry is None:
            samples[value.column] = value.values
    if plan.is_series:
        prepare_systems(plan, first, samples, objects, key)
    return Tables(first, samples, objects)


def call_roll(plan: Plan, first: int, stop: int, key: Key | None = None, alone: int | None = None) -> Roster:
    """Classes, members and counts of objects of the samples `first` to `stop - 1`.

    `key` is that of another seed than the plan's. With the number of a catalogue that is `alone`, sample k is its
    member k.
    """
    size = stop - first
    key = plan.key if key is None else key
    if alone is not None:
        catalogue, member = np.full(size, alone, np.int64), np.arange(first, stop, dtype=np.int64)
        return _counted(plan, catalogue, member, key)
    catalogue, member = np.empty(size, np.int64), np.empty(size, np.int64)
    kernels.assign_classes(first, plan.shares, key, plan.class_stream, catalogue, member)
    return _roster(plan, catalogue, member, key)


def _roster(plan: Plan, catalogue: npt.NDArray[np.int64], member: npt.NDArray[np.int64], key: Key) -> Roster:
    """The roster of samples; in a recipe of one split `member` counts those of the split."""
    if plan.recipe.split is not None:
        split = plan.splits.index(plan.recipe.split)
        kernels.pick_split(catalogue, member, plan.split_shares, key, plan.split_streams, split)
    return _counted(plan, catalogue, member, key)


def _counted(plan: Plan, catalogue: npt.NDArray[np.int64], member: npt.NDArray[np.int64], key: Key) -> Roster:
    counts = np.zeros((catalogue.size, plan.most_entries), np.int64)
    addresses = (counts.view(np.float64), counts, catalogue, member, np.zeros_like(member))
    kernels.draw_columns(*addresses, *plan.counts.arguments(key))
    return Roster(catalogue, member, counts)


def call_short_kernels(plan: Plan) -> None:
    """Call the kernels of `draw` that draw no columns, without samples: another process may compile these meanwhile."""
    roster = Roster(np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, plan.most_entries), np.int64))
    _splits(plan, roster, plan.key)
    _rows(plan, roster, 1)
    for number in range(len(plan.kinds)):
        _listed(plan, roster, 0, number, 0)


def check_numbered(first: int, objects: npt.NDArray[np.int64]) -> None:
    """Raise UsageError where one of the samples `first, first + 1, ...` has more objects than masks have numbers."""
    if objects.max(initial=0) > MOST_NUMBERED:
        sample = int(objects.argmax())
        raise UsageError(
            f"sample {first + sample}: {objects[sample]} objects, but masks number at most {MOST_NUMBERED} in a "
            "sample; lower the counts, or leave masks out of extras"
        )


def rows_per_chunk(plan: Plan, first: int, stop: int, threads: int = 1) -> npt.NDArray[np.int64]:
    """Rows of each kind in each chunk of a range that starts at a chunk boundary: shape (chunks, kinds).

    Raises UsageError where masks can't number the objects of a sample.
    """
    step = max(1, COUNTED_AT_ONCE // plan.chunk) * plan.chunk

    def count(start: int) -> npt.NDArray[np.int64]:
        end = min(start + step, stop)
        roster = call_roll(plan, start, end)
        if plan.may_outnumber_masks:
            check_numbered(start, roster.counts.sum(axis=1))
        return _rows(plan, roster, plan.chunk)

    pool = ThreadPoolExecutor(threads)
    try:
        parts = list(pool.map(count, range(first, stop, step)))
    finally:
        pool.shutdown(cancel_futures=True)  # an interrupt needn't wait for the whole range
    return np.concatenate([np.zeros((0, len(plan.kinds)), np.int64), *parts])


def _rows(plan: Plan, roster: Roster, chunk: int) -> npt.NDArray[np.int64]:
    """Rows of each kind in each run of `chunk` samples."""
    rows = np.zeros((-(-roster.catalogue.size // chunk), len(plan.kinds)), np.int64)
    kernels.count_rows(roster.catalogue, roster.counts, plan.entry_first, plan.entry_kind, chunk, rows)
    return rows


def _splits(plan: Plan, roster: Roster, key: Key) -> npt.NDArray[np.int32]:
    split = np.empty(roster.catalogue.size, np.int32)
    kernels.assign_splits(roster.catalogue, roster.member, plan.split_shares, key, plan.split_streams, split)
    return split


def _draw_samples(plan: Plan, roster: Roster, key: Key) -> npt.NDArray[Any]:
    size, width = roster.catalogue.size, 2 + len(plan.sample_columns)
    floats = np.full((size, width), np.nan) if width > 2 else np.empty((size, width))
    table: npt.NDArray[Any] = floats.view(plan.samples_dtype).reshape(size)
    table["catalogue"], table["member"] = roster.catalogue, roster.member
    table["split"] = _splits(plan, roster, key)
    if width > 2:
        addresses = (floats, floats.view(np.int64), roster.catalogue, roster.member, np.zeros(size, np.int64))
        kernels.draw_columns(*addresses, *plan.sample_programs.arguments(key))
    return table


def _listed(
    plan: Plan, roster: Roster, first: int, number: int, rows: int
) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """A kind's table with its first three columns alone, and the member of each row."""
    kind = plan.kinds[number]
    table = np.zeros(rows, plan.table_dtype(kind))
    for parameter in kind.columns if kind.forms else ():
        table[parameter.name] = 0 if parameter.integer else np.nan  # a form draws its own columns
    integers = table.view(np.int64).reshape(rows, table.dtype.itemsize // 8)
    members = np.empty(rows, np.int64)
    kernels.list_objects(
        first,
        roster.catalogue,
        roster.member,
        roster.counts,
        plan.entry_first,
        plan.entry_kind,
        number,
        integers,
        members,
    )
    return table, members


def _draw_objects(
    plan: Plan, roster: Roster, first: int, number: int, rows: int, given: Sequence[Given], key: Key
) -> npt.NDArray[Any]:
    kind = plan.kinds[number]
    table, members = _listed(plan, roster, first, number, rows)
    integers = table.view(np.int64).reshape(rows, table.dtype.itemsize // 8)
    programs = plan.object_programs[kind.name]
    addresses = (integers.view(np.float64), integers, integers[:, 1].copy(), members, integers[:, 2].copy())

    kernels.draw_columns(*addresses, *programs.arguments(key))
    own = [value for value in given if value.entry is not None and plan.entries[value.entry].kind is kind]
    for value in own:
        if rows == len(roster.member) and plan.entries_of_kind[kind.name] == 1:  # one in each sample
            table[value.column] = value.values
        else:
            rows_of = table["entry"] == value.entry
            table[value.column][rows_of] = value.values[table["sample"][rows_of] - first]
    if own:
        programs, derived = plan.programs_beside(kind, frozenset((value.entry, value.column) for value in own))
        if len(derived.rows):
            kernels.draw_columns(*addresses, *derived.arguments(key))
    if kind.redraw is not None:
        kernels.redraw_short_segments(
            *(*addresses, *programs.arguments(key), segment_ends(kind), plan.shortest_segments)
        )
    return table
