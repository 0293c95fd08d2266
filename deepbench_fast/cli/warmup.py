"""`warmup`: compiles the kernels ahead of time."""

from __future__ import annotations

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import json_option
from deepbench_fast.cli.words import duration, print_json


@click.command(cls=Command, example=f"{PROGRAM} warmup")
@json_option
def command(as_json: bool) -> None:
    """Compile the kernels of all kinds now, so that the first dataset need not wait.

    Each part is named when it is done: shapes and lenses take longest.
    """
    from deepbench_fast.run.warmup import warm_up

    report = warm_up(_tell)
    if as_json:
        print_json({"directory": report.directory, "seconds": report.seconds, "kinds": list(report.kinds)})
        return
    place = report.directory or "nowhere: the cache directory can't be written, each process compiles again"
    click.echo(f"kernels of {', '.join(report.kinds)}: {duration(report.seconds)}; kept in {place}")


def _tell(part: str, seconds: float) -> None:
    click.echo(f"{part}: {duration(seconds)}", err=True)
