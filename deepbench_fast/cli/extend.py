"""`extend`: a dataset with further samples."""

from __future__ import annotations

import click

from deepbench_fast.cli.group import PROGRAM, Command
from deepbench_fast.cli.options import Count, NewFile, threads_option
from deepbench_fast.cli.progress import Progress
from deepbench_fast.cli.published import tell_published
from deepbench_fast.cli.warned import warnings_below


@click.command(cls=Command, example=f"{PROGRAM} extend sky.h5 -n 100_000 -o more.h5")
@click.argument("file")
@click.option("-n", "--samples", type=Count(), metavar="MORE", required=True, help="Number of further samples.")
@click.option("-o", "--output", type=NewFile(), metavar="OUT.h5", required=True, help="The file to write.")
@threads_option
@click.option("--resume", is_flag=True, help="Go on where an earlier run was stopped.")
@click.option("--overwrite", is_flag=True, help="Replace OUT.h5 if it exists.")
def command(file: str, samples: int, output: str, threads: int | None, resume: bool, overwrite: bool) -> None:
    """Write FILE with MORE further samples as OUT.h5: what its recipe makes with so many samples in all.

    The samples that are there are copied and hashed; only new ones are made. FILE stays as it is. The digest of OUT.h5
    is printed; that of an unchanged published recipe (`list --published`) is compared.
    """
    from deepbench_fast.run.recut import extend

    with warnings_below(), Progress() as progress:
        summary = extend(file, samples, output, threads=threads, resume=resume, overwrite=overwrite, progress=progress)
    tell_published(output, summary)
    click.echo(summary.digest)
