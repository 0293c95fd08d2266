"""`merge`: the parts of an index as one file."""

from __future__ import annotations

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import NewFile
from deepbench_fast.cli.progress import Progress
from deepbench_fast.cli.published import tell_published
from deepbench_fast.cli.warned import warnings_below


@click.command(cls=Command, example=f"{PROGRAM} merge parts.h5 survey.h5")
@click.argument("file", metavar="INDEX")
@click.argument("output", type=NewFile(), metavar="OUT.h5")
@click.option("--resume", is_flag=True, help="Go on where an earlier run was stopped.")
@click.option("--overwrite", is_flag=True, help="Replace OUT.h5 if it exists.")
def command(file: str, output: str, resume: bool, overwrite: bool) -> None:
    """Write the parts of INDEX as the one file OUT.h5: the same dataset, with the same digest, which is printed.

    That of an unchanged published recipe (`list --published`) is compared. Bytes are copied as they are; 'verify
    OUT.h5' hashes them.
    """
    from deepbench_fast.run.recut import merge

    with warnings_below(), Progress() as progress:
        summary = merge(file, output, resume=resume, overwrite=overwrite, progress=progress)
    tell_published(output, summary)
    click.echo(summary.digest)
