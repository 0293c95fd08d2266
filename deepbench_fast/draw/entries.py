"""Entries of a recipe, worked out: who is counted and drawn on which streams, in which columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.programs import Column
from deepbench_fast.kinds.kind import Kind
from deepbench_fast.kinds.registry import kind
from deepbench_fast.recipe.catalogue import Catalogue
from deepbench_fast.recipe.entry import Entry
from deepbench_fast.recipe.pairing import check_paired, table_name
from deepbench_fast.values.checks import within
from deepbench_fast.values.distributions import Derived, Distribution, Grid, Normal, Table, Uniform

IDENTITY = ("sample", "entry", "slot")
# What `prepare_systems` makes positions and velocities of: quantiles of radius, azimuth and polar angle, and normals.
RAW_STATE: dict[str, Distribution] = {
    **dict.fromkeys(("x", "y", "z"), Uniform(0.0, 1.0)),
    **dict.fromkeys(("vx", "vy", "vz"), Normal(0.0, 1.0)),
}


@dataclass(frozen=True)
class PlannedEntry:
    """An entry of a catalogue, or the parts of its systems, numbered through the whole recipe.

    `count` is drawn on the stream `count_stream`, the parameters in `distributions` on `streams`.
    """

    number: int
    catalogue: int
    label: str
    entry: Entry
    kind: Kind
    count: Distribution
    count_stream: str
    distributions: Mapping[str, Distribution]
    streams: Mapping[str, str]

    @property
    def is_part(self) -> bool:
        """Whether these are the parts of the entry's systems."""
        return self.kind.name != self.entry.kind

    def draws_again(self, parameter: str) -> bool:
        """Whether it is the end of a segment that is drawn again while it is too short."""
        redraw = self.kind.redraw
        return redraw is not None and parameter in redraw.ends and bool(self.entry.min_length)

    def law_of(self, parameter: str) -> Distribution | None:
        """What all values of a parameter are drawn from; None where they follow from more than that."""
        follows = self.draws_again(parameter) or (self.is_part and parameter in RAW_STATE)
        return None if follows else self.distributions[parameter]


def entry_columns(planned: PlannedEntry, strides: Mapping[str, int]) -> list[Column]:
    """Columns of an entry in the order in which they are drawn: an offset after the parameter that it adds to.

    `strides` are those of the grids, by stream.
    """
    numbers = {p.name: i + len(IDENTITY) for i, p in enumerate(planned.kind.columns)}
    integers = {p.name for p in planned.kind.columns if p.integer}
    distributions = planned.distributions
    columns = []
    for name in sorted(distributions, key=lambda n: _depth(n, distributions)):
        distribution = distributions[name]
        column = Column(planned.streams[name], numbers[name], distribution, name in integers)
        column.stride = strides.get(column.stream, rows_for_each_member(planned.count))
        if isinstance(distribution, Derived):
            column.other = numbers[distribution.parameter]
            column.of_integer = distribution.parameter in integers
        columns.append(column)
    return columns


def streams_below(owner: str, distributions: Mapping[str, Distribution]) -> dict[str, str]:
    """The stream of each value of an entry or a sample: `<owner>/<name>`, but all columns of one table have one.

    Tables are numbered in the order in which they stand, so that their files' names play no part. Raises RecipeError
    where columns of one table can't come from one row.
    """
    with within(owner):
        check_paired(distributions)
    tables: dict[tuple[str, str], str] = {}
    streams = {}
    for name, distribution in distributions.items():
        drawn = distribution.own
        streams[name] = f"{owner}/{name}"
        if isinstance(drawn, Table) and not drawn.in_order:
            streams[name] = tables.setdefault(table_name(drawn), f"{owner}/table {len(tables) + 1}")
    return streams


def rows_for_each_member(count: Distribution) -> int:
    """Rows of a table in order that a member takes: one for each of its objects."""
    return max(1, int(count.support[1])) if not count.is_random else 1


def grid_strides(distributions: Mapping[str, Distribution]) -> tuple[dict[str, int], int]:
    """Members for each step of each grid among the distributions of a catalogue, and the number of all combinations."""
    strides, size = {}, 1
    for stream, distribution in reversed(list(distributions.items())):
        drawn = distribution.own
        if isinstance(drawn, Grid):
            strides[stream] = size
            size *= len(drawn.values)
    return strides, size


def segment_ends(kind: Kind) -> npt.NDArray[np.int64]:
    """Columns x1, y1, x2, y2 of a kind whose short segments are drawn again; empty for other kinds."""
    names = [*IDENTITY, *(p.name for p in kind.columns)]
    return np.array([names.index(name) for name in (kind.redraw.ends if kind.redraw else ())], np.int64)


def _depth(name: str, distributions: Mapping[str, Distribution]) -> int:
    distribution = distributions[name]
    return 1 + _depth(distribution.parameter, distributions) if isinstance(distribution, Derived) else 0


def plan_entries(catalogues: Mapping[str, Catalogue]) -> list[PlannedEntry]:
    """All entries of all catalogues in order, the parts of systems after the systems."""
    planned: list[PlannedEntry] = []
    for number, (name, catalogue) in enumerate(catalogues.items()):
        for entry in catalogue.objects:
            own, label = kind(entry.kind), f"{name}/{entry.name}"
            of_kind = {p.name: entry.parameters[p.name] for p in own.parameters_of(entry.form) if not p.of_parts}
            streams = streams_below(label, {"count": entry.count, **of_kind})
            count_stream = streams.pop("count")
            planned.append(
                PlannedEntry(len(planned), number, label, entry, own, entry.count, count_stream, of_kind, streams)
            )
            if own.dynamics is not None and own.dynamics.parts is not None:
                counted_by = own.dynamics.parts_count
                planned.append(
                    _parts(len(planned), planned[-1], own.dynamics.parts, of_kind[counted_by], streams[counted_by])
                )
    return planned


def _parts(number: int, whole: PlannedEntry, parts: Kind, count: Distribution, count_stream: str) -> PlannedEntry:
    """The parts of an entry's systems: as many as the system's own parameter says, on the stream of that parameter."""
    label = f"{whole.label}/{parts.name}"
    of_parts = {p.name: whole.entry.parameters[p.name] for p in whole.kind.parameters if p.of_parts} | RAW_STATE
    streams = streams_below(label, of_parts)
    return PlannedEntry(number, whole.catalogue, label, whole.entry, parts, count, count_stream, of_parts, streams)
