"""Systems → series: their motion by the entry's solver, and the outputs that the recipe asks for."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from itertools import takewhile
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.entries import PlannedEntry
from deepbench_fast.draw.initial_states import STATE
from deepbench_fast.draw.layout import Tables
from deepbench_fast.draw.plan import Plan
from deepbench_fast.kernels.stopping import NEVER

# Pendulums at once: their angles and velocities at all times stay in the second-level cache, and enough of them lie
# side by side that those with equally many steps fill the lanes.
PENDULUMS = 512
SYSTEMS_OF_BODIES = 1024
LANES = 32
PENDULUMS_ALIKE = 4  # of as many in turn the steps are about equally many
MOST_HALVINGS = 8
MOST_STEPS = 1e8
EXACT, LEAST_TOLERANCE = "radau", 1e-9
FOUND = ("time_step", "energy_drift", "position_error")


def column_names(kernel: Callable[..., None], end: str) -> list[str]:
    """The columns of a kind's table that a solver or an observer takes: its arguments before the one called `end`."""
    return list(takewhile(lambda name: name != end, signature(kernel).parameters))


def samples_at_once(plan: Plan) -> int:
    """How many samples are as cheap together as one alone: systems that are like one another fill the lanes."""
    if not plan.is_series:
        return 1
    likenesses = 0.0
    for planned in (entry for entry in plan.entries if not entry.is_part):
        dynamics = planned.kind.dynamics
        if dynamics is not None and dynamics.parts is not None:
            drawn = planned.distributions.get(dynamics.parts_count)
            likenesses += 1 if drawn is None else drawn.support[1] - drawn.support[0] + 1
        else:
            likenesses += PENDULUMS_ALIKE
    return int(min(PENDULUMS, LANES * likenesses))


