"""`verify`: is the data what it says?"""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import Count, json_option
from deepbench_fast.cli.progress import Progress
from deepbench_fast.cli.words import grouped, print_json


class CountOrAll(Count):
    """A positive number, or "all"."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if value in ("all", 0, "0") else super().convert(value, param, ctx)


@click.command(cls=Command, example=f"{PROGRAM} verify sky.h5 --regenerate all")
@click.argument("file")
@click.option(
    "--regenerate",
    type=CountOrAll(),
    default=0,
    metavar="N|all",
    help="Also generate N chunks, spread over the file, or all of them again and compare the bits.",
)
@click.option("--keep-going", is_flag=True, help="Of an index: name all parts that are missing or wrong.")
@json_option
def command(file: str, regenerate: int | str, keep_going: bool, as_json: bool) -> None:
    """Check FILE against its recipe and its digests; exit status 1, and what differs, where it isn't what it says.

    Digests find damage by accident, not by intent: they are fast hashes of 64 bits.
    """
    from deepbench_fast.run.verify import verify_stored
    from deepbench_fast.store.index import open_stored

    with open_stored(file, missing=keep_going) as stored, Progress("chunks") as progress:
        progress.start(len(stored.header.chunks), 0)
        report = verify_stored(stored, regenerate, keep_going=keep_going, progress=progress.advance)
    if not as_json:
        for problem in report.unreadable:
            click.echo(problem, err=True)
    if as_json:
        print_json({**dataclasses.asdict(report), "same": report.same})
    report.raise_if_different()
    if not as_json:
        again = f", {grouped(report.regenerated)} generated again" if report.regenerated else ""
        words = "chunk is what it" if report.chunks == 1 else "chunks are what they"
        click.echo(f"{file}: {grouped(report.chunks)} {words} should be{again}")
