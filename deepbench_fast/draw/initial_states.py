"""Systems that move, after the draw of their parameters: noise on these, products, and the state at t = 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepbench_fast.draw.entries import PlannedEntry
from deepbench_fast.draw.plan import NOMINAL, Plan
from deepbench_fast.kinds.kind import Kind

STATE = ("x", "y", "z", "vx", "vy", "vz")

Objects = dict[str, npt.NDArray[Any]]


def prepare_systems(
    plan: Plan, first: int, samples: npt.NDArray[Any], objects: Objects, key: npt.NDArray[np.uint32]
) -> None:
    """Complete the tables of the samples `first, first + 1, ...`, in which the drawn columns are filled under `key`."""
    for kind in plan.kinds:
        if kind.dynamics is not None:
            _add_parameter_noise(plan, kind, first, samples, objects[kind.name], key)
    for planned in plan.entries:
        if planned.is_part:
            _place_bodies(plan, plan.entries[planned.number - 1], planned, objects)


def _add_parameter_noise(
    plan: Plan,
    kind: Kind,
    first: int,
    samples: npt.NDArray[Any],
    table: npt.NDArray[Any],
    key: npt.NDArray[np.uint32],
) -> None:
    """Fill the nominal columns, scatter the used ones around them, and multiply what is a product."""
    from deepbench_fast.kernels.random.perturb import perturb

    assert kind.dynamics is not None
    _multiply(kind, table)
    for name in plan.noisy[kind.name]:
        table[f"{name}{NOMINAL}"] = table[name]
    rows = table["sample"] - first
    members = np.ascontiguousarray(samples["member"][rows])
    for name in plan.noisy[kind.name]:
        if name in kind.dynamics.noisy and f"parameter_noise_{name}" in plan.sample_columns:
            values, sigma = table[name].copy(), samples[f"parameter_noise_{name}"][rows]
            scale = sigma if name in plan.absolutely_noisy else sigma * np.abs(values)
            streams = plan.parameter_noise_streams(kind, name)[table["entry"]]
            perturb(values, scale, kind.dynamics.noisy[name][0], _most(kind, name, table), key, streams, members)
            table[name] = values
    _multiply(kind, table)


def _most(kind: Kind, name: str, table: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """What a parameter must stay below in each system, of whose other ones the used values are known by now."""
    assert kind.dynamics is not None
    if name not in kind.dynamics.limits:
        return np.full(len(table), kind.dynamics.noisy[name][1])
    _multiply(kind, table)
    others = {parameter.name: table[parameter.name] for parameter in kind.columns}
    return np.ascontiguousarray(kind.dynamics.limits[name](others, np.sqrt))


def _multiply(kind: Kind, table: npt.NDArray[Any]) -> None:
    """Fill the columns that are products, in the rows whose form has the factors."""
    for parameter in kind.columns:
        if parameter.factors:
            one, other = (table[factor] for factor in parameter.factors)
            chosen = ~np.isnan(one)
            table[parameter.name][chosen] = one[chosen] * other[chosen]


def _place_bodies(plan: Plan, system: PlannedEntry, parts: PlannedEntry, objects: Objects) -> None:
    """Turn the raw draws of an entry's bodies into positions and velocities at t = 0."""
    from deepbench_fast.kernels.motion import initial_states as initial

    table = objects[system.kind.name]
    systems = table[table["entry"] == system.number]
    bodies = objects[parts.kind.name]
    own = bodies["entry"] == parts.number
    state = np.stack([bodies[name][own] for name in STATE], axis=1)
    mass, counts = bodies["mass"][own], np.ascontiguousarray(systems["bodies"])

    def column(name: str) -> npt.NDArray[np.float64]:
        return np.ascontiguousarray(systems[name])

    big_g = column("big_g")
    match system.entry.form:
        case "random":
            softening, radius, virial_ratio = column("softening"), column("radius"), column("virial_ratio")
            dimensions = system.entry.dimensions or 3
            initial.place_random(mass, state, counts, big_g, softening, radius, virial_ratio, dimensions)
        case "kepler":
            initial.place_kepler(mass, state, counts, big_g, column("semi_major_axis"), column("eccentricity"))
        case "figure_eight":
            initial.place_figure_eight(mass, state, counts, big_g)
    bodies["mass"][own] = mass
    for number, name in enumerate(STATE):
        bodies[name][own] = state[:, number]
