"""The gate of every reference posterior: against tempered chains, which find it in another way.

`python -m tests.tasks.gate NAME:OBSERVATION ...` runs it, some minutes each, and adds what it finds to `gate.json`,
which a test reads and docs/how-to/tasks.md shows. That chains which are moved by 0.2 standard deviations would be
noticed is shown with the first observation of each task.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from deepbench_fast.inference.calibration import c2st
from deepbench_fast.inference.posterior import Draws
from deepbench_fast.tasks import get_task
from tests.tasks.tempered import Chains, tempered_chains

FILE = Path(__file__).with_name("gate.json")
STEPS, ANNEAL, THIN = 1500, 1000, 5
LONGER = {"two-galaxies": 5}
"""Times as many steps, for chains that mix slowly."""
AGAIN = ("two-galaxies 9", "two-galaxies 10")
TIMES_AGAIN, SEEDS_AGAIN = 3, 100
"""References whose first chains had hardly met: they have other ones, so many times as long."""


WIDEST = 0.1
"""Of the differences between the widths, in parts of them: a classifier doesn't see a far mode of a hundredth of the
mass, which makes a parameter wider by a third."""
GO_ROUND = ("lens 9",)
"""Where an angle reaches across its end, so that a few states at the other end are most of its width."""


def passes(name: str, found: dict[str, Any]) -> bool:
    """What every reference must be."""
    return (
        (found["deviation"] < WIDEST or name in GO_ROUND)
        and found["r_hat"] < 1.01
        and found["chain_effective"] >= 10_000
        and 0.48 <= found["c2st"] <= 0.52
        and found["pareto_k"] < 0.5
        and found["effective"] >= 20_000
    )


def gate(name: str, observation: int) -> dict[str, Any]:
    task, again = get_task(name), f"{name} {observation}" in AGAIN
    times = TIMES_AGAIN if again else 1
    steps, seed = STEPS * LONGER.get(name, 1) * times, observation + SEEDS_AGAIN * again
    draws = task.get_reference(observation)
    chains = tempered_chains(task.posterior, task.get_observation(observation), steps, ANNEAL, seed, THIN * times)
    return compared(draws, chains, moved=observation == 1)


def compared(draws: Draws, chains: Chains, *, moved: bool) -> dict[str, Any]:
    """The figures of a reference beside chains; with `moved` those of chains that would have to be noticed."""
    chosen = np.random.default_rng(0).choice(len(chains.samples), len(draws.samples), replace=False)
    others = chains.samples[chosen]
    deviation = draws.samples.std(axis=0)
    found = {
        "digest": draws.digest,
        "effective": round(draws.effective),
        "pareto_k": round(draws.pareto_k, 2),
        "r_hat": round(chains.r_hat, 4),
        "chain_effective": round(chains.effective),
        "c2st": round(c2st(draws.samples, others), 4),
        "mean": round(float(np.abs((others.mean(0) - draws.samples.mean(0)) / deviation).max()), 3),
        "deviation": round(float(np.abs(others.std(0) / deviation - 1).max()), 3),
    }
    if moved:
        found["shifted"] = round(c2st(draws.samples, others + 0.2 * deviation), 4)
    return found


def row(name: str, found: dict[str, Any]) -> str:
    """A line of the table in docs/how-to/tasks.md."""
    chain, k, effective = found["chain_effective"], found["pareto_k"], found["effective"]
    moved = f"; {found['shifted']:.3f}" if "shifted" in found else ""
    return (
        f"| {name} | {found['r_hat']:.4f} | {chain:,} | {found['c2st']:.3f}{moved} | {k:.2f} | {effective:,} |"
    ).replace(",", " ")


def main(names: list[str]) -> None:
    for word in names:
        name, _, number = word.partition(":")
        found = gate(name, int(number or 1))
        known = json.loads(FILE.read_text()) if FILE.exists() else {}
        reference = f"{name} {number or 1}"
        known[reference] = found
        FILE.write_text(json.dumps(known, indent=1) + "\n")
        print(row(reference, found), "passes" if passes(reference, found) else "FAILS", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
