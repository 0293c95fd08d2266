"""What a system that moves in time has beside its parameters."""

from __future__ import annotations

import math
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
class Control:
    """How a solver's steps are controlled: the default step, None where it chooses its own, and the tolerance.

    The tolerance of a solver with a step is the energy drift above which a system is integrated again with half of it;
    that of one without the error of the acceleration that a step may make.
    """

    step: float | None
    tolerance: float
    least: float = 0.0
    most: float = math.inf


@dataclass(frozen=True)
class Dynamics:
    """Outputs, solvers and options of a kind whose samples are series.

    The first solver is the default. `noisy` names the parameters that can have noise of their own, with the range
    outside of which they are drawn again; where its upper end follows from the used values of others, `limits` has it
    as a function of these and of a square root. `zeros` names what must be 0 for a solver. Systems with `parts`
    (bodies) have a table of these beside their own: `parts_count` names the parameter that counts them. `controls`, by
    solver, and `default_dimensions` are options of the kinds that have them.
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
    controls: Mapping[str, Control] = field(default_factory=dict)
    default_dimensions: int | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """What an entry can say beside its parameters because it moves."""
        settings = {"step": self.defaults("step"), "tolerance": self.defaults("tolerance")}
        settings["dimensions"] = (
            {} if self.default_dimensions is None else {self.default_dimensions: list(self.solvers)}
        )
        return ("solver", *(name for name, default in settings.items() if default))

    def defaults(self, option: str) -> dict[float, list[str]]:
        """The defaults of `step` or `tolerance`, and the solvers that have each of them."""
        found: dict[float, list[str]] = {}
        for solver, control in self.controls.items():
            default: float | None = getattr(control, option)
            if default is not None:
                found.setdefault(default, []).append(solver)
        return found

    def words(self, option: str) -> str:
        """The defaults of `step` or `tolerance` in words; empty where there are none."""
        return ", ".join(f"{default:g} ({', '.join(solvers)})" for default, solvers in self.defaults(option).items())
