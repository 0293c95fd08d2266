"""Calibration of the reference posteriors: ranks of 500 truths from the prior among 200 draws of each posterior.

`python -m tests.tasks.sbc NAME ...` runs it, minutes for each task, and puts what it finds into `sbc.json`, which a
test reads and docs/how-to/tasks.md shows.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from deepbench_fast import Recipe
from deepbench_fast.tasks import PosteriorSamples, calibrate, coverage

FILE = Path(__file__).with_name("sbc.json")
POSTERIORS, SAMPLES = 500, 200
NARROW = 0.7
"""Of the exact posteriors' widths: what must be noticed."""


def narrowed(exact: PosteriorSamples, factor: float) -> PosteriorSamples:
    """The samples, this much nearer to each posterior's mean."""
    middle = exact.samples.mean(axis=1, keepdims=True)
    return replace(exact, samples=middle + factor * (exact.samples - middle))


def calibration(name: str) -> dict[str, Any]:
    """The figures of a task."""
    exact = calibrate(
        Recipe.builtin(f"task-{name}"),
        POSTERIORS,
        samples=SAMPLES,
        progress=lambda done: print(name, done, file=sys.stderr, flush=True) if done % 50 == 0 else None,
    )
    return figures(exact)


def figures(exact: PosteriorSamples) -> dict[str, Any]:
    """The p-values of the parameters' ranks and of TARP, the least of all after Bonferroni, and that of draws of
    posteriors that are too narrow."""
    found = coverage(exact)
    return {
        "posteriors": exact.samples.shape[0],
        "samples": exact.samples.shape[1],
        "ranks": {parameter: round(one.p, 4) for parameter, one in found.uniformity.items()},
        "tarp": round(found.tarp.p, 4),
        "p": round(found.p, 4),
        "narrow": round(coverage(narrowed(exact, NARROW)).p, 4),
    }


def passes(found: dict[str, Any]) -> bool:
    """What every task's references must be: calibrated, where narrower ones would be noticed."""
    return bool(found["p"] > 0.01 >= found["narrow"])


def row(name: str, found: dict[str, Any]) -> str:
    """A line of the table in docs/how-to/tasks.md."""
    least = min(found["ranks"], key=lambda parameter: found["ranks"][parameter])
    return (
        f"| {name} | {found['ranks'][least]:.3f} ({least.rpartition('.')[2]}) | "
        f"{found['tarp']:.3f} | {found['p']:.3f} | {found['narrow']:.3f} |"
    )


def main(names: list[str]) -> None:
    for name in names:
        found = calibration(name)
        known = json.loads(FILE.read_text()) if FILE.exists() else {}
        known[name] = found
        FILE.write_text(json.dumps(known, indent=1) + "\n")
        print(row(name, found), "passes" if passes(found) else "FAILS", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
