"""What a system that moves in time has beside its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from deepbench_fast.objects.registry import Kind


Limit: TypeAlias = Callable[[Mapping[str, Any], Callable[[Any], Any]], Any]


@dataclass(frozen=True)
class Output:
    """A column, or columns, of a series: its unit, and the axes of one that each part of the system has."""

    unit: str
    axes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dynamics:
    """Outputs, solvers and options of a kind whose samples are series.

    The first solver is the default. `noisy` names the parameters that can have noise of their own, with the range
    outside of which they are drawn again; where its upper end follows from the used values of others, `limits` has it
    as a function of these and of a square root. `zeros` names what must be 0 for a solver. Systems with `parts`
    (bodies) have a table of these beside their own: `parts_count` names the parameter that counts them. `default_step`,
    `default_tolerance` and `default_dimensions` are options of the kinds that have them: a system whose relative energy
    drift is above the tolerance is integrated again with half the step.
    """

    outputs: Mapping[str, Output]
    default_outputs: tuple[str, ...]
    solvers: tuple[str, ...]
    noisy: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    limits: Mapping[str, Limit] = field(default_factory=dict)
    zeros: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parts: Kind | None = None
    parts_count: str = ""
    time_unit: str = ""
    default_step: float | None = None
    default_tolerance: float | None = None
    default_dimensions: int | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """What an entry can say beside its parameters because it moves."""
        settings = {
            "step": self.default_step,
            "tolerance": self.default_tolerance,
            "dimensions": self.default_dimensions,
        }
        return ("solver", *(name for name, default in settings.items() if default is not None))
