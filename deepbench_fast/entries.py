"""Entries of a recipe, worked out: who is counted and drawn on which streams, in which columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepbench_fast.objects.registry import Kind, kind
from deepbench_fast.programs import Column
from deepbench_fast.recipe.distributions import Distribution, Normal, Offset, Scaled, Uniform
from deepbench_fast.recipe.model import Catalogue, Entry

IDENTITY = ("sample", "entry", "slot")
# What `prepare_systems` makes positions and velocities of: quantiles of radius, azimuth and polar angle, and normals.
RAW_STATE: dict[str, Distribution] = {
    **dict.fromkeys(("x", "y", "z"), Uniform(0.0, 1.0)),
    **dict.fromkeys(("vx", "vy", "vz"), Normal(0.0, 1.0)),
}


@dataclass(frozen=True)
class PlannedEntry:
    """An entry of a catalogue, or the parts of its systems, numbered through the whole recipe.

    `count` is drawn on the stream `count_stream`, the parameters in `distributions` on `<label>/<parameter>`.
    """

    number: int
    catalogue: int
    label: str
    entry: Entry
    kind: Kind
    count: Distribution
    count_stream: str
    distributions: Mapping[str, Distribution]

    @property
    def is_part(self) -> bool:
        """Whether these are the parts of the entry's systems."""
        return self.kind.name != self.entry.kind


def entry_columns(planned: PlannedEntry) -> list[Column]:
    """Columns of an entry in the order in which they are drawn: an offset after the parameter that it adds to."""
    numbers = {p.name: i + len(IDENTITY) for i, p in enumerate(planned.kind.columns)}
    integers = {p.name for p in planned.kind.columns if p.integer}
    distributions = planned.distributions
    columns = []
    for name in sorted(distributions, key=lambda n: _depth(n, distributions)):
        distribution = distributions[name]
        base = numbers[distribution.parameter] if isinstance(distribution, Offset) else -1
        factor = numbers[distribution.parameter] if isinstance(distribution, Scaled) else -1
        stream = f"{planned.label}/{name}"
        columns.append(Column(stream, numbers[name], distribution, name in integers, base, factor))
    return columns


def segment_ends(kind: Kind) -> npt.NDArray[np.int64]:
    """Columns x1, y1, x2, y2 of a kind whose short segments are drawn again; empty for other kinds."""
    names = [*IDENTITY, *(p.name for p in kind.columns)]
    return np.array([names.index(name) for name in (kind.redraw.ends if kind.redraw else ())], np.int64)


def _depth(name: str, distributions: Mapping[str, Distribution]) -> int:
    distribution = distributions[name]
    return 1 + _depth(distribution.parameter, distributions) if isinstance(distribution, Offset | Scaled) else 0


def plan_entries(catalogues: Mapping[str, Catalogue]) -> list[PlannedEntry]:
    """All entries of all catalogues in order, the parts of systems after the systems."""
    planned: list[PlannedEntry] = []
    for number, (name, catalogue) in enumerate(catalogues.items()):
        for entry in catalogue.objects:
            own, label = kind(entry.kind), f"{name}/{entry.name}"
            of_kind = {p.name: entry.parameters[p.name] for p in own.parameters_of(entry.form) if not p.of_parts}
            planned.append(
                PlannedEntry(len(planned), number, label, entry, own, entry.count, f"{label}/count", of_kind)
            )
            if own.dynamics is not None and own.dynamics.parts is not None:
                planned.append(_parts(len(planned), number, label, entry, own.dynamics.parts, own.dynamics.parts_count))
    return planned


def _parts(number: int, catalogue: int, label: str, entry: Entry, parts: Kind, counted_by: str) -> PlannedEntry:
    """The parts of an entry's systems: as many as the system's own parameter says, on the stream of that parameter."""
    of_parts = {p.name: entry.parameters[p.name] for p in kind(entry.kind).parameters if p.of_parts}
    count, stream = entry.parameters[counted_by], f"{label}/{counted_by}"
    return PlannedEntry(
        number, catalogue, f"{label}/{parts.name}", entry, parts, count, stream, {**of_parts, **RAW_STATE}
    )
