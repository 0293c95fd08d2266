"""`benchmark`: how fast this machine is, and how near to its limits."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import json_option, threads_option
from deepbench_fast.cli.words import columns, grouped, print_json
from deepbench_fast.errors import UsageError

if TYPE_CHECKING:
    from deepbench_fast.run.benchmark.result import Change, Measure, Result

PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
SUMMARY = (
    "galaxy",
    "Gaussian noise",
    "Gaussian PSF",
    "galaxies written",
    "sky written",
    "256 at random",
    "copy in memory",
)
"""What the line for an issue tells; of files also what all threads write."""


@click.command(cls=Command, example=f"{PROGRAM} benchmark --json > here.json")
@click.option(
    "--dir", "folder", metavar="DIR", help="Folder of the files that are written; by default the current one."
)
@threads_option
@click.option("--quick", is_flag=True, help="Rough figures, in some ten seconds.")
@click.option("--compare", "before", metavar="FILE", help="What --json printed before, or on another machine.")
@json_option
def command(folder: str | None, threads: int | None, quick: bool, before: str | None, as_json: bool) -> None:
    """Measure how fast this machine draws, renders, writes and reads samples, beside its own limits.

    Takes half a minute once the kernels are compiled, longer on a busy machine, and up to 300 MB of disk, which are
    free again afterwards. Every figure is a median over rounds in which all works take turns. A limit is what the work
    takes at least: so many operations or bytes, at the rate that is measured for these in the same rounds.
    """
    from deepbench_fast.cli.progress import Progress
    from deepbench_fast.run.benchmark.measure import benchmark
    from deepbench_fast.run.benchmark.result import load_result

    old = None if before is None else load_result(before)
    with Progress("measures") as progress:
        found = benchmark(folder, threads=threads, loaders=_loaders(), quick=quick, tell=_teller(progress))
    if as_json:
        print_json(found.as_json() if old is None else {**found.as_json(), "compared": _compared_json(found, old)})
        return
    click.echo(_compared(found, old, str(before)) if old is not None else _table(found))
    click.echo(f"\n{_line(found)}")


def _loaders() -> dict[str, Any]:
    """What gives batches here, by the name of its arrays."""
    from deepbench_fast.loaders.stream import stream

    found: dict[str, Any] = {"NumPy": stream}
    with suppress(UsageError):
        from deepbench_fast.loaders.torch import Loader

        found["PyTorch"] = Loader
    return found


def _teller(progress: Any) -> Any:
    def tell(done: int, total: int) -> None:
        if done == 0:
            progress.start(total, 0)
        else:
            progress.advance(1)

    return tell


def _table(found: Result) -> str:
    """A block of lines for each group: the rate, how far rounds differ, and how near it is to its limit."""
    parts, cells = [columns(list(found.machine.items()))], []
    for measure in found.measures:
        cells.append([measure.name, _rate(measure), _spread(measure), _near(measure)])
    rows = columns([["", "rate", "rounds", "of its limit"], *cells], "  ").splitlines()
    groups: dict[str, list[str]] = {}
    for measure, line in zip(found.measures, rows[1:], strict=True):
        groups.setdefault(measure.group, []).append(line)
    parts.append("\n".join([rows[0], *(line for name, lines in groups.items() for line in (name, *lines))]))
    return "\n\n".join(parts)


def _rate(measure: Measure) -> str:
    if measure.unit == "samples":
        return f"{grouped(round(float(f'{measure.rate:.3g}')))}/s" if measure.rate >= 100 else f"{measure.rate:.3g}/s"
    factor, prefix = next((pair for pair in PREFIXES if measure.rate >= pair[0]), (1.0, ""))
    return f"{measure.rate / factor:.3g} {prefix}{measure.unit}/s"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.0995 else f"{100 * share:.2g} %"


def _spread(measure: Measure) -> str:
    low, high = (round(100 * (rate / measure.rate - 1)) for rate in (measure.low, measure.high))
    return f"{low:+d} {high:+d} %"


def _near(measure: Measure) -> str:
    words = [] if measure.share is None else [f"{_percent(measure.share)} of {measure.limit}"]
    words += [] if measure.speedup is None else [f"{measure.speedup:.2f}× one thread"]
    return "; ".join(words)


def _compared(found: Result, old: Result, path: str) -> str:
    """What differs in the machine, then each rate by the old one; bands that hold 1 say that nothing is known."""
    from deepbench_fast.run.benchmark.result import changes, differences

    facts = [(name, was, "→", now) for name, (was, now) in differences(found, old).items()]
    rows = [["", "now", "× before", "band", ""]]
    rows += [_change_cells(change) for change in changes(found, old)]
    told = columns(facts) if facts else "the same machine and versions"
    return f"{told}\n\n{columns(rows)}\n\n× before: rate by that in {path}; band: whichever rounds of both are taken"


def _change_cells(change: Change) -> list[str]:
    verdict = "" if not change.is_clear else "faster" if change.ratio > 1.0 else "slower"
    band = f"{change.low:.2f} to {change.high:.2f}"
    return [change.measure.name, _rate(change.measure), f"{change.ratio:.2f}", band, verdict]


def _compared_json(found: Result, old: Result) -> dict[str, Any]:
    from deepbench_fast.run.benchmark.result import changes, differences

    return {
        "differences": {name: {"before": was, "now": now} for name, (was, now) in differences(found, old).items()},
        "ratios": [
            {"name": change.measure.name, "ratio": change.ratio, "low": change.low, "high": change.high}
            for change in changes(found, old)
        ],
    }


def _line(found: Result) -> str:
    """One line that says it all, to be pasted into an issue."""
    known = {measure.name: measure for measure in found.measures}
    names = [name for base in SUMMARY for name in (base, f"{base}, {found.threads} threads") if name in known]
    told = ", ".join(f"{name} {_rate(known[name])}" for name in names)
    facts = (f"deepbench-fast {found.machine['deepbench_fast']}", found.machine["CPU"], f"{found.threads} threads")
    return f"{' · '.join(facts)} · numba {found.machine['numba']}: {told}"
