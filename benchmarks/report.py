"""Measure the ratios that we promise, keep them by section, and write RESULTS.md beside this file from all sections.

    python -m benchmarks.report [--quick] [--only NAME ...] [--rounds N] [--seconds S] [--write]

Both sides of a ratio run in one go on the same machine, in turns after a warm-up (A B A B ...); figures are medians
over the rounds, and a ratio is the median of the rounds' ratios. A section that is measured replaces the one that was
kept, with its date, machine and versions. `--quick` cuts sizes and rounds so that everything runs in a few minutes: its
figures mean nothing, and are not kept. `--write` measures nothing.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

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
KEPT = Path(__file__).with_name("results.json")
GAPS = Path(__file__).with_name("gaps.md")
MEASURES: dict[str, Callable[[Effort], Iterator[Row]]] = {
    "deepbench": peer_deepbench.measure,
    "peers": peers.measure,
    "kernels": kernels.measure,
    "kinds": kinds.measure,
    "physics": physics.measure,
    "bodies": physics.measure_bodies,
    "pipeline": pipeline.measure,
    "stages": stages.measure,
    "memory": memory.measure,
    "startup": startup.measure,
    "reading": reading.measure,
    "loading": loading.measure,
}


HEAD = """# Measured rates

Both sides of each ratio in one run, in turns after a warm-up; figures are medians over the rounds, and a ratio is the
median of the rounds' ratios. How each is measured stands in `benchmarks/measures/`. Each section has the date, the
machine and the versions of its own run. The curves of how cost grows are in
[the guide](../docs/explain/performance.md).
"""
LINES = (
    "noisy galaxies 28×28, no PSF → HDF5 in a file on disk",
    "noisy galaxies 28×28, PSF σ = 0.7 → HDF5 in a file on disk",
    "sky fields 256×256, PSF σ = 0.7 → HDF5 in a file on disk",
    "sky fields 256×256, PSF σ = 0.7, cutoff 0.001 → HDF5 in a file on disk",
    "shapes 256×256 → HDF5 in a file on disk",
    "noisy galaxies 28×28, given parameters, one core, vs JAX",
    "noisy galaxies 28×28, given parameters, one core, vs Numba",
    "noisy galaxies 28×28, given parameters, one core, vs GalSim",
    "filled ellipse, 256×256, a call each, one core, vs OpenCV",
    "filled polygon, 256×256, a call each, one core, vs OpenCV",
    "whole road vs its floor",
    "wide field 4096², 20,000 galaxies, one core, vs UFig",
    "n_body radau",
    "`integrate` vs `center`",
    "2 threads vs 1",
    "peak memory, galaxies 28×28",
    "first sample",
)
"""Beginnings of the rows that are goals of the release, in this order."""


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="see that everything runs, in a few minutes")
    parser.add_argument("--only", nargs="+", choices=MEASURES, metavar="NAME", help=f"some of: {', '.join(MEASURES)}")
    parser.add_argument("--rounds", type=int, default=FULL.rounds, help=f"rounds of both sides; {FULL.rounds}")
    parser.add_argument("--seconds", type=float, default=FULL.seconds, help=f"of a side in a round; {FULL.seconds}")
    parser.add_argument("--write", action="store_true", help="only write RESULTS.md again")
    options = parser.parse_args(arguments)
    effort = QUICK if options.quick else replace(FULL, rounds=options.rounds, seconds=options.seconds)
    for name in () if options.write else options.only or MEASURES:
        rows = []
        for row in MEASURES[name](effort):
            print(" | ".join(row.cells()), file=sys.stderr, flush=True)
            rows.append(row)
        print(markdown(rows), end="")
        if not options.quick:
            command = shlex.join(["python", "-m", "benchmarks.report", "--only", name, *_settings(options)])
            keep(name, {"command": f"`{command}`", **machine.description()}, rows)
    if not options.quick:
        RESULTS.write_text(results(kept()), encoding="utf-8")


def _settings(options: argparse.Namespace) -> list[str]:
    """The options that were given, but for the names."""
    pairs = {"--rounds": (options.rounds, FULL.rounds), "--seconds": (options.seconds, FULL.seconds)}
    return [word for name, (given, usual) in pairs.items() if given != usual for word in (name, str(given))]


Sections = dict[str, dict[str, Any]]


def kept() -> Sections:
    """Every section that was measured: `facts` and `rows`."""
    found: Sections = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    return {name: found[name] for name in MEASURES if name in found}


def keep(name: str, facts: dict[str, str], rows: list[Row]) -> None:
    """Put a section in the place of the one that was kept."""
    sections = kept() | {name: {"facts": facts, "rows": [asdict(row) for row in rows]}}
    KEPT.write_text(json.dumps(sections, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def results(sections: Sections) -> str:
    rows = {name: [Row(**row) for row in section["rows"]] for name, section in sections.items()}
    facts = [section["facts"] for section in sections.values()]
    newest = _version(max(facts, key=lambda of_section: of_section["date"]))
    every = [_with_version(row, sections[name]["facts"], newest) for name, own in rows.items() for row in own]
    lines = [row for line in LINES for row in every if row.what.startswith(line) and row.goal is not None]
    parts = [
        HEAD,
        f"## The goals of this release\n\n{markdown(lines)}",
        GAPS.read_text(encoding="utf-8"),
    ]
    for name, section in sections.items():
        described = "".join(f"- {key}: {words}\n" for key, words in section["facts"].items())
        parts.append(f"## {name}\n\n{described}\n{markdown(rows[name])}")
    return "\n".join(parts)


def _version(facts: dict[str, str]) -> str:
    """Our version that was measured."""
    return facts["versions"].partition("deepbench-fast ")[2].partition(",")[0]


def _with_version(row: Row, facts: dict[str, str], newest: str) -> Row:
    """The row, which says so where it is of another version of ours than the section that was measured last."""
    version, day = _version(facts), facts["date"][:10]
    return row if version == newest else replace(row, ours=f"{row.ours} (of {version}, {day})")


if __name__ == "__main__":
    main(sys.argv[1:])
