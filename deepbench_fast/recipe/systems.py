"""An entry that is a system which moves in time: what its kind makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepbench_fast.kinds.kind import Dynamics
from deepbench_fast.kinds.registry import kind

if TYPE_CHECKING:
    from deepbench_fast.recipe.entry import Entry


def moves(entry: Entry) -> bool:
    """Whether the entry is a system that moves in time."""
    return kind(entry.kind).dynamics is not None


def dynamics_of(entry: Entry) -> Dynamics:
    """Outputs, solvers and options of a system that moves in time."""
    found = kind(entry.kind).dynamics
    assert found is not None
    return found


def output_columns(entry: Entry, outputs: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Columns of a series: name, unit, and the output that they belong to."""
    dynamics = dynamics_of(entry)
    columns = []
    for name in outputs:
        output = dynamics.outputs[name]
        axes = output.axes[: entry.dimensions or len(output.axes)]
        names = [f"{axis}{part}" for part in range(parts_of(entry)) for axis in axes] if axes else [name]
        columns += [(column, output.unit, name) for column in names]
    return columns


def parts_of(entry: Entry) -> int:
    """The most parts that a system can have."""
    dynamics = dynamics_of(entry)
    return int(entry.parameters[dynamics.parts_count].support[1]) if dynamics.parts else 0