class Trajectories:
    """Moves the systems of one plan; `exact`: bodies by radau at its least tolerance, whatever the entries say."""

    def __init__(self, plan: Plan, *, exact: bool = False) -> None:
        self.plan = plan
        self.exact = exact
        self.times = np.array(plan.recipe.time.moments)
        self.outputs = plan.recipe.time.outputs
        self.columns = plan.output_columns
        self.systems = [entry for entry in plan.entries if not entry.is_part]
        self.stop = NEVER

    def follow(self, tables: Tables, out: npt.NDArray[np.float64]) -> None:
        """Fill `out`, shape (samples, steps, columns), without noise; found columns of the tables are filled in.

        Raises Stopped where `stop` asks for it.
        """
        for planned in self.systems:
            table = tables.objects[planned.kind.name]
            chosen = np.flatnonzero(table["entry"] == planned.number)
            if planned.kind.dynamics is not None and planned.kind.dynamics.parts is not None:
                self._follow_bodies(planned, tables, chosen, out)
            else:
                for start in range(0, len(chosen), PENDULUMS):
                    self._swing(planned, table[chosen[start : start + PENDULUMS]], tables.first, out)

    def _swing(self, planned: PlannedEntry, table: npt.NDArray[Any], first: int, out: npt.NDArray[np.float64]) -> None:
        def column(name: str) -> npt.NDArray[np.float64]:
            return np.ascontiguousarray(table[name]) if name in columns else np.zeros(len(table))

        columns = table.dtype.names or ()
        kind = planned.kind
        assert kind.dynamics is not None
        solve = kind.kernel(self.plan.recipe.image, solver=planned.entry.solver)
        observe = kind.observer()
        angles, velocities = np.empty((2, self.times.size, len(table)))
        solve(*map(column, column_names(solve, "times")), self.times, angles, velocities, self.stop.flag)
        self.stop.check()
        codes = np.array(kind.dynamics.output_codes(self.outputs), np.int64)
        rows = table["sample"] - first
        observe(*map(column, column_names(observe, "angles")), angles, velocities, codes, rows, out)

    def _follow_bodies(
        self, planned: PlannedEntry, tables: Tables, chosen: npt.NDArray[np.int64], out: npt.NDArray[np.float64]
    ) -> None:
        """Systems with equally many bodies at once; those that drift too far again with half the step."""
        dynamics = planned.kind.dynamics
        assert dynamics is not None
        assert dynamics.parts is not None
        table, bodies = tables.objects[planned.kind.name], tables.objects[dynamics.parts.name]
        bodies = bodies[bodies["entry"] == planned.number + 1]
        counts = table["bodies"][chosen]
        starts = np.cumsum(counts) - counts
        for number in np.unique(counts).tolist():
            same = np.flatnonzero(counts == number)
            for start in range(0, len(same), SYSTEMS_OF_BODIES):
                part = same[start : start + SYSTEMS_OF_BODIES]
                systems, rows = table[chosen[part]], chosen[part]
                own = bodies[starts[part][:, None] + np.arange(number)]
                self._integrate(planned, systems, own, tables.first, out)
                for name in FOUND:
                    table[name][rows] = systems[name]

    def _integrate(
        self,
        planned: PlannedEntry,
        systems: npt.NDArray[Any],
        bodies: npt.NDArray[Any],
        first: int,
        out: npt.NDArray[np.float64],
    ) -> None:
        """Integrate systems with their bodies, shape (systems, bodies), and fill in what that finds."""
        if planned.entry.step is not None and not self.exact:
            self._halve_steps(planned, systems, bodies, first, out)
            return
        found = np.empty((len(FOUND), len(systems)))
        tolerance = LEAST_TOLERANCE if self.exact else planned.entry.tolerance
        self._solve(planned, tolerance, systems, bodies, first, out, *found)
        for name, values in zip(FOUND, found, strict=True):
            systems[name] = values

    def _halve_steps(
        self,
        planned: PlannedEntry,
        systems: npt.NDArray[Any],
        bodies: npt.NDArray[Any],
        first: int,
        out: npt.NDArray[np.float64],
    ) -> None:
        """Integrate in equal steps, with half the step again where the energy drifts too far."""
        entry = planned.entry
        assert planned.kind.dynamics is not None
        assert entry.step is not None
        assert entry.tolerance is not None
        gain = planned.kind.dynamics.controls[entry.solver].gain
        systems["position_error"] = np.nan
        halvings, todo = np.zeros(len(systems), np.int64), np.arange(len(systems))
        most = sum(self.times[-1] / entry.step * 2**times <= MOST_STEPS for times in range(1, MOST_HALVINGS + 1))
        while len(todo):
            for times in np.unique(halvings[todo]).tolist():
                part = todo[halvings[todo] == times]
                step, drift = entry.step / 2**times, np.empty(len(part))
                self._solve(planned, step, systems[part], bodies[part], first, out, drift)
                systems["time_step"][part], systems["energy_drift"][part] = step, drift
            drift = systems["energy_drift"][todo]
            todo = todo[~(drift <= entry.tolerance) & (halvings[todo] < most)]
            more = _halvings_needed(systems["energy_drift"][todo] / entry.tolerance, gain)
            halvings[todo] = np.minimum(halvings[todo] + more, most)

    def _solve(
        self,
        planned: PlannedEntry,
        control: float | None,
        systems: npt.NDArray[Any],
        bodies: npt.NDArray[Any],
        first: int,
        out: npt.NDArray[np.float64],
        *found: npt.NDArray[np.float64],
    ) -> None:
        """Integrate with the entry's solver; `control` is its step or its tolerance."""
        dynamics, entry = planned.kind.dynamics, planned.entry
        assert dynamics is not None
        state = np.stack([bodies[name] for name in STATE], axis=-1)
        mass = np.ascontiguousarray(bodies["mass"])
        big_g, softening = (np.ascontiguousarray(systems[name]) for name in ("big_g", "softening"))
        rows, offsets = systems["sample"] - first, self._offsets(tuple(dynamics.outputs))
        solve = planned.kind.kernel(self.plan.recipe.image, solver=EXACT if self.exact else entry.solver)
        settings = self.times, control, entry.dimensions, offsets
        solve(mass, state, big_g, softening, *settings, rows, out, *found, self.stop.flag)
        self.stop.check()

    def _offsets(self, names: tuple[str, ...]) -> npt.NDArray[np.int64]:
        """First column of each output, -1 for those that are not asked for."""
        belongs = [output for _, _, output in self.columns]
        return np.array([belongs.index(name) if name in belongs else -1 for name in names], np.int64)


def _halvings_needed(excess: npt.NDArray[np.float64], gain: float) -> npt.NDArray[np.int64]:
    """How often to halve the step for a drift that is `excess` times too large (NaN: once)."""
    needed = np.ones(excess.size, np.int64)
    left = excess / gain
    while (left > 1.0).any():
        needed += left > 1.0
        left = np.minimum(left, gain**MOST_HALVINGS) / gain
    return needed
