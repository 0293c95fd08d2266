"""`reshard`: one file as many."""

from __future__ import annotations

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import Count, NewFile
from deepbench_fast.cli.progress import Progress


@click.command(cls=Command, example=f"{PROGRAM} reshard survey.h5 --parts 8 -o parts.h5")
@click.argument("file")
@click.option("--parts", type=Count(), metavar="N", required=True, help="How many parts, as --shard K/N makes them.")
@click.option(
    "-o",
    "--output",
    type=NewFile(),
    metavar="OUT.h5",
    help="What the parts are named after, and their index; by default FILE.",
)
@click.option("--resume", is_flag=True, help="Go on where an earlier run was stopped.")
@click.option("--overwrite", is_flag=True, help="Replace parts that exist.")
def command(file: str, parts: int, output: str | None, resume: bool, overwrite: bool) -> None:
    """Cut FILE, which stays, into N parts of its chunks: OUT.shard-1-of-N.h5 and so on.

    Each has its row (.json) beside it; 'index -o OUT.h5' then makes them one dataset again. FILE may be an index.
    """
    from deepbench_fast.run.recut import reshard

    with Progress() as progress:
        made = reshard(file, parts, output, resume=resume, overwrite=overwrite, progress=progress)
    for summary in made:
        click.echo(summary.digest)
