"""Measure the ratios that we promise and write them to RESULTS.md beside this file.

    python -m benchmarks.report [--quick] [--only NAME ...]

Both sides of a ratio run in one go on the same machine, in turns after a warm-up (A B A B ...); figures are medians
over the rounds, and a ratio is the median of the rounds' ratios. `--quick` cuts sizes and rounds so that everything
runs in a few minutes: its figures mean nothing. RESULTS.md is written by a run of everything at full size only; where
rows were measured again later and put in by hand, its head says which.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import machine
from benchmarks.measures import (
    kernels,
    kinds,
    loading,
    memory,
    peer_deepbench,
    peers,
    physics,
    pipeline,
    reading,
    stages,
    startup,
)
from benchmarks.table import Row, markdown
from deepbench_fast.run.benchmark.timing import FULL, QUICK, Effort

RESULTS = Path(__file__).with_name("RESULTS.md")
MEASURES: dict[str, Callable[[Effort], Iterator[Row]]] = {
    "deepbench": peer_deepbench.measure,
    "peers": peers.measure,
    "kernels": kernels.measure,
    "kinds": kinds.measure,
    "physics": physics.measure,
    "pipeline": pipeline.measure,
    "stages": stages.measure,
    "memory": memory.measure,
    "startup": startup.measure,
    "reading": reading.measure,
    "loading": loading.measure,
}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="see that everything runs, in a few minutes")
    parser.add_argument("--only", nargs="+", choices=MEASURES, metavar="NAME", help=f"some of: {', '.join(MEASURES)}")
    options = parser.parse_args(arguments)
    rows = []
    for name in options.only or MEASURES:
        for row in MEASURES[name](QUICK if options.quick else FULL):
            print(" | ".join(row.cells()), file=sys.stderr, flush=True)
            rows.append(row)
    print(markdown(rows), end="")
    if not options.quick and not options.only:
        RESULTS.write_text(results(rows, arguments), encoding="utf-8")


def results(rows: list[Row], arguments: list[str]) -> str:
    command = shlex.join(["python", "-m", "benchmarks.report", *arguments])
    facts = {"command": f"`{command}`", **machine.description()}
    missed = [row.what for row in rows if row.reached is False]
    return "\n".join(
        [
            "# Results",
            "",
            "Both sides of each ratio in one run, in turns after a warm-up; figures are medians over the rounds, and a",
            "ratio is the median of the rounds' ratios. How each is measured stands in `benchmarks/measures/`.",
            "",
            *(f"- {name}: {fact}" for name, fact in facts.items()),
            f"- goals missed: {'; '.join(missed) or 'none'}",
            "",
            markdown(rows),
        ]
    )


if __name__ == "__main__":
    main(sys.argv[1:])
